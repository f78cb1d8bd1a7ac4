//! Matrix products: two rows and two channels at a time.
//!
//! Inputs are widened once for all channels, the weights of two channels once for a
//! block of rows: what is left of the inner loop is loads and multiplications, as
//! many as the thirteen registers there are allow.

use super::super::net::{Gemm, Panel, QUAD, WIDTH};
use super::requantize::Requantizer;
use super::word;
use core::arch::asm;
use core::mem::MaybeUninit;

/// Quads that are widened at once; longer rows come in parts.
const DEPTH: usize = 64;

/// Quads of pairs of rows that there is memory for: 12 rows of 128 inputs, say.
const ROOM: usize = 192;

/// A quad of two rows, or of two channels: two pairs of each.
type Widened = MaybeUninit<[u32; 4]>;

/// Sums of two rows: two channels of each.
type Sums = [[i32; 2]; 2];

/// What a block of rows needs on its way.
struct Memory {
    /// Pairs of rows, one behind the other.
    rows: [Widened; ROOM],
    channels: Channels,
    /// Sums of the parts so far of rows that come in parts, for each pair of rows the
    /// pairs of channels.
    sums: [[Sums; WIDTH / 2]; ROOM / DEPTH],
}

/// Two channels, as the loops read them.
#[repr(C)]
struct Channels {
    /// The last ones are used, so that what follows lies just behind.
    weights: [Widened; DEPTH],
    mantissa_0: i32,
    right_0: i32,
    mantissa_1: i32,
    right_1: i32,
    bias: [i32; 2],
    zero_point: i32,
    out: *mut i8,
    stride: usize,
    /// Bytes of the weights that are used.
    bytes: usize,
    /// Where the rows end.
    end: *const Widened,
}

/// Rows times weights; `out` holds just the job's outputs.
pub(in super::super) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    let mut memory = Memory {
        rows: [const { MaybeUninit::uninit() }; ROOM],
        channels: Channels {
            weights: [const { MaybeUninit::uninit() }; DEPTH],
            mantissa_0: 0,
            right_0: 0,
            mantissa_1: 0,
            right_1: 0,
            bias: [0; 2],
            zero_point: 0,
            out: core::ptr::null_mut(),
            stride: job.panels().channels(),
            bytes: 0,
            end: core::ptr::null(),
        },
        sums: [[[[0; 2]; 2]; WIDTH / 2]; ROOM / DEPTH],
    };
    let requantizer = Requantizer::new(job.output());
    memory.channels.zero_point = requantizer.zero_point();
    // Blocks of about the same size.
    let pairs = job.rows().div_ceil(2);
    let most = ROOM.checked_div(job.panels().quads().min(DEPTH)).unwrap_or(0).max(1);
    let rows = 2 * pairs.div_ceil(pairs.div_ceil(most).max(1));
    let (mut first, mut left) = (0, job.rows());
    for out in out.chunks_mut(job.panels().channels().saturating_mul(rows).max(1)) {
        let inputs = job.inputs().as_ptr().cast::<u8>().wrapping_add(first * job.stride());
        let block = Block { job, requantizer, inputs, rows: left.min(rows), out: out.as_mut_ptr() };
        // SAFETY: the job has these rows, `out` just their outputs, and there is
        // memory for them or for parts of them.
        unsafe { block.run(&mut memory) };
        (first, left) = (first + block.rows, left - block.rows);
    }
}

/// Some rows of a job.
struct Block<'a> {
    job: &'a Gemm<'a>,
    requantizer: Requantizer,
    /// The first row.
    inputs: *const u8,
    rows: usize,
    out: *mut i8,
}

/// Quads of a row, or of a part of it.
#[derive(Clone, Copy)]
struct Part {
    first: usize,
    count: usize,
    last: bool,
}

