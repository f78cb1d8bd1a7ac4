//! From an ONNX file and inputs to a document, and how good it is.

use super::build::{BuildError, Document};
use super::calibrate::{Method, Range, ranges};
use super::compare::{Agreement, Deviation, OutputDeviation, Runner};
use super::equalise::equalised;
use super::eval;
use super::graph::{Graph, size};
use super::onnx::{Import, ReferenceError};
use super::quantize::quantized;
use edgecull_core::nn::{Error, Model, Quantization};
use rayon::prelude::*;
use serde::Serialize;
use std::io::{self, Write};

/// Decibels that the import must agree with tract to: rounding in another order costs
/// less.
const SAME_DB: f64 = 70.0;

/// Decibels that equalisation must gain, lest it be mere luck.
const GAIN_DB: f64 = 0.1;

/// Why a network cannot be quantised or compared.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// tract.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The document.
    #[error("the network cannot be built: {0}")]
    Build(#[from] BuildError),
    /// Running it.
    #[error("the network cannot be run: {0}")]
    Run(#[from] Error),
    /// The import differs from what tract computes.
    #[error(
        "edgecull reads this model otherwise than tract does (output `{output}` agrees to \
         {snr_db:.0} dB only): it holds something that is not supported, please report it"
    )]
    Misread {
        /// The output.
        output: String,
        /// How far they agree.
        snr_db: f64,
    },
    /// The two networks have nothing to do with each other.
    #[error("the networks do not belong together: {0}")]
    Unlike(String),
}

/// A document, and how good it is.
#[derive(Clone, Debug)]
pub struct Quantized {
    /// The network.
    pub document: Document,
    /// Figures.
    pub report: Report,
}

/// Figures of a quantised network, schema `edgecull.quantize.v1`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    name: String,
    samples: usize,
    equalised: bool,
    layers: Vec<LayerReport>,
    bytes: usize,
    macs: u64,
    arena: usize,
    outputs: Vec<Agreement>,
}

/// How close a layer's output comes to the float network's.
#[derive(Clone, Debug, Serialize)]
struct LayerReport {
    name: String,
    snr_db: f64,
    max_error: f64,
}

/// Quantises `import` by what the inputs make of it.
///
/// # Errors
/// When tract reads the file in another way, or the network does not fit the int8
/// engine.
pub fn quantize(
    import: &Import,
    inputs: &[Vec<f32>],
    input: Option<Quantization>,
    method: Method,
) -> Result<Quantized, ConvertError> {
    let truth = inputs.par_iter().map(|input| import.reference.run(input));
    let truth: Vec<Vec<Vec<f32>>> = truth.collect::<Result<_, _>>()?;
    check_import(&import.graph, inputs, &truth)?;
    let plain = Candidate::new(&import.graph, inputs, input, method)?;
    let mut best = (plain, import.graph.clone(), false);
    let mut score = best.0.score(&import.graph, inputs, &truth)?;
    if let Some(graph) = equalised(&import.graph) {
        // Equalised weights can be worse, or even out of reach of the engine.
        if let Ok(candidate) = Candidate::new(&graph, inputs, input, method) {
            let other = candidate.score(&graph, inputs, &truth)?;
            if other.least() > score.least() + GAIN_DB {
                (best, score) = ((candidate, graph, true), other);
            }
        }
    }
    let (candidate, graph, equalised) = best;
    let model = Model::load(&candidate.document.bytes)?;
    let shape = model.input();
    let plan = model.plan(shape.height, shape.width)?;
    let macs = model.layers().enumerate().map(|(index, layer)| {
        let shapes = plan.shape(layer.input).zip(plan.shape(index as u8 + 1));
        shapes.map_or(0, |(from, to)| layer.macs(from, to))
    });
    let layers = graph.nodes.iter().zip(score.tensors.iter().skip(1));
    let report = Report {
        schema: "edgecull.quantize.v1",
        name: graph.name.clone(),
        samples: inputs.len(),
        equalised,
        layers: layers
            .map(|(node, deviation)| LayerReport {
                name: node.name.clone(),
                snr_db: deviation.snr_db(),
                max_error: deviation.max_error(),
            })
            .collect(),
        bytes: candidate.document.bytes.len(),
        macs: macs.sum(),
        arena: plan.arena(),
        outputs: agreements(&graph, &score.outputs),
    };
    Ok(Quantized { document: candidate.document, report })
}

