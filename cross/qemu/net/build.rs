//! Packs the vectors into one file for the program, and tells the linker of the board's
//! memory.

#[path = "src/case.rs"]
mod case;
#[path = "../../../core/tests/litert/vectors.rs"]
mod vectors;

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let all: Vec<_> = vectors::operations().into_iter().chain([vectors::mobilenet()]).collect();
    let mut bytes = Vec::new();
    for vectors::Case { name, document, input, output, checksums } in &all {
        let checksums = checksums.iter().copied().collect();
        let bytes_of = |numbers: &[i8]| numbers.iter().map(|n| n.cast_unsigned()).collect();
        let (input, output): (Vec<u8>, Vec<u8>) = (bytes_of(input), bytes_of(output));
        let case = case::Case { name, document, input: &input, output: &output, checksums };
        bytes.extend(postcard::to_stdvec(&case).expect("memory suffices"));
    }
    fs::write(out.join("cases.bin"), bytes).expect("writable");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/case.rs");
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rerun-if-changed=../../../tests/data/nn");
    println!("cargo::rerun-if-changed=../../../core/tests/litert/vectors.rs");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        println!("cargo::rustc-link-search={}", env::current_dir().expect("readable").display());
        println!("cargo::rustc-link-arg-bins=-Tlink.x");
    }
}
