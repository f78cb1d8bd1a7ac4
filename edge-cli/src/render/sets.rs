//! Sets as photographers take them, and rows of frames that are none.
//!
//! In comes a round, a number that all chance in them is drawn from; out come
//! [`Series`]: frames in the order in which they were taken, with what they are.
//! Limits are chosen on one round and measured on another.

mod view;

use super::encode::{EncodeError, Exif, Jpeg};
use super::rng::Rng;
use super::{Camera, Moment, Picture, Scene, Subject, render};
use edgecull_core::burst::set::SetKind;
use edgecull_core::burst::taken::Taken;
use view::{Axis, World, cut};

/// Frames taken one after the other.
#[derive(Clone, Debug)]
pub struct Series {
    /// What it is called: letters, digits and `_`.
    pub name: String,
    /// What it is; `None` for frames that make no set.
    pub kind: Option<SetKind>,
    round: u64,
    long: u32,
    plan: Plan,
}

/// One frame of a series.
#[derive(Clone, Debug)]
pub struct Shot {
    /// The upright picture.
    pub picture: Picture,
    /// What the camera noted; nothing, where it was taken away.
    pub exif: Option<Exif>,
}

impl Shot {
    /// Its file.
    ///
    /// # Errors
    /// [`EncodeError`] when the encoder refuses.
    pub fn file(&self) -> Result<Vec<u8>, EncodeError> {
        Jpeg { exif: self.exif.clone(), ..Jpeg::default() }.encode(&self.picture)
    }

    /// What is known of its exposure.
    #[must_use]
    pub fn taken(&self) -> Taken {
        self.exif.as_ref().map_or_else(Taken::default, |exif| Taken {
            time_ms: Some(exif.taken_ms.into()),
            exposure_s: Some(exif.shutter_s),
            f_number: Some(exif.f_number),
            iso: Some(exif.iso),
            bias_ev: Some(exif.bias_ev),
        })
    }
}

