//! Arenas: how large, that nothing overlaps, and what is too small.

use super::{Graph, Random};
use crate::kernels::Isa;
use crate::nn::{
    Clamp, Error, Layer, Model, Multiplier, Net, Network, Op, Padding, Parameters, Quantization,
    Shape, Window, pack, packed_len,
};
use proptest::prelude::*;
use std::vec::Vec;

/// The document of MobileNet-v1-0.25 for ten classes, all weights 1.
fn mobilenet(size: u16) -> Vec<u8> {
    let same = |kernel, stride| Window {
        height: kernel,
        width: kernel,
        stride_y: stride,
        stride_x: stride,
        padding: Padding::Same,
    };
    let panels = |outputs: u16, inputs: usize| {
        let count = usize::from(outputs);
        let mut out = std::vec![0; packed_len(count, inputs).expect("small")];
        let parameters = Parameters {
            weights: &std::vec![1; count * inputs],
            bias: &std::vec![0; count],
            multipliers: &std::vec![Multiplier { mantissa: 1 << 30, exponent: -2 }; count],
            zero_point: 0,
        };
        pack(&parameters, &mut out).expect("good");
        out
    };
    let blocks: [(u8, u16); 13] = [
        (1, 16),
        (2, 32),
        (1, 32),
        (2, 64),
        (1, 64),
        (2, 128),
        (1, 128),
        (1, 128),
        (1, 128),
        (1, 128),
        (1, 128),
        (2, 256),
        (1, 256),
    ];
    let mut weights = std::vec![panels(8, 27)];
    let mut channels = 8;
    for (_, outputs) in blocks {
        weights.extend([panels(channels, 9), panels(outputs, channels.into())]);
        channels = outputs;
    }
    weights.push(panels(10, 256));
    let (clamp, any) = (Clamp::NONE, Quantization { scale: 0.1, zero_point: 0 });
    let mut ops =
        std::vec![Op::Conv { window: same(3, 2), channels: 8, clamp, weights: &weights[0] }];
    for (pair, (stride, channels)) in weights[1..27].chunks(2).zip(blocks) {
        ops.push(Op::Depthwise { window: same(3, stride), clamp, weights: &pair[0] });
        ops.push(Op::Conv { window: same(1, 1), channels, clamp, weights: &pair[1] });
    }
    ops.push(Op::global_average(any, any).expect("the same"));
    ops.push(Op::Dense { inputs: 256, channels: 10, clamp, weights: &weights[27] });
    ops.push(Op::softmax(10, any, 1.0).expect("usual"));
    let layers: Vec<_> = (ops.into_iter().enumerate())
        .map(|(index, op)| Layer { name: "", input: index as u8, op })
        .collect();
    let mut tensors = std::vec![any; layers.len()];
    tensors.push(Quantization { scale: 1.0 / 256.0, zero_point: -128 });
    let input = Shape::new(size, size, 3);
    let outputs = [layers.len() as u8];
    let network =
        Network { name: "mobilenet", input, layers: &layers, tensors: &tensors, outputs: &outputs };
    let mut buffer = std::vec![0; network.bound()];
    let length = network.write(&mut buffer).expect("good");
    buffer.truncate(length);
    buffer
}

fn macs(model: &Model<'_>, height: u16, width: u16) -> u64 {
    let plan = model.plan(height, width).expect("fits");
    let shape = |tensor| plan.shape(tensor).expect("there");
    let each = model.layers().zip(1..).map(|(l, to)| l.macs(shape(l.input), shape(to)));
    each.sum()
}

#[test]
fn mobilenet_takes_what_its_largest_layer_takes() {
    let document = mobilenet(96);
    let model = Model::load(&document).expect("good");
    let plan = model.plan(96, 96).expect("nominal");
    // 48x48 pixels of 8 channels, and of 16.
    assert_eq!(plan.arena(), 48 * 48 * (8 + 16));
    assert!(plan.arena() <= 64 * 1024);
    assert_eq!(macs(&model, 96, 96) / 100_000, 74);
}

