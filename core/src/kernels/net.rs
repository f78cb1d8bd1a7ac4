//! Jobs of the networks' inner loops, and the layout of their weights.
//!
//! Weights come packed in panels, one layout for all kernels and for both jobs.
//! A panel serves `w` output channels: 16, and in the last panel as many as are
//! left, rounded up to a multiple of 4. It holds, all little-endian and at any
//! alignment,
//!
//! | bytes | what |
//! | --- | --- |
//! | `4 w` | bias less the input's zero point times the sum of the channel's weights, `i32` |
//! | `4 w` | the same less 128 times that sum: for kernels that add 128 to the inputs |
//! | `4 w` | mantissa of the multiplier, `i32` |
//! | `w` | its exponent, `i8` |
//! | `4 w d` | weights, `i8`, -127 to 127: for each of the `d` quads of inputs, for each channel, its four weights |
//!
//! What fills up the last quad and the last panel is zero. The inputs of a matrix
//! product are those of a row; of a depthwise convolution the taps of its window.
//! All sums wrap; in a model that loads none does.

use crate::nn::quant::Multiplier;

/// Output channels of all panels but the last.
pub(crate) const WIDTH: usize = 16;

/// Inputs that lie side by side for a channel.
pub(crate) const QUAD: usize = 4;

/// Bytes of a channel's parameters.
const PARAMETERS: usize = 13;

/// Bytes that the panels of `channels` output channels with `quads` quads of
/// inputs take; `None` if that is no size.
pub(crate) fn panel_bytes(channels: usize, quads: usize) -> Option<usize> {
    let each = quads.checked_mul(QUAD)?.checked_add(PARAMETERS)?;
    channels.checked_next_multiple_of(QUAD)?.checked_mul(each)
}

/// One panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel<'a> {
    /// Channels, a multiple of 4, at most [`WIDTH`].
    pub(crate) width: usize,
    /// `4 * width` bytes each: two kinds of bias, and mantissas.
    pub(crate) bias: &'a [u8],
    pub(crate) offset_bias: &'a [u8],
    pub(crate) mantissas: &'a [u8],
    /// `width` bytes.
    pub(crate) exponents: &'a [u8],
    /// `4 * width * quads` bytes.
    pub(crate) weights: &'a [u8],
}

impl Panel<'_> {
    /// The bias and the multiplier of a channel; zero for one that is none.
    pub(crate) fn channel(&self, channel: usize) -> (i32, Multiplier) {
        let word = |of: &[u8]| of.as_chunks().0.get(channel).map_or(0, |&b| i32::from_le_bytes(b));
        let exponent = self.exponents.get(channel).map_or(0, |&byte| byte.cast_signed());
        (word(self.bias), Multiplier { mantissa: word(self.mantissas), exponent })
    }
}

/// The panels of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panels<'a> {
    bytes: &'a [u8],
    channels: usize,
    quads: usize,
}

impl<'a> Panels<'a> {
    /// The panels in `bytes`; `None` unless there are just as many bytes as it
    /// takes, and at least one channel and one quad.
    pub(crate) fn new(bytes: &'a [u8], channels: usize, quads: usize) -> Option<Self> {
        let fits = panel_bytes(channels, quads)? == bytes.len() && channels > 0 && quads > 0;
        fits.then_some(Self { bytes, channels, quads })
    }

    /// Output channels.
    pub(crate) fn channels(&self) -> usize {
        self.channels
    }

    /// Quads of inputs.
    pub(crate) fn quads(&self) -> usize {
        self.quads
    }

    /// Each panel, with the number of its channels that are no filling.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Panel<'a>, usize)> + use<'a> {
        let (mut bytes, mut left, quads) = (self.bytes, self.channels, self.quads);
        core::iter::from_fn(move || {
            let width = left.next_multiple_of(QUAD).min(WIDTH);
            let mut take = |count| bytes.split_off(..count);
            let panel = Panel {
                width,
                bias: take(4 * width)?,
                offset_bias: take(4 * width)?,
                mantissas: take(4 * width)?,
                exponents: take(width)?,
                weights: take(4 * width * quads)?,
            };
            let used = left.min(WIDTH);
            left = left.saturating_sub(WIDTH);
            (width > 0).then_some((panel, used))
        })
    }
}

