//! A JPEG writer that puts given coefficients into a file exactly, with every
//! odd feature of the format that a test may ask for.

use super::codes::{Code, Codes};
use std::fmt;
use std::ops::Range;
use std::vec;
use std::vec::Vec;

/// Coefficients in zigzag order, DC first.
pub(super) type Block = [i16; 64];

/// A small source of numbers, the same every time.
#[derive(Clone, Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        // Knuth's MMIX generator; its upper bits are good enough.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 24
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number from `-most` to `most`.
    pub(super) fn signed(&mut self, most: i16) -> i16 {
        let most = i64::from(most);
        (self.below(2 * most as u64 + 1) as i64 - most) as i16
    }
}

/// What the blocks of a picture are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// As in a photograph: few and small coefficients.
    Plain,
    /// What the standard's tables can just express: everything up to the 64th.
    Full,
    /// Every kind of block by turns: empty, the 64th coefficient alone behind
    /// runs of 16 zeros, all of them at 15 bits, DC predictions that wrap.
    Wild,
}

/// One component with all of its blocks, padded to whole MCUs.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) id: u8,
    pub(super) h: u32,
    pub(super) v: u32,
    pub(super) cols: u32,
    pub(super) rows: u32,
    pub(super) blocks: Vec<Block>,
}

/// A picture as coefficients.
#[derive(Clone)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) parts: Vec<Part>,
    /// A quantisation table for each component, in zigzag order.
    pub(super) quant: Vec<[u16; 64]>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sampling: Vec<_> = self.parts.iter().map(|p| (p.h, p.v)).collect();
        write!(f, "{} x {} of {sampling:?}", self.width, self.height)
    }
}

impl Picture {
    /// Random blocks.
    pub(super) fn new(
        (width, height): (u32, u32),
        sampling: &[(u32, u32)],
        content: Content,
        seed: u64,
    ) -> Self {
        let mut dice = Dice(seed);
        let h_max = sampling.iter().map(|s| s.0).max().expect("a component");
        let v_max = sampling.iter().map(|s| s.1).max().expect("a component");
        let parts = (1u8..)
            .zip(sampling)
            .map(|(id, &(h, v))| {
                let cols = width.div_ceil(8 * h_max) * h;
                let rows = height.div_ceil(8 * v_max) * v;
                let blocks = (0..cols * rows).map(|_| block(content, &mut dice)).collect();
                Part { id, h, v, cols, rows, blocks }
            })
            .collect();
        let quant =
            sampling.iter().map(|_| core::array::from_fn(|_| 1 + dice.below(5) as u16)).collect();
        Self { width, height, parts, quant }
    }

    pub(super) fn max_sampling(&self) -> (u32, u32) {
        let h = self.parts.iter().map(|p| p.h).max().expect("a component");
        let v = self.parts.iter().map(|p| p.v).max().expect("a component");
        (h, v)
    }

    /// Blocks in a row and rows of a component, without padding.
    pub(super) fn grid(&self, part: usize) -> (u32, u32) {
        let (h_max, v_max) = self.max_sampling();
        let Part { h, v, .. } = self.parts[part];
        (
            (self.width * h).div_ceil(h_max).div_ceil(8),
            (self.height * v).div_ceil(v_max).div_ceil(8),
        )
    }

    /// MCUs in a row, and rows, of a scan of these components.
    pub(super) fn mcus(&self, scan: &[usize]) -> (u32, u32) {
        if let [only] = scan {
            return self.grid(*only);
        }
        let (h, v) = self.max_sampling();
        (self.width.div_ceil(8 * h), self.height.div_ceil(8 * v))
    }

    /// Places of the blocks of an MCU: component, column, row.
    pub(super) fn mcu(&self, scan: &[usize], col: u32, row: u32) -> Vec<(usize, u32, u32)> {
        if let [only] = scan {
            return vec![(*only, col, row)];
        }
        let mut places = Vec::new();
        for &part in scan {
            let Part { h, v, .. } = self.parts[part];
            for y in 0..v {
                places.extend((0..h).map(|x| (part, col * h + x, row * v + y)));
            }
        }
        places
    }

    pub(super) fn block(&self, (part, col, row): (usize, u32, u32)) -> &Block {
        let part = &self.parts[part];
        &part.blocks[(row * part.cols + col) as usize]
    }
}

