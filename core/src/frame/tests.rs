//! Planes, cells and memory, from blocks whose values are known.

use super::shrink::Shrink;
use super::{BoardMemory, Cell, FrameBuffers, FrameBuilder, Grid, Layout, McuMemory};
use crate::bands;
use crate::jpeg::Scanner;
use crate::kernels::{Isa, Kernels, Task};
use proptest::prelude::*;
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

/// Block means of a made-up component.
fn mean(col: u32, row: u32) -> u8 {
    (col.wrapping_mul(89) ^ row.wrapping_mul(57) ^ (col * row)) as u8
}

/// A plane of `cols` x `rows` blocks through buffers of this size, `step` block
/// rows an MCU row.
fn shrunk(cols: u32, rows: u32, step: u32, room: usize) -> Option<(usize, usize, Vec<u8>)> {
    let mut out = vec![0; room];
    let mut strip = vec![0; (cols * step) as usize];
    let mut sums = vec![0; cols as usize];
    let mut plane = Shrink::new(&mut out, &mut strip, &mut sums);
    plane.begin(Grid { cols, rows, dc_step: 8 })?;
    plane.begin_scan(step)?;
    for mcu_row in 0..rows.div_ceil(step) {
        // From right to left, with padding on every side.
        for row in 0..step {
            for col in (0..cols + 3).rev() {
                let dc = i16::from(mean(col, mcu_row * step + row)) - 128;
                let inside = col < cols && mcu_row * step + row < rows;
                assert_eq!(plane.block(col, row, dc), inside);
            }
        }
        plane.end_mcu_row(|_| ());
    }
    let (w, h) = plane.finish();
    Some((w, h, plane.into_samples()[..w * h].to_vec()))
}

proptest! {
    #[test]
    fn a_small_plane_is_the_mean_of_the_large_one(
        cols in 1u32..70,
        rows in 1u32..40,
        step in 1u32..=4,
        room in 1usize..1000,
    ) {
        let Some((w, h, got)) = shrunk(cols, rows, step, room) else {
            return Err(TestCaseError::fail("fits at some size"));
        };
        prop_assert!(w * h <= room);
        let cell = (0..).map(|s| 1u32 << s).find(|&c| {
            (cols.div_ceil(c) * rows.div_ceil(c)) as usize <= room
        });
        let cell = cell.expect("a size that fits");
        prop_assert_eq!((w as u32, h as u32), (cols.div_ceil(cell), rows.div_ceil(cell)));
        for (i, &got) in got.iter().enumerate() {
            let (x, y) = (i as u32 % w as u32 * cell, i as u32 / w as u32 * cell);
            let (mut sum, mut count) = (0, 0);
            for row in y..(y + cell).min(rows) {
                for col in x..(x + cell).min(cols) {
                    sum += u32::from(mean(col, row));
                    count += 1;
                }
            }
            prop_assert_eq!(u32::from(got), (sum + count / 2) / count);
        }
    }
}

/// Feeds a picture whose block at (col, row) has one coefficient of known size.
struct Feed<'b, 'm> {
    builder: &'b mut FrameBuilder<'m>,
    cols: u32,
    rows: u32,
    step: u32,
}

fn level(col: u32, row: u32) -> i16 {
    ((col * 7 + row * 13) % 50) as i16
}

impl Task for Feed<'_, '_> {
    type Output = ();

    fn run<K: Kernels>(self) {
        for mcu_row in 0..self.rows.div_ceil(self.step) {
            for row in 0..self.step {
                for col in 0..self.cols {
                    let mut coefs = [0; 64];
                    if self.builder.wants_luma_row(row) {
                        coefs[1] = level(col, mcu_row * self.step + row);
                    }
                    let dc = i16::from(mean(col, mcu_row * self.step + row)) - 128;
                    self.builder.luma_block::<K>(col, row, dc, 2, &mut coefs);
                    assert_eq!(coefs, [0; 64]);
                }
            }
            self.builder.end_row(1, 1);
        }
    }
}

