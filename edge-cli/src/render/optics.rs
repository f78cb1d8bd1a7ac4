//! What the lens and the shutter do to light: discs of confusion and streaks.

use super::paint::Canvas;

/// Largest disc that is summed at full resolution, in pixels; larger ones
/// hold no detail that a grid twice as coarse could not carry.
const LARGEST_DISC: f32 = 10.0;

/// Light brighter than this is cut before it is spread, so that the sums of
/// [`disc_plane`] stay within their 31 bits.
const BRIGHTEST: f32 = 64.0;

/// Spreads every point over a disc of `radius` pixels.
pub(crate) fn disc(canvas: Canvas, radius: f32) -> Canvas {
    if radius < 0.3 {
        return canvas;
    }
    if radius > LARGEST_DISC && canvas.width >= 8 && canvas.height >= 8 {
        let (width, height) = (canvas.width, canvas.height);
        return enlarge(disc(halve(&canvas), radius / 2.0), 2, width, height);
    }
    let Canvas { width, height, planes } = canvas;
    let rows = disc_rows(radius);
    Canvas { width, height, planes: planes.map(|p| disc_plane(&p, width, height, &rows)) }
}

/// One row of a disc: it reaches `reach` pixels to either side in full, and
/// one further with weight `rest`; all times `weight`.
struct DiscRow {
    dy: isize,
    reach: usize,
    rest: f32,
    weight: f32,
}

fn disc_rows(radius: f32) -> Vec<DiscRow> {
    let last = (radius + 0.5).ceil() as isize;
    let mut rows: Vec<DiscRow> = (-last..=last)
        .filter_map(|dy| {
            // Half the width of the disc, averaged over the height of the row.
            let half = (0..8)
                .map(|i| {
                    let y = dy as f32 + (i as f32 + 0.5) / 8.0 - 0.5;
                    (radius * radius - y * y).max(0.0).sqrt()
                })
                .sum::<f32>()
                / 8.0;
            if half <= 0.0 {
                None
            } else if half < 0.5 {
                Some(DiscRow { dy, reach: 0, rest: 0.0, weight: 2.0 * half })
            } else {
                let reach = (half - 0.5).floor();
                Some(DiscRow { dy, reach: reach as usize, rest: half - 0.5 - reach, weight: 1.0 })
            }
        })
        .collect();
    let total: f32 = rows.iter().map(|r| r.weight * (2.0 * (r.reach as f32 + r.rest) + 1.0)).sum();
    for row in &mut rows {
        row.weight /= total;
    }
    rows
}

/// Sums each row of the disc as a difference of two running totals. These are
/// integers that may wrap: their difference is exact all the same.
fn disc_plane(plane: &[f32], width: usize, height: usize, rows: &[DiscRow]) -> Vec<f32> {
    const ONE: f32 = (1u32 << 18) as f32;
    let pad = rows.iter().map(|r| r.reach).max().unwrap_or(0) + 2;
    let stride = width + 2 * pad + 1;
    let mut totals = vec![0u32; stride * height];
    for (line, out) in plane.chunks_exact(width).zip(totals.chunks_exact_mut(stride)) {
        let mut sum = 0u32;
        for (i, total) in out.iter_mut().enumerate().skip(1) {
            // The rim is repeated outwards.
            let x = (i - 1).saturating_sub(pad).min(width - 1);
            sum = sum.wrapping_add((line[x].clamp(0.0, BRIGHTEST) * ONE) as u32);
            *total = sum;
        }
    }
    let mut out = vec![0.0f32; width * height];
    for (y, line) in out.chunks_exact_mut(width).enumerate() {
        for row in rows {
            let sy = (y as isize + row.dy).clamp(0, height as isize - 1) as usize;
            let totals = &totals[sy * stride..(sy + 1) * stride];
            let span = |from: usize| &totals[from..from + width];
            let (low, high) = (span(pad - row.reach), span(pad + row.reach + 1));
            let (low1, high1) = (span(pad - row.reach - 1), span(pad + row.reach + 2));
            let narrow = row.weight * (1.0 - row.rest) / ONE;
            let wide = row.weight * row.rest / ONE;
            for (x, value) in line.iter_mut().enumerate() {
                let a = high[x].wrapping_sub(low[x]) as i32 as f32;
                let b = high1[x].wrapping_sub(low1[x]) as i32 as f32;
                *value += narrow * a + wide * b;
            }
        }
    }
    out
}

/// Means of 2x2 pixels; an odd last row or column is repeated.
fn halve(canvas: &Canvas) -> Canvas {
    let (width, height) = (canvas.width.div_ceil(2), canvas.height.div_ceil(2));
    let planes = [0, 1, 2, 3].map(|c| {
        let plane = &canvas.planes[c];
        let at = |x: usize, y: usize| {
            plane[y.min(canvas.height - 1) * canvas.width + x.min(canvas.width - 1)]
        };
        let mut out = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let (x, y) = (2 * x, 2 * y);
                out.push(0.25 * (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)));
            }
        }
        out
    });
    Canvas { width, height, planes }
}

