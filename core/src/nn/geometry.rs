//! What follows from a layer and the shapes of its inputs: windows, the output's
//! shape, bytes of working memory, multiplications.

use super::{Fault, Layer, Op, Padding, Shape, Window};
use crate::kernels::net::{QUAD, SLACK, TAPS};

/// Bytes that patches of a convolution take, about.
const PATCH_BYTES: usize = 4096;

/// Patches at least, so that weights are read once for several of them.
const PATCHES: usize = 8;

/// A window and how it lies on an input of known size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lattice {
    pub(super) input: Shape,
    /// Rows and pixels of the output.
    pub(super) height: usize,
    pub(super) width: usize,
    /// Rows and pixels of the window.
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) stride_y: usize,
    pub(super) stride_x: usize,
    /// Padding before the first row and pixel.
    pub(super) top: usize,
    pub(super) left: usize,
}

impl Lattice {
    /// `None` if the window does not fit even once. Otherwise every window covers at
    /// least one input.
    pub(super) fn new(window: Window, input: Shape) -> Result<Self, Fault> {
        let ((top, bottom), (left, right)) = window.padding_on(input);
        let (rows, columns) = (usize::from(window.height), usize::from(window.width));
        let (stride_y, stride_x) = (usize::from(window.stride_y), usize::from(window.stride_x));
        if top.max(bottom) >= rows || left.max(right) >= columns {
            return Err(Fault::Window);
        }
        let count = |size: u16, padding: usize, window: usize, stride: usize| {
            let free = (usize::from(size) + padding).checked_sub(window).ok_or(Fault::Shape)?;
            free.checked_div(stride).map(|steps| steps + 1).ok_or(Fault::Window)
        };
        let height = count(input.height, top + bottom, rows, stride_y)?;
        let width = count(input.width, left + right, columns, stride_x)?;
        Ok(Self { input, height, width, rows, columns, stride_y, stride_x, top, left })
    }

    fn shape(&self, channels: u16) -> Result<Shape, Fault> {
        let size = |count| u16::try_from(count).map_err(|_| Fault::Shape);
        Ok(Shape::new(size(self.height)?, size(self.width)?, channels))
    }

    /// Weights of an output channel of a convolution.
    pub(super) fn taps(&self) -> Option<usize> {
        (self.rows * self.columns).checked_mul(self.input.channels.into())
    }

    /// Inputs from one patch of a convolution to the next: a whole number of quads.
    pub(super) fn patch(&self) -> Option<usize> {
        self.taps()?.checked_next_multiple_of(QUAD)
    }

    /// How many patches are laid out at once.
    pub(super) fn patches(&self) -> Option<usize> {
        let fitting = PATCH_BYTES.checked_div(self.patch()?)?.max(PATCHES);
        Some(fitting.min(self.height.checked_mul(self.width)?))
    }

    /// Whether the windows are the pixels themselves, and these whole quads: then
    /// nothing has to be laid out.
    pub(super) fn is_pointwise(&self) -> bool {
        self.rows == 1 && self.columns == 1 && usize::from(self.input.channels) % QUAD == 0
    }

    /// Bytes of a padded row of a depthwise convolution.
    pub(super) fn padded_row(&self) -> Option<usize> {
        let reach = (self.width - 1).checked_mul(self.stride_x)?.checked_add(self.columns)?;
        let pixels = reach.max(self.left + usize::from(self.input.width));
        pixels.checked_mul(self.input.channels.into())
    }

    /// The rows of the input that a row of windows covers.
    pub(super) fn rows_of(&self, y: usize) -> core::ops::Range<usize> {
        span(y * self.stride_y, self.top, self.rows, self.input.height)
    }

    /// The pixels of a row that a window covers.
    pub(super) fn columns_of(&self, x: usize) -> core::ops::Range<usize> {
        span(x * self.stride_x, self.left, self.columns, self.input.width)
    }
}

fn span(start: usize, before: usize, window: usize, size: u16) -> core::ops::Range<usize> {
    start.saturating_sub(before)..(start + window).saturating_sub(before).min(size.into())
}

/// Classes of a softmax: more could make the sum of exponentials overflow.
const MAX_CLASSES: u16 = 511;

