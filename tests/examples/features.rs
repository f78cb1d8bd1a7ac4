//! Prints the features of the pictures of a manifest, for `models/train/blur.py
//! --check`: `features DATA MANIFEST.csv`, where the manifest's first column names
//! files of the folder DATA. What is no baseline or progressive JPEG is passed over.

use edgecull_core::frame::{BoardMemory, FrameBuilder};
use edgecull_core::jpeg::Scanner;
use edgecull_core::kernels::Isa;
use edgecull_core::measure::features::Features;
use std::io::Write;
use std::path::Path;

fn features(bytes: &[u8]) -> Option<Features> {
    let mut memory = Box::new(BoardMemory::new());
    let mut builder = FrameBuilder::new(memory.buffers());
    let mut scanner = Box::new(Scanner::<65_536, 512>::new(Isa::detect()));
    scanner.feed(bytes, &mut builder).ok()?;
    scanner.finish(&mut builder).ok()?;
    Some(Features::of(&builder.finish()?))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, data, manifest] = arguments.as_slice() else {
        return Err("usage: features DATA MANIFEST.csv".into());
    };
    let mut out = std::io::stdout().lock();
    write!(out, "file")?;
    for name in Features::names() {
        write!(out, ",{name}")?;
    }
    writeln!(out)?;
    for line in std::fs::read_to_string(manifest)?.lines().skip(1) {
        let file = line.split(',').next().unwrap_or_default();
        let Some(features) = features(&std::fs::read(Path::new(data).join(file))?) else {
            continue;
        };
        write!(out, "{file}")?;
        for value in features.values() {
            write!(out, ",{value}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