#[test]
fn other_sizes_are_planned_as_well_as_the_nominal_one() {
    let document = mobilenet(64);
    let model = Model::load(&document).expect("good");
    assert_eq!(model.plan(96, 96).expect("fits").arena(), 48 * 48 * (8 + 16));
    assert_eq!(model.plan(64, 64).expect("fits").arena(), 32 * 32 * (8 + 16));
    // Here the first layer takes most: input, output, and 146 windows of 28 bytes.
    let first = 62 * 62 * 3 + 4 + 31 * 31 * 8 + 8 + 146 * 28;
    assert_eq!(model.plan(62, 62).expect("fits").arena(), first);
    let wide = model.plan(32, 320).expect("fits");
    assert_eq!(wide.shape(1), Some(Shape::new(16, 160, 8)));
    assert!(matches!(model.plan(65_535, 65_535), Err(Error::TooLarge | Error::Layer { .. })));
    assert_eq!(model.plan(0, 5), Err(Error::TooLarge));
}

#[test]
fn a_small_arena_and_a_foreign_plan_are_refused() {
    let document = mobilenet(32);
    let model = Model::load(&document).expect("good");
    let plan = model.plan(32, 32).expect("nominal");
    let needed = plan.arena();
    let mut arena = std::vec![0; needed];
    assert!(Net::new(&model, &plan, &mut arena, Isa::baseline()).is_ok());
    let short = &mut arena[1..];
    let refused = Net::new(&model, &plan, short, Isa::baseline()).map(drop);
    assert_eq!(refused, Err(Error::Arena { needed }));
    let other = mobilenet(33);
    let other = Model::load(&other).expect("good").plan(32, 32).expect("fits");
    let refused = Net::new(&model, &other, &mut arena, Isa::baseline()).map(drop);
    assert_eq!(refused, Err(Error::Plan));
}

#[test]
fn any_alignment_does() {
    let mut random = Random(7);
    let graph = Graph::random(&mut random, 12);
    let document = graph.document();
    let input = random.bytes(graph.shapes[0].bytes().expect("small"));
    let mut all = Vec::new();
    for shift in 0..16 {
        let mut moved = std::vec![0; shift];
        moved.extend_from_slice(&document);
        let model = Model::load(&moved[shift..]).expect("good");
        let plan = model.plan(graph.shapes[0].height, graph.shapes[0].width).expect("nominal");
        let mut arena = std::vec![0; plan.arena() + shift];
        let mut net = Net::new(&model, &plan, &mut arena[shift..], Isa::detect()).expect("fits");
        net.input().copy_from_slice(&input);
        net.run().expect("runs");
        all.push(net.output(0).expect("there").data.to_vec());
    }
    assert!(all.iter().all(|output| *output == all[0]));
}

proptest! {
    /// Where tensors lie, told by who reads what: independent of the planner's own
    /// bookkeeping.
    #[test]
    fn tensors_that_live_together_lie_apart(seed: u64, layers in 1i64..40, grow in 0u16..5) {
        let mut random = Random(seed);
        let graph = Graph::random(&mut random, layers);
        let document = graph.document();
        let model = Model::load(&document).expect("good");
        let input = graph.shapes[0];
        let Ok(plan) = model.plan(input.height + grow, input.width) else {
            // A dense layer takes one size only.
            prop_assert!(grow > 0);
            return Ok(());
        };
        let layers: Vec<_> = model.layers().collect();
        let place = |tensor: usize| {
            let start = plan.offset(tensor as u8).expect("there");
            start..start + plan.shape(tensor as u8).and_then(Shape::bytes).expect("there")
        };
        let last = |tensor: usize| {
            let forever = graph.outputs.contains(&(tensor as u8));
            let reads = |layer: &Layer<'_>| layer.inputs().any(|i| usize::from(i) == tensor);
            let last = layers.iter().rposition(reads).map_or(tensor, |index| index + 1);
            if forever { usize::MAX } else { last }
        };
        for late in 0..graph.layers.len() + 1 {
            prop_assert!(place(late).end <= plan.arena());
            for early in 0..late {
                let (a, b) = (place(early), place(late));
                let apart = a.end <= b.start || b.end <= a.start;
                let in_place = a == b && last(early) == late && {
                    let layer = &layers[late - 1];
                    let inputs: Vec<_> = layer.inputs().map(usize::from).collect();
                    layer.works_in_place() && inputs[0] == early && !inputs[1..].contains(&early)
                };
                prop_assert!(apart || in_place || last(early) < late, "{} and {}", early, late);
            }
        }
    }
}
