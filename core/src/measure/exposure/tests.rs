use super::colour::lost;
use crate::judge::Policy;
use crate::measure::scene::{Picture, Random, Scene};
use crate::measure::{Hints, Measured, measure};
use std::string::String;
use std::vec::Vec;

const W: usize = 768;
const H: usize = 512;

fn measured(picture: &Picture) -> Measured {
    measured_scene(&picture.scene())
}

fn measured_scene(scene: &Scene) -> Measured {
    measure(&scene.frame(), &Hints::default())
}

/// A picture of even colours: each is `(x, y, w, h, [r, g, b])`, in multiples of 32
/// pixels.
fn painted(back: [u8; 3], boxes: &[(usize, usize, usize, usize, [u8; 3])]) -> Scene {
    let of = |f: fn([f64; 3]) -> f64| {
        let level = |rgb: [u8; 3]| f(rgb.map(f64::from)).round().clamp(0.0, 255.0) as u8;
        let mut picture = Picture::flat(W, H, level(back));
        for &(x, y, w, h, rgb) in boxes {
            let patch = Picture::flat(W, H, level(rgb));
            picture = picture.with(&patch, 32 * x, 32 * y, 32 * w, 32 * h);
        }
        picture.scene()
    };
    // JFIF 1.02.
    let mut scene = of(|[r, g, b]| 0.299 * r + 0.587 * g + 0.114 * b);
    let cb = of(|[r, g, b]| -0.1687 * r - 0.3313 * g + 0.5 * b + 128.0);
    let cr = of(|[r, g, b]| 0.5 * r - 0.4187 * g - 0.0813 * b + 128.0);
    scene.chroma = Some([cb.luma, cr.luma]);
    scene
}

fn clipped(scene: &Scene) -> f32 {
    measured_scene(scene).measures.exposure.clipped_highlights
}

#[test]
fn what_is_lost_is_told_by_colour() {
    let quarter = |rgb| clipped(&painted([90, 100, 80], &[(0, 0, 12, 8, rgb)]));
    // A red flower, the blue diode of a stage, and what has no shade left at all.
    for rgb in [[255, 30, 30], [20, 20, 255], [255, 255, 255], [255, 255, 20], [255, 30, 255]] {
        assert_eq!(quarter(rgb), 0.25, "{rgb:?}");
    }
    // Paper short of white, a yellow wall, skin, the sky, a red that has shades.
    for rgb in [[244, 244, 240], [250, 200, 30], [255, 200, 170], [150, 200, 255], [235, 30, 30]] {
        assert_eq!(quarter(rgb), 0.0, "{rgb:?}");
    }
    let region = measured_scene(&painted([90; 3], &[(4, 2, 8, 6, [255, 20, 20])])).light.clipped;
    let region = region.expect("the flower");
    // It is seen through a grid of 24 pixels.
    let edges = [region.x, region.y, region.x + region.w, region.y + region.h];
    for (edge, wanted) in edges.into_iter().zip([128, 64, 384, 256]) {
        assert!(edge.abs_diff(wanted) < 24, "{region:?}");
    }
}

#[test]
fn a_channel_counts_by_its_part_in_luma() {
    assert!(lost([255, 255, 0]) && lost([0, 255, 0]) && lost([255, 0, 0]) && lost([0, 0, 255]));
    assert!(!lost([255, 200, 0]) && !lost([0, 120, 255]) && !lost([0, 0, 0]));
    // Chroma of a neighbour may lead beyond what there is.
    assert!(lost([300, -40, -20]) && !lost([-10, -10, -10]));
}

#[test]
fn a_grey_picture_is_judged_by_luma() {
    let half = Picture::flat(W, H, 128).with(&Picture::flat(W, H, 253), 0, 0, W / 2, H);
    assert_eq!(measured(&half).measures.exposure.clipped_highlights, 0.5);
    // A spark in each block is none.
    let mut sparks = Picture::flat(W, H, 128);
    sparks.samples.iter_mut().step_by(61).for_each(|sample| *sample = 255);
    assert_eq!(measured(&sparks).measures.exposure.clipped_highlights, 0.0);
}

/// As if exposed longer by so many stops, with a power of 2.2 for the display.
fn pulled(picture: &Picture, stops: f64) -> Picture {
    picture.map(|level| 255.0 * ((level / 255.0).powf(2.2) * stops.exp2()).powf(1.0 / 2.2))
}

#[test]
fn every_stop_counts() {
    let limits = Policy::default();
    for seed in 1..5 {
        let scene = Picture::leaves(W, H, seed).map(|level| 0.9 * level);
        let of = |stops| measured(&pulled(&scene, stops)).measures.exposure;
        for stops in [-1.0, 0.0, 1.0] {
            let e = of(stops);
            assert!(e.under < 0.5 && e.over < limits.over.review, "{seed} {stops}: {e:?}");
        }
        let darker = [0.0, -2.0, -4.0, -6.0].map(|stops| of(stops).under);
        assert!(darker.is_sorted() && darker[3] > limits.under.review, "{seed}: {darker:?}");
        let brighter = [0.0, 2.0, 4.0, 6.0].map(|stops| of(stops).over);
        assert!(brighter.is_sorted() && brighter[3] > limits.over.review, "{seed}: {brighter:?}");
    }
}

