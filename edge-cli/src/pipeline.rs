//! Bytes of a file in, verdict out: the one place where this happens, used by
//! every command.
//!
//! A [`Judge`] belongs to one thread and keeps its working memory from file to
//! file. Whatever goes wrong with a file ends up in its [`Judged`].

use crate::args::Strictness;
use crate::source::exif::Summary;
use crate::source::format::{Format, SIGNATURE_LEN};
use edgecull_core::verdict::{ReasonCode, Verdict};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::time::Instant;

/// As much of a TIFF or RAW file as is looked at for EXIF: cameras write it at
/// the start, and the whole may be a hundred megabytes.
const TIFF_START: u64 = 1 << 20;

/// What a judge is asked to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JudgeOptions {
    /// How much is forgiven.
    pub strictness: Strictness,
}

/// One thread's judge: owns the working memory, reused from file to file.
#[derive(Debug)]
pub struct Judge {
    options: JudgeOptions,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The verdict; regions are pixels of the upright picture.
    pub verdict: Verdict,
    /// Width and height of the upright picture at full resolution.
    pub size: Option<(u32, u32)>,
    /// What the camera wrote.
    pub exif: Option<Summary>,
    /// Where the time went.
    pub timing: Timing,
    /// A sentence for people about a file that could not be judged, with the
    /// byte offset where that is known.
    pub error: Option<String>,
}

/// Durations in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Waiting for bytes.
    pub read: u64,
    /// From bytes to a [`Frame`](edgecull_core::frame::Frame).
    pub scan: u64,
    /// From a frame to a verdict.
    pub measure: u64,
    /// Everything.
    pub total: u64,
}

impl Judged {
    /// The record of a file whose content could not be judged.
    #[must_use]
    pub fn error(code: ReasonCode, sentence: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::error(code),
            size: None,
            exif: None,
            timing: Timing::default(),
            error: Some(sentence.into()),
        }
    }

    /// The record of a file that says nothing about its content: it could not
    /// be read, or its judging broke down. There is a sentence, but no reason.
    #[must_use]
    pub fn unread(sentence: impl Into<String>) -> Self {
        let mut judged = Self::error(ReasonCode::CORRUPT, sentence);
        judged.verdict.reasons.clear();
        judged
    }
}

impl Judge {
    /// A judge with its working memory.
    #[must_use]
    pub fn new(options: JudgeOptions) -> Self {
        Self { options }
    }

    /// What this judge was asked to be.
    #[must_use]
    pub fn options(&self) -> JudgeOptions {
        self.options
    }

    /// Judges one file. Never fails: what went wrong is in the record.
    pub fn file(&mut self, path: &Path) -> Judged {
        let start = Instant::now();
        let mut judged =
            self.read(path).unwrap_or_else(|error| Judged::unread(sentence_of(&error)));
        judged.timing.total = micros(start);
        judged
    }

    fn read(&mut self, path: &Path) -> io::Result<Judged> {
        // Opening a named pipe would wait for a writer that never comes.
        if !path.metadata()?.is_file() {
            return Ok(Judged::unread("it is no regular file"));
        }
        let start = Instant::now();
        let mut file = File::open(path)?;
        let mut head = Vec::with_capacity(SIGNATURE_LEN);
        (&mut file).take(SIGNATURE_LEN as u64).read_to_end(&mut head)?;
        if head.is_empty() {
            return Ok(Judged::error(ReasonCode::TRUNCATED, "the file is empty (byte 0)"));
        }
        let format = Format::of(&head, path.file_name().unwrap_or_default());
        let mut judged = unsupported(format);
        file.rewind()?;
        judged.exif = match format {
            Format::Jpeg | Format::Png | Format::WebP | Format::Heif => {
                Summary::from_container(&mut BufReader::new(file))
            }
            Format::Tiff | Format::Raw => {
                let mut start = Vec::new();
                file.take(TIFF_START).read_to_end(&mut start)?;
                Summary::from_tiff(&start)
            }
            Format::Unknown => None,
        };
        judged.timing.read = micros(start);
        Ok(judged)
    }
}

/// The record of a format that cannot be judged.
fn unsupported(format: Format) -> Judged {
    let sentence = match format {
        Format::Raw | Format::Heif => format!(
            "{} files are not judged by themselves, and no JPEG of this name is beside it",
            format.name()
        ),
        Format::Unknown => "its first bytes are those of no known picture format (byte 0)".into(),
        Format::Jpeg | Format::Png | Format::Tiff | Format::WebP => {
            format!("this version cannot judge {} files", format.name())
        }
    };
    Judged::error(ReasonCode::UNSUPPORTED, sentence)
}

/// What the system said, for people: without the number that it ends in.
pub(crate) fn sentence_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "it may not be read: permission denied".into(),
        _ => {
            let text = error.to_string();
            let said = text.split(" (os error").next().unwrap_or(&text);
            format!("it cannot be read: {said}")
        }
    }
}

fn micros(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgecull_core::verdict::Decision;

    fn judge(bytes: &[u8]) -> Judged {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.jpg");
        std::fs::write(&path, bytes).expect("write");
        Judge::new(JudgeOptions::default()).file(&path)
    }

    #[test]
    fn what_cannot_be_judged_is_an_error_with_a_sentence_and_a_reason() {
        for (bytes, code) in [
            (&b""[..], ReasonCode::TRUNCATED),
            (b"hello", ReasonCode::UNSUPPORTED),
            (b"\0\0\0\x18ftypcrx \0\0\0\0", ReasonCode::UNSUPPORTED),
        ] {
            let judged = judge(bytes);
            assert_eq!(judged.verdict.decision, Decision::Error);
            assert!(judged.verdict.has(code), "{bytes:?}");
            assert!(judged.error.is_some_and(|e| !e.is_empty()));
        }
    }

    #[test]
    fn files_that_cannot_be_read_have_no_reason_but_a_sentence() {
        let mut judge = Judge::new(JudgeOptions::default());
        for path in ["/nowhere/at/all.jpg", "/dev/null", "/"] {
            let judged = judge.file(Path::new(path));
            assert_eq!(judged.verdict.decision, Decision::Error);
            assert!(judged.verdict.reasons.is_empty());
            assert!(judged.error.is_some_and(|e| !e.contains("os error")));
        }
    }
}
