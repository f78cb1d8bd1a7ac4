//! Every operation, and a whole network, give what LiteRT's reference kernels give.
//!
//! The vectors are those of `models/train/nn_vectors.py`; `tests/data/nn/README.md` says
//! how to read them.

mod vectors;

use edgecull_core::kernels::Isa;
use edgecull_core::nn::{Model, Net};
use vectors::{Case, mobilenet, operations};

/// Runs a case with every kernel set there is to choose from. The arena's bytes.
fn check(case: &Case) -> usize {
    let model = Model::load(&case.document).expect("a good document");
    let shape = model.input();
    let plan = model.plan(shape.height, shape.width).expect("nominal");
    for isa in Isa::available() {
        let which = format!("{} with {}", case.name, isa.name());
        let mut arena = vec![-1; plan.arena()];
        let mut net = Net::new(&model, &plan, &mut arena, isa).expect("large enough");
        net.input().copy_from_slice(&case.input);
        let mut sums = vec![crc32(&case.input)];
        net.run_with(|_, output| sums.push(crc32(output.data))).expect("runs");
        for (layer, (want, got)) in case.checksums.iter().zip(&sums).enumerate() {
            assert_eq!(got, want, "{which}, tensor {layer}");
        }
        assert!(case.checksums.is_empty() || case.checksums.len() == sums.len());
        assert_eq!(net.output(0).expect("the last").data, case.output, "{which}");
    }
    plan.arena()
}

/// CRC-32 as of zip.
fn crc32(data: &[i8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
    let byte = |crc: u32, &b: &i8| (0..8).fold(crc ^ u32::from(b.cast_unsigned()), step);
    !data.iter().fold(u32::MAX, byte)
}

#[test]
fn every_operation_is_exact() {
    let cases = operations();
    assert!(cases.len() > 100);
    for case in &cases {
        check(case);
    }
}

#[test]
fn a_mobilenet_is_exact_in_every_layer() {
    assert!(check(&mobilenet()) <= 64 * 1024);
}
