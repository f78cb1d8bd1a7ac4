use super::scene::{Picture, Scene};
use super::*;
use crate::eye::{Eye, EyeState};
use crate::frame::{Cell, CellGrid};
use crate::plane::Plane;
use proptest::prelude::*;
use std::vec::Vec;

const W: usize = 640;
const H: usize = 480;

fn measured(picture: &Picture) -> Measured {
    measure(&picture.scene().frame(), &Hints::default())
}

#[test]
fn sharp_is_sharp_and_blur_grows_with_the_radius() {
    for seed in 1..6 {
        let sharp = Picture::leaves(W, H, seed);
        let m = measured(&sharp).measures;
        assert!(m.blur < 0.3 && m.sharpness > 0.6, "{seed}: {m:?}");
        let mut last = m;
        for radius in [1, 2, 4] {
            let m = measured(&sharp.defocused(radius)).measures;
            // Near certainty there is nothing to add.
            assert!(m.blur > last.blur.min(0.99), "{seed} {radius}: {m:?}");
            assert!(m.sharpness < last.sharpness.max(0.05), "{seed} {radius}: {m:?}");
            last = m;
        }
        assert!(last.blur > 0.9, "{seed}: {last:?}");
    }
}

#[test]
fn one_sharp_region_is_enough_and_is_found() {
    for seed in 1..6 {
        let sharp = Picture::leaves(W, H, seed);
        let soft = sharp.defocused(6);
        let (x, y, w, h) = (192, 128, 160, 160);
        let m = measured(&soft.with(&sharp, x, y, w, h));
        assert!(m.measures.blur < 0.6, "{seed}: {m:?}");
        let r = m.subject.expect("a region").region;
        let (x, y, w, h) = (x as u32, y as u32, w as u32, h as u32);
        assert!(r.x >= x - 32 && r.y >= y - 32, "{r:?}");
        assert!(r.x + r.w <= x + w + 32 && r.y + r.h <= y + h + 32, "{r:?}");
        assert!(r.area() * 3 > u64::from(w * h), "{r:?}");
    }
}

#[test]
fn a_soft_subject_before_a_sharp_background_is_told_only_where_it_is_known() {
    let sharp = Picture::leaves(W, H, 2);
    let (x, y, w, h) = (192, 128, 192, 192);
    let scene = sharp.with(&sharp.defocused(5), x, y, w, h).scene();
    let of = |subject| measure(&scene.frame(), &Hints { subject, ..Hints::default() });
    let rect = |x: usize, y: usize, w: usize, h: usize| {
        Some(Rect { x: x as u32, y: y as u32, w: w as u32, h: h as u32 })
    };
    let on_it = of(rect(x, y, w, h));
    assert!(on_it.subject_soft > 0.85, "{on_it:?}");
    assert_eq!(on_it.subject.map(|s| (s.region, s.by)), rect(x, y, w, h).zip(Some(By::Camera)));
    assert!(of(rect(0, 0, 160, 160)).subject_soft < 0.1);
    assert_eq!(of(None).subject_soft, 0.0);
    // All of it soft: that is another fault.
    let soft = sharp.defocused(5).scene();
    let hints = Hints { subject: rect(x, y, w, h), ..Hints::default() };
    assert_eq!(measure(&soft.frame(), &hints).subject_soft, 0.0);
    // Nowhere at all, or outside.
    assert_eq!(of(rect(9000, 0, 10, 10)).subject, of(None).subject);
}

#[test]
fn motion_is_named_with_its_axis() {
    for seed in 1..6 {
        let sharp = Picture::leaves(W, H, seed);
        let along = measured(&sharp.smeared(7, 0)).measures;
        assert!(along.blur > 0.8 && along.motion.amount > 0.5, "{seed}: {along:?}");
        let off = |m: &Measures, axis: f32| {
            let off = (m.motion.angle_deg.expect("an angle") - axis).abs();
            off.min(180.0 - off)
        };
        assert!(off(&along, 0.0) < 20.0, "{seed}: {along:?}");
        let down = measured(&sharp.smeared(0, 7)).measures;
        assert!(off(&down, 90.0) < 20.0, "{seed}: {down:?}");
        let defocus = measured(&sharp.defocused(4)).measures;
        assert!(defocus.motion.amount < 0.2, "{seed}: {defocus:?}");
        assert_eq!(measured(&sharp).measures.motion.angle_deg, None);
    }
}

#[test]
fn nothing_is_not_blurred_but_accidental() {
    for level in [0, 3, 120, 255] {
        let m = measured(&Picture::flat(W, H, level));
        assert!(m.accidental > 0.99, "{m:?}");
        assert_eq!(m.measures.blur, 0.0);
        assert_eq!(m.subject, None);
    }
    let cap = measured(&Picture::flat(W, H, 4).noisy(3.0, 7));
    assert!(cap.accidental > 0.9, "{cap:?}");
    let scene = Picture::leaves(W, H, 1);
    assert!(measured(&scene).accidental < 0.01);
    assert!(measured(&scene.defocused(6)).accidental < 0.01);
}

