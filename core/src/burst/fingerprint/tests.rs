//! Pictures made of a few waves, changed as pictures are.

use super::*;
use proptest::prelude::*;
use std::vec::Vec;

/// Samples of a picture, 0..1, by place, 0..1.
type Scene = fn(f32, f32) -> f32;

fn hills(x: f32, y: f32) -> f32 {
    let sky = if y < 0.4 + 0.1 * libm::sinf(9.0 * x) { 0.5 } else { 0.0 };
    0.2 + sky + 0.15 * libm::sinf(23.0 * x + 5.0 * y) * y + 0.1 * libm::cosf(17.0 * y)
}

fn street(x: f32, y: f32) -> f32 {
    let houses = if (x - 0.5).abs() > 0.25 * y + 0.1 { 0.4 } else { 0.1 };
    houses + 0.2 * libm::sinf(31.0 * y) * x + 0.15 * libm::cosf(13.0 * x * y)
}

struct Picture {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    chroma: Option<[Vec<u8>; 2]>,
}

impl Picture {
    fn new(width: usize, height: usize, value: impl Fn(f32, f32) -> f32) -> Self {
        let middle = |at: usize, all: usize| (at as f32 + 0.5) / all as f32;
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let sample = |(x, y)| (255.0 * value(middle(x, width), middle(y, height))) as u8;
        Self { width, height, luma: places.map(sample).collect(), chroma: None }
    }

    fn tinted(self, cb: u8, cr: u8) -> Self {
        let chroma = [cb, cr].map(|level| std::vec![level; self.luma.len()]);
        Self { chroma: Some(chroma), ..self }
    }

    fn fingerprint(&self, orientation: Orientation) -> Fingerprint {
        let plane = |data| Plane::new(data, self.width, self.height, self.width).expect("fits");
        let frame = Frame {
            width: 8 * self.width as u32,
            height: 8 * self.height as u32,
            luma: plane(&self.luma),
            chroma: self.chroma.as_ref().map(|chroma| chroma.each_ref().map(|c| plane(c))),
            cells: Default::default(),
            histogram: [0; 256],
            quant: [1; 64],
            blocks_seen: 1,
            blocks_total: 1,
        };
        Fingerprint::of(&frame, orientation)
    }

    fn upright(&self) -> Fingerprint {
        self.fingerprint(Orientation::Upright)
    }
}

fn of(scene: Scene) -> Fingerprint {
    Picture::new(120, 80, scene).upright()
}

#[test]
fn the_same_scene_is_near_however_it_was_changed() {
    let plain = of(hills);
    let changed = [
        ("half the size", Picture::new(60, 40, hills)),
        ("an eighth", Picture::new(15, 10, hills)),
        ("cropped", Picture::new(114, 76, |x, y| hills(0.05 + 0.95 * x, 0.95 * y))),
        ("shifted", Picture::new(120, 80, |x, y| hills(x + 0.03, y + 0.02))),
        ("darker", Picture::new(120, 80, |x, y| 0.3 * hills(x, y))),
        ("brighter", Picture::new(120, 80, |x, y| (1.6 * hills(x, y)).min(1.0))),
        ("flatter", Picture::new(120, 80, |x, y| 0.4 + 0.2 * hills(x, y))),
    ];
    for (how, picture) in changed {
        let distance = plain.distance(&picture.upright());
        assert!(distance <= Fingerprint::NEAR / 2, "{how}: {distance}");
    }
    for scene in [street, |x, y| hills(y, x), |x, y| hills(1.0 - x, y)] {
        let distance = plain.distance(&of(scene));
        assert!(distance > Fingerprint::BURST, "{distance}");
    }
}

#[test]
fn a_turned_camera_changes_nothing() {
    let picture = Picture::new(120, 80, hills);
    let stored: [(u32, Scene); 8] = [
        (1, hills),
        (2, |x, y| hills(1.0 - x, y)),
        (3, |x, y| hills(1.0 - x, 1.0 - y)),
        (4, |x, y| hills(x, 1.0 - y)),
        (5, |x, y| hills(y, x)),
        (6, |x, y| hills(1.0 - y, x)),
        (7, |x, y| hills(1.0 - y, 1.0 - x)),
        (8, |x, y| hills(y, 1.0 - x)),
    ];
    for (exif, scene) in stored {
        let orientation = Orientation::from_exif(exif).expect("valid");
        let (width, height) = orientation.size(120, 80);
        let stored = Picture::new(width as usize, height as usize, scene);
        let distance = picture.upright().distance(&stored.fingerprint(orientation));
        assert!(distance < 60, "{exif}: {distance}");
    }
}

#[test]
fn turning_there_and_back_changes_nothing() {
    let look = Picture::new(120, 80, hills).tinted(170, 100).upright();
    for exif in 1..=8 {
        let orientation = Orientation::from_exif(exif).expect("valid");
        let there = look.turned(orientation);
        assert_eq!(there.turned(orientation.inverse()), look, "{exif}");
        assert_eq!(there == look, exif == 1, "{exif}");
    }
}

#[test]
fn colours_and_shapes_tell_pictures_apart() {
    let grey = Picture::new(120, 80, hills);
    let blue = Picture::new(120, 80, hills).tinted(170, 100).upright();
    let red = Picture::new(120, 80, hills).tinted(100, 170).upright();
    let faded = Picture::new(120, 80, hills).tinted(160, 107).upright();
    assert!(blue.distance(&red) > 5_000, "{}", blue.distance(&red));
    assert!(blue.distance(&faded) < 300, "{}", blue.distance(&faded));
    assert!(blue.distance(&grey.upright()) > Fingerprint::SAME);
    assert_eq!(blue.luma_distance(&red), 0);
    let tall = Picture::new(80, 120, hills).upright();
    assert!(tall.distance(&grey.upright()) >= FAR);
}

