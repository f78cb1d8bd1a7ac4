use super::super::scene::{Picture, Random};
use super::*;
use crate::bands;
use std::vec::Vec;

const W: usize = 640;
const H: usize = 480;

fn of(picture: &Picture) -> Noise {
    measure(&picture.scene().frame(), &Hints::default())
}

/// Leaves, sharp, before a plain wall.
fn scene(seed: u64) -> Picture {
    Picture::flat(W, H, 110).with(&Picture::leaves(W, H, seed), 0, 0, 480, H)
}

/// `self` and so many times its difference from `soft`, where that is at least
/// `threshold`.
fn unsharp(picture: &Picture, soft: &Picture, times: f64, threshold: f64) -> Picture {
    let mut out = picture.clone();
    for (sample, &soft) in out.samples.iter_mut().zip(&soft.samples) {
        let difference = f64::from(*sample) - f64::from(soft);
        if difference.abs() >= threshold {
            *sample = (f64::from(*sample) + times * difference).round().clamp(0.0, 255.0) as u8;
        }
    }
    out
}

/// Mean of a Gaussian of this standard deviation.
fn gaussian(picture: &Picture, sigma: f64) -> Picture {
    let reach = (3.0 * sigma).ceil() as isize;
    let weights: Vec<f64> =
        (-reach..=reach).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp()).collect();
    let whole: f64 = weights.iter().sum();
    let mut levels: Vec<f64> = picture.samples.iter().map(|&s| f64::from(s)).collect();
    let (width, height) = (picture.width as isize, picture.height as isize);
    for (dx, dy) in [(1, 0), (0, 1)] {
        let at = |x: isize, y: isize| {
            levels[(y.clamp(0, height - 1) * width + x.clamp(0, width - 1)) as usize]
        };
        let mean = |x: isize, y: isize| {
            let sum: f64 =
                (-reach..=reach).zip(&weights).map(|(d, w)| w * at(x + d * dx, y + d * dy)).sum();
            sum / whole
        };
        levels = (0..width * height).map(|i| mean(i % width, i / width)).collect();
    }
    Picture { samples: levels.iter().map(|l| l.round() as u8).collect(), ..*picture }
}

#[test]
fn noise_grows_with_sigma_and_is_in_levels() {
    for seed in 1..4 {
        let scene = scene(seed);
        let mut last = Noise { sigma: 0.0, amount: -1.0 };
        for sigma in [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0] {
            let n = of(&scene.noisy(sigma, seed + 5));
            assert!((f64::from(n.sigma) - sigma).abs() < 0.12 * sigma + 0.5, "{sigma}: {n:?}");
            assert!(n.sigma > last.sigma && n.amount > last.amount, "{sigma}: {n:?} {last:?}");
            last = n;
        }
        assert!(last.amount > 0.7, "{last:?}");
        assert!(of(&scene).amount < 0.03, "{:?}", of(&scene));
    }
}

#[test]
fn sharpening_a_picture_does_not_make_it_noisy() {
    for seed in 1..4 {
        for sigma in [0.0, 1.5, 3.0, 6.0] {
            let picture = scene(seed).noisy(sigma, seed + 9);
            let before = of(&picture).amount;
            // A 3 x 3 kernel of 32 amid -2, over 16: the mean of nine, nine eighths
            // times its difference.
            let kernel = unsharp(&picture, &picture.smeared(1, 1), 9.0 / 8.0, 0.0);
            let fine = unsharp(&picture, &gaussian(&picture, 1.0), 0.8, 0.0);
            let usual = unsharp(&picture, &gaussian(&picture, 2.0), 1.5, 3.0);
            for (name, sharpened) in [("kernel", kernel), ("fine", fine), ("usual", usual)] {
                let rise = of(&sharpened).amount - before;
                assert!(rise <= 0.05, "{name} {seed} {sigma}: {before} + {rise}");
            }
        }
    }
}

#[test]
fn detail_is_not_noise() {
    for seed in 1..4 {
        // Nothing flat at all.
        let leaves = Picture::leaves(W, H, seed);
        for (name, picture, most) in [
            ("leaves", leaves.clone(), 0.2),
            ("defocused", leaves.defocused(4), 0.03),
            ("moved", leaves.smeared(6, 0), 0.1),
            ("fog", leaves.map(|level| 150.0 + 0.15 * level), 0.1),
        ] {
            let n = of(&picture);
            assert!(n.amount < most, "{name} {seed}: {n:?}");
        }
        // Twigs in the sun, as far as the eye can see.
        let mut random = Random(seed);
        let levels: Vec<u8> = (0..W * H / 12).map(|_| random.below(200) as u8 + 30).collect();
        let mut twigs = Picture::flat(W, H, 0);
        for (i, sample) in twigs.samples.iter_mut().enumerate() {
            *sample = levels[i / W / 4 * (W / 3) + (i % W / 3).min(W / 3 - 1)];
        }
        let n = of(&twigs);
        assert!(n.sigma > 20.0, "this is to be hard: {n:?}");
        assert!(n.amount < 0.2, "twigs {seed}: {n:?}");
        // A cloth with a thread of three pixels, before a wall.
        let mut cloth = Picture::flat(W, H, 120);
        for (i, sample) in cloth.samples.iter_mut().enumerate() {
            let (x, y) = (i % W, i / W);
            *sample = if (x + y / 3) % 3 == 0 { 80 } else { 140 };
        }
        let n = of(&Picture::flat(W, H, 120).with(&cloth, 0, 0, 560, H));
        assert!(n.amount < 0.03, "cloth: {n:?}");
    }
}

#[test]
fn what_jpeg_left_of_faint_noise_counts() {
    // One coefficient of 10 levels in some of the cells, nothing in the others.
    let mut sums = [0; 64];
    let middle = (1..64).find(|&k| bands::BAND_OF[k] == 11).expect("a middle frequency");
    sums[middle] = 100;
    let mut last = of(&Picture::flat(W, H, 110)).amount;
    for percent in [20, 30, 40] {
        let mut random = Random(11);
        let mut flat = Picture::flat(W, H, 110).scene();
        for cell in &mut flat.cells {
            if random.below(100) < percent {
                *cell = bands::cell(&sums, 64, 4, 110);
            }
        }
        let amount = measure(&flat.frame(), &Hints::default()).amount;
        assert!(amount > last, "{percent}: {amount}");
        last = amount;
    }
    assert!(last < 0.1, "{last}");
}

#[test]
fn the_sensitivity_explains_noise_but_not_all() {
    let at = |sigma, iso| {
        let noisy = scene(2).noisy(sigma, 3).scene();
        measure(&noisy.frame(), &Hints { iso, ..Hints::default() })
    };
    for sigma in [2.0, 8.0, 24.0] {
        let unknown = at(sigma, None);
        for base in [0, 100, 800] {
            assert_eq!(at(sigma, Some(base)), unknown);
        }
        let mut last = unknown.amount;
        for iso in [1600, 6400, 12_800] {
            let n = at(sigma, Some(iso));
            assert!(n.amount < last, "{sigma} {iso}: {n:?}");
            assert_eq!(n.sigma, unknown.sigma, "what was measured stays");
            last = n.amount;
        }
        assert_eq!(at(sigma, Some(u32::MAX)).amount, last);
    }
    assert!(at(24.0, Some(u32::MAX)).amount > at(2.0, None).amount);
}
