//! `edgecull eval --task duplicates`.

use super::super::{Ending, Failure};
use super::{each, finish};
use crate::args::EvalArgs;
use crate::burst::Bursts;
use crate::eval::duplicates::change::Change;
use crate::eval::duplicates::groups;
use crate::eval::duplicates::labels::{Frames, Labelled};
use crate::eval::duplicates::variants::{self, Looks};
use crate::eval::report::{Findings, Head, NotJudged, Report};
use crate::pipeline::{Judge, JudgeOptions, Judged};
use crate::source::decode;
use crate::source::format::{Format, SIGNATURE_LEN};
use edgecull_core::burst::group::GAP_MS;
use edgecull_core::burst::{Fingerprint, Shot};
use edgecull_core::geometry::Orientation;
use image::{DynamicImage, RgbImage};
use std::fs;
use std::io::Cursor;
use std::path::Path;

/// Groups the files, or compares versions of them.
pub(super) fn run(args: &EvalArgs) -> Result<Ending, Failure> {
    let list = Frames::read(&args.manifest)?;
    match &args.variants {
        Some(folder) => changed(args, &list, folder),
        None => grouped(args, &list),
    }
}

/// What the judging of these files looks for: nothing that grouping does not see.
fn options(args: &EvalArgs) -> JudgeOptions {
    JudgeOptions {
        strictness: args.strictness,
        faces: None,
        quality: false,
        traits: true,
        ..JudgeOptions::default()
    }
}

/// What grouping needs of a file; `None` of one of which no frame could be had.
fn shot(judge: &mut Judge, path: &Path) -> (Judged, Option<Shot>) {
    let judged = judge.file(path);
    let shot = judged.traits.as_ref().map(|traits| traits.shot);
    (judged, shot)
}

fn grouped(args: &EvalArgs, list: &Frames) -> Result<Ending, Failure> {
    let judge = |judge: &mut Judge, frame: &Labelled| shot(judge, &frame.path);
    let broken = |sentence| (Judged::unread(sentence), None);
    let Some(done) = each(args, options(args), &list.frames, judge, broken)? else {
        return Ok(Ending::Interrupted);
    };
    let gap_ms = args.burst_gap.unwrap_or(GAP_MS);
    let mut bursts = Bursts::new(gap_ms);
    let (mut files, mut not_judged, mut timed) = (Vec::new(), Vec::new(), 0);
    for (frame, (judged, shot)) in list.frames.iter().zip(done) {
        let Some(mut shot) = shot else {
            not_judged.push(NotJudged::new(&frame.file, judged.error.as_deref()));
            continue;
        };
        if list.timed {
            shot.taken.time_ms = frame.time_ms;
        }
        timed += u64::from(shot.taken.time_ms.is_some());
        files.push((frame, bursts.push(Some(&shot))));
    }
    let findings = Findings::Duplicates(groups::Findings::new(&files, timed, gap_ms));
    report(args, list, findings, not_judged)
}

/// Writes versions of all files into a new folder, and compares them by the same route as
/// any file.
fn changed(args: &EvalArgs, list: &Frames, folder: &Path) -> Result<Ending, Failure> {
    fs::create_dir(folder).map_err(|source| Failure::Create { path: folder.to_owned(), source })?;
    let numbered: Vec<_> = list.frames.iter().enumerate().collect();
    let judge = |judge: &mut Judge, &(number, frame): &(usize, &Labelled)| {
        let (judged, shot) = shot(judge, &frame.path);
        let shot = shot.ok_or_else(|| judged.error.clone())?;
        looks(judge, frame, number, folder, &judged, &shot).map_err(Some)
    };
    let broken = |sentence| Err(Some(sentence));
    let Some(done) = each(args, options(args), &numbered, judge, broken)? else {
        return Ok(Ending::Interrupted);
    };
    let (mut photos, mut not_judged) = (Vec::new(), Vec::new());
    for (frame, result) in list.frames.iter().zip(done) {
        match result {
            Ok(looks) => photos.push((frame, looks)),
            Err(error) => not_judged.push(NotJudged::new(&frame.file, error.as_deref())),
        }
    }
    let findings = Findings::Variants(variants::Findings::new(&photos));
    report(args, list, findings, not_judged)
}

fn report(
    args: &EvalArgs,
    list: &Frames,
    findings: Findings,
    not_judged: Vec<NotJudged>,
) -> Result<Ending, Failure> {
    let head = Head {
        task: args.task.name(),
        strictness: args.strictness,
        files: list.frames.len(),
        unlabelled: 0,
        label_column: list.group_column.unwrap_or("file").into(),
        group_column: list.group_column,
        groups: list.groups,
    };
    let failed = !not_judged.is_empty();
    finish(args.format, &Report::new(head, findings, not_judged), failed)
}

/// The looks of a photograph and of its versions, or what stood in the way.
fn looks(
    judge: &mut Judge,
    frame: &Labelled,
    number: usize,
    folder: &Path,
    judged: &Judged,
    shot: &Shot,
) -> Result<Looks, String> {
    let orientation = judged.exif.as_ref().map(|exif| exif.orientation).unwrap_or_default();
    let photo = upright(&frame.path, orientation)?;
    let plain = shot.fingerprint;
    let mut changed = Vec::new();
    for change in Change::ALL {
        let files = change.files(&photo, number).map_err(|error| error.to_string())?;
        let mut looks = Vec::new();
        for (letter, bytes) in ('a'..).zip(&files) {
            let path = folder.join(format!("{number:05}-{}-{letter}.jpg", change.name()));
            fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
            looks.push(version(judge, &path)?);
        }
        changed.push((
            change,
            match looks[..] {
                [one, other] => [one, other],
                [one] => [plain, one],
                _ => [plain; 2],
            },
        ));
    }
    Ok(Looks { plain, changed })
}

fn version(judge: &mut Judge, path: &Path) -> Result<Fingerprint, String> {
    let (judged, shot) = shot(judge, path);
    let why = || judged.error.unwrap_or_else(|| "its version could not be judged".into());
    Ok(shot.ok_or_else(why)?.fingerprint)
}

/// A photograph as it is seen.
fn upright(path: &Path, orientation: Orientation) -> Result<RgbImage, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let head = bytes.get(..SIGNATURE_LEN).unwrap_or(&bytes);
    let format = Format::of(head, path.file_name().unwrap_or_default());
    let picture = decode::decode(Cursor::new(&bytes), format).map_err(|error| error.to_string())?;
    let mut picture = DynamicImage::ImageRgb8(picture.into_rgb());
    let tag = (1..=8u8).find(|&tag| Orientation::from_exif(tag.into()) == Some(orientation));
    if let Some(turn) = tag.and_then(image::metadata::Orientation::from_exif) {
        picture.apply_orientation(turn);
    }
    Ok(picture.into_rgb8())
}
