//! `edgecull model quantize` and `edgecull model verify`.

use super::{ModelError, load, print, read};
use crate::args::{ModelInputArgs, QuantizeArgs, RangeMethod, VerifyArgs};
use crate::command::{Ending, Failure};
use crate::model::calibrate::Method;
use crate::model::compare::Agreement;
use crate::model::convert::{self, write_agreements};
use crate::model::onnx::Import;
use crate::model::samples::{Pixels, Samples};
use edgecull_core::nn::Shape;
use serde::Serialize;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Inputs to calibrate with, at most: ranges hardly change any more.
const CALIBRATE: usize = 512;

/// Inputs to compare with, at most.
const COMPARE: usize = 4096;

/// Runs `quantize`.
pub(super) fn quantize(args: &QuantizeArgs) -> Result<Ending, Failure> {
    let mut import = import(&args.model, args.size.map(|size| (size.height, size.width)))?;
    if let Some(name) = &args.name {
        import.graph.name.clone_from(name);
    }
    let samples = samples(&args.calibrate, import.graph.input, &args.input, CALIBRATE)?;
    let method = match args.method {
        RangeMethod::Minmax => Method::MinMax,
        RangeMethod::Percentile => Method::Percentile,
        RangeMethod::Mse => Method::Mse,
    };
    let made = convert::quantize(&import, &samples.inputs, samples.quantization, method)
        .map_err(|source| ModelError::Quantize { path: args.model.clone(), source })?;
    create(&args.output, &made.document.bytes)
        .map_err(|source| Failure::Create { path: args.output.clone(), source })?;
    print(args.format, &made.report, |out| {
        made.report.write(out)?;
        writeln!(out, "written to {}", args.output.display())
    })
}

/// Runs `verify`.
pub(super) fn verify(args: &VerifyArgs) -> Result<Ending, Failure> {
    let bytes = read(&args.network)?;
    let model = load(&args.network, &bytes)?;
    let Shape { height, width, .. } = model.input();
    let import = import(&args.model, Some((height, width)))?;
    let samples = samples(&args.inputs, import.graph.input, &args.input, COMPARE)?;
    let outputs = convert::compare(&import, &model, &samples.inputs)
        .map_err(|source| ModelError::Quantize { path: args.model.clone(), source })?;
    let report = Verified { schema: "edgecull.verify.v1", samples: samples.inputs.len(), outputs };
    print(args.format, &report, |out| {
        writeln!(out, "compared on {} inputs", report.samples)?;
        write_agreements(out, &report.outputs)
    })
}

/// What `verify` finds.
#[derive(Serialize)]
struct Verified {
    schema: &'static str,
    samples: usize,
    outputs: Vec<Agreement>,
}

fn import(path: &Path, size: Option<(u16, u16)>) -> Result<Import, ModelError> {
    Import::read(path, size).map_err(|source| ModelError::Import { path: path.to_owned(), source })
}

/// Reads inputs, and says on standard error which images could not be read.
fn samples(
    path: &Path,
    shape: Shape,
    args: &ModelInputArgs,
    limit: usize,
) -> Result<Samples, ModelError> {
    let default = Pixels::default();
    let given = args.mean.is_some() || args.std.is_some();
    let pixels = Pixels {
        mean: args.mean.clone().map_or(default.mean, |numbers| numbers.0),
        deviation: args.std.clone().map_or(default.deviation, |numbers| numbers.0),
    };
    let samples = Samples::read(path, shape, given.then_some(&pixels), limit)?;
    for image in &samples.unread {
        // Nobody may be listening.
        let _ = writeln!(io::stderr(), "edgecull: passed over: {image}");
    }
    Ok(samples)
}

/// Writes a file that must not be there yet, whole or not at all.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // What was begun is of no use to anyone.
        let _ = fs::remove_file(path);
    }
    written
}
