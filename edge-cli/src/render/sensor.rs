//! From light on the sensor to the 8-bit picture, as a camera develops it:
//! exposure, noise of a Bayer sensor, clipping, tone curve, noise reduction,
//! sharpening.

use super::Camera;
use super::noise::{hash, smoothstep};
use super::paint::Canvas;

/// Electrons of a full pixel at ISO 100 (a 24 MP sensor of 36 x 24 mm).
const FULL_WELL: f32 = 45_000.0;
/// Electrons of read noise.
const READ: f32 = 3.0;
/// What red, green and blue are multiplied by in daylight.
const WHITE_BALANCE: [f32; 3] = [1.9, 1.0, 1.5];
/// Pixels around a band that its development looks at.
const RIM: usize = 6;

/// The sensor and the tone curve, ready for use.
pub(crate) struct Sensor {
    gain: f32,
    vignette: f32,
    electrons: f32,
    denoise: f32,
    sharpen: f32,
    seed: u32,
    /// Tone curve over the square root of light, 0..1 in 4096 steps.
    curve: Vec<f32>,
}

impl Sensor {
    pub(crate) fn new(camera: &Camera) -> Self {
        let curve = (0..=4096)
            .map(|i| {
                let x = i as f32 / 4096.0;
                let light = x * x;
                // IEC 61966-2-1, then the contrast of a camera's standard style.
                let v = if light <= 0.003_130_8 {
                    12.92 * light
                } else {
                    1.055 * libm::powf(light, 1.0 / 2.4) - 0.055
                };
                0.7 * v + 0.3 * smoothstep(0.0, 1.0, v)
            })
            .collect();
        Self {
            gain: libm::exp2f(camera.ev),
            vignette: camera.vignette,
            electrons: FULL_WELL * 100.0 / camera.iso.max(1) as f32,
            denoise: camera.denoise.clamp(0.0, 1.0),
            sharpen: camera.sharpen,
            seed: (camera.seed ^ (camera.seed >> 32)) as u32 ^ 0x5EED,
            curve,
        }
    }

    fn tone(&self, light: f32) -> f32 {
        let x = light.clamp(0.0, 1.0).sqrt() * 4096.0;
        let i = (x as usize).min(4095);
        let (a, b) = (self.curve[i], self.curve[i + 1]);
        a + (b - a) * (x - i as f32)
    }

    /// Standard deviation of the noise on `light` of a colour, 1 being full.
    fn sigma(&self, light: f32, colour: usize) -> f32 {
        let wb = WHITE_BALANCE[colour];
        let photons = wb * light.clamp(0.0, 1.0) / self.electrons;
        let read = wb * READ / self.electrons;
        (photons + read * read).sqrt()
    }
}

/// About normal, from the bits of a hash.
fn normal(h: u32) -> f32 {
    let sum = (h & 0xFF) + ((h >> 8) & 0xFF) + ((h >> 16) & 0xFF) + (h >> 24);
    (sum as f32 - 510.0) / 147.8
}

/// Develops rows `first..` of a picture of `size` into `out`; `light` has
/// `margin` more pixels on every side.
pub(crate) fn develop(
    sensor: &Sensor,
    light: &Canvas,
    margin: usize,
    size: [usize; 2],
    first: usize,
    out: &mut [u8],
) {
    let [width, height] = size;
    let count = out.len() / (3 * width);
    // The working area: the band and a rim, `wide` x `tall`.
    let (wide, tall) = (width + 2 * RIM, count + 2 * RIM);
    let offset = margin - RIM;
    let mut rgb: [Vec<f32>; 3] = [0, 1, 2].map(|c| {
        let plane = &light.planes[c];
        let mut area = Vec::with_capacity(wide * tall);
        for y in 0..tall {
            let row = &plane[(y + offset) * light.width + offset..][..wide];
            area.extend_from_slice(row);
        }
        area
    });
    let (half_w, half_h) = (width as f32 / 2.0, height as f32 / 2.0);
    let corner = half_w * half_w + half_h * half_h;
    for y in 0..tall {
        let dy = (first + y) as f32 - RIM as f32 - half_h;
        for x in 0..wide {
            let dx = x as f32 - RIM as f32 - half_w;
            let r2 = (dx * dx + dy * dy) / corner;
            let k = sensor.gain * (1.0 - sensor.vignette * r2);
            for plane in &mut rgb {
                plane[y * wide + x] *= k;
            }
        }
    }
    add_noise(sensor, &mut rgb, wide, first);
    for plane in &mut rgb {
        for v in plane.iter_mut() {
            *v = sensor.tone(*v);
        }
    }
    let mut luma = luma_of(&rgb);
    if sensor.denoise > 0.0 {
        denoise(sensor, &mut rgb, &luma, wide);
        luma = luma_of(&rgb);
    }
    for (y, row) in out.chunks_exact_mut(3 * width).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let i = (y + RIM) * wide + x + RIM;
            let at = |o: usize| luma[o];
            let near = at(i - 1) + at(i + 1) + at(i - wide) + at(i + wide);
            let far = at(i - wide - 1) + at(i - wide + 1) + at(i + wide - 1) + at(i + wide + 1);
            let soft = 0.25 * at(i) + 0.125 * near + 0.0625 * far;
            let crisp = sensor.sharpen * (at(i) - soft);
            for (value, plane) in pixel.iter_mut().zip(&rgb) {
                *value = ((plane[i] + crisp).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
            }
        }
    }
}

