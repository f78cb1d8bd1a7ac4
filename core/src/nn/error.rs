//! What can be wrong with a network, in one flat type.

use core::fmt;

/// Why a network cannot be loaded, planned, run or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes do not begin as a network does.
    NotModel,
    /// A schema that this version does not read.
    Version(u16),
    /// The bytes are not those that were written.
    Checksum,
    /// The document ends early, or holds what is no document.
    Malformed,
    /// A scale that is not above zero and finite.
    Scale {
        /// The tensor.
        tensor: u8,
    },
    /// There is no output, too many of them, or one that names no tensor.
    Outputs,
    /// Two tensors that live at the same time overlap in the stored plan.
    Overlap,
    /// A layer that cannot be.
    Layer {
        /// Its number, from 0.
        index: u8,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A tensor, or all together, would take more memory than can be addressed.
    TooLarge,
    /// The arena is too small.
    Arena {
        /// Bytes that it must have.
        needed: usize,
    },
    /// The plan was made for another network.
    Plan,
    /// The buffer to write the document to is too small.
    Buffer,
}

/// What is wrong with a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It reads a tensor that is not there yet.
    Input,
    /// Its inputs do not fit each other, or it.
    Shape,
    /// A window with an edge or stride of 0, padding as wide as the window, or more
    /// taps than a depthwise convolution may have.
    Window,
    /// The least output is above the greatest.
    Clamp,
    /// Weights, biases, multipliers or a table are not as many as they must be.
    Length,
    /// A weight of -128.
    Weight,
    /// A mantissa or an exponent outside its range.
    Multiplier,
    /// Some input would make a sum overflow.
    Sum,
    /// What fills up a panel of weights is not zero, or its two biases differ.
    Filling,
    /// Its output's scale or zero point is not what the operation demands.
    Quantization,
}

impl Fault {
    /// The error that tells of this fault of a layer.
    pub(super) fn at(self, index: usize) -> Error {
        Error::Layer { index: u8::try_from(index).unwrap_or(u8::MAX), fault: self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "it reads a tensor that is not there yet",
            Self::Shape => "its inputs do not fit",
            Self::Window => "its window, stride or padding is not allowed",
            Self::Clamp => "its least output is above the greatest",
            Self::Length => "its parameters are too few or too many",
            Self::Weight => "a weight is -128",
            Self::Multiplier => "a multiplier is out of range",
            Self::Sum => "a sum could overflow",
            Self::Filling => "its panels of weights contradict themselves",
            Self::Quantization => "its output has the wrong scale or zero point",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotModel => f.write_str("not a network"),
            Self::Version(version) => write!(f, "network of schema {version}, which is unknown"),
            Self::Checksum => f.write_str("network whose checksum does not match"),
            Self::Malformed => f.write_str("network that is cut short or malformed"),
            Self::Scale { tensor } => {
                write!(f, "scale of tensor {tensor} is not a positive number")
            }
            Self::Outputs => f.write_str("network without valid outputs"),
            Self::Overlap => f.write_str("memory plan in which tensors overlap"),
            Self::Layer { index, fault } => write!(f, "layer {index}: {fault}"),
            Self::TooLarge => f.write_str("tensors that take more memory than can be addressed"),
            Self::Arena { needed } => write!(f, "arena is too small: {needed} bytes are needed"),
            Self::Plan => f.write_str("memory plan of another network"),
            Self::Buffer => f.write_str("buffer is too small for the network"),
        }
    }
}

impl core::error::Error for Error {}
impl core::error::Error for Fault {}
