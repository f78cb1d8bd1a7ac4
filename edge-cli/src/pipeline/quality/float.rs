//! How good a picture is, by somebody's network.
//!
//! In comes a picture or a scanned JPEG; out goes a number from 0 to 1, or nothing
//! where there is no whole picture, or a sentence where the scorer failed. None of
//! these touches the verdict.

use super::Rating;
use crate::ordered::message;
use crate::pipeline::memory::Scanner;
use crate::source::decode::{self, Picture};
use crate::source::format::Format;
use crate::source::section::Section;
use crate::source::thumbnail;
use edgecull_core::geometry::Orientation;
use std::fmt;
use std::io::{BufReader, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// From pixels to a score, or to a sentence.
type Run = dyn Fn(&[u8]) -> Result<f32, String> + Send + Sync;

/// Gives marks to pictures; all threads share one.
pub struct Scorer {
    size: (u32, u32),
    colour: bool,
    run: Box<Run>,
}

impl fmt::Debug for Scorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, colour, .. } = self;
        f.debug_struct("Scorer").field("size", size).field("colour", colour).finish()
    }
}

impl Scorer {
    /// A scorer of pictures of this width and height. `run` gets a picture's pixels,
    /// upright, row by row: red, green and blue if `colour`, else luma. It gives a
    /// score from 0 to 1 (what lies outside is cut off), higher is better.
    #[must_use]
    pub fn new(
        size: (u32, u32),
        colour: bool,
        run: impl Fn(&[u8]) -> Result<f32, String> + Send + Sync + 'static,
    ) -> Self {
        Self { size, colour, run: Box::new(run) }
    }

    /// Scores a picture.
    pub(in crate::pipeline) fn picture(
        &self,
        picture: &Picture,
        orientation: Orientation,
    ) -> Rating {
        match thumbnail::of(picture, self.size, orientation) {
            Some(small) => self.score(small).map(Some),
            None => Ok(None),
        }
    }

    /// Scores a JPEG that `scanner` has seen all of.
    pub(in crate::pipeline) fn jpeg(
        &self,
        scanner: &mut Scanner,
        file: &mut Section,
        orientation: Orientation,
    ) -> Rating {
        let small = thumbnail::of_scanned(scanner, &mut *file, self.size, orientation, self.colour);
        if let Some(small) = small {
            return self.score(small).map(Some);
        }
        let decoded = file
            .rewind()
            .ok()
            .and_then(|()| decode::decode(BufReader::new(file), Format::Jpeg).ok());
        decoded.map_or(Ok(None), |picture| self.picture(&picture, orientation))
    }

    fn score(&self, picture: Picture) -> Result<f32, String> {
        let pixels = if self.colour {
            picture.into_rgb().into_raw()
        } else {
            picture.into_grey().into_raw()
        };
        // Whatever a network of somebody's own does, the frame keeps its verdict.
        let ran = catch_unwind(AssertUnwindSafe(|| (self.run)(&pixels)));
        let why = match ran {
            Ok(Ok(score)) if score.is_finite() => return Ok(score.clamp(0.0, 1.0)),
            Ok(Ok(score)) => format!("it gave {score}"),
            Ok(Err(why)) => why,
            Err(panic) => message(panic.as_ref()),
        };
        Err(format!("its quality is not known, the scorer failed: {why}"))
    }
}