fn block(content: Content, dice: &mut Dice) -> Block {
    let mut block = [0; 64];
    match (content, dice.below(6)) {
        (Content::Plain, kind) => {
            block[0] = dice.signed(100);
            for _ in 0..2 * kind {
                block[1 + dice.below(20) as usize] = dice.signed(9);
            }
        }
        (Content::Full, _) => {
            block[0] = dice.signed(1000);
            block[1..].fill_with(|| match dice.below(3) {
                0 => dice.signed(1023),
                _ => dice.signed(3),
            });
            block[63] = 1;
        }
        (Content::Wild, kind) => {
            // Multiples of 3: no difference of two is -32768, which has no code.
            block[0] = 3 * dice.signed(10_000);
            match kind {
                0 => {}
                1 => block[63] = dice.signed(500) | 1,
                2 => block[1..].fill_with(|| dice.signed(32_767)),
                3 => block[1..].fill_with(|| if dice.below(18) == 0 { dice.signed(40) } else { 0 }),
                4 => block[1..].fill_with(|| dice.signed(1) * 2 + 1),
                _ => block[dice.below(63) as usize + 1] = 1,
            }
        }
    }
    block
}

/// How the coefficients are written.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// Components of each scan.
    pub(super) scans: Vec<Vec<usize>>,
    /// MCUs between restart markers.
    pub(super) restart: u16,
    pub(super) codes: Codes,
    /// Quantisation tables of 16 bits.
    pub(super) wide_quant: bool,
    /// FF bytes before each marker, beyond the one that belongs to it.
    pub(super) fill: usize,
    /// Height 0 in the header, and a DNL segment behind the first scan.
    pub(super) dnl: bool,
    /// Bytes behind SOI, as they are.
    pub(super) head: Vec<u8>,
    /// Bytes before each scan, as they are.
    pub(super) between: Vec<u8>,
    /// Bytes behind EOI.
    pub(super) tail: Vec<u8>,
}

impl Form {
    /// One scan of `parts` components, standard tables.
    pub(super) fn new(parts: usize) -> Self {
        Self {
            scans: vec![(0..parts).collect()],
            restart: 0,
            codes: Codes::Fitted,
            wide_quant: false,
            fill: 0,
            dnl: false,
            head: Vec::new(),
            between: Vec::new(),
            tail: Vec::new(),
        }
    }

    /// A scan for each component.
    pub(super) fn separate(parts: usize) -> Self {
        Self { scans: (0..parts).map(|i| vec![i]).collect(), ..Self::new(parts) }
    }
}

/// A file, and where its parts lie.
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    /// The entropy-coded data of each scan, up to the marker that ends it.
    pub(super) scans: Vec<Range<usize>>,
    /// Where each restart marker begins.
    pub(super) restarts: Vec<usize>,
}

/// A marker segment.
pub(super) fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).expect("at most 65533 bytes");
    [&[0xFF, marker], &length.to_be_bytes()[..], payload].concat()
}

/// Writes `picture` in this form.
pub(super) fn write(picture: &Picture, form: &Form) -> Written {
    let mut file = Written { bytes: vec![0xFF, 0xD8], scans: Vec::new(), restarts: Vec::new() };
    file.bytes.extend(&form.head);
    for (slot, table) in (0u8..).zip(&picture.quant) {
        let mut payload = vec![slot | if form.wide_quant { 0x10 } else { 0 }];
        for &step in table {
            if form.wide_quant {
                payload.extend(step.to_be_bytes());
            } else {
                payload.push(u8::try_from(step).expect("8-bit tables"));
            }
        }
        put(&mut file.bytes, form, 0xDB, &payload);
    }
    if form.restart > 0 {
        put(&mut file.bytes, form, 0xDD, &form.restart.to_be_bytes());
    }
    let height = if form.dnl { 0 } else { picture.height as u16 };
    let mut frame = vec![8];
    frame.extend(height.to_be_bytes());
    frame.extend((picture.width as u16).to_be_bytes());
    frame.push(picture.parts.len() as u8);
    for (slot, part) in (0u8..).zip(&picture.parts) {
        frame.extend([part.id, (part.h << 4 | part.v) as u8, slot]);
    }
    put(&mut file.bytes, form, 0xC1, &frame);
    for (number, scan) in form.scans.iter().enumerate() {
        write_scan(picture, form, scan, &mut file);
        if number == 0 && form.dnl {
            put(&mut file.bytes, form, 0xDC, &(picture.height as u16).to_be_bytes());
        }
    }
    file.bytes.extend(vec![0xFF; form.fill]);
    file.bytes.extend([0xFF, 0xD9]);
    file.bytes.extend(&form.tail);
    file
}

fn put(bytes: &mut Vec<u8>, form: &Form, marker: u8, payload: &[u8]) {
    bytes.extend(vec![0xFF; form.fill]);
    bytes.extend(segment(marker, payload));
}

/// What is to be coded, one after the other.
enum Item {
    /// Component of the scan, whether it is a DC's, symbol, magnitude bits.
    Symbol(usize, bool, u8, u32),
    Restart,
}