fn luma_of([r, g, b]: &[Vec<f32>; 3]) -> Vec<f32> {
    r.iter().zip(g).zip(b).map(|((r, g), b)| 0.299 * r + 0.587 * g + 0.114 * b).collect()
}

/// One sample a pixel under a Bayer pattern, interpolated to three colours:
/// noise of a real camera is coarser and more colourful than white noise.
fn add_noise(sensor: &Sensor, rgb: &mut [Vec<f32>; 3], wide: usize, first: usize) {
    let tall = rgb[0].len() / wide;
    let colour = |x: usize, y: usize| match (x % 2, (y + first) % 2) {
        (0, 0) => 0,
        (1, 1) => 2,
        _ => 1,
    };
    let mut sample = vec![0.0f32; wide * tall];
    for y in 0..tall {
        for x in 0..wide {
            let (i, c) = (y * wide + x, colour(x, y));
            let h = hash(x as i32, (first + y) as i32, sensor.seed);
            sample[i] = sensor.sigma(rgb[c][i], c) * normal(h);
        }
    }
    for y in 1..tall - 1 {
        for x in 1..wide - 1 {
            let i = y * wide + x;
            let s = |o: usize| sample[o];
            let across = 0.5 * (s(i - 1) + s(i + 1));
            let down = 0.5 * (s(i - wide) + s(i + wide));
            let corners =
                0.25 * (s(i - wide - 1) + s(i - wide + 1) + s(i + wide - 1) + s(i + wide + 1));
            let noise = match colour(x, y) {
                0 => [s(i), 0.5 * (across + down), corners],
                2 => [corners, 0.5 * (across + down), s(i)],
                _ if colour(x - 1, y) == 0 => [across, s(i), down],
                _ => [down, s(i), across],
            };
            for (plane, n) in rgb.iter_mut().zip(noise) {
                plane[i] += n;
            }
        }
    }
}

/// Averages colour over 5x5 pixels, and luma over those of 3x3 that are alike.
fn denoise(sensor: &Sensor, rgb: &mut [Vec<f32>; 3], luma: &[f32], wide: usize) {
    let tall = luma.len() / wide;
    let source = rgb.clone();
    // Alike is what the noise of a middle grey would explain, in tones.
    let alike = (1.6 * sensor.sigma(0.18, 1)).max(1e-4);
    for y in 2..tall - 2 {
        for x in 2..wide - 2 {
            let i = y * wide + x;
            let mut chroma = [0.0f32; 3];
            for row in (i - 2 * wide..=i + 2 * wide).step_by(wide) {
                for o in row - 2..=row + 2 {
                    for (sum, plane) in chroma.iter_mut().zip(&source) {
                        *sum += plane[o] - luma[o];
                    }
                }
            }
            let (mut sum, mut total) = (0.0, 0.0);
            for row in (i - wide..=i + wide).step_by(wide) {
                for &l in &luma[row - 1..=row + 1] {
                    let d = (l - luma[i]) / alike;
                    let w = 1.0 / (1.0 + d * d * d * d);
                    sum += w * l;
                    total += w;
                }
            }
            for (c, plane) in rgb.iter_mut().enumerate() {
                let clean = sum / total + chroma[c] / 25.0;
                plane[i] = source[c][i] + sensor.denoise * (clean - source[c][i]);
            }
        }
    }
}
