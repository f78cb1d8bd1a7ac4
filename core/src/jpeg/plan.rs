//! The shape of a scan: which blocks make up an MCU, and which tables they use.

use super::block::MAX_BLOCK_BYTES;
use super::huffman::{AC_SYMBOLS, DC_SYMBOLS, DcTable, HuffmanSpec, SkipTable, ValueTable};
use super::segment::{Header, ScanComponent};
use super::sink::BlockSink;
use heapless::Vec;

/// Most blocks in one MCU of an interleaved scan (T.81, B.2.3).
const MAX_MCU_BLOCKS: usize = 10;

/// Sets of a DC and an AC table that the components of one scan may use: as many
/// as three components can. Encoders use two.
const TABLE_SETS: usize = 3;

/// Tables in the form that decoding wants, a slot for each scan component.
pub(super) struct Tables {
    dc: [DcTable; TABLE_SETS],
    pub(super) values: ValueTable,
    skip: [SkipTable; TABLE_SETS],
}

/// One block of an MCU, with everything that decoding it needs.
#[derive(Clone, Copy)]
pub(super) struct BlockPlan<'a> {
    pub(super) dc: &'a DcTable,
    pub(super) skip: &'a SkipTable,
    pub(super) luma: bool,
    /// Whether the AC coefficients are wanted.
    pub(super) values: bool,
    /// Index of the component in the scan, and in the frame header.
    pub(super) slot: usize,
    pub(super) component: usize,
    /// Blocks of the component in an MCU's row, and the place among them.
    pub(super) h: u32,
    pub(super) dx: u32,
    pub(super) dy: u32,
}

impl Tables {
    pub(super) const EMPTY: Self = Self {
        dc: [DcTable::EMPTY; TABLE_SETS],
        values: ValueTable::EMPTY,
        skip: [SkipTable::EMPTY; TABLE_SETS],
    };

    /// Builds the tables of a scan. `None` if one was never sent.
    pub(super) fn load(
        &mut self,
        scan: &[ScanComponent],
        luma: usize,
        dc: &[HuffmanSpec<DC_SYMBOLS>; 4],
        ac: &[HuffmanSpec<AC_SYMBOLS>; 4],
    ) -> Option<()> {
        let mut slots = self.dc.iter_mut().zip(&mut self.skip);
        let mut built = 0;
        for part in scan {
            let (dc, ac) = (dc.get(part.dc)?, ac.get(part.ac)?);
            if !dc.is_defined() || !ac.is_defined() || !dc.is_dc() {
                return None;
            }
            if table_set(scan, part) == built {
                let (dc_table, skip_table) = slots.next()?;
                dc_table.build(dc, ac);
                skip_table.build(ac);
                built += 1;
            }
            if part.index == luma {
                self.values.build(ac);
            }
        }
        Some(())
    }

