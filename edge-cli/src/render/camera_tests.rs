use super::*;
use crate::render::Subject;

/// Mean square of the Laplacian of luma over part of the picture (fractions).
fn detail(picture: &Picture, [left, top, right, bottom]: [f32; 4]) -> f32 {
    let (w, h) = (picture.width as usize, picture.height as usize);
    let luma: Vec<f32> = picture.luma().into_iter().map(f32::from).collect();
    let span = |n: usize, a: f32, b: f32| {
        (((n as f32 * a) as usize).max(1), ((n as f32 * b) as usize).min(n - 1))
    };
    let ((x0, x1), (y0, y1)) = (span(w, left, right), span(h, top, bottom));
    let mut sum = 0.0;
    for y in y0..y1 {
        for i in y * w + x0..y * w + x1 {
            let l = 4.0 * luma[i] - luma[i - 1] - luma[i + 1] - luma[i - w] - luma[i + w];
            sum += l * l;
        }
    }
    sum / ((x1 - x0) * (y1 - y0)) as f32
}

const ALL: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

fn mean(picture: &Picture) -> f32 {
    let luma = picture.luma();
    luma.iter().map(|&l| f32::from(l)).sum::<f32>() / luma.len() as f32
}

#[test]
fn a_seed_gives_the_same_bytes_on_any_number_of_threads() {
    // Tall enough for several bands.
    let camera = Camera::new(120, 700).lens(50.0, 2.0).shaken(0.02, 30.0).at_iso(3200);
    for subject in Subject::ALL {
        let scene = Scene::new(subject, 5);
        let here = render(&scene, &camera);
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let there = one.install(|| render(&Scene::new(subject, 5), &camera));
        assert!(here == there, "{subject:?}");
        assert!(here != render(&Scene::new(subject, 6), &camera), "{subject:?}: another seed");
    }
}

#[test]
fn bands_do_not_show() {
    // Noise-free and smooth: a seam would be a step between two rows.
    let camera = Camera { sharpen: 0.0, ..Camera::new(64, 900) };
    let camera = camera.lens(85.0, 1.4).focused_at(0.9);
    let picture = render(&Scene::new(Subject::Snow, 4), &camera);
    let rows: Vec<f32> = picture
        .luma()
        .chunks_exact(64)
        .map(|row| row.iter().map(|&l| f32::from(l)).sum::<f32>() / 64.0)
        .collect();
    let bend = |i: usize| (rows[i + 1] - 2.0 * rows[i] + rows[i - 1]).abs();
    for i in 2..898 {
        assert!(bend(i) < 2.0, "row {i}: {}", bend(i));
    }
}

#[test]
fn focus_chooses_the_layer_that_is_sharp() {
    let scene = Scene::new(Subject::Portrait, 21);
    let camera = Camera::new(480, 320).lens(85.0, 2.0);
    let face = [0.38, 0.25, 0.62, 0.6];
    let behind = [0.0, 0.0, 0.15, 1.0];
    let near = render(&scene, &camera);
    let far = render(&scene, &camera.clone().focused_at(6.0));
    assert!(detail(&near, face) > 5.0 * detail(&far, face));
    let (there, gone) = (detail(&far, behind), detail(&near, behind));
    assert!(there > 5.0 * gone, "{there} {gone}");
}

#[test]
fn the_ground_is_sharp_only_near_the_focus() {
    let camera = Camera::new(480, 480).lens(50.0, 1.4).focused_at(5.0);
    let focused = render(&Scene::new(Subject::Landscape, 2), &camera);
    let deep = render(&Scene::new(Subject::Landscape, 2), &camera.clone().lens(50.0, 16.0));
    let (far, near) = ([0.0, 0.5, 1.0, 0.55], [0.0, 0.85, 1.0, 0.95]);
    let kept = |part| detail(&focused, part) / detail(&deep, part);
    assert!(kept(near) > 0.5, "{}", kept(near));
    assert!(kept(far) < 0.25, "{}", kept(far));
}

