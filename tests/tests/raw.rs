//! RAW and HEIF files: their previews are found in headers alone, and judged as the JPEG
//! that they are.

use edgecull::pipeline::{Judge, JudgeOptions};
use edgecull::render::encode::Jpeg;
use edgecull::render::{Camera, Picture, Scene, Subject, render};
use edgecull::source::raw::{self, Found, HEADER_BYTES, Preview};
use edgecull_core::geometry::Orientation;
use edgecull_core::verdict::{Decision, ReasonCode};
use edgecull_tests::containers::{ISO, KINDS, MODEL, Shot, Tiff, Value};
use edgecull_tests::records::{LIMIT, by_name, codes, cull, judged, records, region};
use edgecull_tests::{data, files, folder, process};
use std::cell::Cell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

/// A reader that counts the bytes it gave.
struct Counted<'a>(Cursor<&'a [u8]>, Rc<Cell<u64>>);

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(into)?;
        self.1.set(self.1.get() + count as u64);
        Ok(count)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// What is found, after a look at what holds of any file whatsoever.
fn find(bytes: &[u8]) -> Found {
    let count = Rc::new(Cell::new(0));
    let found = raw::find(Counted(Cursor::new(bytes), Rc::clone(&count))).expect("readable");
    assert!(count.get() <= HEADER_BYTES, "{} bytes were read", count.get());
    if let Some(Preview { offset, len, width, height }) = found.preview {
        assert!(offset + len <= bytes.len() as u64 && width > 0 && height > 0, "{found:?}");
        assert_eq!(bytes[offset as usize..][..2], [0xFF, 0xD8]);
    }
    found
}

fn jpeg(picture: &Picture) -> Vec<u8> {
    Jpeg::default().encode(picture).expect("encoded")
}

fn house(width: u32, height: u32) -> Picture {
    render(&Scene::new(Subject::Facade, 4), &Camera::new(width, height))
}

fn shot(orientation: u16, sensor: usize) -> Shot {
    Shot {
        preview: jpeg(&house(480, 320)),
        thumbnail: jpeg(&house(168, 112)),
        size: (960, 640),
        orientation,
        sensor,
    }
}

/// A picture in which nothing can be seen.
fn black(shot: Shot) -> Shot {
    let rgb = vec![3; 480 * 320 * 3];
    Shot { preview: jpeg(&Picture { width: 480, height: 320, rgb }), ..shot }
}

#[test]
fn the_largest_preview_is_found_in_every_format() {
    let shot = shot(6, 20_000);
    for (kind, make) in KINDS {
        let bytes = make(&shot);
        let found = find(&bytes);
        let Some(Preview { offset, len, width, height }) = found.preview else {
            panic!("{kind}: {found:?}");
        };
        assert_eq!((width, height), (480, 320), "{kind}");
        let preview = &bytes[offset as usize..(offset + len) as usize];
        // Fujifilm's has its EXIF before the rest.
        let rest = shot.preview.len() - 2;
        assert_eq!(preview[preview.len() - rest..], shot.preview[2..], "{kind}");
        assert_eq!(found.orientation, Some(Orientation::QuarterTurn), "{kind}");
        assert_eq!(found.full, Some((960, 640)), "{kind}");
        assert_eq!(found.cut, None, "{kind}");
        let exif = found.exif.unwrap_or_else(|| panic!("{kind} has EXIF"));
        assert_eq!(exif.model.as_deref(), Some(MODEL), "{kind}");
        assert_eq!(exif.iso, Some(ISO.into()), "{kind}");
        assert_eq!(exif.time.as_deref(), Some("2026-05-16T12:00:00"), "{kind}");
    }
}

#[test]
fn a_size_of_another_shape_is_not_the_pictures() {
    let mut shot = shot(1, 100);
    for size in [(960, 700), (479, 319), (0, 0), (u32::MAX, 1)] {
        shot.size = size;
        for (kind, make) in KINDS {
            assert_eq!(find(&make(&shot)).full, None, "{kind}: {size:?}");
        }
    }
}

/// What this thread has read so far, as the system counts.
#[cfg(target_os = "linux")]
fn bytes_read() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/io").expect("counts");
    let line = text.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("a count");
    line.trim().parse().expect("a number")
}