    /// The blocks of an MCU in the order of the scan, and how many there are.
    #[inline(always)]
    pub(super) fn blocks<S: BlockSink>(
        &self,
        plan: &ScanPlan,
        sink: &S,
    ) -> ([BlockPlan<'_>; MAX_MCU_BLOCKS], usize) {
        let [dc, ..] = &self.dc;
        let [skip, ..] = &self.skip;
        let none = BlockPlan {
            dc,
            skip,
            luma: false,
            values: false,
            slot: 0,
            component: 0,
            h: 1,
            dx: 0,
            dy: 0,
        };
        let mut blocks = [none; MAX_MCU_BLOCKS];
        let mut places = blocks.iter_mut();
        let mut count = 0;
        for (slot, part) in plan.parts.iter().enumerate() {
            let tables = usize::from(part.tables) % TABLE_SETS;
            let (dc, skip) = (&self.dc[tables], &self.skip[tables]);
            let (component, luma) = (usize::from(part.component), part.luma);
            let (h, v) = (u32::from(part.h), u32::from(part.v));
            for dy in 0..v {
                let values = if luma { sink.wants_luma(dy) } else { S::CHROMA_VALUES };
                for dx in 0..h {
                    if let Some(place) = places.next() {
                        *place = BlockPlan { dc, skip, luma, values, slot, component, h, dx, dy };
                        count += 1;
                    }
                }
            }
        }
        (blocks, count)
    }
}

/// The blocks of one component in an MCU.
#[derive(Clone, Copy, Debug)]
struct Part {
    component: u8,
    luma: bool,
    /// Blocks in a row, and rows.
    h: u8,
    v: u8,
    /// Which of the sets of tables it uses.
    tables: u8,
}

/// The shape of a scan.
#[derive(Clone, Debug)]
pub(super) struct ScanPlan {
    parts: Vec<Part, 4>,
    /// MCUs in a row.
    pub(super) cols: u32,
    /// MCU rows; an upper bound if the height is not known yet.
    pub(super) rows: u32,
    /// MCUs between restart markers; 0 for none.
    pub(super) restart: u32,
    /// Whether the height, and with it the last row, is only known at the end.
    pub(super) open_ended: bool,
    /// Rows of pixels in an MCU row are 8 times this fraction.
    row_height: (u32, u32),
}

impl ScanPlan {
    /// `None` if an MCU would have more blocks than the standard allows.
    pub(super) fn new(header: &Header, scan: &[ScanComponent], restart: u32) -> Option<Self> {
        let luma = header.luma_index();
        let open_ended = header.height == 0;
        let tallest = if open_ended { header.with_height(65535) } else { *header };
        let mut parts = Vec::new();
        for part in scan {
            let component = header.components().get(part.index)?;
            // A scan of one component is not interleaved: its MCU is one
            // block, whatever its sampling factors (T.81, A.2.2).
            let (h, v) = if scan.len() == 1 { (1, 1) } else { (component.h, component.v) };
            let tables = table_set(scan, part) as u8;
            let component = part.index as u8;
            let part = Part { component, luma: part.index == luma, h, v, tables };
            parts.push(part).ok()?;
        }
        let (h, v) = header.max_sampling();
        let (cols, rows, row_height) = if let [only] = scan {
            let (width, height) = tallest.component_size(only.index);
            let own = header.components().get(only.index).map_or(1, |c| u32::from(c.v));
            (width.div_ceil(8), height.div_ceil(8), (v, own))
        } else {
            (header.width.div_ceil(8 * h), tallest.height.div_ceil(8 * v), (v, 1))
        };
        let plan = Self { parts, cols, rows, restart, open_ended, row_height };
        (plan.blocks() <= MAX_MCU_BLOCKS).then_some(plan)
    }

    /// Blocks in an MCU.
    fn blocks(&self) -> usize {
        self.parts.iter().map(|p| usize::from(p.h) * usize::from(p.v)).sum()
    }

    /// Block rows of `component` in one MCU row.
    pub(super) fn block_rows(&self, component: usize) -> u32 {
        self.parts
            .iter()
            .find(|p| usize::from(p.component) == component)
            .map_or(0, |p| u32::from(p.v))
    }

    /// Rows of pixels that `rows` MCU rows cover.
    pub(super) fn pixels(&self, rows: u32) -> u32 {
        let (v, own) = self.row_height;
        rows * 8 * v / own.max(1)
    }

    /// Whether there is room for all of its tables.
    pub(super) fn tables_fit(&self) -> bool {
        self.parts.iter().all(|p| usize::from(p.tables) < TABLE_SETS)
    }

    /// Whether luma is in this scan.
    pub(super) fn has_luma(&self) -> bool {
        self.parts.iter().any(|p| p.luma)
    }

    /// Longest possible MCU.
    pub(super) fn max_mcu_bytes(&self) -> usize {
        self.blocks() * MAX_BLOCK_BYTES
    }
}

/// Number of the set of tables that `part` uses: sets are counted in the order
/// in which the components of a scan first use them.
fn table_set(scan: &[ScanComponent], part: &ScanComponent) -> usize {
    let tables = |p: &ScanComponent| (p.dc, p.ac);
    let first = scan.iter().position(|p| tables(p) == tables(part)).unwrap_or(0);
    let before = scan.get(..first).unwrap_or(&[]);
    let is_new =
        |i: usize, p: &ScanComponent| before.iter().take(i).all(|q| tables(q) != tables(p));
    before.iter().enumerate().filter(|(i, p)| is_new(*i, p)).count()
}
