//! LiteRT's vectors: all cases with all kernel sets, and what the whole network among them costs.

mod case;

use crate::nets::macs;
use crate::stack;
use crate::stage::{Amount, Counter, Failure, Say};
use case::Case;
use edgecull_core::kernels::Isa;
use edgecull_core::nn::{Model, Net, Tensor};

/// Each test, one behind the other, and at last the whole network: see `build.rs`.
static CASES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cases.bin"));

/// So many there are at least, or they have got lost.
const LEAST: usize = 100;

/// The cases, in order.
struct Cases(&'static [u8]);

impl Iterator for Cases {
    type Item = Result<Case<'static>, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let Ok((case, behind)) = postcard::take_from_bytes(self.0) else {
            self.0 = &[];
            return Some(Err(Failure("the vectors cannot be read")));
        };
        self.0 = behind;
        Some(Ok(case))
    }
}

/// Runs everything, and tells what is not exact.
pub fn check(arena: &mut [i8], say: Say<'_>) -> Result<(), Failure> {
    let (mut good, mut cases) = (true, 0);
    for isa in Isa::available() {
        cases = 0;
        for case in Cases(CASES) {
            let case = case?;
            if let Err(what) = one(&case, arena, isa) {
                say(format_args!("{}, {}: {what}", case.name, isa.name()));
                good = false;
            }
            cases += 1;
        }
    }
    say(format_args!("{cases} vectors"));
    if good && cases >= LEAST { Ok(()) } else { Err(Failure("vectors are not exact, or lost")) }
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

/// Counts the whole network, and tells how much memory it takes, and how much stack each step.
pub fn count(arena: &mut [i8], counter: &mut Counter<'_>) -> Result<(), Failure> {
    const FAILED: Failure = Failure("the whole network does not run");
    let case = Cases(CASES).last().ok_or(FAILED)??;
    let (model, load) = stack::used(|| Model::load(case.document));
    let model = model.map_err(|_| FAILED)?;
    let shape = model.input();
    let (plan, planning) = stack::used(|| model.plan(shape.height, shape.width));
    let plan = plan.map_err(|_| FAILED)?;
    let isa = counter.isa;
    let mut net = Net::new(&model, &plan, arena, isa).map_err(|_| FAILED)?;
    fill(net.input(), case.input);
    let (done, run) = stack::used(|| net.run());
    done.map_err(|_| FAILED)?;
    fill(net.input(), case.input);
    let amount = Amount::Macs(macs(&model, &plan));
    let done = counter.stage(case.name, amount, &mut net, |net| net.run());
    done.map_err(|_| FAILED)?;
    counter.say(format_args!("{}: arena {} bytes", case.name, plan.arena()));
    if stack::IS_KNOWN {
        counter.say(format_args!("stack in bytes: load {load}, plan {planning}, run {run}"));
    }
    Ok(())
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
