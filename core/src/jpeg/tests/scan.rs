//! Every form of the format gives its coefficients back, whatever the chunks.

use super::codes::Codes;
use super::encoder::{Content, Form, Picture, segment, write};
use super::{COMPLETE, Recorder, record, whole};
use crate::jpeg::{ColorSpace, Error};
use crate::kernels::Isa;
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

/// Samplings of three and of other numbers of components, common and odd.
const SAMPLINGS: &[&[(u32, u32)]] = &[
    &[(1, 1)],
    &[(2, 2)],
    &[(3, 1)],
    &[(1, 1), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1)],
    &[(1, 2), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1)],
    &[(4, 1), (1, 1), (1, 1)],
    &[(3, 1), (1, 1), (1, 1)],
    &[(1, 3), (1, 1), (1, 1)],
    &[(2, 4), (1, 1), (1, 1)],
    &[(4, 2), (1, 1), (1, 1)],
    &[(1, 1), (2, 2), (1, 2)],
    &[(2, 1), (1, 2), (2, 1)],
    &[(3, 2), (1, 1), (3, 1)],
    &[(1, 1), (1, 1), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1), (2, 2)],
    &[(1, 2), (2, 1), (1, 1), (2, 2)],
];

/// Asserts that `picture` in this form comes back exactly.
fn check(picture: &Picture, form: &Form) {
    let file = write(picture, form);
    let (report, seen) = whole(&file.bytes);
    assert_eq!(report, Ok(COMPLETE), "{form:?}");
    let mut sent = 0;
    for scan in &form.scans {
        let (cols, rows) = picture.mcus(scan);
        for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
            for (part, x, y) in picture.mcu(scan, col, row) {
                assert_eq!(
                    seen.blocks.get(&(part, y, x)),
                    Some(picture.block((part, x, y))),
                    "component {part} at {x}, {y}: {form:?}"
                );
                sent += 1;
            }
        }
    }
    assert_eq!(seen.blocks.len(), sent);
    for (scan, rows) in form.scans.iter().zip(&seen.rows) {
        let (cols, count) = picture.mcus(scan);
        assert_eq!(rows, &vec![(cols, cols); count as usize]);
    }
    assert_eq!(seen.quant, picture.quant);
    assert_eq!(seen.height, form.dnl.then_some(picture.height));

    // The path that passes over chroma sees the same DCs.
    let (report, skipped, scanner) = record::<false>(&file.bytes, &[usize::MAX], Isa::baseline());
    assert_eq!(report, Ok(COMPLETE));
    let luma = scanner.header().expect("seen").luma_index();
    let alone = form.scans.iter().any(|scan| *scan == [luma]);
    let luma_rows = if alone { 1 } else { picture.parts[luma].v };
    assert_eq!(skipped.blocks.len(), seen.blocks.len());
    for (place, block) in &skipped.blocks {
        if place.0 == luma && place.1 % luma_rows == 0 {
            assert_eq!(block, &seen.blocks[place]);
        } else {
            assert_eq!(block[0], seen.blocks[place][0], "{place:?}");
        }
    }
}

#[test]
fn every_sampling_in_one_scan_and_in_several() {
    for (seed, &sampling) in (1..).zip(SAMPLINGS) {
        for size in [(1, 1), (50, 37), (64, 64)] {
            let picture = Picture::new(size, sampling, Content::Plain, seed);
            let parts = sampling.len();
            let blocks: u32 = sampling.iter().map(|s| s.0 * s.1).sum();
            if parts == 1 || blocks <= 10 {
                check(&picture, &Form::new(parts));
            }
            check(&picture, &Form::separate(parts));
            if parts > 2 {
                let scans = vec![vec![0], (1..parts).collect()];
                check(&picture, &Form { scans, ..Form::new(parts) });
                // Luma last.
                let scans = vec![(1..parts).collect(), vec![0]];
                check(&picture, &Form { scans, ..Form::new(parts) });
            }
        }
    }
}

