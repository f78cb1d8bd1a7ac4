//! Huffman tables: from the code lengths of a DHT segment to look-up tables.
//!
//! In comes a [`HuffmanSpec`]; out go three kinds of table, each indexed by the
//! next [`INDEX_BITS`] bits of the stream: [`DcTable`] (difference and length),
//! [`ValueTable`] (up to two whole AC coefficients a look-up) and [`SkipTable`]
//! (how far as many whole symbols as fit will lead, values not wanted). Codes
//! that do not fit go through [`Canonical`].

/// Bits that index the fast tables. 10 bits keep a table of 64-bit entries
/// within 8 KiB, a quarter of a small L1 cache; 11 or 12 measured no faster.
pub(super) const INDEX_BITS: u32 = 10;
const ENTRIES: usize = 1 << INDEX_BITS;

/// Bits that index the tables for passing over coefficients: their entries are a
/// quarter of the size.
pub(super) const SKIP_BITS: u32 = 11;
/// Most bits that an entry of such a table passes over. It may be more than the
/// index has: what the magnitude at the end says does not matter.
pub(super) const MAX_SKIP: u32 = 23;
const SKIP_ENTRIES: usize = 1 << SKIP_BITS;

/// Added to the position at the end of a block, so that one comparison finds
/// both the 64th coefficient and the end-of-block symbol.
pub(super) const END_OF_BLOCK: u32 = 128;

/// Symbols that a table of DC categories, and one of AC runs and sizes, can have.
pub(super) const DC_SYMBOLS: usize = 16;
pub(super) const AC_SYMBOLS: usize = 256;

/// Code lengths and symbols, as a DHT segment sends them (T.81, B.2.4.2); at most
/// `S` symbols.
#[derive(Clone, Debug)]
pub(super) struct HuffmanSpec<const S: usize> {
    counts: [u8; 16],
    symbols: [u8; S],
}

impl<const S: usize> HuffmanSpec<S> {
    /// No table yet.
    pub(super) const EMPTY: Self = Self { counts: [0; 16], symbols: [0; S] };

    /// `None` if there are too many symbols or the lengths oversubscribe the
    /// code space (T.81, annex C).
    pub(super) fn new(counts: [u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = [0; S];
        table.get_mut(..symbols.len())?.copy_from_slice(symbols);
        let mut used = 0u32;
        for (length, &count) in (1u32..).zip(&counts) {
            used += u32::from(count) << (16 - length);
        }
        (used <= 1 << 16).then_some(Self { counts, symbols: table })
    }

    /// Whether a DHT segment has filled this slot.
    pub(super) fn is_defined(&self) -> bool {
        self.counts.iter().any(|&n| n != 0)
    }

    /// Every symbol that appears.
    fn symbols(&self) -> &[u8] {
        let total: usize = self.counts.iter().map(|&n| usize::from(n)).sum();
        self.symbols.get(..total).unwrap_or(&[])
    }

    /// Code and length of the end-of-block symbol.
    fn end_of_block(&self) -> Option<(u32, u32)> {
        let (mut code, mut symbols) = (0u32, self.symbols().iter());
        for (length, &count) in (1u32..).zip(&self.counts) {
            for _ in 0..count {
                if symbols.next() == Some(&0) {
                    return Some((code, length));
                }
                code += 1;
            }
            code <<= 1;
        }
        None
    }

    /// Whether every symbol is a valid DC category of 8-bit pictures, with
    /// room for the 15 of 12-bit ones.
    pub(super) fn is_dc(&self) -> bool {
        self.symbols().iter().all(|&s| s <= 15)
    }
}

/// A Huffman code in canonical form, searched by length: slow, and complete.
#[derive(Clone, Debug)]
pub(super) struct Canonical<const S: usize> {
    /// For each length 1..=16, the first code beyond, aligned to 16 bits.
    limit: [u32; 16],
    /// For each length, index of its first symbol minus its first code.
    offset: [i32; 16],
    symbols: [u8; S],
}

/// What a bit pattern that no code begins with decodes to.
pub(super) const NO_CODE: u32 = 0;

impl<const S: usize> Canonical<S> {
    pub(super) const EMPTY: Self = Self { limit: [0; 16], offset: [0; 16], symbols: [0; S] };

