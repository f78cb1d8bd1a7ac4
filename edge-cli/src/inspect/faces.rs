//! The faces of a frame: which of them decide, what their eyes look like, and words
//! for them.

use super::Explained;
use super::place::place;
use crate::sink::whose::{number, whose};
use crate::source::decode::Picture;
use edgecull_core::eye::{Crop, EyeState, Gaze, Source};
use edgecull_core::face::Face;
use edgecull_core::geometry::{Orientation, Rect};
use edgecull_core::jpeg::Scale;
use edgecull_core::plane::Plane;

/// A face.
#[derive(Debug)]
pub struct Seen {
    /// What was measured of it.
    pub face: Face,
    /// Its number, from 1 for the leftmost.
    pub number: usize,
    /// Whether it is one of those that decide.
    pub decides: bool,
    /// Its eyes as the network saw them, where it looked.
    pub eyes: [Option<Crop>; 2],
}

/// What is known of faces, of which the first `prominent` decide; `stored` is the
/// picture, if it can be decoded, as it lies in the file.
pub(super) fn seen(
    faces: &[Face],
    prominent: usize,
    stored: Option<&Picture>,
    orientation: Orientation,
) -> Vec<Seen> {
    let boxes: Vec<Rect> = faces.iter().map(|face| face.region).collect();
    let grey = stored.filter(|_| faces.iter().any(|face| face.eyes.is_some())).map(luma);
    let numbered = faces.iter().enumerate().map(|(place, face)| Seen {
        face: *face,
        number: number(&boxes, face.region).unwrap_or(place + 1),
        decides: place < prominent,
        eyes: match &grey {
            Some(grey) if face.eyes.is_some() => crops(grey, face, orientation),
            _ => [const { None }; 2],
        },
    });
    numbered.collect()
}

fn luma(picture: &Picture) -> image::GrayImage {
    match picture {
        Picture::Grey(grey) => grey.clone(),
        Picture::Rgb(rgb) => Picture::Rgb(rgb.clone()).into_grey(),
    }
}

fn crops(grey: &image::GrayImage, face: &Face, orientation: Orientation) -> [Option<Crop>; 2] {
    let (width, height) = grey.dimensions();
    let plane = Plane::new(grey.as_raw(), width as usize, height as usize, width as usize);
    let gaze = Gaze::new(&face.landmarks, orientation, width, height);
    let Some((plane, gaze)) = plane.zip(gaze) else {
        return [const { None }; 2];
    };
    let source = Source { plane, x: 0, y: 0, scale: Scale::Full };
    gaze.squares.map(|square| square.map(|square| Crop::cut(&source, &square)))
}

/// What is worth knowing of the faces, a sentence each.
pub(super) fn notes(explained: &Explained) -> Vec<String> {
    let faces = explained.evidence.as_ref().map_or(&[][..], |evidence| &evidence.faces);
    let deciding: Vec<&Seen> = faces.iter().filter(|seen| seen.decides).collect();
    let mut notes = Vec::new();
    if faces.len() > 1 {
        let decide = match deciding.len() {
            0 => "none of them is large enough to decide".into(),
            1 => "the largest decides".into(),
            n if n == faces.len() => "all of them decide".into(),
            n => format!("the {n} most prominent decide"),
        };
        notes.push(format!("{} faces were found; {decide}", faces.len()));
    }
    notes.extend(deciding.iter().map(|seen| {
        let name = whose(faces.iter().map(|seen| seen.face.region), seen.face.region);
        let name = name.unwrap_or_else(|| "the face".into());
        let place = place(explained, seen.face.region);
        let place = place.map_or_else(String::new, |place| format!(", {place}"));
        format!("{name}{place}: {}", eyes(&seen.face))
    }));
    notes
}

/// Both eyes in words.
fn eyes(face: &Face) -> String {
    let Some([left, right]) = face.eyes.map(|eyes| eyes.map(|eye| eye.state)) else {
        return "its eyes could not be looked at".into();
    };
    let one = |state| match state {
        EyeState::Open => "open",
        EyeState::Closed => "closed",
        EyeState::Hidden => "not to be told",
    };
    if left == right {
        format!("both eyes {}", one(left))
    } else {
        format!("its left eye {}, its right eye {}", one(left), one(right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::record::samples;
    use edgecull_core::eye::Eye;

    #[test]
    fn eyes_are_told_in_words() {
        let mut face = samples::face(Rect { x: 1, y: 2, w: 30, h: 40 });
        assert_eq!(eyes(&face), "its left eye open, its right eye not to be told");
        face.eyes = Some([Eye { state: EyeState::Closed, p_open: Some(0.02) }; 2]);
        assert_eq!(eyes(&face), "both eyes closed");
        face.eyes = None;
        assert_eq!(eyes(&face), "its eyes could not be looked at");
    }

    #[test]
    fn eyes_are_cut_from_the_stored_picture_as_they_stand_upright() {
        // Stored lying on its side: white where the left eye is, once it is upright.
        let upright = samples::face(Rect { x: 100, y: 50, w: 100, h: 100 });
        let [[x, y], ..] = upright.landmarks;
        let (width, height) = (300, 400);
        let orientation = Orientation::ThreeQuarterTurn;
        let eye = Rect { x: x as u32 - 14, y: y as u32 - 14, w: 28, h: 28 };
        let (w, h) = orientation.size(width, height);
        let stored = orientation.inverse().rect(eye, w, h);
        let grey = image::GrayImage::from_fn(width, height, |x, y| {
            let inside = |at: u32, start: u32, length: u32| (start..start + length).contains(&at);
            let white = inside(x, stored.x, stored.w) && inside(y, stored.y, stored.h);
            image::Luma([if white { 255 } else { 9 }])
        });
        let picture = Picture::Grey(grey);
        let seen = seen(&[upright], 1, Some(&picture), orientation);
        let [left, right] = &seen[0].eyes;
        let middle = |crop: &Option<Crop>| crop.as_ref().expect("in the picture").luma[16][16];
        assert_eq!((middle(left), middle(right)), (255, 9));
    }
}
