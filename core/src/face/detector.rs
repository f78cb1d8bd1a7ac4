//! The network at work.

use super::decode::{self, CHANNELS, OUTPUTS, STRIDES};
use super::suppress::suppress;
use super::{Face, MAX_FACES, SMALLEST, View};
use crate::bounded::gather;
use crate::geometry::Rect;
use crate::kernels::Isa;
use crate::nn::{self, Model, Net, Plan};
use heapless::Vec;

/// Probability from which on something is a face.
pub const THRESHOLD: f32 = 0.61;

/// Sides of a plane in samples, at most.
pub const MAX_SIDE: usize = 4096;

/// Sides of the network's input are multiples of this: the largest stride.
const STEP: usize = STRIDES[STRIDES.len() - 1] as usize;

/// A box whose area's root is less than this part of [`SMALLEST`] is dropped.
const LEAST_PART: f32 = 2.0 / 3.0;

/// Why there are no faces to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The network's input is not luma alone, or not quantised as luma over 255.
    Input,
    /// The network has not nine outputs.
    Outputs {
        /// So many.
        found: usize,
    },
    /// An output has not the channels, or not the size, that its place demands.
    Output {
        /// Its number, from 0.
        index: usize,
    },
    /// A side of the plane is longer than [`MAX_SIDE`].
    TooLarge,
    /// The plan was made for a view of another size.
    Plan,
    /// What the network itself says.
    Net(nn::Error),
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Input => f.write_str("the network's input is not luma from 0 to 1"),
            Self::Outputs { found } => {
                write!(f, "the network has {found} outputs; a face detector has {OUTPUTS}")
            }
            Self::Output { index } => {
                write!(f, "output {index} of the network is not that of a face detector")
            }
            Self::TooLarge => write!(f, "the plane has a side of more than {MAX_SIDE} samples"),
            Self::Plan => f.write_str("the plan is for another size"),
            Self::Net(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<nn::Error> for Error {
    fn from(error: nn::Error) -> Self {
        Self::Net(error)
    }
}

/// A network that is known to find faces.
///
/// Its input is one channel of luma over 255; its outputs are score, box (4) and points
/// (10) of cells of 8 samples, then of 16, then of 32.
#[derive(Clone, Copy, Debug)]
pub struct Detector<'n> {
    model: &'n Model<'n>,
    threshold: f32,
}

impl<'n> Detector<'n> {
    /// Takes a network, if its input and outputs are a face detector's. Needs some 12
    /// KiB of stack.
    ///
    /// # Errors
    /// [`Error::Input`], [`Error::Outputs`], [`Error::Output`]; [`Error::Net`] if the
    /// network cannot work at two by three of its coarsest cells.
    pub fn new(model: &'n Model<'n>) -> Result<Self, Error> {
        let input = model.quantization(0).ok_or(Error::Input)?;
        let is_luma = input.zero_point == i8::MIN && libm::fabsf(input.scale * 255.0 - 1.0) < 0.01;
        if model.input().channels != 1 || !is_luma {
            return Err(Error::Input);
        }
        let found = model.outputs().len();
        if found != OUTPUTS {
            return Err(Error::Outputs { found });
        }
        let (height, width) = (2 * STEP as u16, 3 * STEP as u16);
        let plan = model.plan(height, width)?;
        for (index, &output) in model.outputs().iter().enumerate() {
            let stride = STRIDES.get(index / CHANNELS.len()).copied().unwrap_or(1);
            let channels = CHANNELS.get(index % CHANNELS.len()).copied().unwrap_or(0);
            let shape = nn::Shape::new(height / stride, width / stride, channels);
            if plan.shape(output) != Some(shape) {
                return Err(Error::Output { index });
            }
        }
        Ok(Self { model, threshold: THRESHOLD })
    }

    /// The same with another threshold than [`THRESHOLD`]: a probability, 0 and 1
    /// excluded; others are brought to the nearest.
    #[must_use]
    pub fn with_threshold(self, threshold: f32) -> Self {
        Self { threshold: threshold.clamp(1e-4, 1.0 - 1e-4), ..self }
    }

    /// The network's memory for a view of this size: its arena has [`Plan::arena`]
    /// bytes. Needs some 9 KiB of stack.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Net`].
    pub fn plan(&self, view: &View<'_>) -> Result<Plan, Error> {
        let (height, width) = padded(view)?;
        Ok(self.model.plan(height, width)?)
    }

    /// Finds the faces of a view, most sure first.
    ///
    /// Needs some 32 KiB of stack. Time is that of the network and in proportion to the
    /// samples, whatever the picture shows.
    ///
    /// # Errors
    /// [`Error::Plan`] if the plan was made for a view of another size;
    /// [`Error::TooLarge`]; [`Error::Net`] if the plan is another network's or the arena
    /// too small; [`Error::Output`] if the network's outputs are not of the size they
    /// were at when it was taken.
    pub fn detect(
        &self,
        view: &View<'_>,
        plan: &Plan,
        arena: &mut [i8],
        isa: Isa,
    ) -> Result<Vec<Face, MAX_FACES>, Error> {
        let (height, width) = padded(view)?;
        if plan.shape(0) != Some(nn::Shape::new(height, width, 1)) {
            return Err(Error::Plan);
        }
        let mut net = Net::new(self.model, plan, arena, isa)?;
        view.write(net.input(), width.into());
        net.run()?;
        let levels = decode::levels(&net, height, width)?;
        let candidates = decode::candidates(&levels, self.threshold);
        let detections = candidates.iter().filter_map(|c| decode::detection(&levels, c));
        let least = LEAST_PART * SMALLEST;
        let large_enough = detections.filter(|found| {
            let [left, top, right, bottom] = found.corners;
            (right - left) * (bottom - top) >= least * least
        });
        let to_picture = view.to_picture();
        let found = suppress(large_enough);
        let faces = found.iter().filter_map(|found| {
            let [left, top, right, bottom] = found.corners;
            Some(Face {
                region: region(
                    to_picture([left, top]),
                    to_picture([right, bottom]),
                    view.picture(),
                )?,
                confidence: found.probability(),
                landmarks: found.points.map(&to_picture),
                sharpness: None,
                eyes: None,
            })
        });
        Ok(gather(faces))
    }
}

/// Height and width of the network's input.
fn padded(view: &View<'_>) -> Result<(u16, u16), Error> {
    let (width, height) = view.samples();
    let padded = |side: usize| {
        let side = Some(side).filter(|side| *side <= MAX_SIDE).ok_or(Error::TooLarge)?;
        Ok::<_, Error>(side.next_multiple_of(STEP) as u16)
    };
    Ok((padded(height)?, padded(width)?))
}

/// The box between two corners, as far as it lies in the picture; `None` if nothing of
/// it does.
fn region([x0, y0]: [f32; 2], [x1, y1]: [f32; 2], (width, height): (u32, u32)) -> Option<Rect> {
    let inside = |at: f32, length: u32| libm::roundf(at.clamp(0.0, length as f32)) as u32;
    let (x, y) = (inside(x0, width), inside(y0, height));
    let (right, bottom) = (inside(x1, width), inside(y1, height));
    let rect = Rect { x, y, w: right.saturating_sub(x), h: bottom.saturating_sub(y) };
    let rect = rect.clamped(width, height);
    (rect.area() > 0).then_some(rect)
}