impl Block<'_> {
    /// All panels.
    ///
    /// # Safety
    ///
    /// The job has these rows, and there is room for their outputs. Of as many pairs
    /// of rows, [`DEPTH`] quads, or all if they are fewer, fit into the memory.
    unsafe fn run(&self, memory: &mut Memory) {
        let quads = self.job.panels().quads();
        let in_parts = quads > DEPTH;
        let mut column = 0;
        // SAFETY: as the caller promises. Rows have `quads` quads, and so has each of
        // a panel's channels; together, the panels have as many channels in use as a
        // row has outputs.
        unsafe {
            if !in_parts {
                self.widen(0, quads, memory);
            }
            for (panel, used) in self.job.panels().iter() {
                let mut first = 0;
                while first < quads {
                    let count = (quads - first).min(DEPTH);
                    if in_parts {
                        self.widen(first, count, memory);
                    }
                    let part = Part { first, count, last: first + count == quads };
                    for channel in (0..used).step_by(2) {
                        self.two_channels(&panel, used, channel, column, part, memory);
                    }
                    first += count;
                }
                column += used;
            }
        }
    }

    /// Widens quads of all rows. A row without another makes a pair with itself.
    ///
    /// # Safety
    ///
    /// The rows have these quads, and there is memory for them.
    unsafe fn widen(&self, first: usize, count: usize, memory: &mut Memory) {
        let (stride, mut to) = (self.job.stride(), memory.rows.as_mut_ptr());
        for row in (0..self.rows).step_by(2) {
            let a = self.inputs.wrapping_add(row * stride + QUAD * first);
            let b = if row + 1 < self.rows { a.wrapping_add(stride) } else { a };
            // SAFETY: as the caller promises.
            unsafe { widen::<QUAD>(a, b, count, to) };
            to = to.wrapping_add(count);
        }
    }

    /// All rows and two channels of a panel, the outputs of which begin at `column`.
    ///
    /// # Safety
    ///
    /// The panel is one of the job's, `channel` one of those that are used, and even;
    /// the rows are widened.
    unsafe fn two_channels(
        &self,
        panel: &Panel<'_>,
        used: usize,
        channel: usize,
        column: usize,
        part: Part,
        memory: &mut Memory,
    ) {
        let two = &mut memory.channels;
        // Panels have a multiple of four channels.
        // SAFETY: as the caller promises; a part has at most `DEPTH` quads.
        let exponents = unsafe {
            let weights = panel.weights.as_ptr().add(QUAD * (panel.width * part.first + channel));
            let widen = match panel.width {
                16 => widen::<{ 16 * QUAD }>,
                12 => widen::<{ 12 * QUAD }>,
                8 => widen::<{ 8 * QUAD }>,
                _ => widen::<{ 4 * QUAD }>,
            };
            let to = two.weights.as_mut_ptr().add(DEPTH - part.count);
            widen(weights, weights.add(QUAD), part.count, to);
            let int = |of: &[u8], channel| word(of.as_ptr().add(4 * channel)).cast_signed();
            let exponent = |channel| panel.exponents.as_ptr().add(channel).read().cast_signed();
            two.bias = [int(panel.bias, channel), int(panel.bias, channel + 1)];
            two.mantissa_0 = int(panel.mantissas, channel);
            two.mantissa_1 = int(panel.mantissas, channel + 1);
            [i32::from(exponent(channel)), i32::from(exponent(channel + 1))]
        };
        two.bytes = part.count * size_of::<Widened>();
        let pairs = self.rows / 2;
        let right = exponents.into_iter().all(|exponent| self.requantizer.only_right(exponent));
        let mut from = 0;
        if right && pairs > 0 && channel + 1 < used && part.first == 0 && part.last {
            [two.right_0, two.right_1] = exponents.map(i32::wrapping_neg);
            two.out = self.out.wrapping_add(column + channel);
            two.end = memory.rows.as_ptr().wrapping_add(pairs * part.count);
            // SAFETY: so many pairs of rows are widened, and there is room for two
            // outputs of each.
            unsafe { all_at_once(memory.rows.as_ptr(), two) };
            from = pairs;
        }
        for pair in from..self.rows.div_ceil(2) {
            let rows = memory.rows.as_ptr().wrapping_add(pair * part.count);
            let place = memory.sums.get_mut(pair).and_then(|row| row.get_mut(channel / 2));
            let mut sums = match &place {
                Some(sums) if part.first > 0 => **sums,
                _ => [two.bias; 2],
            };
            // SAFETY: the rows are widened, and so are as many weights.
            unsafe { products(rows, two, &mut sums) };
            if !part.last {
                // Of rows that come in parts, a block has no more than there are
                // places for.
                if let Some(place) = place {
                    *place = sums;
                }
                continue;
            }
            let mantissas = [two.mantissa_0, two.mantissa_1];
            for (row, sums) in (2 * pair..self.rows).zip(sums) {
                let out = self.out.wrapping_add(row * two.stride + column + channel);
                for (channel, sum) in sums.into_iter().enumerate().take(used - channel) {
                    let (mantissa, exponent) = (mantissas[channel], exponents[channel]);
                    let value = self.requantizer.apply_one(sum, mantissa, exponent);
                    // SAFETY: the output is one of the block's.
                    unsafe { out.add(channel).write(value) };
                }
            }
        }
    }
}