#[test]
fn light_on_what_has_detail_is_what_counts() {
    let (x, y, w, h) = (256, 128, 192, 256);
    let lit = Picture::leaves(W, H, 7).map(|level| 60.0 + 0.6 * level);
    let dim = lit.map(|level| 0.06 * level);
    let black = Picture::flat(W, H, 6);
    let of = |picture: &Picture| measured(picture).measures.exposure.under;
    let low_key = of(&black.with(&lit, x, y, w, h));
    let lost = of(&black.with(&dim, x, y, w, h));
    assert!(low_key + 0.2 < lost, "{low_key} {lost}");
    // As much light, but on nothing.
    let lamp = of(&dim.with(&Picture::flat(W, H, 128), 0, 0, w, h));
    assert!(low_key < lamp, "{low_key} {lamp}");
}

/// What no one is asked about, and what nobody would miss.
fn accidental(picture: &Picture) -> f32 {
    measured(picture).accidental
}

#[test]
fn a_lens_cap_is_one_at_any_sensitivity() {
    let limit = Policy::default().accidental.reject.expect("a limit");
    for (sigma, level) in [(0.0, 0), (1.0, 1), (2.0, 3), (4.0, 4), (7.0, 4), (10.0, 3)] {
        let cap = Picture::flat(W, H, level).noisy(sigma, 11);
        let found = accidental(&cap);
        assert!(found >= limit, "{sigma} {level}: {found}");
    }
    assert!(accidental(&Picture::flat(W, H, 255)) >= limit);
    assert!(accidental(&Picture::flat(W, H, 254).noisy(2.0, 3)) >= limit);
}

#[test]
fn a_pocket_is_shown_to_a_person() {
    let policy = Policy::default().accidental;
    // Shades from one corner to the other, nothing else.
    for (most, sigma) in [(30.0, 1.0), (45.0, 3.0), (20.0, 5.0)] {
        let mut pocket = Picture::flat(W, H, 0);
        for (at, sample) in pocket.samples.iter_mut().enumerate() {
            let (x, y) = ((at % W) as f64 / W as f64, (at / W) as f64 / H as f64);
            *sample = (6.0 + most * (1.0 - x) * y) as u8;
        }
        let found = accidental(&pocket.noisy(sigma, 5));
        assert!(found >= policy.review, "{most} {sigma}: {found}");
    }
}

/// A sky with stars of a few pixels and many magnitudes.
fn stars(level: u8, count: usize, sigma: f64) -> Picture {
    let mut random = Random(99);
    let mut sky = Picture::flat(W, H, level);
    for _ in 0..count {
        let (x, y) = (random.below(W - 4) + 2, random.below(H - 4) + 2);
        let light = 60.0 + random.below(196) as f64;
        for (dx, dy) in (0..9).map(|k| (k % 3, k / 3)) {
            let falloff = [0.4, 1.0, 0.4][dx] * [0.4, 1.0, 0.4][dy];
            let sample = &mut sky.samples[(y + dy - 1) * W + x + dx - 1];
            *sample = (f64::from(*sample) + light * falloff).min(255.0) as u8;
        }
    }
    sky.noisy(sigma, 17)
}

#[test]
fn stars_fog_and_walls_are_something() {
    let policy = Policy::default().accidental;
    let mut kept: Vec<(String, Picture)> = Vec::new();
    for (level, count, sigma) in [(2, 40, 1.0), (8, 60, 3.0), (20, 200, 5.0)] {
        kept.push((std::format!("{count} stars"), stars(level, count, sigma)));
    }
    for (seed, depth) in [(1, 0.12), (2, 0.2), (3, 0.3)] {
        let fog = Picture::leaves(W, H, seed).map(|level| 190.0 + depth * (level - 128.0));
        kept.push((std::format!("fog {depth}"), fog.noisy(1.0, seed)));
    }
    // Plaster: fine grain of little contrast, and light from one side.
    let grain = Picture::leaves(W, H, 9);
    let mut wall = Picture::flat(W, H, 0);
    for (at, sample) in wall.samples.iter_mut().enumerate() {
        let side = 8.0 * (at % W) as f64 / W as f64;
        *sample = (150.0 + side + 0.1 * (f64::from(grain.samples[at]) - 128.0)) as u8;
    }
    kept.push((String::from("wall"), wall.noisy(1.0, 4)));
    for (name, picture) in &kept {
        let found = accidental(picture);
        assert!(found < policy.review, "{name}: {found}");
    }
    // A hot pixel or two are no stars.
    let mut cap = Picture::flat(W, H, 3).noisy(2.0, 8);
    cap.samples[W * 100 + 100] = 255;
    cap.samples[W * 300 + 500] = 255;
    assert!(accidental(&cap) >= policy.reject.expect("a limit"));
}

#[test]
fn a_frame_without_cells_is_judged_by_its_plane() {
    let narrow = |level| measured(&Picture::flat(24, 400, level)).measures.exposure;
    assert!(narrow(4).under > 0.9 && narrow(128).under < 0.5 && narrow(128).over < 0.5);
    assert!(narrow(255).over > 0.9);
}

#[test]
fn a_plane_that_is_sampled_says_the_same() {
    // More samples than are looked at, against a quarter of the size.
    let large = Picture::leaves(2048, 1280, 3).map(|level| 1.2 * level);
    let e = measured(&large).measures.exposure;
    let scene = large.scene();
    let white = scene.luma.iter().filter(|&&level| level >= 250).count() as f32;
    let share = white / scene.luma.len() as f32;
    assert!(share > 0.005, "{share}");
    assert!((e.clipped_highlights - share).abs() < 0.3 * share, "{e:?} {share}");
}