#[test]
fn every_code_and_every_content() {
    for codes in [Codes::Standard, Codes::Fitted, Codes::Long] {
        for content in [Content::Plain, Content::Full, Content::Wild] {
            // The standard's tables have no words for what 12-bit pictures hold.
            if (codes, content) == (Codes::Standard, Content::Wild) {
                continue;
            }
            for sampling in [SAMPLINGS[0], SAMPLINGS[3], SAMPLINGS[6]] {
                let picture = Picture::new((90, 70), sampling, content, 5);
                check(&picture, &Form { codes, ..Form::new(sampling.len()) });
                let mut rgb = picture.clone();
                for (part, id) in rgb.parts.iter_mut().zip(*b"RGB") {
                    part.id = id;
                }
                check(&rgb, &Form { codes, ..Form::new(sampling.len()) });
            }
        }
    }
}

#[test]
fn restart_intervals_of_any_length() {
    for sampling in [SAMPLINGS[0], SAMPLINGS[6], SAMPLINGS[15]] {
        let picture = Picture::new((100, 50), sampling, Content::Wild, 9);
        // A row of 4:2:0 has 7 MCUs, one of the others 13.
        for restart in [1, 2, 3, 5, 7, 11, 13, 14, 26, 30, 91, 92, 65_535] {
            for fill in [0, 1, 5] {
                let form = Form { restart, fill, ..Form::new(sampling.len()) };
                check(&picture, &form);
                check(&picture, &Form { restart, fill, ..Form::separate(sampling.len()) });
            }
        }
    }
}

#[test]
fn heights_that_come_late() {
    for sampling in [SAMPLINGS[0], SAMPLINGS[1], SAMPLINGS[6], SAMPLINGS[12]] {
        for (height, restart) in
            [(1, 0), (8, 0), (33, 0), (48, 0), (33, 1), (64, 2), (64, 5), (40, 7)]
        {
            let picture = Picture::new((60, height), sampling, Content::Plain, 3);
            let parts = sampling.len();
            check(&picture, &Form { dnl: true, restart, ..Form::new(parts) });
            check(&picture, &Form { dnl: true, restart, ..Form::separate(parts) });
        }
    }
}

#[test]
fn segments_of_every_length_and_garbage_after_the_end() {
    let picture = Picture::new((40, 40), SAMPLINGS[6], Content::Plain, 4);
    let mut head = Vec::new();
    for marker in (0xE0..=0xEF).chain([0xFE, 0xF0]) {
        for length in [0, 1, 65_531] {
            head.extend(segment(marker, &vec![0xFF; length]));
        }
    }
    let exif: Vec<u8> = (0..10_000).map(|i| i as u8).collect();
    head.extend(segment(0xE1, &exif));
    let tail: Vec<u8> = (0..200_000).map(|i| (i * 7) as u8).collect();
    let between = segment(0xFE, b"between");
    let form = Form { head, tail, between, wide_quant: true, fill: 3, ..Form::new(3) };
    let mut wide = picture;
    wide.quant[1] = core::array::from_fn(|i| 65_535 - i as u16);
    check(&wide, &form);
    let (_, seen, _) = record::<false>(&write(&wide, &form).bytes, &[700, 3], Isa::detect());
    assert_eq!(seen.app1.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 65_531, 10_000]);
    assert_eq!(seen.app1[3], exif);
}

#[test]
fn garbage_between_segments_is_told_and_passed_over() {
    let picture = Picture::new((40, 40), SAMPLINGS[6], Content::Plain, 4);
    let between = vec![1, 2, 0xFF, 0, 3];
    let file = write(&picture, &Form { between: between.clone(), ..Form::new(3) });
    let (report, seen) = whole(&file.bytes);
    let report = report.expect("readable");
    assert_eq!(seen.compare(&picture).1, 0);
    assert_eq!(seen.blocks.len(), 9 * 6);
    let at = file.bytes.windows(5).position(|w| w == between).expect("there");
    assert_eq!(report.corrupt, Some(at as u64));
    assert!(report.complete);
}