/// Widens the next `count` quads of two rows, one of which begins every `STEP` bytes.
///
/// # Safety
///
/// `count` is at least 1; as many quads are readable from both rows on, and as many
/// are writable from `to` on.
#[inline(always)]
unsafe fn widen<const STEP: usize>(a: *const u8, b: *const u8, count: usize, to: *mut Widened) {
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            "2:",
            "ldr r2, [{a}], #{step}",
            "ldr {t}, [{b}], #{step}",
            "subs {count}, {count}, #1",
            "sxtb16 r0, r2",
            "sxtb16 r1, r2, ror #8",
            "sxtb16 r2, {t}",
            "sxtb16 r3, {t}, ror #8",
            "stm {to}!, {{r0, r1, r2, r3}}",
            "bne 2b",
            a = inout(reg) a => _,
            b = inout(reg) b => _,
            to = inout(reg) to => _,
            count = inout(reg) count => _,
            t = out(reg) _,
            step = const STEP,
            out("r0") _,
            out("r1") _,
            out("r2") _,
            out("r3") _,
            options(nostack),
        );
    }
}

// The loops are written out, as the compiler would mix their steps until it runs out
// of registers.

/// A step: two pairs of each row to r0 to r3, then two pairs of either channel.
macro_rules! step {
    () => {
        concat!(
            "ldm {x}!, {{r0, r1, r2, r3}}\n",
            "ldm {w}!, {{r4, r5}}\n",
            "smlad {a0}, r0, r4, {a0}\n",
            "smlad {b0}, r2, r4, {b0}\n",
            "smlad {a0}, r1, r5, {a0}\n",
            "smlad {b0}, r3, r5, {b0}\n",
            "ldm {w}!, {{r4, r5}}\n",
            "smlad {a1}, r0, r4, {a1}\n",
            "smlad {b1}, r2, r4, {b1}\n",
            "smlad {a1}, r1, r5, {a1}\n",
            "smlad {b1}, r3, r5, {b1}\n",
        )
    };
}

/// All steps, from `w` on, until `x` is `end`; r4 holds the bytes of the weights. An
/// odd number of steps begins with the second of two.
macro_rules! steps {
    () => {
        concat!(
            "tst r4, #16\n",
            "bne 3f\n",
            "2:\n",
            step!(),
            "3:\n",
            step!(),
            "cmp {x}, {end}\n",
            "bne 2b\n",
        )
    };
}

/// Adds the products of two widened rows with the two channels to the sums.
///
/// # Safety
///
/// As many quads of the rows are widened as of the channels.
#[inline(never)]
unsafe fn products(rows: *const Widened, two: &Channels, sums: &mut Sums) {
    let [[a0, a1], [b0, b1]] = sums;
    let behind = (&raw const two.mantissa_0).cast::<u8>();
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            steps!(),
            x = inout(reg) rows => _,
            w = inout(reg) behind.wrapping_sub(two.bytes) => _,
            end = in(reg) rows.cast::<u8>().wrapping_add(two.bytes),
            a0 = inout(reg) *a0,
            a1 = inout(reg) *a1,
            b0 = inout(reg) *b0,
            b1 = inout(reg) *b1,
            out("r0") _,
            out("r1") _,
            out("r2") _,
            out("r3") _,
            inout("r4") two.bytes => _,
            out("r5") _,
            options(readonly, nostack),
        );
    }
}