/// The figures of outputs; those of one pixel and several channels are classes.
fn agreements(graph: &Graph, deviations: &[OutputDeviation]) -> Vec<Agreement> {
    let pairs = graph.outputs.iter().zip(deviations);
    let agreement = |(output, deviation): (&super::graph::GraphOutput, &OutputDeviation)| {
        let shape = graph.shape(output.tensor);
        let classes = shape.channels > 1 && size(shape) == usize::from(shape.channels);
        deviation.agreement(&output.name, classes)
    };
    pairs.map(agreement).collect()
}

fn check_import(
    graph: &Graph,
    inputs: &[Vec<f32>],
    truth: &[Vec<Vec<f32>>],
) -> Result<(), ConvertError> {
    let mut deviations = vec![Deviation::default(); graph.outputs.len()];
    // What is misread shows in a few.
    for (input, truth) in inputs.iter().zip(truth).take(8) {
        let tensors = eval::run(graph, input);
        for ((output, truth), deviation) in graph.outputs.iter().zip(truth).zip(&mut deviations) {
            deviation.add(truth, &tensors[output.tensor]);
        }
    }
    for (output, deviation) in graph.outputs.iter().zip(deviations) {
        // A comparison with what is not a number must not pass.
        let snr_db = deviation.snr_db();
        if !(snr_db >= SAME_DB || deviation.max_error() < 1e-6) {
            return Err(ConvertError::Misread { output: output.name.clone(), snr_db });
        }
    }
    Ok(())
}

/// A way to quantise.
struct Candidate {
    document: Document,
}

/// How good it is.
struct Score {
    tensors: Vec<Deviation>,
    outputs: Vec<OutputDeviation>,
}

impl Score {
    /// Signal to noise of the worst output.
    fn least(&self) -> f64 {
        let ratios = self.outputs.iter().map(|output| output.agreement("", false).snr_db);
        ratios.fold(f64::INFINITY, f64::min)
    }
}

impl Candidate {
    fn new(
        graph: &Graph,
        inputs: &[Vec<f32>],
        input: Option<Quantization>,
        method: Method,
    ) -> Result<Self, ConvertError> {
        let ranges: Vec<Range> = ranges(graph, inputs, method);
        let input = input.unwrap_or_else(|| {
            // All of the input fits: it is not for the network to cut off.
            let widen = |range: Range, &x: &f32| range.or(Range { low: x, high: x });
            inputs.iter().flatten().fold(Range::default(), widen).quantization()
        });
        Ok(Self { document: quantized(graph, &ranges, input).document()? })
    }

    fn score(
        &self,
        graph: &Graph,
        inputs: &[Vec<f32>],
        truth: &[Vec<Vec<f32>>],
    ) -> Result<Score, ConvertError> {
        let model = Model::load(&self.document.bytes)?;
        let count = graph.nodes.len() + 1;
        let empty = || Score {
            tensors: vec![Deviation::default(); count],
            outputs: vec![OutputDeviation::default(); graph.outputs.len()],
        };
        let pairs: Vec<(&Vec<f32>, &Vec<Vec<f32>>)> = inputs.iter().zip(truth).collect();
        // In pieces of a fixed length, added up in order: the same figures each time.
        let pieces = pairs.par_chunks(8).map(|pairs| {
            let mut runner = Runner::new(&model)?;
            let mut score = empty();
            for (input, truth) in pairs {
                let floats = eval::run(graph, input);
                let found = runner.run(input)?;
                let of = |tensor: usize| &found[usize::from(self.document.tensors[tensor])];
                for (tensor, (deviation, floats)) in
                    score.tensors.iter_mut().zip(&floats).enumerate()
                {
                    deviation.add(floats, of(tensor));
                }
                let outputs = graph.outputs.iter().zip(truth.iter()).zip(&mut score.outputs);
                for ((output, truth), deviation) in outputs {
                    deviation.add(truth, of(output.tensor));
                }
            }
            Ok(score)
        });
        let pieces: Vec<Score> = pieces.collect::<Result<_, ConvertError>>()?;
        Ok(pieces.into_iter().fold(empty(), |all, piece| Score {
            tensors: all.tensors.into_iter().zip(piece.tensors).map(|(a, b)| a.and(b)).collect(),
            outputs: all.outputs.into_iter().zip(piece.outputs).map(|(a, b)| a.and(b)).collect(),
        }))
    }
}

