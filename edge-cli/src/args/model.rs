//! `edgecull model` as it is typed.

use super::ReportFormat;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `edgecull model`.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Draw the layer table of a network, with what it costs
    Info(ModelInfoArgs),
    /// Make an int8 network of an ONNX file
    #[command(after_long_help = MODEL_NOTES)]
    Quantize(QuantizeArgs),
    /// Run an ONNX file and an int8 network side by side
    #[command(after_long_help = MODEL_NOTES)]
    Verify(VerifyArgs),
}

const MODEL_NOTES: &str = "\
Images are resized to the network's input; a network of one channel gets luma, one of three gets \
RGB. Each value is (pixel - mean) / std, pixels from 0 to 255: without --mean and --std from 0 to 1. \
A .npz file holds one array, or one called `x` or `input`: float32 [n, channels, height, width] or \
[n, height, width, channels], as the network takes it. docs/model.md tells more.

Reading ONNX is in builds with the feature `onnx` only.";

/// `edgecull model info`.
#[derive(Debug, Args)]
pub struct ModelInfoArgs {
    /// The network
    #[arg(value_name = "FILE.ecm")]
    pub file: PathBuf,

    /// Show it for another input size [default: the one it was made for]
    #[arg(long, value_name = "HEIGHTxWIDTH", value_parser = size)]
    pub size: Option<Size>,

    /// How the table is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ReportFormat,
}

/// `edgecull model quantize`.
#[derive(Debug, Args)]
pub struct QuantizeArgs {
    /// The network in f32
    #[arg(value_name = "FLOAT.onnx")]
    pub model: PathBuf,

    /// Inputs like those it will see: a folder of images, or arrays in a .npz file
    ///
    /// At most 512 are taken, spread evenly.
    #[arg(long, value_name = "IMAGES|FILE.npz")]
    pub calibrate: PathBuf,

    /// The network that is made; the file must not exist
    #[arg(short, long, value_name = "NET.ecm")]
    pub output: PathBuf,

    /// How ranges are chosen
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    pub method: RangeMethod,

    /// What the network is called [default: as in the ONNX file]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// The input's size, where the ONNX file leaves it open
    #[arg(long, value_name = "HEIGHTxWIDTH", value_parser = size)]
    pub size: Option<Size>,

    /// What the network takes
    #[command(flatten)]
    pub input: ModelInputArgs,

    /// How the figures are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ReportFormat,
}

/// `edgecull model verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The network in f32
    #[arg(value_name = "FLOAT.onnx")]
    pub model: PathBuf,

    /// The network in int8
    #[arg(value_name = "NET.ecm")]
    pub network: PathBuf,

    /// A folder of images, or arrays in a .npz file
    ///
    /// At most 4096 are taken, spread evenly.
    #[arg(value_name = "IMAGES|FILE.npz")]
    pub inputs: PathBuf,

    /// What the network takes
    #[command(flatten)]
    pub input: ModelInputArgs,

    /// How the figures are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ReportFormat,
}

/// What a network takes for a pixel.
#[derive(Debug, Default, Args)]
pub struct ModelInputArgs {
    /// Subtracted from each pixel: one number, or one a channel [default: 0]
    #[arg(long, value_name = "M[,M,M]", value_parser = numbers, allow_hyphen_values = true)]
    pub mean: Option<Numbers>,

    /// What the difference is divided by: one number, or one a channel [default: 255]
    #[arg(long, value_name = "S[,S,S]", value_parser = positive_numbers)]
    pub std: Option<Numbers>,
}

/// How ranges of activations are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RangeMethod {
    /// Nothing is cut off
    Minmax,
    /// One number in 20,000 is cut off at each end
    Percentile,
    /// The squared error is least
    #[default]
    Mse,
}

/// Height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub height: u16,
    /// Pixels of a row.
    pub width: u16,
}

/// Two numbers of pixels, as `96x128`.
fn size(text: &str) -> Result<Size, String> {
    let number = |text: &str| text.trim().parse().ok().filter(|&number: &u16| number > 0);
    let parts = text.split_once(['x', 'X']);
    parts
        .and_then(|(height, width)| Some(Size { height: number(height)?, width: number(width)? }))
        .ok_or_else(|| "a height and a width in pixels are wanted, such as 96x128".into())
}

/// Numbers with commas between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers(pub Vec<f32>);

fn numbers(text: &str) -> Result<Numbers, String> {
    let number = |text: &str| text.trim().parse().ok().filter(|number: &f32| number.is_finite());
    let all: Option<Vec<f32>> = text.split(',').map(number).collect();
    all.map(Numbers).ok_or_else(|| "numbers are wanted, such as 128 or 123.7,116.3,103.5".into())
}

fn positive_numbers(text: &str) -> Result<Numbers, String> {
    let numbers = numbers(text)?;
    match numbers.0.iter().all(|number| number.is_normal() && *number > 0.0) {
        true => Ok(numbers),
        false => Err("numbers above 0 are wanted".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_height_and_width() {
        assert_eq!(size("96x128"), Ok(Size { height: 96, width: 128 }));
        for bad in ["96", "0x4", "x", "4x", "-1x3", "70000x4", ""] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn means_are_one_or_several() {
        assert_eq!(numbers("128"), Ok(Numbers(vec![128.0])));
        assert_eq!(numbers("1, -2.5,3"), Ok(Numbers(vec![1.0, -2.5, 3.0])));
        assert!(numbers("1,").is_err() && numbers("inf").is_err());
        assert!(positive_numbers("1,0").is_err() && positive_numbers("0.5").is_ok());
    }
}