#[test]
fn walls_and_noise_are_blank() {
    let noise = |strength: f32| {
        move |x: f32, y: f32| {
            let place = (300.0 * x) as u32 * 1000 + (200.0 * y) as u32;
            // A finaliser of MurmurHash3: bits without a pattern.
            let mixed = (place ^ (place >> 16)).wrapping_mul(0x85EB_CA6B);
            let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35);
            0.4 + strength * (mixed >> 16) as f32 / 65536.0
        }
    };
    for (name, picture) in [
        ("black", Picture::new(120, 80, |_, _| 0.0)),
        ("grey", Picture::new(3, 1, |_, _| 0.5)),
        ("nothing", Picture::new(0, 0, |_, _| 0.0)),
        ("noise", Picture::new(300, 200, noise(0.03))),
        ("strong noise", Picture::new(300, 200, noise(0.5))),
    ] {
        assert!(picture.upright().is_blank(), "{name}");
    }
    assert!(!of(hills).is_blank());
    assert!(of(hills).distance(&Fingerprint::default()) > Fingerprint::BURST);
    // A gradient that hardly can be seen is something all the same.
    assert!(!Picture::new(120, 80, |x, _| 0.4 + 0.02 * x).upright().is_blank());
}

#[test]
fn the_transform_keeps_energy_and_finds_a_wave() {
    let mut grid = [[0; CELLS]; CELLS];
    for (y, line) in grid.iter_mut().enumerate() {
        for (x, value) in line.iter_mut().enumerate() {
            let angle = |at: usize, u: f64| core::f64::consts::PI * (2 * at + 1) as f64 * u / 32.0;
            *value = (10_000.0 * angle(x, 3.0).cos() * angle(y, 2.0).cos()) as i64;
        }
    }
    let waves = transform(&grid, HIGHEST);
    // Half the samples' energy along each axis: 10,000 * 16 / 2.
    for (v, row) in waves.iter().enumerate() {
        for (u, &wave) in row.iter().enumerate() {
            let expected = if (u, v) == (3, 2) { 80_000 } else { 0 };
            assert!((wave - expected).abs() < 30, "{u} {v}: {wave}");
        }
    }
}

#[test]
fn cells_are_means_whatever_the_size() {
    for (width, height) in [(1, 1), (5, 40), (16, 16), (17, 3), (33, 50)] {
        let ramp = Picture::new(width, height, |x, y| 0.5 * x + 0.4 * y);
        let plane = Plane::new(&ramp.luma, width, height, width).expect("fits");
        let grid = cells(plane, &core::array::from_fn(|level| level as i64 * 1000));
        let mean: i64 = grid.iter().flatten().sum::<i64>() / 256;
        let samples = ramp.luma.iter().map(|&s| i64::from(s) * 1000).sum::<i64>();
        assert!((mean - samples / (width * height) as i64).abs() <= 1, "{width} {height}");
    }
    let halves = Picture::new(2, 1, |x, _| if x < 0.5 { 0.0 } else { 1.0 });
    let plane = Plane::new(&halves.luma, 2, 1, 2).expect("fits");
    let grid = cells(plane, &core::array::from_fn(|level| level as i64));
    assert_eq!((grid[0][7], grid[15][8]), (0, 255));
}

#[test]
fn frequencies_are_counted() {
    assert_eq!(frequencies(HIGHEST).count(), LUMA + 1);
    assert_eq!(frequencies(HIGHEST_COLOUR).count() * 2, COLOUR);
    assert_eq!(frequencies(1).collect::<Vec<_>>(), [(0, 0), (1, 0), (0, 1)]);
    assert!(Fingerprint::BYTES <= 64 && size_of::<Fingerprint>() == Fingerprint::BYTES);
}

#[test]
fn the_length_is_one() {
    for scene in [hills as Scene, street] {
        let length = of(scene).luma_distance(&Fingerprint::default());
        assert!(length.abs_diff(127 * 127) < 600, "{length}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_fingerprint(
        a in proptest::array::uniform32(any::<u8>()),
        b in proptest::array::uniform32(any::<u8>()),
    ) {
        let mut bytes = [0; Fingerprint::BYTES];
        bytes.iter_mut().zip(a.iter().chain(&b)).for_each(|(byte, from)| *byte = *from);
        let one = Fingerprint::from_bytes(&bytes);
        prop_assert_eq!(one.to_bytes(), bytes);
        bytes.reverse();
        let other = Fingerprint::from_bytes(&bytes);
        prop_assert_eq!(one.distance(&one), 0);
        prop_assert_eq!(one.distance(&other), other.distance(&one));
        prop_assert!(one.luma_distance(&other) <= one.distance(&other));
    }

    #[test]
    fn any_samples_have_a_fingerprint(
        width in 0usize..40,
        height in 0usize..40,
        seed in any::<u64>(),
        exif in 1u32..=8,
    ) {
        let luma = (0..width * height).map(|i| (seed.rotate_left(i as u32) >> (i % 13)) as u8);
        let picture = Picture { width, height, luma: luma.collect(), chroma: None };
        let orientation = Orientation::from_exif(exif).unwrap_or_default();
        let one = picture.tinted(1, 255).fingerprint(orientation);
        prop_assert!(one.luma_distance(&Fingerprint::default()) < 20_000);
    }
}
