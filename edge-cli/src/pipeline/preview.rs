//! RAW and HEIF files, judged by the JPEG that the camera laid into them.
//!
//! The preview goes the way of any JPEG. EXIF and orientation are the file's own; what
//! it leaves out is taken from the preview. The verdict is the preview's; a file whose
//! sensor data are cut off is never rejected for it.

use super::trouble::unsupported;
use super::{Judge, Judged, Look};
use crate::source::exif::Summary;
use crate::source::format::Format;
use crate::source::raw::{self, Found};
use crate::source::section::Section;
use edgecull_core::face::Face;
use edgecull_core::geometry::{Orientation, Rect};
use edgecull_core::verdict::{Decision, Reason, ReasonCode};
use std::fs::File;
use std::io;

/// What the file around a preview says of it.
pub(super) struct Outer {
    exif: Option<Summary>,
    orientation: Option<Orientation>,
}

/// EXIF of a picture: the file's own, completed by what stands in the picture.
pub(super) fn exif(outer: Option<&Outer>, inner: Option<Summary>) -> Option<Summary> {
    let Some(Outer { exif, orientation }) = outer else {
        return inner;
    };
    let turned = orientation.or(inner.as_ref().map(|inner| inner.orientation));
    let mut exif = match (exif.clone(), inner) {
        (Some(outer), Some(inner)) => outer.or(inner),
        (outer, inner) => outer.or(inner)?,
    };
    exif.orientation = turned.unwrap_or_default();
    Some(exif)
}

impl Judge {
    /// Judges a RAW or HEIF file.
    pub(super) fn preview(
        &mut self,
        file: File,
        format: Format,
        look: Look<'_>,
    ) -> io::Result<Judged> {
        let Found { preview, exif, orientation, full, cut } = raw::find(&file)?;
        let Some(preview) = preview else {
            let judged = match cut {
                Some(at) => Judged::error(ReasonCode::TRUNCATED, cut_off(format, at)),
                None => unsupported(format),
            };
            return Ok(Judged { exif, ..judged });
        };
        let outer = Outer { exif, orientation };
        let section = Section::new(file, preview.offset, preview.len);
        let mut judged = self.jpeg(section, Some(&outer), look)?;
        let turned = judged.exif.as_ref().map(|exif| exif.orientation).unwrap_or_default();
        judged.full_size = full
            .map(|(width, height)| turned.size(width, height))
            .filter(|full| judged.size.is_some_and(|size| size != *full));
        if let Some(sentence) = &mut judged.error {
            // Offsets in it count from the preview's start.
            *sentence = format!("the preview at byte {}: {sentence}", preview.offset);
        }
        if let Some(at) = cut {
            missing(&mut judged, format, at);
        }
        Ok(judged)
    }
}

fn cut_off(format: Format, at: u64) -> String {
    format!("the {} file ends too early, at byte {at}", format.name())
}

/// Notes that a file has its preview but not its sensor data.
fn missing(judged: &mut Judged, format: Format, at: u64) {
    let verdict = &mut judged.verdict;
    if verdict.decision == Decision::Error {
        return;
    }
    if !verdict.has(ReasonCode::TRUNCATED) {
        verdict.add(Reason {
            code: ReasonCode::TRUNCATED,
            confidence: 1.0,
            measured: None,
            threshold: None,
            region: None,
        });
    }
    verdict.decision = Decision::Review;
    let sentence = format!("{}; its preview was judged", cut_off(format, at));
    judged.error.get_or_insert(sentence);
}

impl Judged {
    /// The same with all places in pixels of the full picture, where its smaller preview
    /// was judged.
    #[must_use]
    pub fn at_full_size(mut self) -> Self {
        let Some((size, full)) = self.size.zip(self.full_size) else {
            return self;
        };
        let scale = Scale { from: size, to: full };
        for reason in &mut self.verdict.reasons {
            reason.region = reason.region.map(|region| scale.rect(region));
        }
        self.verdict.faces.iter_mut().chain(&mut self.faces).for_each(|face| scale.face(face));
        self.size = Some(full);
        self.full_size = None;
        self
    }
}

/// From pixels of one size of a picture to those of another.
#[derive(Clone, Copy)]
struct Scale {
    from: (u32, u32),
    to: (u32, u32),
}

impl Scale {
    fn rect(self, rect: Rect) -> Rect {
        let span = |start: u32, length: u32, from: u32, to: u32| {
            let [start, length, from, to] = [start, length, from.max(1), to].map(u64::from);
            let first = start * to / from;
            let last = ((start + length) * to).div_ceil(from).min(to);
            (first as u32, last.saturating_sub(first) as u32)
        };
        let (x, w) = span(rect.x, rect.w, self.from.0, self.to.0);
        let (y, h) = span(rect.y, rect.h, self.from.1, self.to.1);
        Rect { x, y, w, h }
    }

    fn face(self, face: &mut Face) {
        face.region = self.rect(face.region);
        let ratio = |from: u32, to: u32| to as f32 / from.max(1) as f32;
        let (across, down) = (ratio(self.from.0, self.to.0), ratio(self.from.1, self.to.1));
        for [x, y] in &mut face.landmarks {
            *x *= across;
            *y *= down;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_grow_outwards_to_whole_pixels_and_stay_inside() {
        let scale = Scale { from: (1616, 1080), to: (6000, 4000) };
        let whole = scale.rect(Rect { x: 0, y: 0, w: 1616, h: 1080 });
        assert_eq!(whole, Rect { x: 0, y: 0, w: 6000, h: 4000 });
        let corner = scale.rect(Rect { x: 1615, y: 1079, w: 1, h: 1 });
        assert_eq!(corner, Rect { x: 5996, y: 3996, w: 4, h: 4 });
        let half = scale.rect(Rect { x: 808, y: 540, w: 404, h: 270 });
        assert_eq!(half, Rect { x: 3000, y: 2000, w: 1500, h: 1000 });
        let damaged = scale.rect(Rect { x: u32::MAX, y: 0, w: u32::MAX, h: 0 });
        assert_eq!((damaged.w, damaged.h), (0, 0));
    }
}