    fn build(&mut self, spec: &HuffmanSpec<S>) {
        self.symbols = spec.symbols;
        let (mut code, mut index) = (0i32, 0i32);
        for (((length, &count), limit), offset) in
            (1u32..).zip(&spec.counts).zip(&mut self.limit).zip(&mut self.offset)
        {
            *offset = index - code;
            code += i32::from(count);
            index += i32::from(count);
            *limit = code.cast_unsigned() << (16 - length);
            code <<= 1;
        }
    }

    /// Length and symbol of the code that the 16 bits `window` begin with;
    /// length [`NO_CODE`] if there is none. `from` is a length below which the
    /// caller knows that there is none, at least 1.
    #[inline(always)]
    pub(super) fn find(&self, window: u32, from: u32) -> (u32, u8) {
        let start = from as usize - 1;
        for ((length, &limit), &offset) in
            (from..).zip(self.limit.iter().skip(start)).zip(self.offset.iter().skip(start))
        {
            if window < limit {
                let code = (window >> (16 - length)).cast_signed();
                let index = (code + offset) as usize;
                return (length, self.symbols.get(index).copied().unwrap_or(0));
            }
        }
        (NO_CODE, 0)
    }
}

/// The value whose `size` bits of magnitude are `bits` (T.81, F.2.2.1 EXTEND).
#[inline(always)]
pub(super) fn extend(bits: u32, size: u32) -> i32 {
    let bits = bits.cast_signed();
    if size == 0 || bits >> (size - 1) != 0 { bits } else { bits - (1 << size) + 1 }
}

/// One symbol, if its code and its magnitude lie within the top `room` bits of
/// the 16-bit `window`: (bits used, symbol, value).
fn whole_symbol<const S: usize>(
    code: &Canonical<S>,
    window: u32,
    room: u32,
) -> Option<(u32, u8, i32)> {
    let window = window & 0xFFFF;
    let (length, symbol) = code.find(window, 1);
    let size = u32::from(symbol & 15);
    if length == NO_CODE || length + size > room {
        return None;
    }
    let bits = (window >> (16 - length - size)) & ((1 << size) - 1);
    Some((length + size, symbol, extend(bits, size)))
}

/// DC differences, and whether the block ends right behind one, as most blocks
/// of a smooth area do.
///
/// An entry holds the length in 4 bits, then [`DC_ENDS`], then the difference;
/// 0 means that code and magnitude are longer than the index.
#[derive(Clone)]
pub(super) struct DcTable {
    pub(super) fast: [u16; ENTRIES],
    pub(super) code: Canonical<DC_SYMBOLS>,
}

/// Marks an entry that holds the end of the block too.
pub(super) const DC_ENDS: u16 = 1 << 4;
/// Where the difference of an entry begins.
pub(super) const DC_VALUE: u32 = 5;

impl DcTable {
    pub(super) const EMPTY: Self = Self { fast: [0; ENTRIES], code: Canonical::EMPTY };

    /// Builds the table for a component with these DC and AC codes.
    pub(super) fn build(&mut self, dc: &HuffmanSpec<DC_SYMBOLS>, ac: &HuffmanSpec<AC_SYMBOLS>) {
        self.code.build(dc);
        let end = ac.end_of_block();
        for (index, entry) in (0u32..).zip(&mut self.fast) {
            let window = index << (16 - INDEX_BITS);
            let Some((length, _, value)) = whole_symbol(&self.code, window, INDEX_BITS) else {
                *entry = 0;
                continue;
            };
            *entry = (value as u16) << DC_VALUE | length as u16;
            if let Some((code, bits)) = end
                && length + bits <= INDEX_BITS
                && (window << length & 0xFFFF) >> (16 - bits) == code
            {
                *entry += DC_ENDS + bits as u16;
            }
        }
    }
}

/// Whether a symbol of an AC table ends the block. Run lengths other than 15
/// with size 0 are undefined in sequential coding; as in libjpeg, they end the
/// block.
#[inline(always)]
pub(super) fn ends_block(symbol: u8) -> bool {
    symbol & 15 == 0 && symbol != 0xF0
}

/// AC coefficients with their values.
///
/// An entry packs, from the low end: length of all (8 bits), advance of the
/// position (8), where the first and the second value go, relative to the
/// position (8 each), the values (16 each). A value that is absent goes to a
/// place beyond the block. Length 0 marks a symbol that does not fit: then the
/// second byte is the length of its code, or 0 if that does not fit either,
/// and the third byte is the symbol.
#[derive(Clone)]
pub(super) struct ValueTable {
    pub(super) fast: [u64; ENTRIES],
    pub(super) code: Canonical<AC_SYMBOLS>,
}

/// Where absent values go, relative to the position: outside the 64 that count.
const NOWHERE: u32 = 64;

impl ValueTable {
    pub(super) const EMPTY: Self = Self { fast: [0; ENTRIES], code: Canonical::EMPTY };

