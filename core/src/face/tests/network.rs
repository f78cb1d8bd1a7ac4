//! A face detector by hand: a cell's score grows with the sample at its top left, and
//! all boxes and points of a level lie alike.

use crate::nn::{
    Clamp, Layer, Multiplier, Network, Op, Padding, Parameters, Quantization, Shape, Window, pack,
    packed_len,
};
use std::vec;
use std::vec::Vec;

/// What the cells of a level say.
#[derive(Clone, Copy)]
pub(super) struct Head {
    /// Log odds on black, and on white.
    pub(super) score: (f32, f32),
    pub(super) region: [f32; 4],
    pub(super) points: [f32; 10],
}

impl Head {
    /// No face anywhere.
    pub(super) const NONE: Self =
        Self { score: (-10.0, -10.0), region: [0.0; 4], points: [0.0; 10] };
}

pub(super) const LUMA: Quantization = Quantization { scale: 1.0 / 255.0, zero_point: -128 };
pub(super) const SCORE: Quantization = Quantization { scale: 0.1, zero_point: 7 };
pub(super) const REGION: Quantization = Quantization { scale: 0.03125, zero_point: -20 };
pub(super) const POINTS: Quantization = Quantization { scale: 0.0625, zero_point: 3 };

/// An output: channels of `offset + gain * luma`, luma from 0 to 1.
pub(super) struct Output {
    pub(super) offsets: Vec<f32>,
    pub(super) gain: f32,
    pub(super) stride: u8,
    pub(super) quantization: Quantization,
}

/// The outputs of a detector.
pub(super) fn outputs(heads: [Head; 3]) -> Vec<Output> {
    let mut outputs = Vec::new();
    for (head, stride) in heads.iter().zip([8, 16, 32]) {
        let (black, white) = head.score;
        let mut add = |offsets: &[f32], gain, quantization| {
            outputs.push(Output { offsets: offsets.to_vec(), gain, stride, quantization });
        };
        add(&[black], white - black, SCORE);
        add(&head.region, 0.0, REGION);
        add(&head.points, 0.0, POINTS);
    }
    outputs
}

/// The document of a network with these outputs.
pub(super) fn document(input: Shape, luma: Quantization, outputs: &[Output]) -> Vec<u8> {
    let weights: Vec<Vec<u8>> = outputs
        .iter()
        .map(|output| {
            let channels = output.offsets.len();
            let unit = if output.gain == 0.0 { 1.0 } else { output.gain.abs() } / 127.0;
            let step = luma.scale * unit;
            let plain =
                vec![(output.gain.signum() * 127.0) as i8; channels * input.channels as usize];
            let plain = if output.gain == 0.0 { vec![0; plain.len()] } else { plain };
            let bias: Vec<i32> = output.offsets.iter().map(|b| (b / step).round() as i32).collect();
            let ratio = f64::from(step) / f64::from(output.quantization.scale);
            let multipliers = vec![Multiplier::from_real(ratio).expect("a ratio"); channels];
            let taps = input.channels.into();
            let mut packed = vec![0; packed_len(channels, taps).expect("small")];
            let parameters = Parameters {
                weights: &plain,
                bias: &bias,
                multipliers: &multipliers,
                zero_point: luma.zero_point,
            };
            pack(&parameters, &mut packed).expect("fits");
            packed
        })
        .collect();
    let layers: Vec<Layer<'_>> = outputs
        .iter()
        .zip(&weights)
        .map(|(output, weights)| Layer {
            name: "head",
            input: 0,
            op: Op::Conv {
                window: Window {
                    height: 1,
                    width: 1,
                    stride_y: output.stride,
                    stride_x: output.stride,
                    padding: Padding::Valid,
                },
                channels: output.offsets.len() as u16,
                clamp: Clamp::NONE,
                weights,
            },
        })
        .collect();
    let tensors: Vec<Quantization> =
        core::iter::once(luma).chain(outputs.iter().map(|output| output.quantization)).collect();
    let numbers: Vec<u8> = (1..=outputs.len() as u8).collect();
    let network = Network {
        name: "faces by hand",
        input,
        layers: &layers,
        tensors: &tensors,
        outputs: &numbers,
    };
    let mut bytes = vec![0; network.bound()];
    let length = network.write(&mut bytes).expect("a network");
    bytes.truncate(length);
    bytes
}