/// How sums become outputs, besides the panels' multipliers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// The output's zero point.
    pub(crate) zero_point: i8,
    /// Where an activation cuts it off: `min` to `max`, both within.
    pub(crate) min: i8,
    pub(crate) max: i8,
}

impl Output {
    /// The output for a sum.
    #[inline(always)]
    pub(crate) fn of(self, sum: i32, multiplier: Multiplier) -> i8 {
        let value = multiplier.apply(sum).wrapping_add(self.zero_point.into());
        value.max(self.min.into()).min(self.max.into()) as i8
    }
}

/// Rows of inputs times a layer's weights: what is left of a convolution when its
/// windows have been laid out as rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gemm<'a> {
    inputs: &'a [i8],
    /// Inputs from one row to the next.
    stride: usize,
    rows: usize,
    panels: Panels<'a>,
    output: Output,
}

impl<'a> Gemm<'a> {
    /// The product of `rows` rows of `inputs`, of which one begins every `stride`
    /// inputs, with the panels. All `4 quads` inputs of a row are read, so that
    /// what fills up the last quad must be there, whatever it is. `None` unless all
    /// lie within `inputs`.
    pub(crate) fn new(
        inputs: &'a [i8],
        stride: usize,
        rows: usize,
        panels: Panels<'a>,
        output: Output,
    ) -> Option<Self> {
        let row = QUAD.checked_mul(panels.quads())?;
        let last = stride.checked_mul(rows.checked_sub(1)?)?;
        let fits = last.checked_add(row)? <= inputs.len();
        fits.then_some(Self { inputs, stride, rows, panels, output })
    }

    /// Outputs that the job writes: `channels` for each row, one row after the
    /// other.
    pub(crate) fn outputs(&self) -> Option<usize> {
        self.rows.checked_mul(self.panels.channels())
    }

    pub(crate) fn inputs(&self) -> &'a [i8] {
        self.inputs
    }

    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn panels(&self) -> &Panels<'a> {
        &self.panels
    }

    pub(crate) fn output(&self) -> Output {
        self.output
    }
}

/// Taps of a window, at most.
pub(crate) const TAPS: usize = 64;

/// Bytes behind the last input that a depthwise kernel may read: what they hold
/// changes nothing.
pub(crate) const SLACK: usize = 16;

/// A run of pixels of a depthwise convolution: every channel by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depthwise<'a> {
    inputs: &'a [i8],
    /// Where the taps of the first pixel lie.
    taps: &'a [usize],
    /// Inputs from one pixel's taps to the next one's.
    step: usize,
    pixels: usize,
    panels: Panels<'a>,
    output: Output,
}

impl<'a> Depthwise<'a> {
    /// `pixels` outputs in a row. Tap `t` of pixel `i` is the `channels` inputs from
    /// `taps[t] + i * step` on. `None` unless all of them, and [`SLACK`] behind
    /// them, lie within `inputs`, there are 1 to [`TAPS`] taps, and the panels have
    /// just the quads that they need.
    pub(crate) fn new(
        inputs: &'a [i8],
        taps: &'a [usize],
        step: usize,
        pixels: usize,
        panels: Panels<'a>,
        output: Output,
    ) -> Option<Self> {
        let farthest = taps.iter().max()?;
        let last = step.checked_mul(pixels.checked_sub(1)?)?.checked_add(*farthest)?;
        let end = last.checked_add(panels.channels())?.checked_add(SLACK)?;
        let fits = end <= inputs.len()
            && taps.len() <= TAPS
            && panels.quads() == taps.len().div_ceil(QUAD);
        fits.then_some(Self { inputs, taps, step, pixels, panels, output })
    }

    /// Outputs that the job writes: `channels` for each pixel, one pixel after the
    /// other.
    pub(crate) fn outputs(&self) -> Option<usize> {
        self.pixels.checked_mul(self.panels.channels())
    }

    pub(crate) fn inputs(&self) -> &'a [i8] {
        self.inputs
    }

    pub(crate) fn taps(&self) -> &'a [usize] {
        self.taps
    }

    pub(crate) fn step(&self) -> usize {
        self.step
    }

    pub(crate) fn pixels(&self) -> usize {
        self.pixels
    }

    pub(crate) fn panels(&self) -> &Panels<'a> {
        &self.panels
    }

    pub(crate) fn output(&self) -> Output {
        self.output
    }
}