#[test]
fn exposure_spares_intent() {
    let scene = Picture::leaves(W, H, 2);
    let of = |p: &Picture| measured(p).measures.exposure;
    let normal = of(&scene);
    assert!(normal.under < 0.2 && normal.over < 0.2, "{normal:?}");
    assert!((normal.mean - 0.5).abs() < 0.1);

    let dark = of(&scene.map(|s| s * 0.03));
    assert!(dark.under > 0.97 && dark.clipped_shadows > 0.2, "{dark:?}");
    let bright = of(&scene.map(|s| s + 220.0));
    assert!(bright.over > 0.97 && bright.clipped_highlights > 0.8, "{bright:?}");

    let limits = crate::judge::Policy::default();
    let black = Picture::flat(W, H, 8);
    let low_key = of(&black.with(&scene.map(|s| s * 0.7 + 70.0), 64, 64, 128, 160));
    assert!(low_key.under < limits.under.review, "{low_key:?}");
    let moon = of(&black.with(&scene.map(|s| s * 0.5 + 70.0), 320, 240, 80, 80));
    assert!(moon.under < limits.under.review, "{moon:?}");
    let white = Picture::flat(W, H, 255);
    let high_key = of(&white.with(&scene, 192, 64, 224, 320));
    assert!(high_key.over < limits.over.review, "{high_key:?}");
    let silhouette = of(&Picture::flat(W, H, 200).with(&black, 100, 100, 400, 380));
    assert!(silhouette.under < limits.under.review && silhouette.over < 0.5, "{silhouette:?}");
}

#[test]
fn colour_decides_what_is_blown() {
    let picture = Picture::flat(64, 64, 200).with(&Picture::flat(64, 64, 252), 0, 0, 32, 64);
    let mut scene = picture.scene();
    let light = |scene: &Scene| measure(&scene.frame(), &Hints::default()).light;
    let grey = light(&scene);
    assert_eq!(grey.exposure.clipped_highlights, 0.5);
    assert_eq!(grey.clipped, Some(Rect { x: 0, y: 0, w: 32, h: 64 }));
    // A blue sky, whose blue alone is full, keeps the shades of the others.
    scene.luma.fill(215);
    scene.chroma = Some([std::vec![150; 64], std::vec![108; 64]]);
    assert_eq!(light(&scene).exposure.clipped_highlights, 0.0);
    // Full red and green: a yellow that has lost its shade.
    scene.luma.fill(226);
    scene.chroma = Some([std::vec![1; 64], std::vec![149; 64]]);
    assert_eq!(light(&scene).exposure.clipped_highlights, 1.0);
}

#[test]
fn noise_is_measured_in_levels_and_iso_explains_some() {
    let scene = Picture::flat(W, H, 110).with(&Picture::leaves(W, H, 3), 0, 0, 400, 480);
    let mut last = -1.0;
    for sigma in [0.0, 2.0, 5.0, 10.0, 20.0] {
        let noisy = scene.noisy(sigma, 5).scene();
        let at = |iso| measure(&noisy.frame(), &Hints { iso, ..Hints::default() }).noise;
        let n = at(None);
        assert!((f64::from(n.sigma) - sigma).abs() < 0.15 * sigma + 0.6, "{sigma}: {n:?}");
        assert!(n.amount >= last && n.amount <= 1.0);
        assert_eq!(at(Some(100)).amount, n.amount);
        assert!(at(Some(12_800)).amount <= n.amount);
        last = n.amount;
    }
    assert!(last > 0.25);
}

#[test]
fn noise_is_not_taken_for_sharpness() {
    let soft = Picture::leaves(W, H, 4).defocused(5);
    let m = measured(&soft.noisy(6.0, 9)).measures;
    assert!(m.blur > 0.6, "{m:?}");
}

fn cell() -> impl Strategy<Value = Cell> {
    any::<([u8; 15], u8)>().prop_map(|(codes, mean)| Cell { codes, mean })
}

fn in_unit(values: &[f32]) -> bool {
    values.iter().all(|v| (0.0..=1.0).contains(v))
}

