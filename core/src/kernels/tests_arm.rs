//! The kernels of matrix products and depthwise convolutions against the scalar
//! ones, on jobs as they come and on the worst ones, each path forced.

use super::net::{Depthwise, Gemm, Output, Panels, QUAD, SLACK, TAPS, WIDTH, panel_bytes};
use super::{Isa, scalar};
use crate::nn::quant::{EXPONENTS, SUM_LIMIT};
use proptest::prelude::*;
use std::vec::Vec;

/// A small generator, so that a job is a few numbers to shrink (Marsaglia's
/// xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn within(&mut self, range: core::ops::RangeInclusive<i64>) -> i64 {
        let span = (range.end() - range.start() + 1).cast_unsigned();
        range.start() + (self.next() % span).cast_signed()
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.next() % of.len() as u64).expect("an index")]
    }
}

/// What values a job has.
#[derive(Clone, Copy, Debug)]
enum Values {
    Any,
    /// Only the least and the greatest.
    Extremes,
    /// Only those that make the greatest sums.
    Worst,
}

fn values() -> impl Strategy<Value = Values> {
    prop_oneof![Just(Values::Any), Just(Values::Extremes), Just(Values::Worst)]
}

fn inputs(random: &mut Random, values: Values, count: usize) -> Vec<i8> {
    let mut input = || match values {
        Values::Any => random.within(-128..=127) as i8,
        Values::Extremes => random.pick(&[-128, 127]),
        Values::Worst => -128,
    };
    (0..count).map(|_| input()).collect()
}

/// Panels that a model could hold: sums stay within their bounds.
fn panels(random: &mut Random, values: Values, channels: usize, quads: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for first in (0..channels).step_by(WIDTH) {
        let used = (channels - first).min(WIDTH);
        let width = used.next_multiple_of(QUAD);
        let weights: Vec<[[i8; QUAD]; WIDTH]> = (0..quads)
            .map(|_| {
                core::array::from_fn(|channel| {
                    core::array::from_fn(|_| match values {
                        _ if channel >= used => 0,
                        Values::Any => random.within(-127..=127) as i8,
                        Values::Extremes => random.pick(&[-127, 127]),
                        Values::Worst => -127,
                    })
                })
            })
            .collect();
        let mut parameters: [Vec<u8>; 4] = Default::default();
        for channel in 0..width {
            let of_channel = || weights.iter().flat_map(|quad| quad[channel]).map(i64::from);
            let greatest = 128 * of_channel().map(i64::abs).sum::<i64>() + 1;
            let top = (SUM_LIMIT / greatest).ilog2().min(15);
            let exponent = match random.next() % 4 {
                0 => i64::from(top),
                1 => i64::from(*EXPONENTS.start()),
                _ => random.within((*EXPONENTS.start()).into()..=top.into()),
            };
            let limit = ((SUM_LIMIT - 1) >> exponent.max(0)) - greatest + 1;
            let bias = match random.next() % 4 {
                0 => limit,
                1 => -limit,
                2 => random.within(-limit..=limit),
                _ => random.within(-limit.min(1000)..=limit.min(1000)),
            };
            let mantissa = match random.next() % 8 {
                0 => 0,
                1 => 1 << 30,
                2 => i32::MAX.into(),
                _ => random.within(1 << 30..=i32::MAX.into()),
            };
            let (bias, mantissa, exponent) = match channel < used {
                true => (bias as i32, mantissa as i32, exponent as i8),
                false => (0, 0, 0),
            };
            let offset = bias.wrapping_sub(128 * of_channel().sum::<i64>() as i32);
            parameters[0].extend(bias.to_le_bytes());
            parameters[1].extend(offset.to_le_bytes());
            parameters[2].extend(mantissa.to_le_bytes());
            parameters[3].extend(exponent.to_le_bytes());
        }
        bytes.extend(parameters.concat());
        for quad in weights {
            bytes.extend(quad[..width].as_flattened().iter().map(|w| w.cast_unsigned()));
        }
    }
    assert_eq!(Some(bytes.len()), panel_bytes(channels, quads));
    bytes
}

