//! The demo's shoot: one afternoon and evening, with what goes wrong in one.
//!
//! [`shoot`] lists the frames with what is to be said of each; a [`Frame`]
//! gives its picture and its file.

use super::encode::{EncodeError, Exif, Jpeg};
use super::{Camera, Moment, Picture, Scene, Subject, render};
use edgecull_core::geometry::Orientation;
use edgecull_core::verdict::ReasonCode;

/// One press of the shutter.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Name of the file.
    pub name: String,
    /// What is wrong with it; `None` for a frame to keep. The fault of a frame
    /// that is good but not the best of its burst is
    /// [`ReasonCode::NEAR_DUPLICATE`].
    pub fault: Option<ReasonCode>,
    /// Milliseconds since midnight.
    pub taken_ms: u32,
    /// How the camera was held.
    pub orientation: Orientation,
    /// Share of the file that reached the card.
    pub written: f32,
    subject: Subject,
    seed: u64,
    moment: Moment,
    camera: Camera,
}

impl Frame {
    /// The upright picture.
    #[must_use]
    pub fn picture(&self) -> Picture {
        render(&Scene::at(self.subject, self.seed, self.moment), &self.camera)
    }

    /// What the camera notes of it.
    #[must_use]
    pub fn exif(&self) -> Exif {
        Exif {
            orientation: self.orientation,
            bias_ev: self.camera.ev,
            ..Exif::of(&self.camera, self.taken_ms)
        }
    }

    /// The bytes of its file, a JPEG that may be cut short.
    ///
    /// # Errors
    /// [`EncodeError`] when the encoder refuses.
    pub fn file(&self) -> Result<Vec<u8>, EncodeError> {
        let form = Jpeg { exif: Some(self.exif()), ..Jpeg::default() };
        let mut bytes = form.encode(&self.picture())?;
        bytes.truncate((bytes.len() as f32 * self.written.clamp(0.0, 1.0)).ceil() as usize);
        Ok(bytes)
    }
}

/// The frames in the order they were taken, `long` x `short` pixels each
/// (portrait format turns them).
#[must_use]
pub fn shoot(long: u32, short: u32) -> Vec<Frame> {
    use ReasonCode as Code;
    let camera = Camera::new(long, short);
    let portrait = camera.clone().lens(85.0, 2.0);
    let mut roll = Roll { frames: Vec::new(), clock_ms: 14 * 3_600_000, pace_ms: 21_370 };

    roll.take(Subject::Landscape, 11, &camera);
    roll.take(Subject::Landscape, 12, &camera);
    let near = camera.clone().lens(50.0, 1.8).focused_at(1.7);
    roll.take(Subject::Landscape, 13, &near).fault = Some(Code::OUT_OF_FOCUS);
    roll.take(Subject::Foliage, 14, &camera);
    roll.take(Subject::Facade, 15, &camera);
    let shaken = camera.clone().shaken(0.022, 25.0);
    roll.take(Subject::Facade, 15, &shaken).fault = Some(Code::MOTION_BLUR);
    roll.take(Subject::Wall, 16, &camera);

    // The same picture at three exposures: a set, nothing of it is a fault.
    for ev in [0.0, -2.0, 2.0] {
        roll.take(Subject::Landscape, 17, &camera.clone().exposed(ev));
        roll.pace_ms = 400;
    }
    roll.pace_ms = 33_120;

    let dark = camera.clone().exposed(-5.5);
    roll.take(Subject::Facade, 18, &dark).fault = Some(Code::UNDEREXPOSED);
    let bright = camera.clone().exposed(4.0);
    roll.take(Subject::Landscape, 19, &bright).fault = Some(Code::OVEREXPOSED);
    let capped = camera.clone().at_iso(800).exposed(-14.0);
    roll.take(Subject::Wall, 20, &capped).fault = Some(Code::ACCIDENTAL);

    roll.take(Subject::Portrait, 21, &portrait);
    let behind = portrait.clone().focused_at(7.0);
    roll.take(Subject::Portrait, 22, &behind).fault = Some(Code::SUBJECT_SOFT);
    let upright = Camera::new(short, long).lens(85.0, 2.0);
    roll.take(Subject::Portrait, 23, &upright).orientation = Orientation::QuarterTurn;
    let shaken = portrait.clone().shaken(0.03, 100.0);
    roll.take(Subject::Portrait, 24, &shaken).fault = Some(Code::MOTION_BLUR);

    // A burst: eyes half shut, shaken a little, the best, eyes shut, soft.
    let burst = [
        (0.45, portrait.clone(), false),
        (0.9, portrait.clone().shaken(0.005, 10.0), false),
        (1.0, portrait.clone(), true),
        (0.0, portrait.clone(), false),
        (1.0, portrait.clone().focused_at(1.85), false),
    ];
    for (i, (eyes_open, camera, best)) in burst.into_iter().enumerate() {
        let step = i as f32;
        let frame = roll.take(Subject::Portrait, 25, &camera);
        frame.moment = Moment { sway: 0.004 * step, eyes_open, smile: 0.3 + 0.15 * step };
        frame.fault = (!best).then_some(Code::NEAR_DUPLICATE);
        roll.pace_ms = 180;
    }
    roll.pace_ms = 27_540;

    roll.take(Subject::Flower, 26, &camera.clone().lens(60.0, 5.6));
    let followed = Camera { pan: [0.10, 0.0], shutter_s: 1.0 / 40.0, ..camera.clone() };
    roll.take(Subject::Race, 27, &followed);
    roll.take(Subject::Studio, 28, &portrait);
    roll.take(Subject::Silhouette, 29, &camera);
    roll.take(Subject::Stage, 30, &portrait.clone().at_iso(1600));
    roll.take(Subject::Night, 31, &camera.clone().at_iso(1600));
    let grainy = Camera { denoise: 0.0, ..camera.clone().at_iso(102_400) };
    roll.take(Subject::Night, 32, &grainy.exposed(0.5)).fault = Some(Code::NOISY);
    let cut = roll.take(Subject::Facade, 33, &camera);
    (cut.fault, cut.written) = (Some(Code::TRUNCATED), 0.55);
    roll.frames
}