/// Bilinear enlargement by `factor`, cut to `width` x `height`.
pub(crate) fn enlarge(canvas: Canvas, factor: usize, width: usize, height: usize) -> Canvas {
    if factor == 1 {
        return canvas;
    }
    let place = |i: usize, n: usize| {
        let s = ((i as f32 + 0.5) / factor as f32 - 0.5).clamp(0.0, (n - 1) as f32);
        let low = s as usize;
        (low, (low + 1).min(n - 1), s - low as f32)
    };
    let columns: Vec<_> = (0..width).map(|x| place(x, canvas.width)).collect();
    let planes = [0, 1, 2, 3].map(|c| {
        let plane = &canvas.planes[c];
        let mut mixed = vec![0.0; canvas.width];
        let mut out = Vec::with_capacity(width * height);
        for y in 0..height {
            let (a, b, t) = place(y, canvas.height);
            let (a, b) = (&plane[a * canvas.width..], &plane[b * canvas.width..]);
            for ((m, &a), &b) in mixed.iter_mut().zip(a).zip(b) {
                *m = a + (b - a) * t;
            }
            out.extend(columns.iter().map(|&(i, j, t)| mixed[i] + (mixed[j] - mixed[i]) * t));
        }
        out
    });
    Canvas { width, height, planes }
}

/// Where a point of light goes while the shutter is open: offsets in pixels
/// and the share of the time spent there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streak(Vec<(isize, isize, f32)>);

impl Streak {
    /// From a path in pixels, walked at even speed from point to point.
    pub(crate) fn new(path: &[[f32; 2]]) -> Self {
        let mut taps = std::collections::BTreeMap::<(isize, isize), f32>::new();
        for leg in path.windows(2) {
            let ([ax, ay], [bx, by]) = (leg[0], leg[1]);
            let length = ((bx - ax) * (bx - ax) + (by - ay) * (by - ay)).sqrt();
            // Half a pixel at most from sample to sample.
            let steps = (length * 2.0).ceil().max(1.0) as usize;
            for i in 0..steps {
                let t = (i as f32 + 0.5) / steps as f32;
                let (x, y) = (ax + (bx - ax) * t, ay + (by - ay) * t);
                let (fx, fy) = (x - x.floor(), y - y.floor());
                let (ix, iy) = (x.floor() as isize, y.floor() as isize);
                let share = 1.0 / steps as f32;
                for (ox, oy, w) in [
                    (0, 0, (1.0 - fx) * (1.0 - fy)),
                    (1, 0, fx * (1.0 - fy)),
                    (0, 1, (1.0 - fx) * fy),
                    (1, 1, fx * fy),
                ] {
                    if w > 1e-3 {
                        *taps.entry((iy + oy, ix + ox)).or_default() += w * share;
                    }
                }
            }
        }
        let total: f32 = taps.values().sum();
        Self(taps.into_iter().map(|((dy, dx), w)| (dx, dy, w / total)).collect())
    }

    /// Nothing moves.
    pub(crate) fn is_still(&self) -> bool {
        self.0.is_empty() || matches!(self.0[..], [(0, 0, _)])
    }

    /// Spreads every point along the path.
    pub(crate) fn apply(&self, canvas: Canvas) -> Canvas {
        if self.is_still() {
            return canvas;
        }
        let Canvas { width, height, planes } = canvas;
        let planes = planes.map(|plane| {
            let mut out = vec![0.0f32; plane.len()];
            for (y, line) in out.chunks_exact_mut(width).enumerate() {
                for &(dx, dy, weight) in &self.0 {
                    let sy = (y as isize - dy).clamp(0, height as isize - 1) as usize;
                    let source = &plane[sy * width..(sy + 1) * width];
                    // Beyond the side the rim is repeated; bands are wider
                    // than the picture, so that this is not seen.
                    let skip = (dx.max(0) as usize).min(width);
                    let take = (width as isize - dx.abs()).max(0) as usize;
                    let from = (-dx).max(0) as usize;
                    if take == 0 {
                        continue;
                    }
                    for (v, &s) in line[skip..skip + take].iter_mut().zip(&source[from..]) {
                        *v += weight * s;
                    }
                    line[..skip].iter_mut().for_each(|v| *v += weight * source[0]);
                    line[skip + take..].iter_mut().for_each(|v| *v += weight * source[width - 1]);
                }
            }
            out
        });
        Canvas { width, height, planes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(size: usize) -> Canvas {
        let mut canvas = Canvas::new(size, size);
        for plane in &mut canvas.planes {
            plane[size / 2 * size + size / 2] = 10.0;
        }
        canvas
    }

    #[test]
    fn a_disc_keeps_the_light_and_has_its_radius() {
        for radius in [0.4, 1.0, 2.5, 7.3, 14.0] {
            let spread = disc(point(101), radius);
            let sum: f32 = spread.planes[0].iter().sum();
            assert!((sum - 10.0).abs() < 0.05, "{radius}: {sum}");
            let mut second = 0.0;
            for (i, v) in spread.planes[0].iter().enumerate() {
                let x = (i % 101) as f32 - 50.0;
                second += v / sum * x * x;
            }
            // A disc has variance r²/4 along an axis; pixels add up to 1/6.
            let wanted = radius * radius / 4.0;
            assert!((second - wanted).abs() < 0.2 + 0.06 * wanted, "{radius}: {second}");
        }
    }

    #[test]
    fn a_streak_keeps_the_light_and_lies_along_its_path() {
        let streak = Streak::new(&[[-10.0, 0.0], [10.0, 0.0]]);
        let spread = streak.apply(point(61));
        let sum: f32 = spread.planes[2].iter().sum();
        assert!((sum - 10.0).abs() < 0.01);
        let row: f32 = spread.planes[2][30 * 61..31 * 61].iter().sum();
        assert!((row - 10.0).abs() < 0.01, "all of it in one row");
        assert!(spread.planes[2][30 * 61 + 30 - 9] > 0.3);
        assert!(spread.planes[2][30 * 61 + 30 - 13] == 0.0);
    }

    #[test]
    fn no_path_moves_nothing() {
        assert!(Streak::new(&[]).is_still());
        assert!(Streak::new(&[[0.0, 0.0], [0.0, 0.0]]).is_still());
    }
}