fn layout(cols: u32, rows: u32, step: u32) -> Layout {
    let mut quant = [1; 64];
    quant[0] = 8;
    quant[1] = 3;
    Layout {
        width: cols * 8,
        height: rows * 8,
        luma: Grid { cols, rows, dc_step: 8 },
        chroma: None,
        quant,
        block_rows: [step, 0, 0],
    }
}

#[test]
fn cells_hold_the_energy_of_their_blocks() {
    for (cols, rows, step) in
        [(16, 16, 1), (17, 19, 2), (9, 10, 3), (33, 21, 3), (5, 3, 4), (3, 2, 1), (1, 1, 1)]
    {
        let mut memory = Box::new(BoardMemory::new());
        let mut builder = FrameBuilder::new(memory.buffers());
        builder.begin(&layout(cols, rows, step)).expect("fits");
        Isa::detect().run(Feed { builder: &mut builder, cols, rows, step });
        let frame = builder.finish().expect("begun");
        let grid = frame.cells;
        let wide = cols.min(4);
        assert_eq!((grid.pitch_x, grid.pitch_y), (32, 8));
        assert_eq!((grid.cols as u32, grid.rows as u32), (cols / wide, rows));
        assert_eq!(grid.cells.len(), grid.cols * grid.rows);
        for (i, cell) in grid.cells.iter().enumerate() {
            let (x, y) = (i as u32 % (cols / wide) * wide, i as u32 / (cols / wide));
            let mut sums = [0; 64];
            let mut means = 0;
            for col in x..x + wide {
                sums[1] += (3 * i32::from(level(col, y))).pow(2) as u32;
                means += u32::from(mean(col, y));
            }
            let mean = (means + wide / 2) / wide;
            let want = bands::cell(&sums, 64, wide, mean as u8);
            assert_eq!(*cell, want, "cell {i} of {cols} x {rows}");
        }
        assert_eq!(frame.histogram.iter().sum::<u32>(), cols * rows);
        assert_eq!((frame.blocks_seen, frame.blocks_total), (cols * rows, cols * rows));
    }
}

/// Little memory: the plane is the mean of the large one, the cells are some of
/// the large one's.
#[test]
fn a_tiny_builder_sees_the_same_picture() {
    let (cols, rows) = (64, 48);
    let mut board = Box::new(BoardMemory::new());
    let mut large = FrameBuilder::new(board.buffers());
    let (mut luma, mut cells) = ([0; 64 * 48 / 16], [Cell::UNSEEN; 40]);
    let (mut strip, mut sums) = ([0; 64], [0; 64]);
    let mut tiny = FrameBuilder::new(FrameBuffers {
        luma: &mut luma,
        chroma: [&mut [], &mut []],
        cells: &mut cells,
        strips: [&mut strip, &mut [], &mut []],
        sums: [&mut sums, &mut [], &mut []],
    });
    for builder in [&mut large, &mut tiny] {
        builder.begin(&layout(cols, rows, 1)).expect("fits");
        Isa::detect().run(Feed { builder, cols, rows, step: 1 });
    }
    let (large, tiny) = (large.finish().expect("begun"), tiny.finish().expect("begun"));
    assert_eq!((tiny.luma.width(), tiny.luma.height()), (16, 12));
    for (x, y) in (0..12).flat_map(|y| (0..16).map(move |x| (x, y))) {
        let cell = (0..16).map(|i| u32::from(large.luma.at(4 * x + i % 4, 4 * y + i / 4)));
        assert_eq!(u32::from(tiny.luma.at(x, y)), (cell.sum::<u32>() + 8) / 16);
    }
    assert_eq!((tiny.cells.pitch_x, tiny.cells.pitch_y), (2 * 32, 10 * 8));
    assert_eq!((tiny.cells.cols, tiny.cells.rows), (8, 5));
    assert_eq!((large.cells.cols, large.cells.rows), (16, 48));
    for (i, cell) in tiny.cells.cells.iter().enumerate() {
        assert_eq!(*cell, large.cells.cells[i / 8 * 10 * 16 + i % 8 * 2]);
    }
    assert_eq!(large.histogram, tiny.histogram);
}

