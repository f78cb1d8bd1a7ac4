//! Band-limited noise: the stuff that surfaces are made of.
//!
//! Photographs have about the same energy in every octave down to the pixel
//! (a power spectrum near 1/f², Field 1987). [`fbm`] with `gain` 1 has that;
//! a smaller gain is smoother. Octaves finer than the pixel are faded out, so
//! that a scene has detail at any size of picture and aliases at none.

/// Well mixed bits of a lattice point.
pub(crate) fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1)
        ^ (y as u32).wrapping_mul(0x85EB_CA77)
        ^ seed.wrapping_mul(0xC2B2_AE3D);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 13)).wrapping_mul(0x297A_2D39);
    h ^ (h >> 16)
}

/// Uniform in 0..1 at a lattice point.
pub(crate) fn hash_unit(x: i32, y: i32, seed: u32) -> f32 {
    (hash(x, y, seed) >> 8) as f32 / (1u32 << 24) as f32
}

/// The integer below; without SSE 4.1 `f32::floor` is a call, and this is the
/// innermost loop of everything here.
fn floor(x: f32) -> i32 {
    let i = x as i32;
    i.wrapping_sub(i32::from(x < i as f32))
}

/// Lattice points before the noise repeats itself; a power of two.
const PERIOD: usize = 1024;

/// A random gradient for each word; words come from the tables of columns and
/// rows, as in Perlin's own noise: looking up is several times as fast as
/// hashing.
static GRADIENTS: [[f32; 2]; PERIOD] = {
    let mut gradients = [[0.0; 2]; PERIOD];
    let mut i = 0;
    while i < PERIOD {
        let h = mixed(i as u32 ^ 0x5A5A_0000);
        let (x, y) = (h & 0xFFFF, h >> 16);
        gradients[i] = [x as f32 / 32768.0 - 1.0, y as f32 / 32768.0 - 1.0];
        i += 1;
    }
    gradients
};

static COLUMNS: [u16; PERIOD] = words(0);
static ROWS: [u16; PERIOD] = words(0x0A0A_8000);

const fn words(salt: u32) -> [u16; PERIOD] {
    let mut words = [0; PERIOD];
    let mut i = 0;
    while i < PERIOD {
        words[i] = (mixed(i as u32 ^ salt) % PERIOD as u32) as u16;
        i += 1;
    }
    words
}

const fn mixed(x: u32) -> u32 {
    let h = x.wrapping_mul(0x9E37_79B1) ^ 0x3C6E_F372;
    let h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    let h = (h ^ (h >> 13)).wrapping_mul(0x297A_2D39);
    h ^ (h >> 16)
}

/// Gradient noise (Perlin 2002) with lattice spacing 1; standard deviation
/// near 0.3, nearly always within -1..1.
pub(crate) fn gradient(x: f32, y: f32, seed: u32) -> f32 {
    let (ix, iy) = (floor(x), floor(y));
    let (dx, dy) = (x - ix as f32, y - iy as f32);
    let salt = seed.wrapping_mul(0x9E37_79B1);
    let (sx, sy, flip) = (salt >> 22, salt >> 11, (salt & 0x7FF) as usize);
    let column = (ix as u32).wrapping_add(sx) as usize;
    let row = (iy as u32).wrapping_add(sy) as usize;
    let word = |table: &[u16; PERIOD], i: usize| usize::from(table[i % PERIOD]);
    let (left, right) = (word(&COLUMNS, column), word(&COLUMNS, column.wrapping_add(1)));
    let (upper, lower) = (word(&ROWS, row) ^ flip, word(&ROWS, row.wrapping_add(1)) ^ flip);
    let corner = |word: usize, dx: f32, dy: f32| {
        let [gx, gy] = GRADIENTS[word % PERIOD];
        gx * dx + gy * dy
    };
    let fade = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let (u, v) = (fade(dx), fade(dy));
    let top = lerp(corner(left ^ upper, dx, dy), corner(right ^ upper, dx - 1.0, dy), u);
    let bottom =
        lerp(corner(left ^ lower, dx, dy - 1.0), corner(right ^ lower, dx - 1.0, dy - 1.0), u);
    1.6 * lerp(top, bottom, v)
}

/// A sum of octaves of [`gradient`] from `frequency` (cycles per unit) up to
/// the pixel size `px` (units), each finer one `gain` times the one before,
/// normalised as if six octaves were there; standard deviation near 0.3.
pub(crate) fn fbm(x: f32, y: f32, frequency: f32, gain: f32, px: f32, seed: u32) -> f32 {
    let (mut f, mut a) = (frequency, 1.0);
    let (mut sum, mut power) = (0.0, 0.0);
    for octave in 0..14u32 {
        // Lattice spacing in pixels: full weight from 1.6, none at 1.
        let spacing = 1.0 / (f * px);
        let weight = ((spacing - 1.0) / 0.6).clamp(0.0, 1.0);
        if octave < 6 {
            power += a * a;
        }
        if weight <= 0.0 || a < 0.01 {
            break;
        }
        // Turned lattices do not line up with each other.
        let (rx, ry) = (0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y);
        let (sx, sy) = if octave % 2 == 0 { (x, y) } else { (rx, ry) };
        sum += weight * a * gradient(sx * f + 17.3, sy * f - 5.1, seed.wrapping_add(octave));
        f *= 2.03;
        a *= gain;
    }
    sum / power.sqrt().max(1e-6)
}

pub(crate) fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A bump of height 1 that is exactly 0 beyond `radius`.
pub(crate) fn bump(dx: f32, dy: f32, radius: f32) -> f32 {
    let t = (1.0 - (dx * dx + dy * dy) / (radius * radius)).max(0.0);
    t * t
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deviation(px: f32, gain: f32) -> f32 {
        let n = 128;
        let v: Vec<f32> = (0..n * n)
            .map(|i| fbm((i % n) as f32 * px, (i / n) as f32 * px, 4.0, gain, px, 9))
            .collect();
        let mean = v.iter().sum::<f32>() / v.len() as f32;
        (v.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / v.len() as f32).sqrt()
    }

    #[test]
    fn octaves_stop_at_the_pixel() {
        assert_eq!(fbm(0.3, 0.7, 4.0, 1.0, 0.3, 1), 0.0, "lattice finer than the pixel");
        assert!(deviation(0.01, 1.0) > 0.15);
    }

    #[test]
    fn a_gain_of_one_leaves_detail_between_neighbours() {
        let step = |gain: f32| {
            let px = 1.0 / 512.0;
            (0..4000)
                .map(|i| {
                    let (x, y) = ((i % 512) as f32 * px, (i / 512) as f32 * 0.1);
                    (fbm(x + px, y, 4.0, gain, px, 3) - fbm(x, y, 4.0, gain, px, 3)).abs()
                })
                .sum::<f32>()
        };
        assert!(step(1.0) > 4.0 * step(0.5));
    }
}
