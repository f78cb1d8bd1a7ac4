//! What becomes of a file.

use super::Traits;
use crate::source::exif::Summary;
use edgecull_core::burst::SetKind;
use edgecull_core::face::Face;
use edgecull_core::verdict::{ReasonCode, Verdict};
use std::sync::Arc;

/// What became of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The verdict; regions are pixels of the upright picture.
    pub verdict: Verdict,
    /// Width and height of the upright picture that was judged.
    pub size: Option<(u32, u32)>,
    /// Width and height of the upright picture of a RAW or HEIF file whose smaller preview
    /// was judged; `None` where both are the same, or it is not known.
    pub full_size: Option<(u32, u32)>,
    /// What the camera wrote.
    pub exif: Option<Summary>,
    /// All faces that were found, in pixels of the upright picture, the most prominent
    /// first.
    pub faces: Vec<Face>,
    /// What tells which frames it belongs with, if that was asked for.
    pub traits: Option<Box<Traits>>,
    /// Its place among other frames; whoever has all of a folder fills it.
    pub company: Company,
    /// Where the time went.
    pub timing: Timing,
    /// A sentence for people about a file that could not be judged, or not in
    /// full, with the byte offset where that is known.
    pub error: Option<String>,
}

/// Durations in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Waiting for bytes.
    pub read: u64,
    /// From bytes to a [`Frame`](edgecull_core::frame::Frame).
    pub scan: u64,
    /// From a frame to its faces and their eyes.
    pub faces: u64,
    /// Of that, the eyes.
    pub eyes: u64,
    /// From these to a verdict, but for the quality.
    pub measure: u64,
    /// From a frame and its pixels to its quality.
    pub quality: u64,
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
            full_size: None,
            exif: None,
            faces: Vec::new(),
            traits: None,
            company: Company::default(),
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

/// A frame's place among others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// Its burst, if that has another frame.
    pub burst: Option<InBurst>,
    /// The set that is to stay whole.
    pub set: Option<InSet>,
}

/// A frame's place in a burst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InBurst {
    /// The burst's number in this run, from 1.
    pub id: u32,
    /// From 1 for the best.
    pub rank: u32,
    /// Frames in it.
    pub size: u32,
    /// What its first frame is called: the burst's name in any run.
    pub name: Arc<str>,
}

/// A frame's place in a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InSet {
    /// What the set is.
    pub kind: SetKind,
    /// The set's number in this run, from 1.
    pub id: u32,
    /// From 0 for the first that was taken.
    pub index: u32,
    /// Frames in it.
    pub size: u32,
    /// What its first frame is called: the set's name in any run.
    pub name: Arc<str>,
}
