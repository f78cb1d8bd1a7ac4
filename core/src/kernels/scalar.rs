//! The reference: plain integer code, for every target.

use super::net::{Depthwise, Gemm, Panel, QUAD};

#[cfg(any(test, not(any(target_arch = "aarch64", target_arch = "x86_64"))))]
use super::{CoefSums, Kernels};

/// Plain Rust; what the others must equal.
#[cfg(any(test, not(any(target_arch = "aarch64", target_arch = "x86_64"))))]
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

#[cfg(any(test, not(any(target_arch = "aarch64", target_arch = "x86_64"))))]
impl Kernels for Scalar {
    #[inline(always)]
    fn add_energy(sums: &mut CoefSums, coefs: &mut [i16; 64], steps: &[i16; 64], groups: usize) {
        let count = groups.min(4) * 16;
        for ((sum, c), &q) in sums.iter_mut().zip(coefs).zip(steps).take(count) {
            let value = i32::from(c.wrapping_mul(q));
            *sum = sum.wrapping_add((value * value).cast_unsigned());
            *c = 0;
        }
    }
}

/// Rows times weights; `out` holds just the job's outputs.
pub(super) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    let rows = (0..job.rows()).map(|row| job.inputs().get(row * job.stride()..).unwrap_or(&[]));
    for (row, out) in rows.zip(out.chunks_mut(job.panels().channels())) {
        let (quads, _) = row.as_chunks::<QUAD>();
        let mut out = out.iter_mut();
        for (panel, used) in job.panels().iter() {
            for (channel, out) in (0..used).zip(&mut out) {
                let (bias, multiplier) = panel.channel(channel);
                let sum =
                    weights(&panel, channel).zip(quads).fold(bias, |sum, (weights, inputs)| {
                        let products = weights.iter().zip(inputs).map(|(&w, &x)| product(w, x));
                        products.fold(sum, i32::wrapping_add)
                    });
                *out = job.output().of(sum, multiplier);
            }
        }
    }
}

/// Every channel by itself; `out` holds just the job's outputs.
pub(super) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    for (pixel, out) in out.chunks_mut(job.panels().channels()).enumerate() {
        let mut out = out.iter_mut().enumerate();
        for (panel, used) in job.panels().iter() {
            for (channel, (place, out)) in (0..used).zip(&mut out) {
                let (bias, multiplier) = panel.channel(channel);
                let inputs = job.taps().iter().map(|tap| {
                    job.inputs().get(tap + pixel * job.step() + place).copied().unwrap_or(0)
                });
                let products =
                    weights(&panel, channel).flatten().zip(inputs).map(|(&w, x)| product(w, x));
                *out = job.output().of(products.fold(bias, i32::wrapping_add), multiplier);
            }
        }
    }
}

/// A channel's weights, quad by quad.
fn weights<'a>(panel: &Panel<'a>, channel: usize) -> impl Iterator<Item = &'a [u8; QUAD]> {
    let (quads, _) = panel.weights.as_chunks::<QUAD>();
    quads.iter().skip(channel).step_by(panel.width)
}

fn product(weight: u8, input: i8) -> i32 {
    i32::from(weight.cast_signed()) * i32::from(input)
}
