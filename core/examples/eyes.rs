//! Judges eyes as the pipeline does, for whoever trains the network: pictures and
//! landmarks on stdin, states and crops on stdout.
//!
//! ```text
//! eyes NET.ecm < views > answers
//! ```
//!
//! A view is, little-endian: width, height and EXIF orientation of the stored picture
//! (`u32` each), five landmarks of the upright one (`f32`, x and y; NaN for a nose that is
//! not known), and width x height bytes of luma. Its answer is, for the left and the right
//! eye: the state (`u8`: 0 open, 1 closed, 2 hidden), the chance that it is open (`f32`,
//! NaN if there is none), and 32 x 32 bytes of its crop, zeros if there is none.

use edgecull_core::eye::{Crop, Eye, EyeNet, EyeState, Gaze, SIZE, Source};
use edgecull_core::geometry::Orientation;
use edgecull_core::jpeg::Scale;
use edgecull_core::kernels::Isa;
use edgecull_core::nn::Model;
use edgecull_core::plane::Plane;
use std::error::Error;
use std::io::{BufWriter, Read, Write};

struct View<'v> {
    width: u32,
    height: u32,
    orientation: Orientation,
    landmarks: [[f32; 2]; 5],
    luma: &'v [u8],
}

/// The first view, and what follows it.
fn view(bytes: &[u8]) -> Option<(View<'_>, &[u8])> {
    let (words, rest) = bytes.split_at_checked(13 * 4)?;
    let mut words = words.as_chunks::<4>().0.iter().copied();
    let mut whole = || words.next().map(u32::from_le_bytes);
    let (width, height, orientation) = (whole()?, whole()?, Orientation::from_exif(whole()?)?);
    let mut landmarks = [[0.0; 2]; 5];
    for number in landmarks.as_flattened_mut() {
        *number = f32::from_le_bytes(words.next()?);
    }
    let (luma, rest) = rest.split_at_checked(width.checked_mul(height)? as usize)?;
    Some((View { width, height, orientation, landmarks, luma }, rest))
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a network: eyes NET.ecm < views")?;
    let document = std::fs::read(path)?;
    let model = Model::load(&document)?;
    let plan = model.plan(SIZE as u16, SIZE as u16)?;
    let mut arena = vec![0; plan.arena()];
    let mut net = EyeNet::new(&model, &plan, &mut arena, Isa::detect())?;
    let mut views = Vec::new();
    std::io::stdin().lock().read_to_end(&mut views)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut rest = views.as_slice();
    while !rest.is_empty() {
        let (view, after) = view(rest).ok_or("the views end early, or hold no view")?;
        rest = after;
        let (width, height) = (view.width as usize, view.height as usize);
        let plane = Plane::new(view.luma, width, height, width).ok_or("no picture")?;
        let source = Source { plane, x: 0, y: 0, scale: Scale::Full };
        let gaze = Gaze::new(&view.landmarks, view.orientation, view.width, view.height);
        let squares = gaze.map_or([None; 2], |gaze| gaze.squares);
        let eyes = gaze.map_or([Eye::UNSEEN; 2], |gaze| net.look(&gaze, &source));
        for (square, eye) in squares.into_iter().zip(eyes) {
            let state = match eye.state {
                EyeState::Open => 0,
                EyeState::Closed => 1,
                EyeState::Hidden => 2,
            };
            out.write_all(&[state])?;
            out.write_all(&eye.p_open.unwrap_or(f32::NAN).to_le_bytes())?;
            let crop = square.map(|square| Crop::cut(&source, &square).luma);
            let luma = crop.unwrap_or([[0; SIZE]; SIZE]);
            out.write_all(luma.as_flattened())?;
        }
    }
    Ok(out.flush()?)
}