impl Report {
    /// Writes it as a table.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let shown = crate::sink::table::escape;
        writeln!(out, "{:40}  {:>8}  {:>10}", "layer", "SNR", "max error")?;
        for layer in &self.layers {
            let name = shown(&layer.name).to_string();
            writeln!(out, "{name:40}  {:>5.1} dB  {:>10.4}", layer.snr_db, layer.max_error)?;
        }
        let how = if self.equalised { "equalised" } else { "not equalised: no gain" };
        writeln!(out, "\ncalibrated with {} inputs; {how}", self.samples)?;
        writeln!(
            out,
            "{} bytes, {} multiplications, arena {} bytes",
            self.bytes, self.macs, self.arena
        )?;
        write_agreements(out, &self.outputs)
    }
}

/// Writes how outputs agree with the float network's.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_agreements(out: &mut impl Write, outputs: &[Agreement]) -> io::Result<()> {
    for output in outputs {
        let name = crate::sink::table::escape(&output.output);
        write!(out, "output {name}: {:.1} dB, max error {:.4}", output.snr_db, output.max_error)?;
        match output.top_1 {
            Some(share) => writeln!(out, ", same class on top in {:.1} %", 100.0 * share)?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// Compares a document with the float network on these inputs.
///
/// # Errors
/// When the two do not belong together or cannot be run.
pub fn compare(
    import: &Import,
    model: &Model<'_>,
    inputs: &[Vec<f32>],
) -> Result<Vec<Agreement>, ConvertError> {
    let graph = &import.graph;
    if model.input() != graph.input {
        let (a, b) = (graph.input, model.input());
        return Err(ConvertError::Unlike(format!(
            "inputs of {}x{}x{} and {}x{}x{}",
            a.height, a.width, a.channels, b.height, b.width, b.channels
        )));
    }
    let plan = model.plan(graph.input.height, graph.input.width)?;
    let shapes = model.outputs().iter().map(|&tensor| plan.shape(tensor));
    if !graph.outputs.iter().map(|output| Some(graph.shape(output.tensor))).eq(shapes) {
        return Err(ConvertError::Unlike("their outputs differ in number or shape".into()));
    }
    let pieces = inputs.par_chunks(8).map(|inputs| {
        let mut runner = Runner::new(model)?;
        let mut deviations = vec![OutputDeviation::default(); graph.outputs.len()];
        for input in inputs {
            let truth = import.reference.run(input)?;
            let found = runner.run(input)?;
            for ((truth, &output), deviation) in
                truth.iter().zip(model.outputs()).zip(&mut deviations)
            {
                deviation.add(truth, &found[usize::from(output)]);
            }
        }
        Ok(deviations)
    });
    let pieces: Vec<Vec<OutputDeviation>> = pieces.collect::<Result<_, ConvertError>>()?;
    let none = vec![OutputDeviation::default(); graph.outputs.len()];
    let sums = pieces
        .into_iter()
        .fold(none, |all, piece| all.into_iter().zip(piece).map(|(a, b)| a.and(b)).collect());
    Ok(agreements(graph, &sums))
}
