//! The frames that a device is measured with: rendered ones of a size, held in memory, or
//! files that somebody gives.

use super::BenchError;
use super::result::NotJudged;
use crate::ordered::{Panicked, message};
use crate::pipeline::{Judge, Judged, sentence_of};
use crate::render::mosaic::Mosaic;
use crate::source::folder::{Found, Walk};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use twox_hash::XxHash3_128;

/// Rendered frames of a size.
const DIFFERENT: usize = 3;

/// Files that are taken of those that were given.
pub(super) const MOST: usize = 100;

/// Frames to measure with.
pub(super) struct Frames {
    pub(super) name: String,
    pub(super) rendered: bool,
    pub(super) frames: Vec<Frame>,
    /// On average.
    pub(super) megapixels: f64,
    pub(super) bytes: u64,
    pub(super) faces: f64,
    pub(super) digest: String,
    /// A record of one of them, for the journal.
    pub(super) record: String,
}

/// One frame.
pub(super) struct Frame {
    pub(super) path: PathBuf,
    /// Keeps a rendered one in memory.
    _held: Option<Held>,
}

/// Width and height of a frame of so many megapixels, 3:2, in whole blocks.
fn size(megapixels: f64) -> (u32, u32) {
    let blocks = |pixels: f64| ((pixels / 8.0).round() as u32).max(2) * 8;
    let width = blocks((megapixels * 1.5e6).sqrt());
    (width, blocks(f64::from(width) / 1.5))
}

/// What a size is called: `24 MP`.
pub(super) fn name(megapixels: f64) -> String {
    format!("{megapixels} MP")
}

/// Renders frames of a size; `mosaic` keeps the photographs that they are made of for the
/// next one. `None` when stopped.
pub(super) fn render(
    megapixels: f64,
    mosaic: &mut Option<Mosaic>,
    judge: &mut Judge,
    stop: &AtomicBool,
) -> Result<Option<Frames>, BenchError> {
    let (width, height) = size(megapixels);
    let cell = Mosaic::cell(width, height);
    let go_on = || !stop.load(Ordering::Relaxed);
    if mosaic.as_ref().is_none_or(|mosaic| mosaic.cell_size() != cell) {
        *mosaic = Mosaic::render(cell, go_on);
    }
    let Some(mosaic) = mosaic else {
        return Ok(None);
    };
    let mut frames = Vec::new();
    for n in 0..DIFFERENT {
        let (path, held, file) = hold().map_err(BenchError::Hold)?;
        let mut out = BufWriter::new(file);
        mosaic.frame(width, height, n, &mut out)?;
        out.flush().map_err(BenchError::Hold)?;
        frames.push(Frame { path, _held: Some(held) });
        if !go_on() {
            return Ok(None);
        }
    }
    let mut left_out = Vec::new();
    let looked = look(name(megapixels), frames, judge, stop, &mut left_out);
    match left_out.pop() {
        Some(NotJudged { error, .. }) => Err(BenchError::Rendered(error)),
        None => Ok(looked.map(|frames| Frames { rendered: true, ..frames })),
    }
}

/// The files that were given, those that cannot be judged left out and named. `None` when
/// stopped, or when none is left.
pub(super) fn own(
    paths: &[PathBuf],
    judge: &mut Judge,
    stop: &AtomicBool,
    left_out: &mut Vec<NotJudged>,
) -> Option<Frames> {
    let mut frames = Vec::new();
    for found in Walk::new(paths.to_vec(), None) {
        match found {
            Found::Frame(frame) => frames.push(Frame { path: frame.path, _held: None }),
            Found::Unreadable { path, error } => {
                left_out.push(not_judged(&path, sentence_of(&error)))
            }
        }
        if frames.len() >= MOST || stop.load(Ordering::Relaxed) {
            break;
        }
    }
    look("own files".into(), frames, judge, stop, left_out)
}

