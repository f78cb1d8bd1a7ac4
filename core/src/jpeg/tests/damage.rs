//! Files that were cut or changed: what was seen stays right, the damage is
//! told, and chunks make no difference.

use super::encoder::{Content, Form, Picture, Written, write};
use super::scan::{any_chunks, any_file};
use super::{Recorder, record, whole};
use crate::jpeg::{Error, Report};
use crate::kernels::Isa;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::vec;
use std::vec::Vec;

const YCC420: &[(u32, u32)] = &[(2, 2), (1, 1), (1, 1)];

/// A few small files: without restart markers, with one each row, with one
/// behind every MCU, in three scans, with the height at the end.
fn small_files() -> Vec<(Picture, Form)> {
    let picture = |content| Picture::new((40, 33), YCC420, content, 11);
    let plain = || picture(Content::Plain);
    vec![
        (plain(), Form::new(3)),
        (picture(Content::Wild), Form::new(3)),
        (plain(), Form { restart: 3, ..Form::new(3) }),
        (plain(), Form { restart: 1, fill: 1, ..Form::new(3) }),
        (plain(), Form { restart: 2, dnl: true, ..Form::new(3) }),
        (plain(), Form { restart: 5, ..Form::separate(3) }),
        (plain(), Form::separate(3)),
    ]
}

type Outcome = (Result<Report, Error>, Recorder<true>);

/// Scans in several chunkings and asserts that they agree.
fn agreed(bytes: &[u8]) -> Outcome {
    let want = whole(bytes);
    for chunks in [&[1][..], &[5, 64]] {
        let (report, seen, _) = record::<true>(bytes, chunks, Isa::baseline());
        assert_eq!(report, want.0, "{chunks:?}");
        assert!(seen == want.1, "{chunks:?}");
    }
    want
}

#[test]
fn a_cut_at_any_byte_leaves_what_came_before() {
    for (picture, form) in small_files() {
        let file = write(&picture, &form);
        let all = whole(&file.bytes).1.blocks.len();
        let (mut last, end) = (0, file.scans.last().expect("a scan").end);
        for cut in 0..file.bytes.len() {
            let (report, seen) = agreed(&file.bytes[..cut]);
            if cut < 2 {
                assert_eq!(report, Err(Error::NotJpeg));
                continue;
            }
            let report = report.expect("damage is no error");
            assert_eq!(seen.compare(&picture).1, 0, "cut at {cut}: {form:?}");
            assert!(!report.complete);
            let count = seen.blocks.len();
            assert!(count >= last, "{count} blocks, {last} a byte before");
            last = count;
            // The DNL segment is missing too.
            if count < all || form.dnl && cut < end + 6 {
                assert_eq!((report.truncated, report.corrupt), (Some(cut as u64), None));
            } else {
                assert!(cut + 1 >= end, "all blocks from {cut} of {end} bytes");
                assert_eq!((report.truncated, report.corrupt), (None, None));
            }
        }
        assert_eq!(last, all);
    }
}

#[test]
fn any_byte_may_be_wrong() {
    for (picture, form) in small_files() {
        let file = write(&picture, &form);
        let mut bytes = file.bytes.clone();
        for at in 0..bytes.len() {
            let right = bytes[at];
            for wrong in [right ^ 1, right ^ 0x80, 0xFF, 0, 0xD3] {
                bytes[at] = wrong;
                let (report, seen) = agreed(&bytes);
                for offset in report.iter().flat_map(|r| [r.truncated, r.corrupt]).flatten() {
                    assert!(offset <= bytes.len() as u64);
                }
                // No more rows than the header can announce.
                assert!(seen.rows.iter().all(|rows| rows.len() <= 8192));
            }
            bytes[at] = right;
        }
    }
}

/// MCUs of the only scan, by interval, as the places of their blocks.
fn intervals(picture: &Picture, form: &Form) -> Vec<BTreeSet<(usize, u32, u32)>> {
    let [scan] = &form.scans[..] else {
        panic!("one scan");
    };
    let (cols, rows) = picture.mcus(scan);
    let mut intervals = vec![BTreeSet::new(); (cols * rows).div_ceil(form.restart.into()) as usize];
    for index in 0..cols * rows {
        let places = picture.mcu(scan, index % cols, index / cols);
        intervals[(index / u32::from(form.restart)) as usize].extend(places);
    }
    intervals
}

/// Asserts that the blocks of each interval but those in `lost` are right, and
/// that something was told.
fn assert_resynchronised(bytes: &[u8], picture: &Picture, form: &Form, lost: &[usize]) -> Report {
    let (report, seen) = agreed(bytes);
    let report = report.expect("damage is no error");
    for (number, places) in intervals(picture, form).iter().enumerate() {
        if lost.contains(&number) {
            continue;
        }
        for &(part, col, row) in places {
            let got = seen.blocks.get(&(part, row, col));
            assert_eq!(got, Some(picture.block((part, col, row))), "interval {number}");
        }
    }
    assert_eq!(seen.rows[0].len() as u32, picture.mcus(&form.scans[0]).1);
    report
}

/// A file of one scan with many intervals, and where each one's data lie.
fn with_restarts(restart: u16) -> (Picture, Form, Written, Vec<(usize, usize)>) {
    let picture = Picture::new((66, 50), YCC420, Content::Plain, 21);
    let form = Form { restart, ..Form::new(3) };
    let file = write(&picture, &form);
    let mut starts = vec![file.scans[0].start];
    starts.extend(file.restarts.iter().map(|at| at + 2));
    let mut ends = file.restarts.clone();
    ends.push(file.scans[0].end);
    let data = starts.into_iter().zip(ends).collect();
    (picture, form, file, data)
}