/// The outputs of two channels for all pairs of rows, if both multipliers shift right
/// alone.
///
/// # Safety
///
/// The rows are widened up to `two.end`, at least two of them; all of `two` is as it
/// says, and from `two.out` on there is room for the outputs.
#[inline(never)]
unsafe fn all_at_once(rows: *const Widened, two: &mut Channels) {
    // As `Requantizer` does it, see there.
    macro_rules! requantize {
        ($sum:literal, $mantissa:literal, $right:literal) => {
            concat!(
                "lsl {",
                $sum,
                "}, {",
                $sum,
                "}, #1\n",
                "smmulr {",
                $sum,
                "}, {",
                $sum,
                "}, ",
                $mantissa,
                "\n",
                "add {",
                $sum,
                "}, {",
                $sum,
                "}, {",
                $sum,
                "}, asr #31\n",
                "asrs {",
                $sum,
                "}, {",
                $sum,
                "}, ",
                $right,
                "\n",
                "adc {",
                $sum,
                "}, {",
                $sum,
                "}, r4\n",
                "ssat {",
                $sum,
                "}, #8, {",
                $sum,
                "}\n",
            )
        };
    }
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            "4:",
            "ldr r4, [{w}, #{bytes}]",
            "ldr {a0}, [{w}, #{bias}]",
            "ldr {a1}, [{w}, #{bias} + 4]",
            "add {end}, {x}, r4",
            "sub {w}, {w}, r4",
            "mov {b0}, {a0}",
            "mov {b1}, {a1}",
            steps!(),
            // The weights are followed by the multipliers.
            "ldm {w}, {{r0, r1, r2, r3}}",
            "ldr r4, [{w}, #{zero_point}]",
            "ldr r5, [{w}, #{out}]",
            "ldr {end}, [{w}, #{stride}]",
            requantize!("a0", "r0", "r1"),
            requantize!("b0", "r0", "r1"),
            requantize!("a1", "r2", "r3"),
            requantize!("b1", "r2", "r3"),
            "strb {a0}, [r5]",
            "strb {a1}, [r5, #1]",
            "add r5, r5, {end}",
            "strb {b0}, [r5]",
            "strb {b1}, [r5, #1]",
            "add r5, r5, {end}",
            "ldr r4, [{w}, #{rows_end}]",
            "str r5, [{w}, #{out}]",
            "cmp {x}, r4",
            "bne 4b",
            x = inout(reg) rows => _,
            w = inout(reg) &raw mut two.mantissa_0 => _,
            end = out(reg) _,
            a0 = out(reg) _,
            a1 = out(reg) _,
            b0 = out(reg) _,
            b1 = out(reg) _,
            bias = const BEHIND_WEIGHTS[0],
            zero_point = const BEHIND_WEIGHTS[1],
            out = const BEHIND_WEIGHTS[2],
            stride = const BEHIND_WEIGHTS[3],
            bytes = const BEHIND_WEIGHTS[4],
            rows_end = const BEHIND_WEIGHTS[5],
            out("r0") _,
            out("r1") _,
            out("r2") _,
            out("r3") _,
            out("r4") _,
            out("r5") _,
            options(nostack),
        );
    }
}

/// Where bias, zero point, outputs, stride, bytes and end lie behind the weights.
const BEHIND_WEIGHTS: [usize; 6] = {
    use core::mem::offset_of;
    let start = offset_of!(Channels, mantissa_0);
    [
        offset_of!(Channels, bias) - start,
        offset_of!(Channels, zero_point) - start,
        offset_of!(Channels, out) - start,
        offset_of!(Channels, stride) - start,
        offset_of!(Channels, bytes) - start,
        offset_of!(Channels, end) - start,
    ]
};
