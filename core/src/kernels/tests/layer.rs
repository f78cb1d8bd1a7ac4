//! Random layers, packed plainly, with values at the edges of what may be.

use crate::kernels::net::{Output, Panels, QUAD, WIDTH, panel_bytes};
use crate::nn::quant::{EXPONENTS, Multiplier, SUM_LIMIT};
use std::vec::Vec;

/// Numbers that look random (Marsaglia's xorshift).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    /// A number from `least` to `most`; each end in about one case of six.
    pub(super) fn within(&mut self, least: i64, most: i64) -> i64 {
        match self.next() % 6 {
            0 => least,
            1 => most,
            _ => least + (self.next() % (most - least + 1).unsigned_abs()).cast_signed(),
        }
    }

    pub(super) fn byte(&mut self, least: i8, most: i8) -> i8 {
        i8::try_from(self.within(least.into(), most.into())).expect("within bytes")
    }

    /// Inputs of one kind: all least, all greatest, or all kinds.
    pub(super) fn inputs(&mut self, count: usize) -> Vec<i8> {
        let (least, most) = match self.next() % 8 {
            0 => (-128, -128),
            1 => (127, 127),
            _ => (-128, 127),
        };
        (0..count).map(|_| self.byte(least, most)).collect()
    }
}

/// An output channel.
pub(super) struct Channel {
    pub(super) weights: Vec<i8>,
    /// What the sum begins with.
    pub(super) bias: i32,
    pub(super) multiplier: Multiplier,
}

impl Channel {
    /// Weights for `inputs` inputs, and a bias; the sum stays within its limit.
    fn new(random: &mut Random, inputs: usize) -> Self {
        let least = i64::from(*EXPONENTS.start());
        let wide = random.within(least, (*EXPONENTS.end()).into());
        let limit = (SUM_LIMIT - 1) >> wide.max(0);
        let mut left = limit / 128;
        let mut weights = std::vec![0; inputs];
        let first = random.within(0, 1 << 20).unsigned_abs() as usize;
        for i in 0..inputs {
            let most = left.min(127);
            let weight = random.within(-most, most);
            left -= weight.abs();
            weights[(first + i) % inputs] = i8::try_from(weight).expect("within 127");
        }
        let total: i64 = weights.iter().map(|&weight| i64::from(weight).abs()).sum();
        let most = limit - 128 * total;
        // A small bias, and an exponent that brings sums within the outputs: then
        // fewer outputs are cut off.
        let moderate = random.within(0, 2) > 0;
        let most = if moderate { most.min(4096) } else { most };
        let bias = i32::try_from(random.within(-most, most)).expect("within the limit");
        let size = i64::from((32 * total + most).max(1).ilog2());
        let exponent = if moderate { (8 - size).min(wide.max(0)) } else { wide };
        let mantissa = match random.within(0, 40) {
            3 => 0,
            _ => i32::try_from(random.within(1 << 30, i32::MAX.into())).expect("31 bits"),
        };
        let exponent = i8::try_from(exponent).expect("small");
        Self { weights, bias, multiplier: Multiplier { mantissa, exponent } }
    }
}

/// Channels and their panels.
pub(super) struct Layer {
    pub(super) channels: Vec<Channel>,
    pub(super) output: Output,
    bytes: Vec<u8>,
}

impl Layer {
    pub(super) fn new(random: &mut Random, channels: usize, inputs: usize) -> Self {
        let channels: Vec<_> = (0..channels).map(|_| Channel::new(random, inputs)).collect();
        let bytes = pack(&channels, inputs);
        let min = random.byte(-128, 127);
        let output = Output { zero_point: random.byte(-128, 127), min, max: random.byte(min, 127) };
        let full = random.within(0, 2) > 0;
        let output = if full { Output { min: -128, max: 127, ..output } } else { output };
        Self { channels, output, bytes }
    }

    pub(super) fn panels(&self) -> Panels<'_> {
        let quads = self.channels[0].weights.len().div_ceil(QUAD);
        Panels::new(&self.bytes, self.channels.len(), quads).expect("just as many bytes")
    }

    /// The outputs of a pixel, by the definition: `input` gives that for a channel
    /// and a weight.
    pub(super) fn outputs(&self, input: impl Fn(usize, usize) -> i8) -> Vec<i8> {
        let output = |(number, channel): (usize, &Channel)| {
            let products = channel.weights.iter().enumerate();
            let products = products.map(|(i, &w)| i32::from(w) * i32::from(input(number, i)));
            let sum = channel.bias + products.sum::<i32>();
            let value =
                i64::from(channel.multiplier.apply(sum)) + i64::from(self.output.zero_point);
            i8::try_from(value.clamp(self.output.min.into(), self.output.max.into())).expect("cut")
        };
        self.channels.iter().enumerate().map(output).collect()
    }
}

fn pack(channels: &[Channel], inputs: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for panel in channels.chunks(WIDTH) {
        let filling = panel.len().next_multiple_of(QUAD) - panel.len();
        let mut words = |of: fn(&Channel) -> i32| {
            panel.iter().for_each(|channel| bytes.extend(of(channel).to_le_bytes()));
            bytes.extend(std::vec![0; 4 * filling]);
        };
        words(|channel| channel.bias);
        words(|channel| {
            let total: i32 = channel.weights.iter().copied().map(i32::from).sum();
            channel.bias.wrapping_sub(128 * total)
        });
        words(|channel| channel.multiplier.mantissa);
        bytes.extend(panel.iter().map(|channel| channel.multiplier.exponent.cast_unsigned()));
        bytes.extend(std::vec![0; filling]);
        for first in (0..inputs).step_by(QUAD) {
            for channel in panel {
                let weight = |i: usize| channel.weights.get(i).map_or(0, |w| w.cast_unsigned());
                bytes.extend((first..first + QUAD).map(weight));
            }
            bytes.extend(std::vec![0; QUAD * filling]);
        }
    }
    let quads = inputs.div_ceil(QUAD);
    assert_eq!(Some(bytes.len()), panel_bytes(channels.len(), quads));
    bytes
}