#[cfg(target_os = "linux")]
#[test]
fn no_more_is_read_than_the_preview_and_the_headers() {
    let shot = shot(1, 6 << 20);
    let files = KINDS.map(|(kind, make)| (format!("1.{kind}"), make(&shot)));
    let folder = folder(&files);
    let mut judge = Judge::new(JudgeOptions::default());
    // The first look at the count costs some bytes itself.
    let looked = bytes_read();
    let cost = bytes_read() - looked;
    for (name, bytes) in &files {
        let before = bytes_read();
        let judged = judge.file(&folder.path().join(name));
        let read = bytes_read() - before - cost;
        assert_eq!((judged.verdict.decision, judged.error), (Decision::Keep, None), "{name}");
        let most = shot.preview.len() as u64 + HEADER_BYTES.next_multiple_of(256 << 10);
        // The count's own length grows with its digits.
        assert!(read <= most + 16, "{name}: {read} of {} bytes, {most}", bytes.len());
        assert!(read >= shot.preview.len() as u64, "{name}: {read}");
    }
}

#[test]
fn the_verdict_is_the_previews_and_places_are_the_full_pictures() {
    for orientation in [1, 8] {
        let shot = black(shot(orientation, 5000));
        let mut all: Vec<_> = KINDS.map(|(kind, make)| (format!("1.{kind}"), make(&shot))).to_vec();
        all.push(("plain.jpg".into(), shot.preview.clone()));
        let folder = folder(&all);
        let mut judge = Judge::new(JudgeOptions::default());
        let plain = judge.file(&folder.path().join("plain.jpg"));
        for (kind, _) in KINDS {
            let judged = judge.file(&folder.path().join(format!("1.{kind}")));
            let size = if orientation == 1 { (960, 640) } else { (640, 960) };
            assert_eq!((judged.size, judged.full_size), (Some(size), None), "{kind}");
            assert_eq!(judged.verdict.decision, plain.verdict.decision, "{kind}");
            let exposure =
                |j: &edgecull::pipeline::Judged| j.verdict.measures.expect("some").exposure;
            assert_eq!(exposure(&judged), exposure(&plain), "{kind}");
        }
    }
}

/// A preview that is cut off two thirds down, so that there is a region.
#[test]
fn regions_are_in_pixels_of_the_full_picture() {
    let whole = shot(1, 100);
    let mut cut = whole.preview.clone();
    cut.truncate(cut.len() * 2 / 3);
    let files: Vec<_> = [("1.cr2", Shot { preview: cut.clone(), ..whole })]
        .map(|(name, shot)| (name.to_owned(), KINDS[0].1(&shot)))
        .into_iter()
        .chain([("2.jpg".to_owned(), cut)])
        .collect();
    let records = judged(folder(&files).path(), &[]);
    let [raw, jpeg] = ["1.cr2", "2.jpg"].map(|name| region(&records[name], "truncated"));
    assert_eq!(raw, jpeg.map(|n| 2 * n));
}

#[test]
fn exif_of_the_file_comes_before_that_of_the_preview() {
    use edgecull::render::encode::Exif;
    let picture = house(480, 320);
    let camera = Camera::new(480, 320).at_iso(3200);
    let exif = Exif { orientation: Orientation::HalfTurn, ..Exif::of(&camera, 5000) };
    let preview = Jpeg { exif: Some(exif), ..Jpeg::default() }.encode(&picture).expect("encoded");
    let shot = Shot { preview, ..shot(1, 100) };
    let files: Vec<_> = KINDS.map(|(kind, make)| (format!("1.{kind}"), make(&shot))).to_vec();
    let folder = folder(&files);
    let mut judge = Judge::new(JudgeOptions::default());
    for (kind, _) in KINDS {
        let exif = judge.file(&folder.path().join(format!("1.{kind}"))).exif.expect("EXIF");
        assert_eq!(exif.orientation, Orientation::Upright, "{kind}");
        assert_eq!(exif.iso, Some(ISO.into()), "{kind}");
        if kind != "raf" {
            assert!(exif.focal_mm.is_some(), "{kind}: what the file leaves out, the preview says");
        }
    }
}

#[test]
fn files_cut_anywhere_give_an_answer() {
    let shot = shot(1, 3000);
    for (kind, make) in KINDS {
        let bytes = make(&shot);
        // Every length while the headers last, and steps through the rest.
        for length in (0..bytes.len()).filter(|at| *at < 3000 || at % 97 == 0) {
            let found = find(&bytes[..length]);
            let all = found.preview.is_some_and(|p| p.width == 480) && found.cut.is_none();
            let past_preview = length + shot.sensor >= bytes.len();
            assert!(!all || past_preview || kind == "rw2", "{kind}: {length} of {}", bytes.len());
        }
    }
}

