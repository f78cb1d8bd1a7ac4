//! Bytes of a file in, verdict out: the one place where this happens, used by
//! every command.
//!
//! A [`Judge`] belongs to one thread and keeps its working memory from file to
//! file. JPEG goes through core's scanner as its bytes are read; what that
//! cannot scan is decoded and goes through the pixel route. Whatever goes wrong
//! with a file ends up in its [`Judged`].

mod conclude;
mod faces;
mod judged;
mod memory;
mod preview;
mod quality;
mod samples;
mod tap;
mod traits;
mod trouble;

pub use faces::{EyeJudge, FaceSearch};
pub use judged::{Company, InBurst, InSet, Judged, Timing};
pub use quality::Scorer;
pub use traits::Traits;

use crate::args::Strictness;
use crate::source::arrival::Arrival;
use crate::source::decode::{self, DecodeError};
use crate::source::exif::Summary;
use crate::source::format::{Format, SIGNATURE_LEN};
use crate::source::section::Section;
use conclude::{Seen, conclude, turn};
use edgecull_core::frame::{Frame, FrameBuilder};
use edgecull_core::geometry::Orientation;
use edgecull_core::jpeg::Progress;
use edgecull_core::judge::{Integrity, Policy};
use edgecull_core::kernels::Isa;
use edgecull_core::measure::Measured;
use edgecull_core::verdict::ReasonCode;
use faces::{Finder, Found};
use memory::{CHUNK, Memory, Scanner};
use preview::Outer;
use quality::{Known, Rater};
use samples::Samples;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tap::Tap;
pub(crate) use trouble::sentence_of;
use trouble::{damage, unscannable, unsupported};

/// As much of a TIFF file as is looked at for EXIF: cameras write it at
/// the start, and the whole may be a hundred megabytes.
const TIFF_START: u64 = 1 << 20;

/// What a judge is asked to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JudgeOptions {
    /// How much is forgiven.
    pub strictness: Strictness,
    /// How faces are looked for; `None` for not at all.
    pub faces: Option<FaceSearch>,
    /// Whether the shipped networks tell quality, where no scorer does.
    pub quality: bool,
    /// Whether frames get the traits by which they are grouped.
    pub traits: bool,
    /// Whether EXIF helps; without, nothing but the orientation is taken from it, to find
    /// out what the rest is good for.
    pub hinted: bool,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        Self {
            strictness: Strictness::default(),
            faces: Some(FaceSearch::default()),
            quality: true,
            traits: false,
            hinted: true,
        }
    }
}

