//! Words for where in a picture something lies.

use super::Explained;
use edgecull_core::geometry::Rect;

/// Beyond this share of the picture a region is nearly all of it.
const NEARLY_ALL: f64 = 0.6;

/// What covers most of a picture.
pub(super) const EVERYWHERE: &str = "nearly everywhere";

/// Where a region lies in the picture.
pub(super) fn place(explained: &Explained, region: Rect) -> Option<&'static str> {
    let (width, height) = explained.judged.size?;
    Some(place_in(region, width, height))
}

/// Where a region lies in a picture of `width` x `height`.
pub(super) fn place_in(region: Rect, width: u32, height: u32) -> &'static str {
    let area = f64::from(width.max(1)) * f64::from(height.max(1));
    if region.area() as f64 > NEARLY_ALL * area {
        return EVERYWHERE;
    }
    // Thirds by the region's centre, in sixths to stay whole.
    let third = |start: u32, length: u32, side: u32| {
        let twice = 2 * u64::from(start) + u64::from(length);
        (3 * twice / (2 * u64::from(side.max(1)))).min(2)
    };
    let across = third(region.x, region.w, width);
    match (across, third(region.y, region.h, height)) {
        (0, 0) => "top left",
        (1, 0) => "top centre",
        (_, 0) => "top right",
        (0, 1) => "left of centre",
        (1, 1) => "in the centre",
        (_, 1) => "right of centre",
        (0, _) => "bottom left",
        (1, _) => "bottom centre",
        (_, _) => "bottom right",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_thirds() {
        let at = |x, y| place_in(Rect { x, y, w: 100, h: 100 }, 900, 600);
        assert_eq!(at(0, 0), "top left");
        assert_eq!(at(400, 250), "in the centre");
        assert_eq!(at(700, 250), "right of centre");
        assert_eq!(at(100, 500), "bottom left");
        assert_eq!(at(400, 10), "top centre");
        assert_eq!(place_in(Rect { x: 0, y: 0, w: 900, h: 500 }, 900, 600), EVERYWHERE);
        assert_eq!(place_in(Rect { x: 9, y: 9, w: 0, h: 0 }, 0, 0), "bottom right");
    }
}