#[test]
fn damage_stays_within_its_interval() {
    for restart in [1, 4] {
        let (picture, form, file, data) = with_restarts(restart);
        for (number, &(start, end)) in data.iter().enumerate() {
            for at in start..end {
                for wrong in [file.bytes[at] ^ 0x10, 0, 0xFE, 0xFF] {
                    let mut bytes = file.bytes.clone();
                    bytes[at] = wrong;
                    // A real marker that comes to be by chance ends the scan:
                    // what it is cannot be told.
                    let marker = bytes[at - 1..=at + 1]
                        .windows(2)
                        .any(|w| w[0] == 0xFF && (0xC0..0xFF).contains(&w[1]));
                    if marker {
                        continue;
                    }
                    let report = assert_resynchronised(&bytes, &picture, &form, &[number]);
                    // The last one may seem to want more data than there are.
                    assert!(report.truncated.is_none() || number + 1 == data.len());
                    assert!(report.complete);
                    if let Some(offset) = report.corrupt {
                        let near = (start as u64).saturating_sub(40)..end as u64 + 40;
                        assert!(near.contains(&offset), "{offset} for {at} in {near:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn restart_markers_may_be_missing_twofold_or_misnumbered() {
    for restart in [1, 4] {
        let (picture, form, file, data) = with_restarts(restart);
        for (number, &at) in file.restarts.iter().enumerate() {
            let last = number + 2 == data.len();
            let edit = |bytes: &[u8]| [&file.bytes[..at], bytes, &file.bytes[at + 2..]].concat();
            let [ff, own] = [file.bytes[at], file.bytes[at + 1]];

            let report = assert_resynchronised(&edit(&[]), &picture, &form, &[number, number + 1]);
            assert!(report != super::COMPLETE);

            let twice = edit(&[ff, own, ff, own]);
            let report = assert_resynchronised(&twice, &picture, &form, &[number + 1]);
            assert!(report.corrupt.is_some());

            for ahead in 1..8 {
                let other = 0xD0 | (own + ahead) & 7;
                // One that is a few ahead says that intervals are missing, and
                // its data go where it says; the others are passed over.
                let lost: Vec<usize> = if ahead <= 3 {
                    (number + 1..=number + 1 + usize::from(ahead)).collect()
                } else {
                    vec![number + 1]
                };
                let bytes = edit(&[ff, other]);
                let report = assert_resynchronised(&bytes, &picture, &form, &lost);
                assert!(report != super::COMPLETE, "{ahead} ahead, last {last}");
            }
        }
    }
}

#[test]
fn an_interval_that_is_missing_leaves_a_gap() {
    let (picture, form, file, data) = with_restarts(3);
    for (lost, &(start, end)) in data.iter().enumerate().skip(1).take(data.len() - 2) {
        let bytes = [&file.bytes[..start - 2], &file.bytes[end..]].concat();
        let report = assert_resynchronised(&bytes, &picture, &form, &[lost]);
        assert!(report.corrupt.is_some());
    }
}

#[test]
fn unexpected_restart_markers_are_told() {
    let picture = Picture::new((50, 40), YCC420, Content::Plain, 11);
    let file = write(&picture, &Form::new(3));
    let scan = file.scans[0].clone();
    let at = (scan.start + scan.end) / 2;
    // Not between an FF and its zero.
    let at = if file.bytes[at - 1] == 0xFF { at + 1 } else { at };
    let bytes = [&file.bytes[..at], &[0xFF, 0xD4], &file.bytes[at..]].concat();
    let (report, seen) = agreed(&bytes);
    assert_eq!(seen.compare(&picture), (12 * 6, 0));
    let corrupt = report.expect("readable").corrupt.expect("told");
    assert!(corrupt.abs_diff(at as u64) <= 2, "{corrupt} for {at}");
}

#[test]
fn too_much_data_is_damage_and_a_little_padding_is_not() {
    let picture = Picture::new((50, 40), YCC420, Content::Plain, 11);
    let file = write(&picture, &Form::new(3));
    let end = file.scans[0].end;
    for (more, damaged) in [(1, false), (60, false), (100, true), (20_000, true)] {
        let bytes = [&file.bytes[..end], &vec![0; more], &file.bytes[end..]].concat();
        let (report, seen) = agreed(&bytes);
        assert_eq!(seen.compare(&picture), (12 * 6, 0));
        let report = report.expect("readable");
        assert_eq!(report.corrupt.is_some(), damaged, "{more}");
        assert!(report.complete && report.truncated.is_none());
    }
}

proptest! {
    /// Several bytes anywhere, in any kind of file.
    #[test]
    fn chunks_make_no_difference_to_damage(
        (picture, form) in any_file(),
        wounds in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        chunks in any_chunks(),
    ) {
        let file = write(&picture, &form);
        let mut bytes = file.bytes;
        let data = file.scans[0].start..bytes.len();
        for (place, value) in wounds {
            let at = data.start + place.index(data.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(data.start + cut.index(data.len()));
        }
        let want = whole(&bytes);
        let (report, seen, _) = record::<true>(&bytes, &chunks, Isa::baseline());
        prop_assert_eq!(report, want.0);
        prop_assert!(seen == want.1);
        // The path that passes over chroma fares the same.
        let (skipped, short, _) = record::<false>(&bytes, &[usize::MAX], Isa::detect());
        prop_assert_eq!(skipped, report);
        prop_assert_eq!(short.rows, seen.rows);
        prop_assert!(short.blocks.keys().eq(seen.blocks.keys()));
        for (place, block) in &short.blocks {
            prop_assert_eq!(block[0], seen.blocks[place][0]);
        }
    }
}