/// Who is shown the frame and what was measured of it.
type Look<'a> = &'a mut dyn FnMut(&Frame<'_>, &Measured);

/// One thread's judge: owns the working memory, reused from file to file.
pub struct Judge {
    options: JudgeOptions,
    policy: Policy,
    isa: Isa,
    scorer: Option<Arc<Scorer>>,
    rater: Option<Rater>,
    finder: Option<Finder>,
    scanner: Box<Scanner>,
    memory: Memory,
    chunk: Vec<u8>,
}

impl Judge {
    /// A judge with its working memory.
    #[must_use]
    pub fn new(options: JudgeOptions) -> Self {
        let isa = Isa::detect();
        Self {
            options,
            policy: Policy::new(options.strictness.into()),
            isa,
            scorer: None,
            rater: options.quality.then(|| Rater::new(isa)),
            finder: options.faces.map(|search| Finder::new(search, isa)),
            scanner: Box::new(Scanner::new(isa)),
            memory: Memory::new(),
            chunk: vec![0; CHUNK],
        }
    }

    /// The same judge, with something that tells the quality of pictures in place of the
    /// shipped networks.
    #[must_use]
    pub fn with_scorer(self, scorer: Option<Arc<Scorer>>) -> Self {
        let rater = if scorer.is_some() { None } else { self.rater };
        Self { scorer, rater, ..self }
    }

    /// What this judge was asked to be.
    #[must_use]
    pub fn options(&self) -> JudgeOptions {
        self.options
    }

    /// The limits that it judges by.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Judges one file. Never fails: what went wrong is in the record. Places are pixels
    /// of the [full size](Judged::at_full_size).
    pub fn file(&mut self, path: &Path) -> Judged {
        self.inspect(path, |_, _| {}).at_full_size()
    }

    /// Judges a file as [`file`](Self::file) does, while it is being written: a JPEG as
    /// far as it has arrived, anything else when it has ended. What is waited for counts
    /// as reading.
    pub fn arriving(&mut self, path: &Path, arrival: &Arc<Arrival>) -> Judged {
        self.timed(|judge| judge.read(path, Some(arrival), &mut |_, _| {})).at_full_size()
    }

    /// Judges one file as [`file`](Self::file) does, and lends `look` the frame
    /// and all that was measured of it, as stored (not turned upright). A file of
    /// which no frame could be had is not shown. Of a RAW file places are pixels of the
    /// preview that was judged.
    pub fn inspect(&mut self, path: &Path, mut look: impl FnMut(&Frame<'_>, &Measured)) -> Judged {
        self.timed(|judge| judge.read(path, None, &mut look))
    }

    fn timed(&mut self, read: impl FnOnce(&mut Self) -> io::Result<Judged>) -> Judged {
        let start = Instant::now();
        let mut judged = read(self).unwrap_or_else(|error| Judged::unread(sentence_of(&error)));
        judged.timing.total = micros(start);
        judged
    }

    fn read(
        &mut self,
        path: &Path,
        arrival: Option<&Arc<Arrival>>,
        look: Look<'_>,
    ) -> io::Result<Judged> {
        // Opening a named pipe would wait for a writer that never comes.
        if !path.metadata()?.is_file() {
            return Ok(Judged::unread("it is no regular file"));
        }
        let mut file = File::open(path)?;
        if let Some(arrival) = arrival {
            let _ = arrival.beyond(SIGNATURE_LEN as u64);
        }
        let mut head = Vec::with_capacity(SIGNATURE_LEN);
        (&mut file).take(SIGNATURE_LEN as u64).read_to_end(&mut head)?;
        if head.is_empty() {
            return Ok(Judged::error(ReasonCode::TRUNCATED, "the file is empty (byte 0)"));
        }
        file.rewind()?;
        let format = Format::of(&head, path.file_name().unwrap_or_default());
        if let (Format::Jpeg, Some(arrival)) = (format, arrival) {
            return self.jpeg(Section::arriving(file, Arc::clone(arrival)), None, look);
        }
        if let Some(arrival) = arrival {
            arrival.wait_for_end();
        }
        match format {
            Format::Jpeg => self.jpeg(Section::whole(file), None, look),
            format @ (Format::Png | Format::Tiff | Format::WebP) => {
                let exif = exif(&mut file, format)?;
                file.rewind()?;
                Ok(self.pixels(Section::whole(file), format, exif, look))
            }
            format @ (Format::Raw | Format::Heif) => self.preview(file, format, look),
            Format::Unknown => Ok(unsupported(Format::Unknown)),
        }
    }

    /// Judges a JPEG while it is read. What the file around it says, if there is one,
    /// comes before what is said in it.
    fn jpeg(
        &mut self,
        mut file: Section,
        outer: Option<&Outer>,
        look: Look<'_>,
    ) -> io::Result<Judged> {
        let mut timing = Timing::default();
        let mut app1 = Vec::new();
        self.scanner.reset();
        let mut builder = FrameBuilder::new(self.memory.buffers());
        let mut tap = Tap::new(&mut builder, &mut app1);
        let scanned = loop {
            let start = Instant::now();
            let count = file.read(&mut self.chunk)?;
            timing.read += micros(start);
            let start = Instant::now();
            let progress = match self.chunk.get(..count) {
                Some(bytes) if count > 0 => self.scanner.feed(bytes, &mut tap),
                _ => Ok(Progress::Done),
            };
            let ended = match progress {
                Ok(Progress::More) => None,
                Ok(Progress::Done) => Some(self.scanner.finish(&mut tap)),
                Err(error) => Some(Err(error)),
            };
            timing.scan += micros(start);
            if let Some(result) = ended {
                break result;
            }
        };
        let exif = preview::exif(outer, Summary::from_app1(&app1));
        let report = match scanned {
            Ok(report) => report,
            Err(error) if decode::can_decode(error) => {
                file.rewind()?;
                if let Some(at) = decode::ends_early(BufReader::new(&mut file))? {
                    let sentence = format!(
                        "ends too early, at byte {at}; it can be judged only when it is whole ({error})"
                    );
                    return Ok(Judged { exif, ..Judged::error(ReasonCode::TRUNCATED, sentence) });
                }
                file.rewind()?;
                return Ok(self.pixels(file, Format::Jpeg, exif, look));
            }
            Err(error) => return Ok(Judged { exif, ..unscannable(error) }),
        };
        let Some(frame) = builder.finish() else {
            let sentence = match report.truncated {
                Some(at) => format!("the file ends at byte {at}, before the picture begins"),
                None => "there is no picture in it".into(),
            };
            return Ok(Judged { exif, ..Judged::error(ReasonCode::TRUNCATED, sentence) });
        };
        let integrity = Integrity {
            truncated: report.truncated,
            corrupt: report.corrupt,
            seen: frame.blocks_seen as f32 / frame.blocks_total.max(1) as f32,
        };
        let whole = report.corrupt.is_none() && frame.blocks_seen == frame.blocks_total;
        let start = Instant::now();
        let found = match &mut self.finder {
            Some(finder) if whole => {
                let mut samples = Samples::Scanned(&mut self.scanner, &mut file);
                finder.find(&frame, &mut samples, turn(exif.as_ref()))
            }
            _ => Found::default(),
        };
        (timing.faces, timing.eyes) = (micros(start), found.eyes);
        let Self { options, scorer, rater, finder, scanner, .. } = self;
        let orientation = turn(exif.as_ref());
        let rate = || match (scorer, rater) {
            _ if !whole => Ok(None),
            (Some(scorer), _) => scorer.jpeg(scanner, &mut file, orientation),
            (None, Some(rater)) => {
                let known = known(&frame, finder.as_ref(), orientation);
                Ok(rater.jpeg(&known, scanner, &mut file))
            }
            (None, None) => Ok(None),
        };
        let seen = Seen { frame: &frame, faces: &found.faces, integrity, options: *options };
        let mut judged = conclude(&seen, exif, rate, &self.policy, timing, look);
        judged.error = damage(&report, integrity.seen).or(judged.error);
        Ok(judged)
    }

    /// Judges a picture that must be decoded first.
    fn pixels(
        &mut self,
        file: Section,
        format: Format,
        exif: Option<Summary>,
        look: Look<'_>,
    ) -> Judged {
        let start = Instant::now();
        let picture = match decode::decode(BufReader::new(file), format) {
            Ok(picture) => picture,
            Err(error) => {
                let code = match error {
                    DecodeError::Unsupported(_) | DecodeError::TooLarge => ReasonCode::UNSUPPORTED,
                    DecodeError::Damaged(_) => ReasonCode::CORRUPT,
                };
                return Judged { exif, ..Judged::error(code, error.to_string()) };
            }
        };
        let read = micros(start);
        let start = Instant::now();
        let mut builder = FrameBuilder::new(self.memory.buffers());
        let fed = picture.feed(&mut builder, self.isa);
        let mut timing = Timing { read, scan: micros(start), ..Timing::default() };
        match fed.and_then(|()| builder.finish()) {
            Some(frame) => {
                let start = Instant::now();
                let found = self.finder.as_mut().map_or_else(Found::default, |finder| {
                    finder.find(&frame, &mut Samples::Decoded(&picture), turn(exif.as_ref()))
                });
                (timing.faces, timing.eyes) = (micros(start), found.eyes);
                let Self { options, scorer, rater, finder, .. } = self;
                let orientation = turn(exif.as_ref());
                let rate = || match (scorer, rater) {
                    (Some(scorer), _) => scorer.picture(&picture, orientation),
                    (None, Some(rater)) => {
                        let known = known(&frame, finder.as_ref(), orientation);
                        Ok(rater.picture(&known, &picture))
                    }
                    (None, None) => Ok(None),
                };
                let integrity = Integrity::default();
                let seen =
                    Seen { frame: &frame, faces: &found.faces, integrity, options: *options };
                conclude(&seen, exif, rate, &self.policy, timing, look)
            }
            None => {
                let sentence = DecodeError::TooLarge.to_string();
                Judged { exif, ..Judged::error(ReasonCode::UNSUPPORTED, sentence) }
            }
        }
    }
}

/// What there is to tell the quality from.
fn known<'a, 'f>(
    frame: &'a Frame<'f>,
    finder: Option<&'a Finder>,
    orientation: Orientation,
) -> Known<'a, 'f> {
    let scale = quality::scale(frame.width, frame.height);
    let whole = finder.and_then(|finder| finder.whole(scale));
    Known { frame, whole, orientation }
}

/// What a file that is not scanned says about itself.
fn exif(file: &mut File, format: Format) -> io::Result<Option<Summary>> {
    Ok(match format {
        Format::Tiff => {
            let mut start = Vec::new();
            file.take(TIFF_START).read_to_end(&mut start)?;
            Summary::from_tiff(&start)
        }
        Format::Png | Format::WebP => Summary::from_container(&mut BufReader::new(file)),
        Format::Jpeg | Format::Raw | Format::Heif | Format::Unknown => None,
    })
}

fn micros(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