#[test]
fn stopping_down_sharpens_and_shaking_smears() {
    let scene = Scene::new(Subject::Facade, 3);
    let camera = Camera::new(480, 320);
    let sharp = detail(&render(&scene, &camera), ALL);
    let shaken = detail(&render(&scene, &camera.clone().shaken(0.03, 45.0)), ALL);
    let open = camera.lens(50.0, 1.8).focused_at(1.5);
    let stopped = open.clone().lens(50.0, 16.0);
    assert!(shaken < 0.3 * sharp, "{shaken} {sharp}");
    assert!(detail(&render(&scene, &open), ALL) < 0.2 * detail(&render(&scene, &stopped), ALL));
}

#[test]
fn panning_streaks_the_surroundings_and_spares_the_subject() {
    let scene = Scene::new(Subject::Race, 4);
    let still = Camera::new(480, 320);
    let panned = Camera { pan: [0.1, 0.0], ..still.clone() };
    let moved = Camera { subject_motion: [0.1, 0.0], ..still.clone() };
    let [still, panned, moved] = [still, panned, moved].map(|c| render(&scene, &c));
    let (car, trees) = ([0.35, 0.55, 0.65, 0.75], [0.0, 0.05, 1.0, 0.35]);
    assert!(detail(&panned, car) > 0.7 * detail(&still, car));
    assert!(detail(&panned, trees) < 0.3 * detail(&still, trees));
    assert!(detail(&moved, car) < 0.5 * detail(&still, car));
    assert!(detail(&moved, trees) > 0.9 * detail(&still, trees));
}

#[test]
fn every_stop_is_brighter_and_the_ends_clip() {
    let scene = Scene::new(Subject::Facade, 8);
    let means: Vec<f32> = [-14.0, -4.0, -2.0, 0.0, 1.0, 2.0, 12.0]
        .into_iter()
        .map(|ev| mean(&render(&scene, &Camera::new(240, 160).exposed(ev))))
        .collect();
    assert!(means.windows(2).all(|w| w[1] > w[0] + 3.0), "{means:?}");
    assert!(means[0] < 2.0 && means[6] > 253.0, "{means:?}");
}

#[test]
fn noise_grows_with_sensitivity() {
    let scene = Scene::new(Subject::Wall, 9);
    let noise = |iso: u32| {
        let camera = Camera { iso, sharpen: 0.0, ..Camera::new(240, 160) };
        let (a, b) = (render(&scene, &camera.clone().seeded(1)), render(&scene, &camera.seeded(2)));
        let square: f32 = a
            .luma()
            .iter()
            .zip(b.luma())
            .map(|(&a, b)| (f32::from(a) - f32::from(b)).powi(2))
            .sum();
        (square / (2.0 * 240.0 * 160.0)).sqrt()
    };
    let sigmas = [100, 800, 6400, 51_200].map(noise);
    assert!(sigmas.windows(2).all(|w| w[1] > 1.8 * w[0]), "{sigmas:?}");
    // Photon noise: eight times the sensitivity, square root of eight the noise.
    assert!((2.2..4.0).contains(&(sigmas[2] / sigmas[1])), "{sigmas:?}");
}

#[test]
fn noise_reduction_takes_noise_and_leaves_edges() {
    let scene = Scene::new(Subject::Wall, 9);
    let camera = Camera { iso: 12_800, ..Camera::new(240, 160) };
    let raw = detail(&render(&scene, &camera), ALL);
    let clean = detail(&render(&scene, &Camera { denoise: 1.0, ..camera }), ALL);
    assert!(clean < 0.5 * raw, "{clean} {raw}");
}

#[test]
fn sharp_scenes_have_detail_at_the_pixel_at_any_size() {
    for subject in [Subject::Landscape, Subject::Facade, Subject::Foliage] {
        let scene = Scene::new(subject, 7);
        for side in [200, 400, 800] {
            let picture = render(&scene, &Camera::new(side, side));
            let energy = detail(&picture, ALL);
            assert!(energy > 150.0, "{subject:?} at {side}: {energy}");
        }
    }
}

#[test]
fn the_smallest_pictures_work() {
    for (width, height) in [(0, 0), (1, 1), (1, 40), (40, 1), (17, 3)] {
        let camera = Camera::new(width, height).shaken(0.5, 10.0).lens(200.0, 1.0);
        let picture = render(&Scene::new(Subject::Landscape, 1), &camera);
        let pixels = width.max(1) * height.max(1);
        assert_eq!(picture.rgb.len() as u32, 3 * pixels);
    }
}
