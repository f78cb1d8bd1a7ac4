use super::*;
use crate::sink::record::samples;
use crate::source::folder::{Found, Walk};
use std::ffi::OsString;
use std::time::Duration;

fn shoot(files: &[&str]) -> tempfile::TempDir {
    let t = tempfile::tempdir().expect("folder");
    files.iter().for_each(|f| fs::write(t.path().join(f), b"x").expect("file"));
    t
}

fn frames(folder: &Path) -> Vec<Frame> {
    Walk::new(vec![folder.to_owned()], None)
        .filter_map(|f| match f {
            Found::Frame(frame) => Some(frame),
            Found::Unreadable { .. } => None,
        })
        .collect()
}

fn names(folder: &Path) -> Vec<OsString> {
    let mut names: Vec<_> =
        folder.read_dir().expect("folder").map(|e| e.expect("entry").file_name()).collect();
    names.sort();
    names
}

fn sidecars(naming: Xmp) -> Sidecars {
    Sidecars { naming, dry_run: false }
}

#[test]
fn each_naming_makes_its_files() {
    for (naming, expected) in [
        (Xmp::Off, &["1.CR3", "1.JPG"][..]),
        (Xmp::Adobe, &["1.CR3", "1.JPG", "1.xmp"]),
        (Xmp::Full, &["1.CR3", "1.CR3.xmp", "1.JPG", "1.JPG.xmp"]),
        (Xmp::Both, &["1.CR3", "1.CR3.xmp", "1.JPG", "1.JPG.xmp", "1.xmp"]),
    ] {
        let t = shoot(&["1.CR3", "1.JPG"]);
        let done = sidecars(naming).write(&frames(t.path())[0], &samples::reject());
        assert!(done.iter().all(|d| matches!(d, Ok((_, Outcome::Created)))), "{done:?}");
        assert_eq!(names(t.path()), expected);
    }
}

#[test]
fn only_the_short_name_says_which_file_it_is_for() {
    let t = shoot(&["1.CR3", "1.JPG"]);
    let _ = sidecars(Xmp::Both).write(&frames(t.path())[0], &samples::reject());
    let text = |name: &str| fs::read_to_string(t.path().join(name)).expect("text");
    assert!(text("1.xmp").contains("SidecarForExtension=\"CR3\""));
    assert!(!text("1.JPG.xmp").contains("SidecarForExtension"));
    // It is for the RAW, also where that is what was judged.
    let t = shoot(&["1.CR3", "1.HIF"]);
    let _ = sidecars(Xmp::Adobe).write(&frames(t.path())[0], &samples::reject());
    let text = fs::read_to_string(t.path().join("1.xmp")).expect("text");
    assert!(text.contains("SidecarForExtension=\"CR3\""), "{text}");
}

#[test]
fn a_second_run_writes_nothing() {
    let t = shoot(&["1.jpg"]);
    let frame = &frames(t.path())[0];
    let write = || sidecars(Xmp::Adobe).write(frame, &samples::reject());
    let _ = write();
    let path = t.path().join("1.xmp");
    let then = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&path).and_then(|f| f.set_modified(then)).expect("time");
    assert!(matches!(write()[..], [Ok((_, Outcome::Unchanged))]));
    assert_eq!(path.metadata().and_then(|m| m.modified()).expect("time"), then);
}

#[test]
fn frames_that_were_not_judged_get_none() {
    let t = shoot(&["1.jpg"]);
    assert!(sidecars(Xmp::Both).write(&frames(t.path())[0], &samples::error()).is_empty());
    assert_eq!(names(t.path()), ["1.jpg"]);
}

#[test]
fn a_dry_run_writes_none() {
    let t = shoot(&["1.jpg"]);
    let dry = Sidecars { naming: Xmp::Both, dry_run: true };
    let done = dry.write(&frames(t.path())[0], &samples::keep());
    assert!(matches!(done[..], [Ok((_, Outcome::Created)), Ok((_, Outcome::Created))]));
    assert_eq!(names(t.path()), ["1.jpg"]);
}

#[test]
fn damaged_sidecars_are_left_alone_and_named() {
    for bad in [&b"<x:xmpmeta"[..], b"", b"\xFF\xFE<\0x\0", b"hello"] {
        let t = shoot(&["1.jpg"]);
        let path = t.path().join("1.xmp");
        fs::write(&path, bad).expect("write");
        let done = sidecars(Xmp::Adobe).write(&frames(t.path())[0], &samples::keep());
        let [Err(error)] = &done[..] else { panic!("{bad:?} was taken") };
        assert!(error.to_string().contains("1.xmp is left alone"), "{error}");
        assert_eq!(fs::read(&path).expect("read"), bad);
    }
}

#[test]
fn a_short_name_that_two_frames_share_is_not_written() {
    let t = shoot(&["1.jpg", "1.png"]);
    let done = sidecars(Xmp::Both).write(&frames(t.path())[0], &samples::keep());
    assert!(matches!(done[..], [Err(SidecarError::Shared { .. }), Ok(_)]), "{done:?}");
    assert_eq!(names(t.path()), ["1.jpg", "1.jpg.xmp", "1.png"]);
}

#[test]
fn an_ending_in_capitals_is_found() {
    let t = shoot(&["1.jpg"]);
    fs::write(t.path().join("1.XMP"), merge::EMPTY).expect("write");
    let done = sidecars(Xmp::Adobe).write(&frames(t.path())[0], &samples::keep());
    assert!(matches!(done[..], [Ok((_, Outcome::Updated))]));
    assert_eq!(names(t.path()), ["1.XMP", "1.jpg"]);
}

#[test]
fn the_calendar_is_right() {
    let at = |seconds| iso_8601(UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(at(0), "1970-01-01T00:00:00Z");
    assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
    assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
    assert_eq!(at(1_709_251_199), "2024-02-29T23:59:59Z");
    assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
}