/// Numbers from 0 to `below`, the same in every run.
fn random(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % below
}

#[test]
fn damage_anywhere_gives_an_answer_within_the_budget() {
    let shot = Shot { preview: jpeg(&house(176, 120)), ..shot(1, 300) };
    let state = &mut 7;
    for (kind, make) in KINDS {
        let whole = make(&shot);
        let headers = 1200.min(whole.len());
        for round in 0..4000 {
            let mut bytes = whole.clone();
            for _ in 0..=random(state, 12) {
                // Mostly where the headers are.
                let within = if round % 4 == 0 { whole.len() } else { headers };
                let at = random(state, within);
                match random(state, 4) {
                    0 => bytes[at] ^= 1 << random(state, 8),
                    1 => bytes[at] = 0xFF,
                    2 => bytes[at] = 0,
                    _ => bytes[at] = random(state, 256) as u8,
                }
            }
            let found = find(&bytes);
            if let Some(time) = found.exif.and_then(|exif| exif.time) {
                assert!(time.len() >= 19, "{kind}: {time}");
            }
        }
    }
}

#[test]
fn loops_and_huge_counts_end() {
    // A directory that follows, and lies below, itself.
    let mut tiff = Tiff::new(false, 42, b"");
    let at = 8;
    let below = vec![(0x014A, Value::Long(vec![at; 5000])), (0x8769, Value::Long(vec![at]))];
    assert_eq!(tiff.directory(&below, at), at);
    assert_eq!(find(&tiff.finish(at)).preview, None);
    // As many entries as can be said, each a sub-directory of its own place.
    let mut bytes = b"II*\0\x08\0\0\0\xFF\xFF".to_vec();
    for at in 0..65_535u32 {
        bytes.extend([0x4A, 1, 4, 0, 1, 0, 0, 0]);
        bytes.extend((at * 12 + 10).to_le_bytes());
    }
    assert_eq!(find(&bytes).preview, None);
    // Boxes: of no content, by the thousand; one of a size that wraps around.
    let ftyp = b"\0\0\0\x10ftypcrx \0\0\0\0";
    let empty = b"\0\0\0\x08moov".repeat(100_000);
    assert_eq!(find(&[&ftyp[..], &empty].concat()).preview, None);
    let wraps = b"\0\0\0\x01moov\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    assert_eq!(find(&[&ftyp[..], wraps].concat()).preview, None);
    let heif = b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\0meta\0\0\0\0";
    let table = [&b"\0\0\xFF\xFFiloc\0\0\0\0\xFF\xFF\xFF\xFF"[..], &[0xFF; 70_000]].concat();
    assert_eq!(find(&[&heif[..], b"\0\0\0\x0Ciinf\0\0\0\0", &table].concat()).preview, None);
    // A RAF whose parts lie beyond it.
    let raf = [&b"FUJIFILMCCD-RAW "[..], &[0xFF; 200]].concat();
    assert_eq!(find(&raf), Found { cut: Some(216), ..Found::default() });
}