/// Widths of cameras, and the block rows that luma and chroma of the usual
/// samplings have in an MCU row, with chroma's part of luma's width.
const SAMPLINGS: [(&str, [u32; 3], u32); 7] = [
    ("grey", [1, 0, 0], 1),
    ("4:4:4", [1, 1, 1], 1),
    ("4:2:2", [1, 1, 1], 2),
    ("4:4:0", [2, 1, 1], 1),
    ("4:2:0", [2, 1, 1], 2),
    ("4:1:1", [1, 1, 1], 4),
    ("4:1:0", [2, 1, 1], 4),
];

fn begin(builder: &mut FrameBuilder<'_>, width: u32, height: u32, sampling: usize) -> Option<()> {
    let (name, block_rows, part) = SAMPLINGS[sampling];
    let [high, ..] = block_rows;
    let grid = |w: u32, h: u32| Grid { cols: w.div_ceil(8), rows: h.div_ceil(8), dc_step: 2 };
    let chroma = grid(width.div_ceil(part), height.div_ceil(high));
    builder.begin(&Layout {
        width,
        height,
        luma: grid(width, height),
        chroma: (name != "grey").then_some([chroma; 2]),
        quant: [1; 64],
        block_rows,
    })
}

#[test]
fn the_tiers_hold_what_their_docs_say() {
    let builder = size_of::<FrameBuilder<'static>>();
    let mcu = size_of::<Scanner<4096, 64>>() + size_of::<McuMemory>() + builder;
    assert!(mcu <= 64 << 10, "{mcu}");
    let board = size_of::<Scanner<65_536, 512>>() + size_of::<BoardMemory>() + builder;
    assert!(board <= 4 << 20, "{board}");
    for (sampling, (name, ..)) in SAMPLINGS.iter().enumerate() {
        for (width, height) in [(6000, 4000), (4000, 6000), (8256, 5504), (5504, 8256), (160, 120)]
        {
            let mut memory = Box::new(McuMemory::new());
            let mut builder = FrameBuilder::new(memory.buffers());
            let begun = begin(&mut builder, width, height, sampling);
            assert!(begun.is_some(), "{width} x {height} {name}");
        }
        for size in [(6000, 4000), (11_648, 8736), (65_535, 65_535)] {
            let mut memory = Box::new(BoardMemory::new());
            let mut builder = FrameBuilder::new(memory.buffers());
            assert!(begin(&mut builder, size.0, size.1, sampling).is_some());
        }
    }
}

/// What the docs of the memory tiers say about resolution.
#[test]
fn the_tiers_resolve_what_their_docs_say() {
    let finest = |builder: &mut FrameBuilder<'_>, cols: u32, rows: u32| {
        builder.begin(&layout(cols, rows, 1)).expect("fits");
        Isa::detect().run(Feed { builder, cols, rows, step: 1 });
    };
    let mut memory = Box::new(McuMemory::new());
    let mut builder = FrameBuilder::new(memory.buffers());
    finest(&mut builder, 750, 500);
    let frame = builder.finish().expect("begun");
    assert_eq!((frame.luma.width(), frame.luma.height()), (94, 63));
    assert!(frame.cells.cells.len() > 150 && frame.cells.cells.len() <= 224);

    let mut memory = Box::new(BoardMemory::new());
    let mut builder = FrameBuilder::new(memory.buffers());
    finest(&mut builder, 1032, 688);
    let frame = builder.finish().expect("begun");
    assert_eq!((frame.luma.width(), frame.luma.height()), (1032, 688));
    assert_eq!((frame.cells.pitch_x, frame.cells.pitch_y), (64, 64));
}
