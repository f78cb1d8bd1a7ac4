//! Writes the rendered pictures of docs/exif.md, with EXIF, and their labels:
//! `cargo run -p edgecull-tests --example exif_study -- FOLDER`.
//!
//! `noise.csv`: each scene at four sensitivities that are clean or nearly so, and at two
//! that are not. `blur.csv`: each scene held still and shaken, at four focal lengths.

use edgecull::render::encode::{Exif, Jpeg};
use edgecull::render::{Camera, Scene, Subject, render};
use std::path::{Path, PathBuf};
use std::{env, fs};

const SIZE: (u32, u32) = (480, 320);

const SUBJECTS: [Subject; 6] = [
    Subject::Landscape,
    Subject::Foliage,
    Subject::Facade,
    Subject::Portrait,
    Subject::Stage,
    Subject::Night,
];

const SEEDS: [u64; 2] = [101, 202];

/// Sensitivities, and whether their grain is too much.
const SENSITIVITIES: [(u32, bool); 6] =
    [(100, false), (800, false), (1600, false), (6400, false), (25_600, true), (51_200, true)];

/// Focal lengths, and how far the camera was shaken; 0 for not at all.
const SHAKES: [(f32, f32); 4] = [(24.0, 0.0), (85.0, 0.0), (24.0, 0.02), (85.0, 0.03)];

fn main() {
    let folder = env::args_os().nth(1).map(PathBuf::from).expect("a folder to write to");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let mut noise = String::from("file,label,scene\n");
    let mut blur = noise.clone();
    for subject in SUBJECTS {
        for seed in SEEDS {
            let scene = Scene::new(subject, seed);
            let name = format!("{subject:?}_{seed}");
            for (iso, noisy) in SENSITIVITIES {
                let camera = Camera { denoise: 0.0, ..camera(seed).at_iso(iso) };
                let file = format!("{name}_iso{iso}.jpg");
                write(&folder.join(&file), &scene, &camera);
                let label = if noisy { "noisy" } else { "clean" };
                noise += &format!("{file},{label},{name}\n");
            }
            for (focal, extent) in SHAKES {
                let still = camera(seed).lens(focal, 8.0);
                let camera = if extent > 0.0 { still.shaken(extent, 30.0) } else { still };
                let file = format!("{name}_{focal}mm_{extent}.jpg");
                write(&folder.join(&file), &scene, &camera);
                let label = if extent > 0.0 { "blurred" } else { "sharp" };
                blur += &format!("{file},{label},{name}\n");
            }
        }
    }
    for (name, list) in [("noise.csv", noise), ("blur.csv", blur)] {
        fs::write(folder.join(name), list).expect("the list can be written");
    }
}

fn camera(seed: u64) -> Camera {
    Camera::new(SIZE.0, SIZE.1).seeded(seed)
}

fn write(path: &Path, scene: &Scene, camera: &Camera) {
    let exif = Some(Exif::of(camera, 0));
    let file = Jpeg { exif, ..Jpeg::default() }.encode(&render(scene, camera));
    fs::write(path, file.expect("encoded")).expect("the picture can be written");
}