#[test]
fn raw_is_judged_and_moves_with_its_sidecar() {
    let (fine, dark) = (shot(1, 1000), black(shot(1, 1000)));
    let (nef, cr3, heic) = (KINDS[2].1, KINDS[1].1, KINDS[12].1);
    let mut files = vec![
        ("IMG_1.NEF".to_owned(), nef(&fine)),
        ("IMG_2.NEF".to_owned(), nef(&dark)),
        ("IMG_3.JPG".to_owned(), dark.preview.clone()),
        ("IMG_3.cr3".to_owned(), cr3(&fine)),
        ("IMG_4.HEIC".to_owned(), heic(&fine)),
        ("IMG_4.NEF".to_owned(), nef(&dark)),
    ];
    let whole = nef(&dark);
    files.push(("IMG_5.NEF".to_owned(), whole[..300].to_vec()));
    files.push(("IMG_6.NEF".to_owned(), b"II*\0\xFF\xFF\xFF\x7Fnothing of use".to_vec()));
    files.push(("IMG_7.NEF".to_owned(), whole[..whole.len() - 500].to_vec()));
    let folder = folder(&files);
    let rejects = folder.path().join("rejects");
    let move_to = format!("--move-rejects={}", rejects.display());
    let ended = cull(folder.path(), &["--xmp=adobe", &move_to]);
    assert_eq!(ended.status, Some(2), "{}", ended.stderr);
    let records = by_name(records(&ended.stdout));
    let verdict = |name: &str| records[name]["verdict"].as_str().expect("a verdict");
    assert_eq!(records.len(), 7);
    assert_eq!(verdict("IMG_1.NEF"), "keep");
    for rejected in ["IMG_2.NEF", "IMG_3.JPG", "IMG_4.NEF"] {
        assert_eq!(verdict(rejected), "reject", "{}", records[rejected]);
    }
    for unread in ["IMG_5.NEF", "IMG_6.NEF"] {
        assert_eq!(verdict(unread), "error", "{}", records[unread]);
        assert!(records[unread]["error"].is_string());
    }
    assert_eq!(codes(&records["IMG_5.NEF"]), ["truncated"]);
    assert_eq!(codes(&records["IMG_6.NEF"]), ["unsupported"]);
    // Its preview is whole and black; its sensor data are not whole.
    assert_eq!(verdict("IMG_7.NEF"), "review");
    assert!(codes(&records["IMG_7.NEF"]).contains(&"truncated"));
    let names = |folder| {
        let all = ["NEF", "JPG", "cr3", "HEIC", "xmp"]
            .map(|ending| edgecull_tests::files(folder, ending));
        let mut all: Vec<String> = all
            .concat()
            .iter()
            .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
            .collect();
        all.sort();
        all
    };
    let moved = ["IMG_2.NEF", "IMG_2.xmp", "IMG_3.JPG", "IMG_3.cr3", "IMG_3.xmp"];
    let moved = [&moved[..], &["IMG_4.HEIC", "IMG_4.NEF", "IMG_4.xmp"]].concat();
    assert_eq!(names(&rejects), moved);
    let left = ["IMG_1.NEF", "IMG_1.xmp", "IMG_5.NEF", "IMG_6.NEF", "IMG_7.NEF", "IMG_7.xmp"];
    assert_eq!(names(folder.path()), left);
}

#[test]
fn one_raw_is_explained_and_drawn() {
    let folder = folder(&[("1.dng".to_owned(), KINDS[11].1(&shot(6, 1000)))]);
    let drawing = folder.path().join("drawing.png");
    let file = folder.path().join("1.dng");
    let args = ["inspect".as_ref(), file.as_os_str(), "-o".as_ref(), drawing.as_os_str()];
    let ended = process::run(args, LIMIT);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    assert!(image::open(&drawing).is_ok_and(|drawing| drawing.width() > 100));
}

/// Files of real cameras, most cut down by those who shared them.
#[test]
fn real_files_are_judged_by_what_they_hold() {
    let Some(folder) = data("camera/raw") else {
        return;
    };
    // The largest as ExifTool 12.57 has them. The large JPEG of the RAF is a stub of 8 x 8
    // pixels, that of the CR3 was taken out, those of CR2 and DNG are some 20 bytes. What is
    // called NEF there is JPEG, and judged as such.
    for (name, wanted) in [
        ("canon-r6-pruned.cr3", Some((1620, 1080))),
        ("fujifilm.raf", Some((160, 120))),
        ("issue_247-1.nef", None),
        ("issue_247-2.nef", None),
        ("canonraw.cr2", None),
        ("dng.dng", None),
        ("sigma.x3f", None),
        ("phaseone.iiq", None),
    ] {
        let bytes = std::fs::read(folder.join(name)).expect("readable");
        let preview = find(&bytes).preview;
        assert_eq!(preview.map(|p| (p.width, p.height)), wanted, "{name}: {preview:?}");
    }
    let mut judge = Judge::new(JudgeOptions::default());
    for ending in ["nef", "cr3", "raf", "cr2", "dng", "x3f", "iiq"] {
        for path in files(&folder, ending) {
            let judged = judge.file(&path);
            let unread = judged.verdict.decision == Decision::Error;
            let says = judged.verdict.has(ReasonCode::UNSUPPORTED)
                || judged.verdict.has(ReasonCode::TRUNCATED);
            assert_eq!(unread, says && judged.verdict.measures.is_none(), "{path:?}: {judged:?}");
            assert_eq!(unread, !matches!(ending, "nef" | "cr3" | "raf"), "{path:?}: {judged:?}");
        }
    }
}
