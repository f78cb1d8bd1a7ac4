//! Draws the pictures, packs LiteRT's vectors into one file, and tells the linker of the
//! board's memory.

#[path = "src/vectors/case.rs"]
mod case;
#[path = "../../../cross/cortex-m/host/src/picture.rs"]
mod picture;
#[path = "../../../core/tests/litert/vectors.rs"]
mod vectors;

use jpeg_encoder::SamplingFactor;
use picture::Picture;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Larger than a board has cells for, so that it thins them out as it does with a camera's
/// frames, and small enough for a microcontroller's flash.
const DETAIL: Picture = Picture {
    size: (2400, 1600),
    soft: 1,
    light: 256,
    sampling: SamplingFactor::R_4_2_0,
    restart: 0,
    grey: false,
};

/// Mostly smooth, in blocks of which many have no AC coefficients.
const SMOOTH: Picture =
    Picture { size: (1280, 960), soft: 9, sampling: SamplingFactor::R_4_4_4, ..DETAIL };

/// CRC-32 of the two files: counts of other pictures cannot be compared with the table's.
const DRAWN: [u32; 2] = [0x0B82_A454, 0xCA30_42F2];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    draw(&out);
    pack(&out.join("cases.bin"));
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/vectors/case.rs");
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rerun-if-changed=../../../tests/data/nn");
    println!("cargo::rerun-if-changed=../../../core/tests/litert/vectors.rs");
    println!("cargo::rerun-if-changed=../../../cross/cortex-m/host/src/picture.rs");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        println!("cargo::rustc-link-search={}", env::current_dir().expect("readable").display());
        println!("cargo::rustc-link-arg-bins=-Tlink.x");
    }
}

fn draw(folder: &Path) {
    let pictures = [("detail.jpg", DETAIL), ("smooth.jpg", SMOOTH)];
    let mut drawn = [0; 2];
    for ((name, picture), crc) in pictures.iter().zip(&mut drawn) {
        let file = picture::encode(picture).expect("a size that JPEG has");
        *crc = crc32fast::hash(&file);
        fs::write(folder.join(name), file).expect("writable");
    }
    assert_eq!(
        drawn, DRAWN,
        "the pictures are drawn or encoded otherwise: if that is meant, change DRAWN and the table"
    );
}

fn pack(file: &Path) {
    let all: Vec<_> = vectors::operations().into_iter().chain([vectors::mobilenet()]).collect();
    let mut bytes = Vec::new();
    for vectors::Case { name, document, input, output, checksums } in &all {
        let checksums = checksums.iter().copied().collect();
        let bytes_of = |numbers: &[i8]| numbers.iter().map(|n| n.cast_unsigned()).collect();
        let (input, output): (Vec<u8>, Vec<u8>) = (bytes_of(input), bytes_of(output));
        let case = case::Case { name, document, input: &input, output: &output, checksums };
        bytes.extend(postcard::to_stdvec(&case).expect("memory suffices"));
    }
    fs::write(file, bytes).expect("writable");
}
