//! Runs all cases with all kernel sets.

use crate::case::Case;
use crate::{mark, stack};
use core::fmt::Arguments;
use edgecull_core::kernels::Isa;
use edgecull_core::nn::{Model, Net, Tensor};

/// Each test, one behind the other: see `build.rs`.
static CASES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cases.bin"));

/// Runs everything, tells what failed, and at last what the whole network takes in
/// memory. Whether nothing failed.
pub fn all(arena: &mut [i8], say: &mut dyn FnMut(Arguments<'_>)) -> bool {
    let (mut good, mut cases) = (true, 0);
    for isa in Isa::available() {
        let mut rest = CASES;
        cases = 0;
        while !rest.is_empty() {
            let Ok((case, behind)) = postcard::take_from_bytes::<Case<'_>>(rest) else {
                say(format_args!("the cases cannot be read"));
                return false;
            };
            rest = behind;
            if let Err(what) = one(&case, arena, isa) {
                say(format_args!("{}, {}: {what}", case.name, isa.name()));
                good = false;
            }
            cases += 1;
            if rest.is_empty() {
                cost(&case, arena, isa, say);
            }
        }
    }
    if good && cases > 100 {
        say(format_args!("ok {cases} cases"));
    }
    good && cases > 100
}

/// One network with one kernel set.
fn one(case: &Case<'_>, arena: &mut [i8], isa: Isa) -> Result<(), &'static str> {
    let model = Model::load(case.document).map_err(|_| "refused")?;
    let shape = model.input();
    let plan = model.plan(shape.height, shape.width).map_err(|_| "no plan")?;
    arena.fill(-1);
    let mut net = Net::new(&model, &plan, arena, isa).map_err(|_| "the arena is too small")?;
    fill(net.input(), case.input);
    let (first, others) = case.checksums.split_first().unzip();
    if first.is_some_and(|&want| crc32(net.input()) != want) {
        return Err("the input is another");
    }
    let mut others = others.map(|others| others.iter());
    let mut same = true;
    let each = |_: &_, output: Tensor<'_>| {
        if let Some(others) = &mut others {
            same &= others.next() == Some(&crc32(output.data));
        }
    };
    net.run_with(each).map_err(|_| "does not run")?;
    if !same || others.is_some_and(|mut rest| rest.next().is_some()) {
        return Err("a layer differs");
    }
    let output = net.output(0).ok_or("no output")?;
    let bytes = output.data.iter().map(|number| number.cast_unsigned());
    if bytes.eq(case.output.iter().copied()) { Ok(()) } else { Err("differs") }
}

/// Runs a network once more, between the marks that instructions are counted by, and
/// tells how much stack each step takes.
fn cost(case: &Case<'_>, arena: &mut [i8], isa: Isa, say: &mut dyn FnMut(Arguments<'_>)) {
    let (model, load) = stack::used(|| Model::load(case.document));
    let Ok(model) = model else { return };
    let shape = model.input();
    let (plan, planning) = stack::used(|| model.plan(shape.height, shape.width));
    let Ok(plan) = plan else { return };
    let Ok(mut net) = Net::new(&model, &plan, arena, isa) else { return };
    fill(net.input(), case.input);
    let (_, run) = stack::used(|| {
        mark::count_from();
        let done = net.run();
        mark::count_to();
        done
    });
    let shape_of = |tensor| plan.shape(tensor).unwrap_or(shape);
    let macs: u64 = (1..)
        .zip(model.layers())
        .map(|(output, layer)| layer.macs(shape_of(layer.input), shape_of(output)))
        .sum();
    say(format_args!("{}: {}, {macs} MAC, arena {} bytes", isa.name(), case.name, plan.arena()));
    if stack::IS_KNOWN {
        say(format_args!("stack in bytes: load {load}, plan {planning}, run {run}"));
    }
}

fn fill(to: &mut [i8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from.cast_signed();
    }
}

/// CRC-32 as of zip.
fn crc32(data: &[i8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
    let byte = |crc: u32, &b: &i8| (0..8).fold(crc ^ u32::from(b.cast_unsigned()), step);
    !data.iter().fold(u32::MAX, byte)
}
