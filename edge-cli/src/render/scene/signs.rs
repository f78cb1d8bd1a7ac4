//! Writing that says nothing: the fine hard edges of letters.

use crate::render::colour::Rgb;
use crate::render::mark::Mark;
use crate::render::rng::Rng;

/// One line of made-up letters from `origin` (left end of the base line).
pub(super) fn lettering(
    rng: &mut Rng,
    marks: &mut Vec<Mark>,
    origin: [f32; 2],
    height: f32,
    count: usize,
    colour: Rgb,
) {
    // Corners of a letter's box and points between them, as a pen goes.
    const LETTERS: [&[(u8, u8)]; 12] = [
        &[(0, 4), (1, 0), (2, 4)],
        &[(0, 0), (0, 4), (2, 4)],
        &[(2, 0), (0, 0), (0, 4), (2, 4)],
        &[(0, 4), (0, 0), (2, 4), (2, 0)],
        &[(0, 0), (1, 4), (2, 0)],
        &[(0, 0), (2, 0), (2, 4), (0, 4), (0, 0)],
        &[(0, 0), (2, 0), (0, 4), (2, 4)],
        &[(0, 4), (0, 0), (1, 2), (2, 0), (2, 4)],
        &[(2, 0), (0, 0), (0, 2), (2, 2), (2, 4), (0, 4)],
        &[(0, 0), (2, 0), (1, 0), (1, 4)],
        &[(0, 4), (0, 0), (2, 0), (2, 2), (0, 2)],
        &[(0, 0), (0, 2), (2, 2), (2, 0), (2, 4)],
    ];
    for i in 0..count {
        if count > 6 && rng.chance(0.12) {
            continue;
        }
        let letter = rng.pick(&LETTERS);
        let left = origin[0] + i as f32 * height * 0.72;
        let at = |&(x, y): &(u8, u8)| {
            let (x, y) = (f32::from(x) / 2.0, f32::from(y) / 4.0);
            [left + 0.48 * height * x, origin[1] - height * (1.0 - y)]
        };
        for leg in letter.windows(2) {
            marks.push(Mark::stroke(at(&leg[0]), at(&leg[1]), height * 0.065, colour));
        }
    }
}