proptest! {
    #[test]
    fn any_frame_is_measured(
        cells in proptest::collection::vec(cell(), 0..200),
        (cols, rows) in (0usize..40, 0usize..40),
        (pitch_x, pitch_y) in (any::<u32>(), 0u32..100),
        (width, height) in (any::<u32>(), 0u32..3000),
        luma in proptest::collection::vec(any::<u8>(), 0..400),
        chroma in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..100)),
        side in 1usize..20,
        histogram in proptest::collection::vec(any::<u32>(), 256),
        iso in proptest::option::of(any::<u32>()),
        subject in proptest::option::of(any::<(u32, u32, u32, u32)>()),
        orientation in 1u32..9,
        faces in proptest::collection::vec(any::<((u32, u32, u32, u32), [f32; 2], [f32; 2])>(), 0..40),
    ) {
        let orientation = Orientation::from_exif(orientation).unwrap_or_default();
        let subject = subject.map(|(x, y, w, h)| Rect { x, y, w, h });
        let plane = |data: &'_ [u8]| -> (usize, usize) { (side, data.len() / side) };
        let (w, h) = plane(&luma);
        let empty = Vec::new();
        let chroma_data = chroma.as_ref().unwrap_or(&empty);
        let (cw, ch) = plane(chroma_data);
        let view = Plane::new(chroma_data, cw, ch, cw).unwrap_or_default();
        let mut counts = [0; 256];
        counts.copy_from_slice(&histogram);
        let frame = Frame {
            width,
            height,
            luma: Plane::new(&luma, w, h, w).unwrap_or_default(),
            chroma: chroma.is_some().then_some([view, view]),
            cells: CellGrid { cells: &cells, cols, rows, pitch_x, pitch_y },
            histogram: counts,
            quant: [1; 64],
            blocks_seen: 0,
            blocks_total: 0,
        };
        let faces: Vec<Face> = faces
            .into_iter()
            .map(|((x, y, w, h), [confidence, p_open], at)| Face {
                // Half of them in the picture.
                region: if w % 2 == 0 { Rect { x, y, w, h } } else {
                    Rect { x: x % width.max(1), y: y % height.max(1), w: w % 4000, h: h % 4000 }
                },
                confidence: if h % 2 == 0 { confidence } else { 0.5 },
                landmarks: [at; 5],
                sharpness: Some(p_open),
                eyes: Some([Eye { state: EyeState::Closed, p_open: Some(p_open) }; 2]),
            })
            .collect();
        let hints = Hints { iso, subject, orientation, faces: &faces, ..Hints::default() };
        let m = measure(&frame, &hints);
        let e = m.measures.exposure;
        prop_assert!(in_unit(&[
            m.measures.blur, m.measures.sharpness, m.measures.motion.amount, m.measures.noise,
            m.measures.composition.thirds, e.under, e.over, e.mean, e.clipped_highlights,
            e.clipped_shadows, m.accidental, m.sharpness.textured, m.noise.amount,
            m.motion.moved, m.subject_soft, m.people.soft, m.people.closed,
        ]), "{m:?}");
        prop_assert!(m.noise.sigma.is_finite());
        prop_assert!(m.subject.is_none_or(|s| in_unit(&[s.cut])));
        let tilt = m.horizon.map_or(0.0, |h| h.tilt_deg);
        prop_assert!(tilt.abs() <= 9.01, "{tilt}");
        prop_assert!(m.horizon.is_none_or(|h| h.y_left.is_finite() && h.y_right.is_finite()));
        prop_assert!(m.measures.motion.angle_deg.is_none_or(|a| (0.0..180.0).contains(&a)));
        let (upright_w, upright_h) = orientation.size(width, height);
        for face in &m.faces {
            prop_assert_eq!(face.region, face.region.clamped(upright_w, upright_h));
            prop_assert!(in_unit(&[face.confidence, face.sharpness.unwrap_or(0.0)]));
        }
        prop_assert!(m.people.prominent <= m.faces.len());
        prop_assert!(m.people.blinker.is_none_or(|at| at < m.people.prominent));
        let people = [m.people.region, m.people.first, m.people.blinker_region];
        let regions = m.subject.map(|s| s.region).into_iter().chain(m.light.clipped);
        for region in regions.chain(people.into_iter().flatten()) {
            prop_assert_eq!(region, region.clamped(width, height));
            prop_assert!(region.area() > 0);
        }
    }
}

#[test]
fn an_empty_frame_says_nothing() {
    let frame = Frame {
        width: 0,
        height: 0,
        luma: Plane::default(),
        chroma: None,
        cells: CellGrid::default(),
        histogram: [0; 256],
        quant: [1; 64],
        blocks_seen: 0,
        blocks_total: 0,
    };
    assert_eq!(measure(&frame, &Hints::default()), Measured::default());
}

#[test]
fn what_the_border_cuts_is_told() {
    let sharp = Picture::leaves(W, H, 5);
    let soft = sharp.defocused(6);
    let of = |x, y, orientation| {
        let scene = soft.with(&sharp, x, y, 160, 160).scene();
        let hints = Hints { orientation, ..Hints::default() };
        measure(&scene.frame(), &hints).subject.expect("a region")
    };
    let upright = Orientation::Upright;
    assert_eq!(of(224, 160, upright).by, By::Detail);
    assert_eq!(of(224, 160, upright).cut, 0.0);
    assert!(of(0, 160, upright).cut > 0.5, "{:?}", of(0, 160, upright));
    // It may stand on the lower border, whichever that is.
    assert_eq!(of(224, 320, upright).cut, 0.0);
    assert!(of(224, 320, Orientation::QuarterTurn).cut > 0.5);
    assert_eq!(of(480, 160, Orientation::QuarterTurn).cut, 0.0);
    let named = |x, y| {
        let subject = Some(Rect { x, y, w: 100, h: 100 });
        let hints = Hints { subject, ..Hints::default() };
        measure(&sharp.scene().frame(), &hints).subject.expect("named")
    };
    assert_eq!((named(50, 50).cut, named(0, 50).cut, named(600, 50).cut), (0.0, 1.0, 1.0));
}
