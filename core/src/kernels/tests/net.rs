//! The networks' kernels.

use super::layer::{Layer, Random};
use crate::kernels::net::{Depthwise, Gemm, QUAD, SLACK};
use crate::kernels::{Isa, scalar};
use proptest::prelude::*;
use std::vec::Vec;

/// What lies in memory that a job must not touch.
const BEHIND: i8 = 0x55;

/// Every kernel writes just `want`, and nothing where it does not fit.
fn check(want: &[i8], scalar: impl Fn(&mut [i8]), run: impl Fn(Isa, &mut [i8])) {
    let mut plain = std::vec![BEHIND; want.len()];
    scalar(&mut plain);
    assert_eq!(plain, want, "scalar");
    for isa in Isa::available() {
        let mut got = std::vec![BEHIND; want.len() + 80];
        run(isa, &mut got);
        assert_eq!(&got[..want.len()], want, "{}", isa.name());
        assert!(got[want.len()..].iter().all(|&byte| byte == BEHIND), "{}", isa.name());
        let mut short = std::vec![BEHIND; want.len() - 1];
        run(isa, &mut short);
        assert!(short.iter().all(|&byte| byte == BEHIND), "{}", isa.name());
    }
}

fn check_gemm(seed: u64, rows: usize, channels: usize, inputs: usize, gap: usize) {
    let random = &mut Random::new(seed);
    let layer = Layer::new(random, channels, inputs);
    let stride = inputs.next_multiple_of(QUAD) + gap;
    let all = random.inputs(stride * rows - gap);
    let job = Gemm::new(&all, stride, rows, layer.panels(), layer.output).expect("valid");
    let want: Vec<_> =
        (0..rows).flat_map(|row| layer.outputs(|_, i| all[row * stride + i])).collect();
    check(&want, |out| scalar::gemm(&job, out), |isa, out| isa.gemm(&job, out));
}

fn check_depthwise(seed: u64, channels: usize, taps: &[usize], step: usize, pixels: usize) {
    let random = &mut Random::new(seed);
    let layer = Layer::new(random, channels, taps.len());
    let last = taps.iter().max().expect("taps") + step * (pixels - 1);
    let all = random.inputs(last + channels + SLACK);
    let job =
        Depthwise::new(&all, taps, step, pixels, layer.panels(), layer.output).expect("valid");
    let want: Vec<_> = (0..pixels)
        .flat_map(|pixel| layer.outputs(|channel, i| all[taps[i] + pixel * step + channel]))
        .collect();
    check(&want, |out| scalar::depthwise(&job, out), |isa, out| isa.depthwise(&job, out));
}

/// The taps of a window of `height` by `width`, where rows begin `row` inputs apart.
fn window(height: usize, width: usize, row: usize, column: usize) -> Vec<usize> {
    (0..height).flat_map(|y| (0..width).map(move |x| y * row + x * column)).collect()
}

#[test]
fn products_of_all_widths_agree() {
    for channels in 1..=40 {
        for rows in 1..=40 {
            check_gemm((channels * 64 + rows) as u64, rows, channels, 1 + rows % 9, rows % 3);
        }
    }
}

#[test]
fn long_rows_agree() {
    for inputs in [1024, 1025, 1030, 2048, 2500, 5000] {
        for rows in [1, 3, 4, 5, 16, 17] {
            check_gemm(inputs as u64, rows, 20, inputs, 0);
        }
    }
}

#[test]
fn many_rows_agree() {
    for (channels, inputs) in [(8, 27), (16, 8), (16, 64), (24, 100), (3, 500)] {
        check_gemm(1, 700, channels, inputs, 0);
    }
}

#[test]
fn windows_of_all_widths_agree() {
    for channels in 1..=40 {
        for pixels in 1..=10 {
            let seed = (channels * 16 + pixels) as u64;
            for stride in 1..=3 {
                let taps = window(3, 3, (stride * pixels + 2) * channels + 5, channels);
                check_depthwise(seed, channels, &taps, stride * channels, pixels);
            }
        }
    }
}

#[test]
fn the_limits_of_windows_agree() {
    check_depthwise(5, 24, &window(8, 8, 24 * 11, 24), 24, 4);
    check_depthwise(6, 5, &[3], 0, 7);
    check_depthwise(7, 16, &[0; 9], 16, 7);
    check_depthwise(8, 16, &[0; 9], 0, 7);
}

proptest! {
    #[test]
    fn products_agree(
        seed: u64,
        rows in 1usize..=40,
        channels in 1usize..=40,
        inputs in 1usize..=320,
        gap in 0usize..=40,
    ) {
        check_gemm(seed, rows, channels, inputs, gap);
    }

    #[test]
    fn windows_agree(
        seed: u64,
        channels in 1usize..=40,
        (height, width) in (1usize..=6, 1usize..=6),
        (stride, dilation) in (1usize..=3, 1usize..=3),
        pixels in 1usize..=20,
        gap in 0usize..=7,
    ) {
        let row = (pixels * stride + width * dilation) * channels + gap;
        let taps = window(height, width, row, dilation * channels);
        check_depthwise(seed, channels, &taps, stride * channels, pixels);
    }

    #[test]
    fn scattered_taps_agree(
        seed: u64,
        channels in 1usize..=40,
        taps in prop::collection::vec(0usize..300, 1..=64),
        step in 0usize..100,
        pixels in 1usize..=20,
    ) {
        check_depthwise(seed, channels, &taps, step, pixels);
    }
}