/// How a series is taken.
#[derive(Clone, Debug)]
enum Plan {
    /// Exposures in stops, as multiples of a step.
    Bracket { subject: Subject, order: &'static [i8], step: f32, held: bool, noted: bool },
    /// Views that overlap by this share.
    Panorama { subject: Subject, frames: u32, overlap: f32, axis: Axis, back: bool, upright: bool },
    /// Distances of focus, from near to far in equal steps of dioptres, or back.
    Stack { subject: Subject, frames: u32, near: f32, back: bool },
    /// By hand, of one thing; each may be shaken.
    Burst { subject: Subject, frames: u32, shaken: bool },
    /// A person that walks, kept in focus, or nearly.
    Tracking { frames: u32 },
    /// The flash failed at one.
    Misfire { subject: Subject, frames: u32 },
    /// The light fades.
    Dimming { subject: Subject, frames: u32, by: f32 },
    /// The camera follows a car: it stays, the rest goes by.
    Panning { frames: u32 },
}

/// All series of a round, their frames `long` pixels on the longer side, 3 : 2.
#[must_use]
pub fn series(round: u64, long: u32) -> Vec<Series> {
    use Subject::{Facade, Flower, Fog, Foliage, Landscape, Night, Portrait, Snow};
    let mut all = Vec::new();
    let mut add = |name: String, kind, plan| all.push(Series { name, kind, round, long, plan });

    let orders: [(&str, &'static [i8]); 7] = [
        ("3_metered", &[0, -1, 1]),
        ("3_rising", &[-1, 0, 1]),
        ("3_falling", &[1, 0, -1]),
        ("5_turns", &[0, -1, 1, -2, 2]),
        ("5_metered", &[0, -2, -1, 1, 2]),
        ("7_rising", &[-3, -2, -1, 0, 1, 2, 3]),
        ("9_turns", &[0, -1, 1, -2, 2, -3, 3, -4, 4]),
    ];
    let subjects = [Landscape, Facade, Portrait, Foliage, Night];
    for (i, (order_name, order)) in orders.into_iter().enumerate() {
        for (j, step) in [1.0 / 3.0, 2.0 / 3.0, 1.0, 2.0].into_iter().enumerate() {
            if step * order.len() as f32 > 10.0 {
                continue;
            }
            for noted in [true, false] {
                let subject = subjects[(i + j) % subjects.len()];
                let held = (i + j + usize::from(noted)) % 3 != 0;
                let name =
                    format!("bracket_{order_name}_{j}_{}", if noted { "exif" } else { "bare" });
                let plan = Plan::Bracket { subject, order, step, held, noted };
                add(name, Some(SetKind::Bracket), plan);
            }
        }
    }
    let places = [Landscape, Facade, Snow, Night, Foliage];
    for (i, frames) in (3..=8).enumerate() {
        for (j, overlap) in [0.2, 0.35, 0.5].into_iter().enumerate() {
            let subject = places[(i + j) % places.len()];
            let (back, upright) = ((i + j) % 2 == 1, (i + 2 * j) % 3 == 1);
            let axis = if (2 * i + j) % 4 == 3 { Axis::Down } else { Axis::Across };
            let plan = Plan::Panorama { subject, frames, overlap, axis, back, upright };
            add(format!("panorama_{frames}_{j}"), Some(SetKind::Panorama), plan);
        }
    }
    for (i, overlap) in [0.3, 0.5].into_iter().enumerate() {
        let (axis, back, upright) = (Axis::Across, false, false);
        let plan = Plan::Panorama { subject: Fog, frames: 4, overlap, axis, back, upright };
        add(format!("panorama_pale_{i}"), Some(SetKind::Panorama), plan);
    }
    for (i, frames) in [3, 4, 5, 8, 12, 20].into_iter().enumerate() {
        for (j, subject) in [Landscape, Snow].into_iter().enumerate() {
            let near = 7.5;
            let plan = Plan::Stack { subject, frames, near, back: (i + j) % 2 == 1 };
            add(format!("stack_{frames}_{j}"), Some(SetKind::FocusStack), plan);
        }
    }
    for (i, subject) in [Portrait, Landscape, Flower, Facade].into_iter().enumerate() {
        for shaken in [false, true] {
            let kind = if shaken { "shaken" } else { "held" };
            add(format!("burst_{kind}_{i}"), None, Plan::Burst { subject, frames: 6, shaken });
        }
    }
    for (i, frames) in [3, 5, 8].into_iter().enumerate() {
        add(format!("tracking_{i}"), None, Plan::Tracking { frames });
        add(format!("panning_{i}"), None, Plan::Panning { frames });
    }
    for (i, subject) in [Portrait, Facade].into_iter().enumerate() {
        add(format!("misfire_{i}"), None, Plan::Misfire { subject, frames: 5 });
    }
    for (i, by) in [0.05, 0.1, 0.15].into_iter().enumerate() {
        let subject = [Landscape, Facade, Snow][i];
        add(format!("dimming_{i}"), None, Plan::Dimming { subject, frames: 10, by });
    }
    all
}

/// Pixels by which hands move a camera between frames, in shares of the shorter side.
const HAND: f32 = 0.012;

impl Series {
    /// Takes its frames; the first at `start_ms` of the day.
    #[must_use]
    pub fn frames(&self, start_ms: u32) -> Vec<Shot> {
        let seed = self.name.bytes().fold(self.round, |h, b| h.wrapping_mul(31) + u64::from(b));
        let rng = &mut Rng::new(seed);
        let short = self.long * 2 / 3;
        let camera = Camera::new(self.long, short).seeded(rng.next());
        let scene_seed = u64::from(rng.seed());
        let place = |subject| Scene::new(subject, scene_seed);
        let note = |camera: &Camera, i: usize, pace: u32| {
            Some(Exif::of(camera, start_ms + i as u32 * pace))
        };
        match self.plan {
            Plan::Bracket { subject, order, step, held, noted } => {
                let scene = place(subject);
                let frames = order.iter().enumerate().map(|(i, &n)| {
                    let ev = step * f32::from(n);
                    let mut camera = camera.clone().exposed(ev).seeded(rng.next());
                    camera.shutter_s = camera.shutter_s * 2.0 * libm::exp2f(ev);
                    let at = if held { hand(rng, HAND) } else { [0.0; 2] };
                    let exif = note(&camera, i, 500).map(|e| Exif { bias_ev: ev, ..e });
                    Shot { picture: aimed(&scene, &camera, at), exif: exif.filter(|_| noted) }
                });
                frames.collect()
            }
            Plan::Panorama { subject, frames, overlap, axis, back, upright } => {
                let size = if upright { [short, self.long] } else { [self.long, short] };
                let world = World::new(subject, scene_seed, size, frames, overlap, axis);
                let shots = (0..frames).map(|i| {
                    let at = if back { frames - 1 - i } else { i };
                    let drift = 0.12 * rng.normal();
                    let camera = camera.clone();
                    Shot {
                        picture: world.view(at, rng, drift),
                        exif: note(&camera, i as usize, 1400),
                    }
                });
                shots.collect()
            }
            Plan::Stack { subject, frames, near, back } => {
                let scene = place(subject);
                let far = 60.0;
                let camera = camera.lens(135.0, 2.8);
                let shots = (0..frames).map(|i| {
                    let t = i as f32 / (frames - 1) as f32;
                    let t = if back { 1.0 - t } else { t };
                    let dioptres = (1.0 - t) / near + t / far;
                    let camera = camera.clone().focused_at(1.0 / dioptres).seeded(rng.next());
                    Shot { picture: render(&scene, &camera), exif: note(&camera, i as usize, 350) }
                });
                shots.collect()
            }
            Plan::Burst { subject, frames, shaken } => {
                let shots = (0..frames).map(|i| {
                    let moment = Moment { sway: 0.004 * rng.normal(), ..Moment::default() };
                    let mut camera = camera.clone().seeded(rng.next());
                    if subject == Subject::Portrait {
                        camera = camera.lens(85.0, 2.0);
                    }
                    if shaken && rng.chance(0.6) {
                        let (far, angle) = (rng.range(0.006, 0.03), rng.range(0.0, 180.0));
                        camera = camera.shaken(far, angle);
                    }
                    let scene = Scene::at(subject, scene_seed, moment);
                    let picture = aimed(&scene, &camera, hand(rng, HAND));
                    Shot { picture, exif: note(&camera, i as usize, 180) }
                });
                shots.collect()
            }
            Plan::Tracking { frames } => {
                let shots = (0..frames).map(|i| {
                    let moment = Moment { sway: 0.05 * i as f32 - 0.1, ..Moment::default() };
                    let scene = Scene::at(Subject::Portrait, scene_seed, moment);
                    let missed = scene.subject_m * (1.0 + 0.06 * rng.normal());
                    let camera = camera.clone().lens(85.0, 2.0).focused_at(missed);
                    let camera = camera.seeded(rng.next());
                    let picture = aimed(&scene, &camera, hand(rng, HAND));
                    Shot { picture, exif: note(&camera, i as usize, 150) }
                });
                shots.collect()
            }
            Plan::Misfire { subject, frames } => {
                let failed = 1 + (rng.next() % u64::from(frames - 1)) as u32;
                let scene = place(subject);
                let shots = (0..frames).map(|i| {
                    let ev = if i == failed { -2.5 } else { 0.04 * rng.normal() };
                    let camera = camera.clone().exposed(ev).seeded(rng.next());
                    let picture = aimed(&scene, &camera, hand(rng, HAND));
                    Shot { picture, exif: note(&camera, i as usize, 800) }
                });
                shots.collect()
            }
            Plan::Dimming { subject, frames, by } => {
                let scene = place(subject);
                let shots = (0..frames).map(|i| {
                    let camera = camera.clone().exposed(-by * i as f32).seeded(rng.next());
                    Shot { picture: render(&scene, &camera), exif: None }
                });
                shots.collect()
            }
            Plan::Panning { frames } => {
                // Shares of the longer side, as in a panorama of the track.
                let pace = rng.range(0.25, 0.6) * 1.5;
                let shots = (0..frames).map(|i| {
                    let aside = pace * (i as f32 - 0.5 * (frames - 1) as f32);
                    let moment = Moment { sway: aside, ..Moment::default() };
                    let scene = Scene::at(Subject::Race, scene_seed, moment);
                    let camera = camera.clone().seeded(rng.next());
                    Shot {
                        picture: aimed(&scene, &camera, [aside, 0.004 * rng.normal()]),
                        exif: note(&camera, i as usize, 120),
                    }
                });
                shots.collect()
            }
        }
    }
}

fn hand(rng: &mut Rng, far: f32) -> [f32; 2] {
    [far * rng.normal(), far * rng.normal()]
}

/// The picture that a camera takes when its middle lies at `at`, in shorter sides of
/// what is drawn: a rim is, from which all frames of a series are cut at one scale.
fn aimed(scene: &Scene, camera: &Camera, at: [f32; 2]) -> Picture {
    let rim = camera.height / 12;
    let height = camera.height + 2 * rim;
    let [x, y] = at.map(|v| (v * height as f32).round() as i32);
    let width = camera.width + 2 * (rim + x.unsigned_abs());
    let whole = render(scene, &Camera { width, height, ..camera.clone() });
    let middle = |large: u32, small: u32, by: i32| ((large - small) / 2).saturating_add_signed(by);
    let corner = [middle(width, camera.width, x), middle(height, camera.height, y)];
    cut(&whole, corner, [camera.width, camera.height])
}

#[cfg(test)]
#[path = "sets/tests.rs"]
mod tests;