impl Window {
    /// Rows of padding above and below an input of this shape, then pixels to its left
    /// and right.
    #[must_use]
    pub fn padding_on(self, input: Shape) -> ((usize, usize), (usize, usize)) {
        let same = |size: u16, window: u8, stride: u8| {
            let (size, window, stride) = (usize::from(size), usize::from(window), stride.max(1));
            let last = size.div_ceil(stride.into()).saturating_sub(1) * usize::from(stride);
            let total = (last + window).saturating_sub(size);
            (total / 2, total - total / 2)
        };
        match self.padding {
            Padding::Valid => ((0, 0), (0, 0)),
            Padding::Same => (
                same(input.height, self.height, self.stride_y),
                same(input.width, self.width, self.stride_x),
            ),
            Padding::Explicit { top, left, bottom, right } => {
                ((top.into(), bottom.into()), (left.into(), right.into()))
            }
        }
    }
}

impl Layer<'_> {
    /// The output's shape for inputs of these shapes.
    pub(super) fn output(&self, shapes: &[Shape]) -> Result<Shape, Fault> {
        let mut inputs =
            self.inputs().map(|index| shapes.get(usize::from(index)).copied().ok_or(Fault::Input));
        let input = inputs.next().ok_or(Fault::Input)??;
        let twice = |size: u16| size.checked_mul(2).ok_or(Fault::Shape);
        match self.op {
            Op::Conv { window, channels, .. } => Lattice::new(window, input)?.shape(channels),
            Op::Depthwise { window, .. } => {
                let lattice = Lattice::new(window, input)?;
                let few = lattice.rows * lattice.columns <= TAPS;
                if few { lattice.shape(input.channels) } else { Err(Fault::Window) }
            }
            Op::AveragePool { window, .. } | Op::MaxPool { window, .. } => {
                Lattice::new(window, input)?.shape(input.channels)
            }
            Op::Dense { inputs, channels, .. } => {
                let fits = input.bytes() == usize::try_from(inputs).ok();
                if fits { Ok(Shape::new(1, 1, channels)) } else { Err(Fault::Shape) }
            }
            Op::GlobalAverage { .. } => {
                // So that sums, of at most 255 a pixel, stay small.
                let fits = input.pixels().is_some_and(|pixels| pixels <= 1 << 22);
                if fits { Ok(Shape::new(1, 1, input.channels)) } else { Err(Fault::Sum) }
            }
            Op::Add { .. } => match inputs.next() {
                Some(other) if other? == input => Ok(input),
                _ => Err(Fault::Shape),
            },
            Op::Concat { .. } => inputs.try_fold(input, |all, next| {
                let next = next?;
                let fits = (next.height, next.width) == (all.height, all.width);
                let channels = all.channels.checked_add(next.channels).filter(|_| fits);
                Ok(Shape { channels: channels.ok_or(Fault::Shape)?, ..all })
            }),
            Op::Resize2x => {
                Ok(Shape::new(twice(input.height)?, twice(input.width)?, input.channels))
            }
            Op::Table { .. } => Ok(input),
            Op::Softmax { classes, .. } => {
                let fits = classes <= MAX_CLASSES && input.channels.checked_rem(classes) == Some(0);
                if fits { Ok(input) } else { Err(Fault::Shape) }
            }
        }
    }

    /// Bytes of working memory that the layer needs besides input and output; `None`
    /// if that is no size.
    pub(super) fn scratch(&self, input: Shape) -> Option<usize> {
        match self.op {
            Op::Conv { window, .. } => {
                let lattice = Lattice::new(window, input).ok()?;
                if lattice.is_pointwise() {
                    return Some(0);
                }
                lattice.patches()?.checked_mul(lattice.patch()?)
            }
            Op::Depthwise { window, .. } => {
                let lattice = Lattice::new(window, input).ok()?;
                lattice.padded_row()?.checked_mul(lattice.rows)?.checked_add(SLACK)
            }
            _ => Some(0),
        }
    }

    /// Whether the output may take the first input's place, number by number.
    pub(super) fn works_in_place(&self) -> bool {
        match self.op {
            Op::Add { other, .. } => other != self.input,
            Op::Table { .. } | Op::Softmax { .. } => true,
            _ => false,
        }
    }

    /// Multiplications by a weight, with `input` the shape of its first input and
    /// `output` that of its output. Those by padding count.
    #[must_use]
    pub fn macs(&self, input: Shape, output: Shape) -> u64 {
        let size = |shape: Shape| {
            u64::from(shape.height) * u64::from(shape.width) * u64::from(shape.channels)
        };
        let taps = |window: Window| u64::from(window.height) * u64::from(window.width);
        match self.op {
            Op::Conv { window, .. } => {
                size(output).saturating_mul(taps(window) * u64::from(input.channels))
            }
            Op::Depthwise { window, .. } => size(output).saturating_mul(taps(window)),
            Op::Dense { .. } => size(input).saturating_mul(size(output)),
            _ => 0,
        }
    }
}
