//! Layers and a whole network equal LiteRT's reference kernels, bit for bit.

use edgecull::model::build::{Operation, QuantizedNet};
use edgecull_core::kernels::Isa;
use edgecull_core::nn::{Model, Net, Padding};
use edgecull_tests::nn;

/// Every tensor but the input.
fn run(net: &QuantizedNet, input: &[i8], isa: Isa) -> Vec<Vec<i8>> {
    let document = net.document().expect("a network");
    let model = Model::load(&document.bytes).expect("loads");
    let shape = model.input();
    let plan = model.plan(shape.height, shape.width).expect("a plan");
    let mut arena = vec![0x55; plan.arena()];
    let mut net = Net::new(&model, &plan, &mut arena, isa).expect("fits");
    net.input().copy_from_slice(input);
    let mut tensors = Vec::new();
    net.run_with(|_, tensor| tensors.push(tensor.data.to_vec())).expect("runs");
    let wanted = document.tensors.iter().skip(1);
    wanted.map(|&tensor| tensors[usize::from(tensor) - 1].clone()).collect()
}

/// Where two outputs differ first, and how often.
fn difference(found: &[i8], expected: &[i8]) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!("{} numbers in place of {}", found.len(), expected.len()));
    }
    let mut pairs = found.iter().zip(expected).enumerate().filter(|(_, (a, b))| a != b);
    let (place, (found, expected)) = pairs.next()?;
    Some(format!("{} differ, first {place}: {found} not {expected}", pairs.count() + 1))
}

/// The same with the padding in numbers.
fn explicit(net: &QuantizedNet) -> Option<QuantizedNet> {
    let mut net = net.clone();
    let shape = net.input;
    let window = match &mut net.layers.last_mut()?.operation {
        Operation::Conv { window, .. }
        | Operation::Depthwise { window, .. }
        | Operation::AveragePool { window, .. }
        | Operation::MaxPool { window, .. } => window,
        _ => return None,
    };
    if window.padding != Padding::Same {
        return None;
    }
    let total = |size: u16, length: u8, stride: u8| {
        let count = size.div_ceil(stride.into());
        let reach = (count - 1) * u16::from(stride) + u16::from(length);
        u8::try_from(reach.saturating_sub(size)).expect("less than the window")
    };
    let down = total(shape.height, window.height, window.stride_y);
    let across = total(shape.width, window.width, window.stride_x);
    let (top, left) = (down / 2, across / 2);
    window.padding = Padding::Explicit { top, left, bottom: down - top, right: across - left };
    Some(net)
}

#[test]
fn every_operation_is_the_reference_s() {
    let cases = nn::cases();
    assert!(cases.len() > 100, "the file is whole");
    let mut wrong = Vec::new();
    for case in &cases {
        for isa in Isa::available() {
            for (net, how) in [(Some(case.net.clone()), ""), (explicit(&case.net), ", explicit")] {
                let Some(net) = net else { continue };
                let tensors = run(&net, &case.input, isa);
                let found = tensors.last().expect("a layer");
                if let Some(what) = difference(found, &case.output) {
                    wrong.push(format!("{} on {}{how}: {what}", case.name, isa.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_layer_of_a_mobilenet_is_the_reference_s() {
    let script = nn::script(&nn::folder().join("mobilenet.json"));
    assert_eq!(nn::crc32(&script.input), script.checksums[0], "of the input");
    for isa in Isa::available() {
        let tensors = run(&script.net, &script.input, isa);
        for ((tensor, &expected), layer) in
            tensors.iter().zip(&script.checksums[1..]).zip(&script.net.layers)
        {
            assert_eq!(nn::crc32(tensor), expected, "of {} on {}", layer.name, isa.name());
        }
        assert_eq!(tensors.last(), Some(&script.output), "on {}", isa.name());
    }
}

#[test]
fn the_mobilenet_fits_64_kib() {
    let script = nn::script(&nn::folder().join("mobilenet.json"));
    let document = script.net.document().expect("a network");
    let model = Model::load(&document.bytes).expect("loads");
    let plan = model.plan(96, 96).expect("a plan");
    assert!(plan.arena() <= 64 << 10, "{} bytes", plan.arena());
}
