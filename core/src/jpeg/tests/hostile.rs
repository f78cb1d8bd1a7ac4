//! Headers that contradict themselves or the standard, and pictures that are
//! announced and never come.

use super::codes::Code;
use super::encoder::{Content, Form, Picture, segment, write};
use super::{COMPLETE, Recorder, feed, whole};
use crate::frame::{BoardMemory, FrameBuilder};
use crate::jpeg::{Error, Report, Scanner};
use crate::kernels::Isa;
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

const SOI: &[u8] = &[0xFF, 0xD8];

fn quant() -> Vec<u8> {
    segment(0xDB, &[&[0][..], &[1; 64]].concat())
}

fn tables() -> Vec<u8> {
    let dc = segment(0xC4, &[&[0x00], &Code::standard_dc().payload()[..]].concat());
    let ac = segment(0xC4, &[&[0x10], &Code::standard_ac().payload()[..]].concat());
    [quant(), dc, ac].concat()
}

/// A frame header; each component is identifier, sampling, table.
fn frame(width: u16, height: u16, components: &[[u8; 3]]) -> Vec<u8> {
    let [h1, h0] = height.to_be_bytes();
    let [w1, w0] = width.to_be_bytes();
    let head = [8, h1, h0, w1, w0, components.len() as u8];
    segment(0xC0, &[&head[..], components.as_flattened()].concat())
}

fn scan(ids: &[u8]) -> Vec<u8> {
    let mut payload = vec![ids.len() as u8];
    ids.iter().for_each(|&id| payload.extend([id, 0]));
    payload.extend([0, 63, 0]);
    segment(0xDA, &payload)
}

const GREY: &[[u8; 3]] = &[[1, 0x11, 0]];

/// The error of a file of these segments.
fn error(segments: &[Vec<u8>]) -> Error {
    let bytes = [SOI, &segments.concat()].concat();
    let (report, seen) = whole(&bytes);
    assert!(seen.blocks.is_empty());
    report.expect_err("refused")
}

