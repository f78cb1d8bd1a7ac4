//! From the bytes of a JPEG to a [`Verdict`], in the memory of a microcontroller.
//!
//! In come pieces of a file of any size, from a card, a link or a sensor's encoder; out
//! goes the record. Nothing is read twice, and the file never lies in memory as a whole.
//! The firmware, the C interface and the program on the desk that they are compared with
//! are this code.
//!
//! ```
//! use edgecull_judge::{Judge, Memory, Options, Progress};
//!
//! static FILE: &[u8] = b"\xFF\xD8 not much of a picture";
//! let mut memory = Box::new(Memory::new()); // On a board it is a static.
//! let mut judge = Judge::new(&mut memory, Options::default());
//! for piece in FILE.chunks(512) {
//!     if judge.feed(piece) == Progress::Done {
//!         break;
//!     }
//! }
//! let verdict = judge.finish();
//! assert_eq!(verdict.decision.name(), "error");
//! ```
//!
//! | tier | feature | memory | finds |
//! | --- | --- | --- | --- |
//! | measures | none | 64 KiB | blur, motion, exposure, noise, accidents |
//! | faces | `faces` | 56 KiB more | the same, and faces: what they say of focus, light and the subject |
//!
//! Faces are looked for in the plane that the scan leaves: 1/64 of a 24 megapixel frame,
//! 1/8 of 640x480. They must be [`SMALLEST`](edgecull_core::face::SMALLEST) samples large
//! there: portraits, not crowds. Eyes are not looked at: they would have to be decoded
//! again, from a file that has gone by.
#![no_std]

#[cfg(feature = "faces")]
mod faces;
mod orientation;
pub mod text;

use edgecull_core::frame::{Frame, FrameBuilder, McuMemory};
use edgecull_core::jpeg::{Error, Scanner};
use edgecull_core::judge::{Integrity, Policy, judge};
use edgecull_core::kernels::Isa;
use edgecull_core::measure::{Hints, measure};
use edgecull_core::verdict::ReasonCode;
use orientation::Upright;

#[cfg(feature = "faces")]
pub use faces::ARENA;

pub use edgecull_core::face::Face;
pub use edgecull_core::geometry::{Orientation, Rect};
pub use edgecull_core::jpeg::Progress;
pub use edgecull_core::judge::Strictness;
pub use edgecull_core::verdict::{self, Decision, Verdict};
pub use edgecull_core::wire;

/// What may be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How much a photographer wants to be rid of.
    pub strictness: Strictness,
    /// How the stored picture must be turned to stand upright; `None` to ask its EXIF.
    pub orientation: Option<Orientation>,
}

/// All the working memory of a judge but its stack. Before its first picture it is all zero,
/// so that as a static it takes no flash.
pub struct Memory {
    scanner: Scanner<4096, 64>,
    frame: McuMemory,
    #[cfg(feature = "faces")]
    faces: faces::Arena,
}

impl Memory {
    /// Memory for one picture at a time.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            scanner: Scanner::new(Isa::baseline()),
            frame: McuMemory::new(),
            #[cfg(feature = "faces")]
            faces: faces::Arena::new(),
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// Judges one picture.
pub struct Judge<'m> {
    scanner: &'m mut Scanner<4096, 64>,
    sink: Upright<FrameBuilder<'m>>,
    #[cfg(feature = "faces")]
    faces: &'m mut faces::Arena,
    options: Options,
}

impl<'m> Judge<'m> {
    /// A judge at the start of a file, in the caller's memory: whatever that held of
    /// another picture is forgotten.
    pub fn new(memory: &'m mut Memory, options: Options) -> Self {
        memory.scanner.reset();
        Self {
            scanner: &mut memory.scanner,
            sink: Upright::new(FrameBuilder::new(memory.frame.buffers())),
            #[cfg(feature = "faces")]
            faces: &mut memory.faces,
            options,
        }
    }

    /// Takes the next bytes of the file. [`Progress::Done`] says that no more are wanted,
    /// as the picture is complete or cannot be judged; to go on feeding does no harm.
    pub fn feed(&mut self, bytes: &[u8]) -> Progress {
        self.scanner.feed(bytes, &mut self.sink).unwrap_or(Progress::Done)
    }

    /// The verdict on what was fed. A file that ends early is judged by what there is of
    /// it, and one that cannot be judged gives [`Decision::Error`].
    #[must_use]
    pub fn finish(mut self) -> Verdict {
        let report = match self.scanner.finish(&mut self.sink) {
            Ok(report) => report,
            Err(error) => return Verdict::error(code(error)),
        };
        let orientation = self.options.orientation.unwrap_or(self.sink.orientation());
        let Some(frame) = self.sink.into_inner().finish() else {
            return Verdict::error(ReasonCode::TRUNCATED);
        };
        let integrity = Integrity {
            truncated: report.truncated,
            corrupt: report.corrupt,
            seen: frame.blocks_seen as f32 / frame.blocks_total.max(1) as f32,
        };
        #[cfg(feature = "faces")]
        let found = faces::find(&frame, orientation, self.faces);
        #[cfg(feature = "faces")]
        let faces = &found;
        #[cfg(not(feature = "faces"))]
        let faces = &[];
        conclude(
            &frame,
            &Hints { orientation, faces, ..Hints::default() },
            &integrity,
            self.options,
        )
    }
}

#[inline(never)]
fn conclude(
    frame: &Frame<'_>,
    hints: &Hints<'_>,
    integrity: &Integrity,
    options: Options,
) -> Verdict {
    judge(&measure(frame, hints), integrity, &Policy::new(options.strictness))
}

/// The reason that goes with a stream that cannot be scanned.
fn code(error: Error) -> ReasonCode {
    match error {
        Error::Segment { .. } | Error::MissingTable { .. } => ReasonCode::CORRUPT,
        _ => ReasonCode::UNSUPPORTED,
    }
}