#[test]
fn colours_are_marked_as_libjpeg_reads_them() {
    let adobe = |transform| segment(0xEE, &[b"Adobe\0\x64\0\0\0\0", &[transform][..]].concat());
    let jfif = segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
    let color = |parts: usize, ids: &[u8], head: Vec<u8>| {
        let mut picture = Picture::new((9, 9), &vec![(1, 1); parts], Content::Plain, 1);
        for (part, &id) in picture.parts.iter_mut().zip(ids) {
            part.id = id;
        }
        let file = write(&picture, &Form { head, ..Form::new(parts) });
        let (report, _, scanner) = record::<true>(&file.bytes, &[usize::MAX], Isa::detect());
        assert_eq!(report, Ok(COMPLETE));
        scanner.header().expect("seen").color
    };
    assert_eq!(color(1, &[1], vec![]), ColorSpace::Grey);
    assert_eq!(color(3, &[1, 2, 3], vec![]), ColorSpace::YCbCr);
    assert_eq!(color(3, &[0, 1, 2], vec![]), ColorSpace::YCbCr);
    assert_eq!(color(3, b"RGB", vec![]), ColorSpace::Rgb);
    assert_eq!(color(3, b"RGB", jfif.clone()), ColorSpace::YCbCr);
    assert_eq!(color(3, &[1, 2, 3], adobe(0)), ColorSpace::Rgb);
    assert_eq!(color(3, b"RGB", adobe(1)), ColorSpace::YCbCr);
    assert_eq!(color(3, &[1, 2, 3], [jfif, adobe(0)].concat()), ColorSpace::YCbCr);
    assert_eq!(color(4, &[1, 2, 3, 4], vec![]), ColorSpace::Cmyk);
    assert_eq!(color(4, &[1, 2, 3, 4], adobe(0)), ColorSpace::Cmyk);
    assert_eq!(color(4, &[1, 2, 3, 4], adobe(2)), ColorSpace::Ycck);
}

#[test]
fn a_scanner_that_was_reset_remembers_nothing() {
    let mut scanner = std::boxed::Box::new(super::Small::new(Isa::detect()));
    let dirty = Picture::new((80, 40), SAMPLINGS[15], Content::Wild, 2);
    let clean = Picture::new((50, 50), SAMPLINGS[0], Content::Plain, 3);
    let (dirty, file) = (write(&dirty, &Form::new(4)).bytes, write(&clean, &Form::new(1)).bytes);
    for cut in [3, dirty.len() / 2, dirty.len()] {
        let mut recorder = Recorder::<true>::default();
        let _ = super::feed(&mut scanner, &mut recorder, &dirty[..cut], &[1000]);
        scanner.reset();
        let mut recorder = Recorder::<true>::default();
        let report = super::feed(&mut scanner, &mut recorder, &file, &[1000]);
        assert_eq!(report, Ok(COMPLETE));
        assert_eq!(recorder.compare(&clean), (49, 0));
    }
    scanner.reset();
    assert_eq!(scanner.header(), None);
    assert_eq!(scanner.finish(&mut Recorder::<true>::default()), Err(Error::NotJpeg));
}

/// A picture and a form of any kind.
pub(super) fn any_file() -> impl Strategy<Value = (Picture, Form)> {
    let content = prop::sample::select(vec![Content::Plain, Content::Full, Content::Wild]);
    let picture = (1u32..90, 1u32..70, prop::sample::select(SAMPLINGS), content, any::<u64>())
        .prop_map(|(width, height, sampling, content, seed)| {
            Picture::new((width, height), sampling, content, seed)
        });
    let form = (
        any::<bool>(),
        prop::sample::select(vec![0, 0, 1, 2, 3, 7, 100]),
        any::<bool>(),
        0usize..3,
        any::<bool>(),
    );
    (picture, form).prop_map(|(picture, (separate, restart, long, fill, dnl))| {
        let parts = picture.parts.len();
        let blocks: u32 = picture.parts.iter().map(|p| p.h * p.v).sum();
        let form = if separate || blocks > 10 { Form::separate(parts) } else { Form::new(parts) };
        let codes = if long { Codes::Long } else { Codes::Fitted };
        (picture, Form { restart, codes, fill, dnl, ..form })
    })
}

/// Sizes of chunks, to be used by turns.
pub(super) fn any_chunks() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![1]),
        Just(vec![7]),
        prop::collection::vec(1usize..5000, 1..8),
        prop::collection::vec(1usize..40, 1..8),
    ]
}

proptest! {
    #[test]
    fn any_file_comes_back((picture, form) in any_file()) {
        check(&picture, &form);
    }

    #[test]
    fn chunks_and_instruction_sets_change_nothing(
        (picture, form) in any_file(),
        chunks in any_chunks(),
    ) {
        let bytes = write(&picture, &form).bytes;
        let (report, want) = whole(&bytes);
        let (again, got, _) = record::<true>(&bytes, &chunks, Isa::baseline());
        prop_assert_eq!(report, again);
        prop_assert!(want == got);
    }
}