    pub(super) fn build(&mut self, spec: &HuffmanSpec<AC_SYMBOLS>) {
        self.code.build(spec);
        for (index, entry) in (0u32..).zip(&mut self.fast) {
            *entry = value_entry(&self.code, index << (16 - INDEX_BITS));
        }
    }
}

fn value_entry(code: &Canonical<AC_SYMBOLS>, window: u32) -> u64 {
    let (mut length, mut advance) = (0, 0);
    let mut places = [NOWHERE; 2];
    let mut values = [0i32; 2];
    for (place, value) in places.iter_mut().zip(&mut values) {
        let Some((used, symbol, v)) = whole_symbol(code, window << length, INDEX_BITS - length)
        else {
            break;
        };
        length += used;
        if ends_block(symbol) {
            advance += END_OF_BLOCK;
            break;
        }
        let run = u32::from(symbol >> 4);
        if symbol & 15 != 0 {
            *place = advance + run;
            *value = v;
        }
        advance += run + 1;
    }
    if length == 0 {
        let (length, symbol) = code.find(window, 1);
        return if length == NO_CODE || length > INDEX_BITS {
            0
        } else {
            u64::from(length) << 8 | u64::from(symbol) << 16
        };
    }
    let [p1, p2] = places.map(u64::from);
    let [v1, v2] = values.map(|v| u64::from(v as u16));
    u64::from(length) | u64::from(advance) << 8 | p1 << 16 | p2 << 24 | v1 << 32 | v2 << 48
}

/// AC coefficients without their values: length (8 bits) and advance (8 bits)
/// of as many whole symbols as fit; 0 if not even one does.
#[derive(Clone)]
pub(super) struct SkipTable {
    pub(super) fast: [u16; SKIP_ENTRIES],
    pub(super) code: Canonical<AC_SYMBOLS>,
}

impl SkipTable {
    pub(super) const EMPTY: Self = Self { fast: [0; SKIP_ENTRIES], code: Canonical::EMPTY };

    pub(super) fn build(&mut self, spec: &HuffmanSpec<AC_SYMBOLS>) {
        self.code.build(spec);
        for (index, entry) in (0u32..).zip(&mut self.fast) {
            *entry = skip_entry(&self.code, index << (16 - SKIP_BITS));
        }
    }
}

fn skip_entry(code: &Canonical<AC_SYMBOLS>, window: u32) -> u16 {
    let (mut length, mut advance) = (0, 0);
    while length < SKIP_BITS {
        let (bits, symbol) = code.find((window << length) & 0xFFFF, 1);
        let total = length + bits + u32::from(symbol & 15);
        if bits == NO_CODE || length + bits > SKIP_BITS || total > MAX_SKIP {
            break;
        }
        let step = if ends_block(symbol) { END_OF_BLOCK } else { u32::from(symbol >> 4) + 1 };
        // More than a block's worth can only be a table that no encoder makes;
        // stopping short keeps the position within its byte.
        if advance + step >= 64 && step != END_OF_BLOCK {
            break;
        }
        length = total;
        advance += step;
        if step == END_OF_BLOCK {
            break;
        }
    }
    (advance << 8 | length) as u16
}
