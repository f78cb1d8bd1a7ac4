//! Which find is which face.

use super::labels::Photo;
use super::{Corners, Found};

/// Intersection over union from which a find is a face.
pub const OVERLAP: f64 = 0.4;

/// A find of which more than this share lies in a box that counts for neither side
/// counts for neither, too.
const WITHIN: f64 = 0.5;

/// What became of the faces and finds of one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched {
    /// The faces that count.
    pub wanted: Vec<Wanted>,
    /// For each find whether it is one of them; `None` where it counts for neither side.
    pub finds: Vec<Option<bool>>,
    /// Boxes that count for neither side.
    pub ignored: u64,
}

/// A face that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// Its box.
    pub face: Corners,
    /// The find that is this face.
    pub find: Option<usize>,
}

/// Goes through the finds, the surest first: each takes the free face that it overlaps
/// most, if by [`OVERLAP`]. One that takes none is wrong, unless it is lower than
/// `min_height`, or such a face or a box to be ignored is what it found.
#[must_use]
pub fn matched(photo: &Photo, found: &Found, min_height: f64) -> Matched {
    let high = |corners: &Corners| corners[3] - corners[1] >= min_height;
    let (wanted, low): (Vec<Corners>, Vec<Corners>) = photo.faces.iter().partition(|f| high(f));
    let mut wanted: Vec<Wanted> =
        wanted.into_iter().map(|face| Wanted { face, find: None }).collect();
    let rest: Vec<&Corners> = low.iter().chain(&photo.ignored).collect();
    let mut finds = Vec::with_capacity(found.faces.len());
    for (index, (corners, _)) in found.faces.iter().enumerate() {
        let free = wanted.iter_mut().filter(|wanted| wanted.find.is_none());
        let nearest = free
            .map(|wanted| (overlap(corners, &wanted.face), wanted))
            // Of equal ones the first.
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        finds.push(match nearest {
            Some((share, wanted)) if share >= OVERLAP => {
                wanted.find = Some(index);
                Some(true)
            }
            _ if !high(corners) => None,
            _ => {
                let ignored = rest.iter().any(|other| {
                    shared(corners, other) > WITHIN * area(corners)
                        || overlap(corners, other) >= OVERLAP
                });
                (!ignored).then_some(false)
            }
        });
    }
    Matched { wanted, finds, ignored: rest.len() as u64 }
}

/// Intersection over union.
#[must_use]
pub fn overlap(a: &Corners, b: &Corners) -> f64 {
    let shared = shared(a, b);
    shared / (area(a) + area(b) - shared).max(f64::MIN_POSITIVE)
}

fn shared(a: &Corners, b: &Corners) -> f64 {
    let along = |from: usize, to: usize| (a[to].min(b[to]) - a[from].max(b[from])).max(0.0);
    along(0, 2) * along(1, 3)
}

fn area([left, top, right, bottom]: &Corners) -> f64 {
    (right - left) * (bottom - top)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(faces: &[Corners], ignored: &[Corners]) -> Photo {
        let (faces, ignored) = (faces.to_vec(), ignored.to_vec());
        Photo { file: "a.jpg".into(), path: "a.jpg".into(), faces, ignored, group: 0 }
    }

    fn square(x: f64, y: f64, side: f64) -> Corners {
        [x, y, x + side, y + side]
    }

    fn finds(boxes: &[Corners]) -> Found {
        Found { faces: boxes.iter().map(|&corners| (corners, 0.9)).collect() }
    }

    #[test]
    fn each_face_is_found_once_by_the_surest_that_fits() {
        let photo = photo(&[square(0.0, 0.0, 40.0), square(100.0, 0.0, 40.0)], &[]);
        let found = finds(&[
            square(4.0, 4.0, 40.0),
            square(0.0, 0.0, 40.0),
            square(300.0, 0.0, 40.0),
            // A third of the second face only.
            [100.0, 0.0, 114.0, 40.0],
        ]);
        let matched = matched(&photo, &found, 20.0);
        assert_eq!(matched.finds, [Some(true), Some(false), Some(false), Some(false)]);
        assert_eq!(matched.wanted.iter().map(|w| w.find).collect::<Vec<_>>(), [Some(0), None]);
    }

    #[test]
    fn what_is_too_low_or_ignored_counts_for_neither_side() {
        let faces = [square(0.0, 0.0, 40.0), square(100.0, 0.0, 16.0)];
        let photo = photo(&faces, &[square(200.0, 0.0, 100.0)]);
        let found = finds(&[
            // The face that is too low, found as a larger one; a low find; a find
            // within the ignored box, and one half beside it.
            square(100.0, 0.0, 22.0),
            square(400.0, 0.0, 19.0),
            square(210.0, 10.0, 30.0),
            square(284.0, 0.0, 30.0),
            square(286.0, 40.0, 30.0),
        ]);
        let matched = matched(&photo, &found, 20.0);
        assert_eq!(matched.finds, [None, None, None, None, Some(false)]);
        assert_eq!((matched.wanted.len(), matched.ignored), (1, 2));
    }

    #[test]
    fn a_low_find_may_be_a_face_that_counts() {
        let photo = photo(&[square(0.0, 0.0, 20.0)], &[]);
        let matched = matched(&photo, &finds(&[square(0.0, 0.0, 19.0)]), 20.0);
        assert_eq!(matched.finds, [Some(true)]);
    }

    #[test]
    fn overlap_by_hand() {
        assert_eq!(overlap(&square(0.0, 0.0, 2.0), &square(1.0, 0.0, 2.0)), 2.0 / 6.0);
        assert_eq!(overlap(&square(0.0, 0.0, 1.0), &square(5.0, 5.0, 1.0)), 0.0);
    }
}
