//! One frame explained: numbers, limits, sentences, and a drawing.
//!
//! In comes a file; out comes an [`Explained`], which [`text`] writes down and
//! [`chart`] draws. Judging is the [pipeline](crate::pipeline)'s, as for every
//! other command; this looks on.

pub mod chart;
pub mod faces;
pub mod focus;
pub mod text;
pub mod words;

mod canvas;
mod eyes;
mod marks;
mod palette;
mod panel;
mod picture;
mod place;

use crate::args::Strictness;
use crate::pipeline::{Judge, JudgeOptions, Judged, Scorer};
use crate::source::decode::Picture;
use edgecull_core::geometry::Orientation;
use edgecull_core::judge::{Limit, Policy};
use edgecull_core::measure::horizon::Horizon;
use edgecull_core::measure::subject::Subject;
use focus::FocusMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that is known of one frame.
#[derive(Debug)]
pub struct Explained {
    /// The file.
    pub path: PathBuf,
    /// How much was forgiven.
    pub strictness: Strictness,
    /// The limits that go with it.
    pub policy: Policy,
    /// The verdict.
    pub judged: Judged,
    /// Whether the quality is what the networks in the program say.
    pub rated: bool,
    /// What lies behind it; `None` where no frame could be had.
    pub evidence: Option<Evidence>,
}

/// What lies behind a verdict. Places are pixels of the upright picture.
#[derive(Debug)]
pub struct Evidence {
    /// Where it is how sharp.
    pub focus: FocusMap,
    /// The subject, where the camera said or else the sharpest region.
    pub subject: Option<Subject>,
    /// The horizon, if there is one.
    pub horizon: Option<Horizon>,
    /// The faces, the most prominent first.
    pub faces: Vec<faces::Seen>,
    /// Probability that a face that decides has its eyes shut.
    pub eyes_closed: f32,
    /// Probability that nothing was photographed.
    pub accidental: f32,
    /// Probability that the subject is soft while something else is sharp.
    pub subject_soft: f32,
    /// The picture as stored: decoded, or, where that fails, as the scanner saw it.
    picture: Picture,
}

/// One measure and its limits.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    /// What people call it.
    pub name: &'static str,
    /// 0..1.
    pub value: f32,
    /// The limits on it, if any.
    pub limit: Option<Limit>,
}

/// How a measure stands to its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has no limits.
    Neutral,
    /// Below them.
    Fine,
    /// A person should look.
    Doubtful,
    /// The frame is held back.
    Broken,
}

impl Gauge {
    /// How it stands to its limits.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.limit {
            None => Standing::Neutral,
            Some(limit) if limit.reject.is_some_and(|r| self.value >= r) => Standing::Broken,
            Some(limit) if self.value >= limit.review => Standing::Doubtful,
            Some(_) => Standing::Fine,
        }
    }
}

impl Explained {
    /// Judges the file and takes down what lies behind the verdict.
    #[must_use]
    pub fn new(path: &Path, options: JudgeOptions, scorer: Option<Arc<Scorer>>) -> Self {
        let rated = options.quality && scorer.is_none();
        let mut judge = Judge::new(options).with_scorer(scorer);
        let mut seen = None;
        let judged = judge.inspect(path, |frame, measured| {
            let focus = FocusMap::of(frame, measured);
            seen = Some((focus, measured.clone(), picture::glimpse(frame)));
        });
        let orientation = orientation(&judged);
        let evidence = seen.map(|(focus, measured, glimpse)| {
            let (width, height) = measured.size;
            let subject = measured.subject.map(|subject| Subject {
                region: orientation.rect(subject.region, width, height),
                ..subject
            });
            let decoded = picture::decoded(path);
            let prominent = measured.people.prominent;
            let faces = faces::seen(&judged.faces, prominent, decoded.as_ref(), orientation);
            Evidence {
                focus: focus.upright(orientation, width, height),
                subject,
                horizon: measured.horizon,
                eyes_closed: measured.people.closed,
                accidental: measured.accidental,
                subject_soft: measured.subject_soft,
                faces,
                picture: decoded.unwrap_or(Picture::Rgb(glimpse)),
            }
        });
        let (path, policy) = (path.to_owned(), *judge.policy());
        Self { path, strictness: options.strictness, policy, judged, rated, evidence }
    }

    /// The measures, those with limits first. Empty where nothing was measured.
    #[must_use]
    pub fn gauges(&self) -> Vec<Gauge> {
        let (Some(m), Some(evidence)) = (&self.judged.verdict.measures, &self.evidence) else {
            return Vec::new();
        };
        let p = &self.policy;
        let limited = |name, value, limit| Gauge { name, value, limit: Some(limit) };
        let plain = |name, value| Gauge { name, value, limit: None };
        let mut gauges = vec![
            limited("blur", m.blur, p.blur),
            limited("soft subject", evidence.subject_soft, p.subject),
            limited("eyes closed", evidence.eyes_closed, p.eyes),
            limited("too dark", m.exposure.under, p.under),
            limited("too bright", m.exposure.over, p.over),
            limited("noise", m.noise, p.noise),
            limited("accidental", evidence.accidental, p.accidental),
            plain("sharpness", m.sharpness),
            plain("motion", m.motion.amount),
            plain("brightness", m.exposure.mean),
            plain("blown out", m.exposure.clipped_highlights),
            plain("blocked up", m.exposure.clipped_shadows),
            plain("composition", m.composition.thirds),
        ];
        gauges.extend(m.quality.map(|quality| plain("quality", quality)));
        gauges
    }

    /// The file's own name.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        crate::sink::table::escape(&name.to_string_lossy())
    }
}

/// How the stored picture must be turned.
fn orientation(judged: &Judged) -> Orientation {
    judged.exif.as_ref().map(|exif| exif.orientation).unwrap_or_default()
}