fn refused(marker: u8, segments: &[Vec<u8>]) {
    match error(segments) {
        Error::Segment { marker: found, .. } if found == marker => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_jpeg_is_told_at_once() {
    for bytes in [&b""[..], b"\xFF", b"\x00", b"\xFF\xD9", b"II*\0", b"\x89PNG\r\n"] {
        assert_eq!(whole(bytes).0, Err(Error::NotJpeg));
    }
    // Nothing but the beginning: cut, and no more is known.
    let report = whole(SOI).0.expect("begun");
    assert_eq!(report, Report { truncated: Some(2), ..Report::default() });
}

#[test]
fn processes_that_are_not_sequential_huffman_are_named() {
    for marker in 0xC2..=0xCFu8 {
        let header = segment(marker, &frame(9, 9, GREY)[4..]);
        let want = match marker {
            0xC2 => Error::Progressive,
            // Tables and a reserved one.
            0xC4 | 0xC8 | 0xCC => continue,
            other => Error::Process(other),
        };
        assert_eq!(error(&[header]), want);
    }
}

#[test]
fn frame_headers_are_checked() {
    refused(0xC0, &[frame(0, 9, GREY)]);
    for sampling in [0x00, 0x01, 0x10, 0x51, 0x15, 0xFF] {
        refused(0xC0, &[frame(9, 9, &[[1, sampling, 0]])]);
    }
    refused(0xC0, &[frame(9, 9, &[[1, 0x11, 4]])]);
    refused(0xC0, &[frame(9, 9, &[[1, 0x11, 0], [1, 0x11, 0], [2, 0x11, 0]])]);
    refused(0xC0, &[frame(9, 9, GREY), frame(9, 9, GREY)]);
    // Lengths that do not fit the number of components.
    let whole = frame(9, 9, GREY);
    refused(0xC0, &[segment(0xC0, &whole[4..whole.len() - 1])]);
    refused(0xC0, &[segment(0xC0, &[&whole[4..], &[0]].concat())]);
    refused(0xC0, &[segment(0xC0, &[8, 0, 9])]);
    refused(0xC0, &[segment(0xC0, &[])]);
    refused(0xC0, &[vec![0xFF, 0xC0, 0, 1]]);
    for count in [0, 2, 5, 255] {
        let header = [&[8, 0, 9, 0, 9, count][..], &vec![7; 3 * usize::from(count)]].concat();
        assert_eq!(error(&[segment(0xC0, &header)]), Error::Components(count));
    }
    let mut deep = frame(9, 9, GREY);
    deep[4] = 12;
    assert_eq!(error(&[deep]), Error::Precision(12));
}

#[test]
fn scan_headers_are_checked() {
    let begin = || [tables(), frame(9, 9, GREY)].concat();
    refused(0xDA, &[tables(), scan(&[1])]);
    refused(0xDA, &[begin(), scan(&[2])]);
    refused(0xDA, &[begin(), scan(&[])]);
    refused(0xDA, &[begin(), scan(&[1, 1])]);
    refused(0xDA, &[begin(), segment(0xDA, &[1, 1, 0x40, 0, 63, 0])]);
    refused(0xDA, &[begin(), segment(0xDA, &[1, 1, 0, 0, 63])]);
    refused(0xDA, &[begin(), segment(0xDA, &[])]);
    // 3 x 3 and two more: 11 blocks.
    let wide = frame(9, 9, &[[1, 0x33, 0], [2, 0x11, 0], [3, 0x11, 0]]);
    refused(0xDA, &[tables(), wide, scan(&[1, 2, 3])]);
}

#[test]
fn tables_that_are_missing_or_impossible_are_told() {
    let header = || [frame(9, 9, GREY), scan(&[1])].concat();
    for missing in 0..3 {
        let all = tables();
        let ends = [0, 69, 69 + 33, all.len()];
        let some = [&all[..ends[missing]], &all[ends[missing + 1]..]].concat();
        assert!(matches!(error(&[some, header()]), Error::MissingTable { .. }), "{missing}");
    }
    // Three codes of one bit, and 256 symbols of 16 bits behind a short one.
    let mut counts = [0u8; 17];
    counts[1] = 3;
    refused(0xC4, &[segment(0xC4, &[&counts[..], &[1, 2, 3]].concat())]);
    // More symbols than there can be, and fewer than are announced.
    let mut counts = [255u8; 17];
    counts[0] = 0x10;
    refused(0xC4, &[segment(0xC4, &[&counts[..], &[0; 4080]].concat())]);
    let code = Code::standard_ac().payload();
    refused(0xC4, &[segment(0xC4, &[&[0x10], &code[..code.len() - 1]].concat())]);
    for kind in [0x04, 0x14, 0x20] {
        refused(0xC4, &[segment(0xC4, &[&[kind], &code[..]].concat())]);
    }
    // Longer than the buffer.
    refused(0xC4, &[segment(0xC4, &[0; 5000])]);
    // More DC categories than there are, and one above 15.
    refused(0xC4, &[segment(0xC4, &[&[0u8][..], &code].concat())]);
    let mut counts = [0u8; 17];
    counts[1] = 1;
    let dc = segment(0xC4, &[&counts[..], &[16]].concat());
    assert!(matches!(error(&[tables(), dc, header()]), Error::MissingTable { .. }));

    refused(0xDB, &[segment(0xDB, &[0; 65])]);
    refused(0xDB, &[segment(0xDB, &[1; 64])]);
    refused(0xDB, &[segment(0xDB, &[&[4][..], &[1; 64]].concat())]);
    refused(0xDB, &[segment(0xDB, &[&[0x20][..], &[1; 128]].concat())]);
    refused(0xDB, &[segment(0xDB, &[&[0x10][..], &[1; 64]].concat())]);
    refused(0xDD, &[segment(0xDD, &[1])]);
    refused(0xD9, &[tables(), vec![0xFF, 0xD9]]);
}

#[test]
fn an_empty_code_space_is_damage_at_the_first_block() {
    // One code of 16 bits: nearly every bit pattern is none.
    let mut counts = [0u8; 17];
    counts[16] = 1;
    let dc = segment(0xC4, &[&counts[..], &[0]].concat());
    let bytes = [SOI, &tables(), &dc, &frame(9, 9, GREY), &scan(&[1]), &[0x55; 50], &[0xFF, 0xD9]];
    let (report, seen) = whole(&bytes.concat());
    assert!(report.expect("begun").corrupt.is_some());
    assert!(seen.blocks.is_empty());
}

#[test]
fn the_largest_picture_without_data_costs_next_to_nothing() {
    let colour: &[[u8; 3]] = &[[1, 0x22, 0], [2, 0x11, 0], [3, 0x11, 0]];
    for restart in [0u16, 1, 65_535] {
        let interval = segment(0xDD, &restart.to_be_bytes());
        let head = [SOI, &tables(), &interval, &frame(65_535, 65_535, colour), &scan(&[1, 2, 3])];
        // Markers, each of which says that three intervals are missing.
        let markers: Vec<u8> =
            (0..20_000u32).flat_map(|i| [0xFF, 0xD0 | (i * 4 + 3) as u8 & 7]).collect();
        for tail in [&[][..], &markers] {
            let bytes = [&head.concat()[..], tail].concat();
            let (report, seen) = whole(&bytes);
            assert!(report.expect("begun").truncated.is_some() || restart > 0);
            assert!(seen.blocks.is_empty());
            assert!(seen.rows[0].len() <= 4096);

            let mut memory = Box::new(BoardMemory::new());
            let mut builder = FrameBuilder::new(memory.buffers());
            let mut scanner = Box::new(Scanner::<65_536, 512>::new(Isa::detect()));
            let report = feed(&mut scanner, &mut builder, &bytes, &[usize::MAX]);
            assert!(report.is_ok());
            let frame = builder.finish().expect("begun");
            assert_eq!((frame.width, frame.height, frame.blocks_seen), (65_535, 65_535, 0));
        }
    }
}

#[test]
fn a_second_scan_that_makes_no_sense_leaves_the_first() {
    let picture = Picture::new((40, 40), &[(1, 1), (1, 1), (1, 1)], Content::Plain, 4);
    let form = Form { scans: vec![vec![0]], ..Form::new(3) };
    let file = write(&picture, &form).bytes;
    let body = &file[..file.len() - 2];
    let endings: [&[u8]; 5] = [
        &segment(0xDA, &[1, 1, 0, 0, 63, 0]),
        &segment(0xC4, &[0; 5000]),
        &segment(0xC0, &[0; 9]),
        &segment(0xC2, &[0; 9]),
        &segment(0xDD, &[0; 1]),
    ];
    for ending in endings {
        let bytes = [body, ending, &[0xFF, 0xD9]].concat();
        let (report, seen) = whole(&bytes);
        let report = report.expect("the first scan is good");
        assert_eq!(report.corrupt, Some(body.len() as u64 + 4));
        assert_eq!(seen.compare(&picture), (25, 0));
    }
    // And one that never comes.
    let (report, _) = whole(&file);
    assert!(report.expect("readable").truncated.is_some());
}

#[test]
fn an_error_stays() {
    let mut scanner = Box::new(super::Small::new(Isa::detect()));
    let mut sink = Recorder::<true>::default();
    assert_eq!(scanner.feed(b"GIF89a", &mut sink), Err(Error::NotJpeg));
    let picture = Picture::new((9, 9), &[(1, 1)], Content::Plain, 4);
    let file = write(&picture, &Form::new(1)).bytes;
    assert_eq!(scanner.feed(&file, &mut sink), Err(Error::NotJpeg));
    assert_eq!(scanner.finish(&mut sink), Err(Error::NotJpeg));
    scanner.reset();
    assert_eq!(feed(&mut scanner, &mut sink, &file, &[1]), Ok(COMPLETE));
}
