//! Every operation equals its definition.

use super::{Graph, Kind, Random};
use crate::kernels::Isa;
use crate::nn::{Clamp, Model, Multiplier, Net, Padding, Parameters, Quantization, Shape, Table};
use crate::nn::{Error, Fault, Layer, Network, Op, Window, pack, packed_len};
use proptest::prelude::*;
use std::vec::Vec;

/// Runs the graph at this size and compares each layer with its definition.
fn agree(graph: &Graph, random: &mut Random, height: u16, width: u16) {
    let document = graph.document();
    let model = Model::load(&document).expect("good");
    let plan = model.plan(height, width).expect("fits");
    let mut arena = random.bytes(plan.arena());
    let mut net = Net::new(&model, &plan, &mut arena, Isa::detect()).expect("large enough");
    let input = random.bytes(net.input().len());
    let defined = graph.define(height, width, &input);
    // Twice, as what is left in the arena must not matter.
    for _ in 0..2 {
        net.input().copy_from_slice(&input);
        let mut layers = graph.layers.iter().zip(&defined[1..]).enumerate();
        // A softmax is defined in reals here, and off by one at most; nothing that comes
        // behind it in the graph can be compared.
        let mut tainted = std::vec![false; defined.len()];
        net.run_with(|layer, output| {
            let (index, ((_, kind), want)) = layers.next().expect("as many");
            let dirty = layer.inputs().any(|i| tainted[usize::from(i)]);
            if matches!(kind, Kind::Softmax(_)) && !dirty {
                let off = |(&a, &b): (&i8, &i8)| (i32::from(a) - i32::from(b)).abs();
                let off = output.data.iter().zip(want).map(off).max();
                assert!(off <= Some(1), "{kind:?}: {:?}, not {want:?}", output.data);
            } else if !dirty {
                assert_eq!(output.data, want, "layer {index}, {kind:?}");
            }
            tainted[index + 1] = dirty || matches!(kind, Kind::Softmax(_));
        })
        .expect("runs");
        for (index, &tensor) in graph.outputs.iter().enumerate() {
            if !tainted[usize::from(tensor)] {
                let output = net.output(index).expect("there");
                assert_eq!(output.data, defined[usize::from(tensor)], "output {index}");
                assert_eq!(output.quantization, graph.tensors[usize::from(tensor)]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn each_operation_is_as_defined(
        seed: u64, kind in 0..Kind::COUNT, size in (1u16..=12, 1u16..=12, 1u16..=40),
    ) {
        let mut random = Random(seed);
        let mut graph = Graph::new(&mut random, Shape::new(size.0, size.1, size.2));
        graph.push(&mut random, kind, 0);
        agree(&graph, &mut random, size.0, size.1);
    }

    #[test]
    fn whole_networks_are_as_defined(seed: u64, layers in 1i64..14) {
        let mut random = Random(seed);
        let graph = Graph::random(&mut random, layers);
        agree(&graph, &mut random, graph.shapes[0].height, graph.shapes[0].width);
    }

    #[test]
    fn they_run_at_other_sizes(seed: u64, layers in 1usize..6, more in (0u16..9, 0u16..9)) {
        let mut random = Random(seed);
        let mut graph = Graph::new(&mut random, Shape::new(9, 8, 3));
        for layer in 0..layers {
            let kind = [0, 1, 3, 4, 10][random.next() as usize % 5];
            graph.push(&mut random, kind, layer as u8);
        }
        agree(&graph, &mut random, 9 + more.0, 8 + more.1);
    }
}

/// A network of one layer of one number, from `from` to `to`.
fn single(op: Op<'_>, from: Quantization, to: Quantization) -> Result<Vec<u8>, Error> {
    let layers = [Layer { name: "only", input: 0, op }];
    let tensors = [from, to];
    let network = Network {
        name: "one",
        input: Shape::new(1, 1, 1),
        layers: &layers,
        tensors: &tensors,
        outputs: &[1],
    };
    let mut buffer = std::vec![0; network.bound()];
    let length = network.write(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

const ANY: Quantization = Quantization { scale: 0.5, zero_point: 3 };

#[test]
fn faults_have_names() {
    let window = Window { height: 1, width: 1, stride_y: 1, stride_x: 1, padding: Padding::Same };
    let clamp = Clamp::NONE;
    let fault = |op| match single(op, ANY, ANY) {
        Err(Error::Layer { index: 0, fault }) => Some(fault),
        _ => None,
    };
    let upside_down = Clamp { min: 1, max: 0 };
    let wide =
        Window { padding: Padding::Explicit { top: 1, left: 0, bottom: 0, right: 0 }, ..window };
    let still = Window { stride_x: 0, padding: Padding::Valid, ..window };
    let huge = Window { height: 2, padding: Padding::Valid, ..window };
    let odd = Multiplier { mantissa: 5, exponent: 0 };
    assert_eq!(fault(Op::MaxPool { window, clamp: upside_down }), Some(Fault::Clamp));
    assert_eq!(fault(Op::MaxPool { window: wide, clamp }), Some(Fault::Window));
    assert_eq!(fault(Op::MaxPool { window: still, clamp }), Some(Fault::Window));
    assert_eq!(fault(Op::AveragePool { window: huge, clamp }), Some(Fault::Shape));
    assert_eq!(fault(Op::GlobalAverage { rescale: odd }), Some(Fault::Multiplier));
    assert_eq!(fault(Op::Table { table: &[0; 255] }), Some(Fault::Length));
    assert_eq!(fault(Op::Concat { others: &[1] }), Some(Fault::Input));
    assert_eq!(fault(Op::softmax(1, ANY, 1.0).expect("usual")), Some(Fault::Quantization));
    let dense = |inputs, weights| Op::Dense { inputs, channels: 1, clamp, weights };
    assert_eq!(fault(dense(2, &[])), Some(Fault::Shape));
    assert_eq!(fault(dense(1, &[])), Some(Fault::Length));
    assert_eq!(fault(Op::MaxPool { window, clamp }), None);
    let zero = Quantization { scale: 0.0, zero_point: 0 };
    assert_eq!(single(Op::Resize2x, zero, zero), Err(Error::Scale { tensor: 0 }));
    assert_eq!(single(Op::Resize2x, ANY, zero), Err(Error::Scale { tensor: 1 }));
}

#[test]
fn sums_that_could_overflow_are_refused() {
    let packed = |weights: &[i8], bias: i32, multiplier: Multiplier, zero_point| {
        let mut out = std::vec![0; packed_len(1, weights.len()).expect("small")];
        let parameters =
            Parameters { weights, bias: &[bias], multipliers: &[multiplier], zero_point };
        pack(&parameters, &mut out)
    };
    let one = Multiplier::from_real(0.75).expect("small");
    let eight = Multiplier::from_real(6.0).expect("small");
    // The greatest sum is 1000 + 127 * 127.
    let limit = (1 << 30) - 127 * 127 - 1;
    assert_eq!(packed(&[127], limit, one, 0), Ok(()));
    assert_eq!(packed(&[127], limit + 1, one, 0), Err(Fault::Sum));
    assert_eq!(packed(&[-127], -limit, one, 0), Ok(()));
    assert_eq!(packed(&[-127], -limit - 1, one, 0), Err(Fault::Sum));
    assert_eq!(packed(&[127], (1 << 27) - 127 * 127 - 1, eight, 0), Ok(()));
    assert_eq!(packed(&[127], (1 << 27) - 127 * 127, eight, 0), Err(Fault::Sum));
    assert_eq!(packed(&[127], limit - 127, one, -1), Ok(()));
    assert_eq!(packed(&[127], limit - 126, one, -1), Err(Fault::Sum));
    assert_eq!(packed(&[-128], 0, one, 0), Err(Fault::Weight));
    let denormal = Multiplier { mantissa: (1 << 30) - 1, exponent: 0 };
    assert_eq!(packed(&[1], 0, denormal, 0), Err(Fault::Multiplier));
    assert_eq!(packed(&[1], 0, Multiplier { exponent: 16, ..one }, 0), Err(Fault::Multiplier));
    assert_eq!(packed(&[], 0, one, 0), Err(Fault::Length));
}

#[test]
fn reals_become_the_nearest_multiplier() {
    let parts = |real| Multiplier::from_real(real).map(|m| (m.mantissa, m.exponent));
    assert_eq!(parts(1.0), Some((1 << 30, 1)));
    assert_eq!(parts(0.3), Some((1_288_490_189, -1)));
    assert_eq!(parts(0.0), Some((0, 0)));
    assert_eq!(parts(1.0 - 1e-12), Some((1 << 30, 1)));
    assert_eq!(parts(2f64.powi(-32)), Some((1 << 30, -31)));
    assert_eq!(parts(2f64.powi(-33)), Some((0, 0)));
    assert_eq!(parts(-1.0), None);
    assert_eq!(parts(f64::NAN), None);
    assert_eq!(parts(f64::INFINITY), None);
}

#[test]
fn tables_follow_their_functions() {
    let from = Quantization { scale: 0.05, zero_point: -7 };
    let to = Quantization { scale: 0.04, zero_point: -100 };
    let sigmoid = Quantization { ..Table::SIGMOID };
    let near = |table: Table, to: Quantization, within: i32, function: fn(f32) -> f32| {
        let want = Table::of_real(from, to, function);
        for (q, (&a, &b)) in table.as_bytes().iter().zip(want.as_bytes()).enumerate() {
            let off = i32::from(a.cast_signed()) - i32::from(b.cast_signed());
            assert!(off.abs() <= within, "{} becomes {a:#04x}, not {b:#04x}", q as i32 - 128);
        }
    };
    let made = |table: Option<Table>| table.expect("near scales");
    near(Table::logistic(from), sigmoid, 0, |x| 1.0 / (1.0 + (-x).exp()));
    near(made(Table::requantize(from, to)), to, 1, |x| x);
    near(made(Table::relu(from, to, None)), to, 1, |x| x.max(0.0));
    near(made(Table::relu(from, to, Some(6.0))), to, 1, |x| x.clamp(0.0, 6.0));
    near(made(Table::leaky_relu(from, to, 0.1)), to, 1, |x| if x < 0.0 { 0.1 * x } else { x });
    near(made(Table::hard_swish(from, to)), to, 1, |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0);
    assert_eq!(Table::leaky_relu(from, to, -0.5), None);
}