/// The frames so far and the time.
struct Roll {
    frames: Vec<Frame>,
    clock_ms: u32,
    /// Time from one frame to the next.
    pace_ms: u32,
}

impl Roll {
    fn take(&mut self, subject: Subject, seed: u64, camera: &Camera) -> &mut Frame {
        let number = self.frames.len() + 1;
        self.clock_ms += self.pace_ms;
        self.frames.push(Frame {
            name: format!("EDGE{number:04}.JPG"),
            fault: None,
            taken_ms: self.clock_ms,
            orientation: Orientation::Upright,
            written: 1.0,
            subject,
            seed,
            moment: Moment::default(),
            camera: camera.clone().seeded(number as u64),
        });
        &mut self.frames[number - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roll_is_in_order_and_holds_what_the_demo_promises() {
        let frames = shoot(180, 120);
        assert!(frames.windows(2).all(|w| w[0].taken_ms < w[1].taken_ms && w[0].name < w[1].name));
        let close = frames.windows(2).filter(|w| w[1].taken_ms - w[0].taken_ms < 300).count();
        assert_eq!(close, 4, "a burst of five");
        assert!(frames.iter().filter(|f| f.fault.is_none()).count() >= 12);
        for code in [
            ReasonCode::OUT_OF_FOCUS,
            ReasonCode::SUBJECT_SOFT,
            ReasonCode::MOTION_BLUR,
            ReasonCode::UNDEREXPOSED,
            ReasonCode::OVEREXPOSED,
            ReasonCode::NOISY,
            ReasonCode::NEAR_DUPLICATE,
            ReasonCode::ACCIDENTAL,
            ReasonCode::TRUNCATED,
        ] {
            assert!(frames.iter().any(|f| f.fault == Some(code)), "{code:?}");
        }
    }

    #[test]
    fn files_are_whole_but_for_the_one_that_is_not() {
        for frame in shoot(90, 60) {
            let bytes = frame.file().unwrap();
            assert_eq!(bytes[..2], [0xFF, 0xD8], "{}", frame.name);
            let whole = bytes.ends_with(&[0xFF, 0xD9]);
            assert_eq!(whole, frame.fault != Some(ReasonCode::TRUNCATED), "{}", frame.name);
        }
    }

    #[test]
    fn the_upright_portrait_is_stored_lying() {
        let frames = shoot(90, 60);
        let turned = frames.iter().find(|f| f.orientation == Orientation::QuarterTurn).unwrap();
        let picture = turned.picture();
        assert_eq!((picture.width, picture.height), (60, 90));
        let stored = image::load_from_memory(&turned.file().unwrap()).unwrap();
        assert_eq!((stored.width(), stored.height()), (90, 60));
    }
}
