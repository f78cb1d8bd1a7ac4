//! The network that tells open from closed, and what is made of its answer.

use super::crop::{Crop, SIZE, Source};
use super::place::Gaze;
use super::{Eye, EyeState};
use crate::kernels::Isa;
use crate::nn::{self, Model, Net, Plan, Quantization, Shape};
use core::fmt;

/// Eyes with at least this chance of being open are open. Chosen, as are the other
/// bounds, on people that the network did not learn from (models/eyes/README.md).
pub const OPEN_FROM: f32 = 0.5;

/// Eyes with less than this chance of being open are closed; between the two they are
/// hidden.
pub const CLOSED_BELOW: f32 = 0.45;

/// Eyes with less than this chance that anything can be told are hidden.
pub const TOLD_FROM: f32 = 0.5;

/// How much of the other eye's log odds counts beside an eye's own.
pub const SHARED: f32 = 0.5;

/// Crops of fewer samples along a side are hidden, and the network is not asked.
pub const LEAST_SAMPLES: u16 = 9;

/// Crops of which the standard deviation is less, in levels of 255, are flat: hidden, and
/// the network is not asked.
pub const LEAST_CONTRAST: f32 = 2.5;

/// Why a network cannot judge eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It cannot be run.
    Net(nn::Error),
    /// Its input is not one crop, or it does not answer with one output of two numbers.
    Shape,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(error) => error.fmt(f),
            Self::Shape => {
                write!(f, "a network for eyes takes 1x{SIZE}x{SIZE} and gives two numbers")
            }
        }
    }
}

impl core::error::Error for Error {}

impl From<nn::Error> for Error {
    fn from(error: nn::Error) -> Self {
        Self::Net(error)
    }
}

/// Log odds of one eye.
#[derive(Clone, Copy)]
struct Answer {
    /// That it is open.
    open: f32,
    /// That it can be told.
    told: f32,
}

impl Answer {
    fn is_told(&self) -> bool {
        sigmoid(self.told) >= TOLD_FROM
    }
}

/// What is made of an eye's answer beside the other's.
fn together(own: Option<Answer>, other: Option<Answer>) -> Eye {
    let Some(own) = own else {
        return Eye::UNSEEN;
    };
    let log_odds = match other.filter(Answer::is_told) {
        Some(other) if own.is_told() => (own.open + SHARED * other.open) / (1.0 + SHARED),
        _ => own.open,
    };
    let open = sigmoid(log_odds);
    let state = match open {
        _ if !own.is_told() => EyeState::Hidden,
        OPEN_FROM.. => EyeState::Open,
        open if open < CLOSED_BELOW => EyeState::Closed,
        _ => EyeState::Hidden,
    };
    Eye { state, p_open: Some(open) }
}

/// A network that judges eyes, in the caller's arena.
///
/// Its input is a crop less its mean, over its deviation; its output the log odds that
/// the eye is open, and the log odds that this can be told.
#[derive(Debug)]
pub struct EyeNet<'n> {
    net: Net<'n>,
    input: Quantization,
}

impl<'n> EyeNet<'n> {
    /// A network at work in `arena`, of at least [`Plan::arena`] bytes; `plan` is
    /// `model.plan(32, 32)`.
    ///
    /// # Errors
    /// [`Error::Shape`] if it is no network for eyes, else what [`Net::new`] says.
    pub fn new(
        model: &'n Model<'n>,
        plan: &'n Plan,
        arena: &'n mut [i8],
        isa: Isa,
    ) -> Result<Self, Error> {
        let side = SIZE as u16;
        let input = model.quantization(0).ok_or(Error::Shape)?;
        let answers = match *model.outputs() {
            [output] => plan.shape(output),
            _ => None,
        };
        let fits = plan.shape(0) == Some(Shape::new(side, side, 1))
            && answers == Some(Shape::new(1, 1, 2));
        if !fits {
            return Err(Error::Shape);
        }
        Ok(Self { net: Net::new(model, plan, arena, isa)?, input })
    }

    /// Both eyes of a face, the left of the upright picture first. `source` must hold
    /// [`Gaze::rect`]: the region decoder's samples ([`Gaze::source`]), or those of the
    /// whole picture.
    ///
    /// Eyes are mostly open or closed together: where both can be told, [`SHARED`] of the
    /// other's log odds goes with each one's own.
    #[must_use]
    pub fn look(&mut self, gaze: &Gaze, source: &Source<'_>) -> [Eye; 2] {
        let [left, right] = gaze.squares.map(|square| self.answer(&Crop::cut(source, &square?)));
        [together(left, right), together(right, left)]
    }

    /// One eye alone.
    #[must_use]
    pub fn judge(&mut self, crop: &Crop) -> Eye {
        together(self.answer(crop), None)
    }

    /// The network is asked twice, the second time in the mirror, and the mean of its
    /// answers counts. `None` where there is nothing to ask about.
    fn answer(&mut self, crop: &Crop) -> Option<Answer> {
        let (mean, deviation) = crop.level();
        if crop.samples < LEAST_SAMPLES || deviation < LEAST_CONTRAST {
            return None;
        }
        let plain = self.ask(crop, mean, deviation, false)?;
        let mirrored = self.ask(crop, mean, deviation, true)?;
        let mean = |index: usize| (plain[index] + mirrored[index]) / 2.0;
        Some(Answer { open: mean(0), told: mean(1) })
    }

    /// Log odds of being open, and of being told.
    fn ask(&mut self, crop: &Crop, mean: f32, deviation: f32, mirrored: bool) -> Option<[f32; 2]> {
        let Quantization { scale, zero_point } = self.input;
        let number = |level: u8| {
            let units = (f32::from(level) - mean) / deviation / scale;
            // Cut off at the ends of eight bits; there is no NaN.
            (libm::rintf(units) + f32::from(zero_point)) as i8
        };
        for (to, from) in self.net.input().chunks_exact_mut(SIZE).zip(&crop.luma) {
            for (to, &level) in to.iter_mut().zip(from) {
                *to = number(level);
            }
            if mirrored {
                to.reverse();
            }
        }
        self.net.run().ok()?;
        let output = self.net.output(0)?;
        let mut answers = output.values();
        Some([answers.next()?, answers.next()?])
    }
}

impl Crop {
    /// Mean and standard deviation, levels.
    fn level(&self) -> (f32, f32) {
        let levels = || self.luma.as_flattened().iter().map(|&level| u64::from(level));
        let count = (SIZE * SIZE) as u64;
        let sum: u64 = levels().sum();
        let squares: u64 = levels().map(|level| level * level).sum();
        // Below 2^36, as 1024 levels are below 2^18.
        let spread = (count * squares).saturating_sub(sum * sum);
        let count = count as f32;
        (sum as f32 / count, libm::sqrtf(spread as f32) / count)
    }
}

fn sigmoid(log_odds: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-log_odds))
}