fn write_scan(picture: &Picture, form: &Form, scan: &[usize], file: &mut Written) {
    let items = items(picture, form, scan);
    // There are tables for three components at most; a fourth shares.
    let table = |slot: usize| slot.min(2);
    let mut frequencies = vec![[[0u32; 256]; 2]; scan.len().min(3)];
    for item in &items {
        if let Item::Symbol(slot, dc, symbol, _) = item {
            frequencies[table(*slot)][usize::from(!dc)][usize::from(*symbol)] += 1;
        }
    }
    let codes: Vec<[Code; 2]> = frequencies
        .iter()
        .map(|[dc, ac]| match form.codes {
            Codes::Standard => [Code::standard_dc(), Code::standard_ac()],
            Codes::Fitted => [Code::fitted(dc), Code::fitted(ac)],
            Codes::Long => [Code::long(dc, 16), Code::long(ac, 256)],
        })
        .collect();
    for (slot, pair) in (0u8..).zip(&codes) {
        for (class, code) in (0u8..).zip(pair) {
            let payload = [&[class << 4 | slot], &code.payload()[..]].concat();
            put(&mut file.bytes, form, 0xC4, &payload);
        }
    }
    file.bytes.extend(&form.between);
    let mut header = vec![scan.len() as u8];
    for (slot, &part) in (0u8..).zip(scan) {
        header.extend([picture.parts[part].id, slot.min(2) << 4 | slot.min(2)]);
    }
    header.extend([0, 63, 0]);
    put(&mut file.bytes, form, 0xDA, &header);
    let start = file.bytes.len();
    let mut bits = BitWriter { out: &mut file.bytes, window: 0, count: 0 };
    let mut number = 0;
    for item in items {
        match item {
            Item::Symbol(slot, dc, symbol, magnitude) => {
                let (word, length) = codes[table(slot)][usize::from(!dc)].word(symbol);
                bits.put(word, length);
                bits.put(magnitude, u32::from(symbol & 15));
            }
            Item::Restart => {
                bits.pad();
                bits.out.extend(vec![0xFF; form.fill]);
                file.restarts.push(bits.out.len());
                bits.out.extend([0xFF, 0xD0 + number]);
                number = (number + 1) % 8;
            }
        }
    }
    bits.pad();
    file.scans.push(start..file.bytes.len());
}

fn items(picture: &Picture, form: &Form, scan: &[usize]) -> Vec<Item> {
    let (cols, rows) = picture.mcus(scan);
    let mut items = Vec::new();
    let mut predictors = [0i16; 4];
    let mut count = 0;
    for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
        if form.restart > 0 && count == form.restart {
            items.push(Item::Restart);
            predictors = [0; 4];
            count = 0;
        }
        count += 1;
        for place in picture.mcu(scan, col, row) {
            let slot = scan.iter().position(|&p| p == place.0).expect("in the scan");
            let block = picture.block(place);
            let difference = block[0].wrapping_sub(predictors[slot]);
            predictors[slot] = block[0];
            let (size, bits) = magnitude(difference);
            items.push(Item::Symbol(slot, true, size, bits));
            let mut run = 0;
            for &value in &block[1..] {
                if value == 0 {
                    run += 1;
                    continue;
                }
                while run > 15 {
                    items.push(Item::Symbol(slot, false, 0xF0, 0));
                    run -= 16;
                }
                let (size, bits) = magnitude(value);
                items.push(Item::Symbol(slot, false, run << 4 | size, bits));
                run = 0;
            }
            if run > 0 {
                items.push(Item::Symbol(slot, false, 0, 0));
            }
        }
    }
    items
}

/// Category and additional bits of a value (T.81, F.1.2.1).
fn magnitude(value: i16) -> (u8, u32) {
    let size = 16 - value.unsigned_abs().leading_zeros();
    assert!(size < 16, "{value} has no code");
    let bits = if value < 0 { i32::from(value) - 1 } else { i32::from(value) };
    (size as u8, bits.cast_unsigned() & ((1 << size) - 1))
}

struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    window: u64,
    count: u32,
}

impl BitWriter<'_> {
    fn put(&mut self, bits: u32, length: u32) {
        self.window = self.window << length | u64::from(bits);
        self.count += length;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.window >> self.count) as u8;
            self.out.push(byte);
            if byte == 0xFF {
                self.out.push(0);
            }
        }
    }

    /// Fills the last byte with ones.
    fn pad(&mut self) {
        if self.count > 0 {
            self.put((1 << (8 - self.count)) - 1, 8 - self.count);
        }
    }
}