/// Judges each frame once: says what they are, and leaves those out that are not whole, as
/// their time says nothing.
fn look(
    name: String,
    frames: Vec<Frame>,
    judge: &mut Judge,
    stop: &AtomicBool,
    left_out: &mut Vec<NotJudged>,
) -> Option<Frames> {
    let mut whole = Vec::new();
    let (mut pixels, mut bytes, mut faces) = (0.0, 0, 0);
    let (mut digest, mut record) = (XxHash3_128::new(), String::new());
    for frame in frames {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let judged = guarded(|| judge.file(&frame.path));
        let read = judged.and_then(|judged| match judged.error {
            Some(error) => Err(error),
            None => Ok((digested(&frame.path, &mut digest).map_err(|e| sentence_of(&e))?, judged)),
        });
        match read {
            Ok((length, judged)) => {
                let (width, height) = judged.size.unwrap_or_default();
                pixels += f64::from(width) * f64::from(height);
                bytes += length;
                faces += judged.faces.len();
                record = super::record_of(&frame.path, &judged);
                whole.push(frame);
            }
            Err(error) => left_out.push(not_judged(&frame.path, error)),
        }
    }
    let count = whole.len();
    (count > 0).then(|| Frames {
        name,
        rendered: false,
        frames: whole,
        megapixels: (pixels / count as f64 / 1e4).round() / 100.0,
        bytes: bytes / count as u64,
        faces: (faces as f64 / count as f64 * 100.0).round() / 100.0,
        digest: format!("{:032x}", digest.finish_128()),
        record,
    })
}

/// A fault of edgecull's own on one file becomes that file's error.
fn guarded(judge: impl FnOnce() -> Judged) -> Result<Judged, String> {
    catch_unwind(AssertUnwindSafe(judge)).map_err(|panic| fault(&Panicked(message(panic.as_ref()))))
}

/// What is said of such a fault.
pub(super) fn fault(Panicked(message): &Panicked) -> String {
    format!("a fault in edgecull itself stopped its judging: {message}")
}

fn not_judged(path: &Path, error: String) -> NotJudged {
    NotJudged { file: path.to_string_lossy().into_owned(), error }
}

/// Adds a file's bytes to the digest, and gives their number.
fn digested(path: &Path, digest: &mut XxHash3_128) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut chunk = vec![0; 64 * 1024];
    let mut length = 0;
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok(length);
        }
        digest.write(&chunk[..count]);
        length += count as u64;
    }
}

/// A file that lies in memory alone (memfd_create(2)), by a path that this process can open.
#[cfg(target_os = "linux")]
type Held = File;

#[cfg(target_os = "linux")]
fn hold() -> io::Result<(PathBuf, Held, File)> {
    use std::os::fd::AsRawFd;
    let held = rustix::fs::memfd_create("edgecull-bench", rustix::fs::MemfdFlags::CLOEXEC)?;
    let (path, held) = (format!("/proc/self/fd/{}", held.as_raw_fd()), File::from(held));
    let file = held.try_clone()?;
    Ok((path.into(), held, file))
}

/// A temporary file that goes with this.
#[cfg(not(target_os = "linux"))]
struct Held(PathBuf);

#[cfg(not(target_os = "linux"))]
fn hold() -> io::Result<(PathBuf, Held, File)> {
    use std::sync::atomic::AtomicUsize;
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("edgecull-bench-{}-{number}.jpg", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = File::create_new(&path)?;
    Ok((path.clone(), Held(path), file))
}

#[cfg(not(target_os = "linux"))]
impl Drop for Held {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::JudgeOptions;

    #[test]
    fn sizes_are_whole_blocks_near_what_was_asked_for() {
        assert_eq!(size(24.0), (6000, 4000));
        for megapixels in [0.1, 0.3, 12.0, 45.0, 200.0] {
            let (width, height) = size(megapixels);
            assert_eq!((width % 8, height % 8), (0, 0));
            let got = f64::from(width) * f64::from(height) / 1e6;
            assert!((got / megapixels - 1.0).abs() < 0.03, "{got} for {megapixels}");
        }
        assert_eq!((name(24.0), name(0.3)), ("24 MP".to_owned(), "0.3 MP".to_owned()));
    }

    #[test]
    fn rendered_frames_are_judged_and_the_same_each_time() {
        let (stop, mut judge) = (AtomicBool::new(false), Judge::new(JudgeOptions::default()));
        let digests: Vec<String> = (0..2)
            .map(|_| {
                let frames = render(0.1, &mut None, &mut judge, &stop).expect("rendered");
                let frames = frames.expect("not stopped");
                assert_eq!((frames.frames.len(), frames.rendered), (DIFFERENT, true));
                assert!((frames.megapixels - 0.1).abs() < 0.01, "{}", frames.megapixels);
                assert!(frames.record.contains("edgecull.frame.v1"), "{}", frames.record);
                frames.digest
            })
            .collect();
        assert_eq!(digests[0], digests[1]);
        stop.store(true, Ordering::Relaxed);
        assert!(render(0.1, &mut None, &mut judge, &stop).expect("stopped").is_none());
    }
}