fn output(random: &mut Random) -> Output {
    let zero_point = random.pick(&[-128, 0, 127, -5, 30]);
    let (min, max) = random.pick(&[(-128, 127), (-128, 127), (0, 100), (-128, -1), (7, 7)]);
    Output { zero_point, min, max }
}

fn available() -> Vec<Isa> {
    let mut all = std::vec![Isa::baseline()];
    if Isa::detect() != Isa::baseline() {
        all.push(Isa::detect());
    }
    all
}

/// Both results, and what they lie in.
fn compare(
    outputs: usize,
    reference: impl Fn(&mut [i8]),
    kernel: impl Fn(Isa, &mut [i8]),
) -> Result<(), TestCaseError> {
    let mut want = std::vec![0; outputs];
    reference(&mut want);
    for isa in available() {
        for filling in [77, -78] {
            let mut got = std::vec![filling; outputs + 20];
            kernel(isa, &mut got);
            prop_assert_eq!(&got[..outputs], want.as_slice(), "{}", isa.name());
            prop_assert!(got[outputs..].iter().all(|&x| x == filling), "{}", isa.name());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn matrix_products_agree(
        seed in 1u64..,
        of in values(),
        rows in 1usize..=40,
        channels in 1usize..=40,
        quads in prop_oneof![1usize..=9, 1usize..=80],
        gap in 0usize..=9,
        at in 0usize..4,
    ) {
        let random = &mut Random(seed);
        let stride = QUAD * quads + gap;
        // Just as many bytes as are needed, at any alignment.
        let all = inputs(random, of, at + stride * (rows - 1) + QUAD * quads);
        let mut bytes = std::vec![0; at];
        bytes.extend(panels(random, of, channels, quads));
        let panels = Panels::new(&bytes[at..], channels, quads).expect("panels");
        let job = Gemm::new(&all[at..], stride, rows, panels, output(random)).expect("a job");
        compare(
            rows * channels,
            |out| scalar::gemm(&job, out),
            |isa, out| isa.gemm(&job, out),
        )?;
    }

    #[test]
    fn depthwise_convolutions_agree(
        seed in 1u64..,
        of in values(),
        pixels in 1usize..=40,
        channels in 1usize..=40,
        count in prop_oneof![1usize..=9, 1usize..=TAPS],
        wide in 0usize..=2,
        at in 0usize..4,
    ) {
        let random = &mut Random(seed);
        let step = channels * wide;
        let taps: Vec<usize> =
            (0..count).map(|_| random.within(0..=100) as usize).collect();
        let farthest = taps.iter().max().expect("a tap") + step * (pixels - 1);
        let all = inputs(random, of, at + farthest + channels + SLACK);
        let quads = count.div_ceil(QUAD);
        let mut bytes = std::vec![0; at];
        bytes.extend(panels(random, of, channels, quads));
        let bytes = no_surplus_taps(bytes, at, channels, count);
        let panels = Panels::new(&bytes[at..], channels, quads).expect("panels");
        let job = Depthwise::new(&all[at..], &taps, step, pixels, panels, output(random))
            .expect("a job");
        compare(
            pixels * channels,
            |out| scalar::depthwise(&job, out),
            |isa, out| isa.depthwise(&job, out),
        )?;
    }
}

/// Sets the weights to zero that fill up the last quad of taps.
fn no_surplus_taps(mut bytes: Vec<u8>, at: usize, channels: usize, count: usize) -> Vec<u8> {
    let quads = count.div_ceil(QUAD);
    let mut end = at;
    for first in (0..channels).step_by(WIDTH) {
        let width = (channels - first).min(WIDTH).next_multiple_of(QUAD);
        end += panel_bytes(width, quads).expect("a size");
        for quad in bytes[end - QUAD * width..end].as_chunks_mut::<QUAD>().0 {
            quad[(count - 1) % QUAD + 1..].fill(0);
        }
    }
    bytes
}
