//! Two results side by side: what became slower, what faster, and of what that is not shown.
//!
//! Of each figure the ratio of the medians is told, with the interval that holds 95 % of it
//! over resamples of what was measured.

use super::BUSY;
use super::report::{Grid, number};
use super::result::{Bench, Size};
use super::stats::{Ratio, ratio_of_medians};
use serde::Serialize;

/// The name of this format.
pub const SCHEMA: &str = "edgecull.bench-compare.v1";

/// Two runs of one program on one device differ by this much: an interval that comes nearer to
/// 1 shows nothing.
pub const MARGIN: f64 = 0.02;

/// Why two results say nothing about each other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// No frames of one kind.
    #[error(
        "there is nothing to compare: {first} was measured in the first, {second} in the second; \
         measure the same sizes or files"
    )]
    NothingInCommon {
        /// What the first has.
        first: String,
        /// What the second has.
        second: String,
    },
    /// Frames of one name that are not the same.
    #[error(
        "the frames differ ({size}), so their times say nothing about each other; measure with \
         the same files, or with rendered frames of one version of edgecull"
    )]
    OtherFrames {
        /// The frames.
        size: String,
    },
    /// One did more than the other.
    #[error("one was measured with {0}, the other without: measure both alike")]
    OtherWork(&'static str),
}

/// What a comparison shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What else differs, in sentences.
    pub warnings: Vec<String>,
    /// Figure by figure.
    pub differences: Vec<Difference>,
}

/// One figure in both results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The frames; `None` for the journal.
    pub size: Option<String>,
    /// Frames judged at a time.
    pub jobs: usize,
    /// A stage, or `frames/s`.
    pub figure: String,
    /// The median of the first: milliseconds, or frames a second.
    pub first: f64,
    /// The median of the second.
    pub second: f64,
    /// The second over the first.
    pub ratio: Option<f64>,
    /// What holds 95 % of it.
    pub interval: Option<[f64; 2]>,
    /// What that shows.
    pub shown: Shown,
}

/// What a difference shows of the second result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// It takes longer.
    Slower,
    /// It takes less time.
    Faster,
    /// Neither: the interval holds 1, or comes within two hundredths of it.
    NoDifferenceShown,
    /// There are too few samples, or it takes no time that can be measured.
    NotTold,
}

impl Shown {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::NoDifferenceShown => "no difference shown",
            Self::NotTold => "too few samples",
        }
    }
}

impl Comparison {
    /// Of two results.
    ///
    /// # Errors
    /// When what they measured is not the same.
    pub fn new(first: &Bench, second: &Bench) -> Result<Self, CompareError> {
        let alike = [
            ("faces", first.asked.faces, second.asked.faces),
            ("quality", first.asked.quality, second.asked.quality),
        ];
        if let Some((work, ..)) = alike.iter().find(|(_, first, second)| first != second) {
            return Err(CompareError::OtherWork(work));
        }
        let pairs = common(first, second)?;
        let mut differences = Vec::new();
        for (first, second) in pairs {
            sizes(first, second, &mut differences);
        }
        if let (Some(first), Some(second)) = (&first.journal, &second.journal) {
            let (first, second) = (&first.stage.samples_us, &second.stage.samples_us);
            differences.push(difference(None, 1, "journal", first, second));
        }
        Ok(Self { schema: SCHEMA, warnings: warnings(first, second), differences })
    }

    /// Tables for people, one of each size and one of the journal.
    #[must_use]
    pub fn grids(&self) -> Vec<Grid> {
        let mut parts: Vec<&[Difference]> =
            self.differences.chunk_by(|a, b| a.size == b.size).collect();
        parts.retain(|part| !part.is_empty());
        parts.into_iter().map(grid).collect()
    }
}

/// The sizes that both have.
fn common<'b>(
    first: &'b Bench,
    second: &'b Bench,
) -> Result<Vec<(&'b Size, &'b Size)>, CompareError> {
    let other = |size: &Size| second.sizes.iter().find(|other| other.name == size.name);
    let pairs: Vec<_> = first.sizes.iter().filter_map(|size| Some((size, other(size)?))).collect();
    if let Some((size, _)) = pairs.iter().find(|(first, second)| first.digest != second.digest) {
        return Err(CompareError::OtherFrames { size: size.name.clone() });
    }
    if pairs.is_empty() {
        let names = |bench: &Bench| match &bench.sizes[..] {
            [] => "nothing".to_owned(),
            sizes => sizes.iter().map(|size| &size.name[..]).collect::<Vec<_>>().join(", "),
        };
        return Err(CompareError::NothingInCommon { first: names(first), second: names(second) });
    }
    Ok(pairs)
}

/// The stages of the run with the fewest jobs that both have, and the throughput of all.
fn sizes(first: &Size, second: &Size, differences: &mut Vec<Difference>) {
    let runs = first
        .runs
        .iter()
        .filter_map(|run| Some((run, second.runs.iter().find(|other| other.jobs == run.jobs)?)));
    let runs: Vec<_> = runs.collect();
    let name = Some(first.name.as_str());
    if let Some((a, b)) = runs.first() {
        for stage in &a.stages {
            if let Some(other) = b.stages.iter().find(|other| other.stage == stage.stage) {
                let samples = (&stage.samples_us, &other.samples_us);
                differences.push(difference(name, a.jobs, &stage.stage, samples.0, samples.1));
            }
        }
    }
    for (a, b) in runs {
        differences.push(difference(name, a.jobs, RATE, &a.rates, &b.rates));
    }
}

/// The figure of which more is better.
const RATE: &str = "frames/s";

fn difference(
    size: Option<&str>,
    jobs: usize,
    figure: &str,
    first: &[f64],
    second: &[f64],
) -> Difference {
    let is_rate = figure == RATE;
    let median = |samples: &[f64]| {
        let median = super::stats::Percentiles::of(samples).map_or(0.0, |p| p.p50);
        if is_rate { median } else { median / 1000.0 }
    };
    let told = ratio_of_medians(first, second);
    let shown = told.map_or(Shown::NotTold, |Ratio { interval: [low, high], .. }| {
        match (low > 1.0 + MARGIN, high < 1.0 - MARGIN) {
            (true, _) if is_rate => Shown::Faster,
            (_, true) if is_rate => Shown::Slower,
            (true, _) => Shown::Slower,
            (_, true) => Shown::Faster,
            _ => Shown::NoDifferenceShown,
        }
    });
    Difference {
        size: size.map(str::to_owned),
        jobs,
        figure: figure.to_owned(),
        first: median(first),
        second: median(second),
        ratio: told.map(|told| told.ratio),
        interval: told.map(|told| told.interval),
        shown,
    }
}

/// What else is not the same.
fn warnings(first: &Bench, second: &Bench) -> Vec<String> {
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".into());
    let program = |bench: &Bench| {
        let program = &bench.program;
        let features = program.features.join(", ");
        format!("{} for {}, {}, {features}", program.version, program.target, program.profile)
    };
    let filesystem = |bench: &Bench| {
        bench.journal.as_ref().map_or("none".into(), |journal| known(&journal.filesystem))
    };
    let device = |bench: &Bench| match &bench.device.model {
        Some(model) => format!("{model}, {}", known(&bench.device.processor)),
        None => known(&bench.device.processor),
    };
    let both: [(&str, [String; 2]); 5] = [
        ("devices", [device(first), device(second)]),
        ("kernels chosen", [first.device.kernels.clone(), second.device.kernels.clone()]),
        ("systems", [known(&first.device.system), known(&second.device.system)]),
        ("builds", [program(first), program(second)]),
        ("journal's filesystems", [filesystem(first), filesystem(second)]),
    ];
    let differ = both.into_iter().filter(|(_, [first, second])| first != second);
    let mut warnings: Vec<String> = differ
        .map(|(what, [first, second])| format!("The {what} differ: {first}; {second}."))
        .collect();
    for (which, bench) in [("first", first), ("second", second)] {
        if !bench.complete {
            warnings.push(format!("The {which} was interrupted."));
        }
        if let Some(load) = bench.before.load.filter(|load| *load >= BUSY) {
            warnings.push(format!(
                "Other processes were busy when the {which} began (load {load}): what differs \
                 may be theirs."
            ));
        }
        let held = bench.after.throttling.as_ref().filter(|held| !held.now.is_empty());
        if let Some(held) = held {
            let what = held.now.join(", ");
            warnings.push(format!("The {which} device was held back at its end: {what}."));
        }
    }
    warnings
}

fn grid(part: &[Difference]) -> Grid {
    let size = part.first().and_then(|difference| difference.size.as_deref());
    let caption = match size {
        Some(size) => format!("{size}: milliseconds a frame, and frames a second"),
        None => "Milliseconds until a verdict is there for good".into(),
    };
    let names = ["", "at a time", "first", "second", "ratio", "95 % interval", "the second is"];
    let rows = part.iter().map(|difference| {
        let two = |value: Option<f64>| value.map_or_else(|| "-".into(), |v| format!("{v:.2}"));
        vec![
            difference.figure.clone(),
            difference.jobs.to_string(),
            number(difference.first),
            number(difference.second),
            two(difference.ratio),
            difference
                .interval
                .map_or_else(|| "-".into(), |[low, high]| format!("{low:.2} to {high:.2}")),
            difference.shown.words().to_owned(),
        ]
    });
    let columns = names.iter().map(|name| (String::new(), (*name).to_owned())).collect();
    Grid { caption, columns, rows: rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::super::samples::bench;
    use super::super::stats::FEWEST;
    use super::*;

    fn scaled(bench: &Bench, figure: &str, scale: f64) -> Bench {
        let mut bench = bench.clone();
        for run in bench.sizes.iter_mut().flat_map(|size| &mut size.runs) {
            for stage in run.stages.iter_mut().filter(|stage| stage.stage == figure) {
                stage.samples_us.iter_mut().for_each(|sample| *sample *= scale);
            }
            if figure == RATE {
                run.rates.iter_mut().for_each(|rate| *rate *= scale);
            }
        }
        bench
    }

    fn shown(first: &Bench, second: &Bench, figure: &str) -> Vec<Shown> {
        let comparison = Comparison::new(first, second).expect("comparable");
        let of = comparison.differences.iter().filter(|d| d.figure == figure);
        of.map(|difference| difference.shown).collect()
    }

    #[test]
    fn a_result_does_not_differ_from_itself() {
        let comparison = Comparison::new(&bench(), &bench()).expect("comparable");
        // Three sizes: eight stages, and three numbers of jobs; and the journal.
        assert_eq!(comparison.differences.len(), 3 * (8 + 3) + 1);
        for difference in &comparison.differences {
            assert_eq!(difference.shown, Shown::NoDifferenceShown, "{difference:?}");
            assert_eq!(difference.ratio, Some(1.0));
        }
        // What it is too hot for, and what else ran, holds for both.
        let said = ["first", "second"].map(|which| {
            let of = comparison.warnings.iter().filter(|warning| warning.contains(which));
            of.filter(|said| said.contains("held back") || said.contains("load 3.25")).count()
        });
        assert_eq!((said, comparison.warnings.len()), ([2, 2], 4), "{:?}", comparison.warnings);
        assert_eq!(comparison.grids().len(), 4);
    }

    #[test]
    fn more_time_is_slower_and_more_frames_a_second_are_faster() {
        let plain = bench();
        for (figure, scale, wanted) in [
            ("scan", 2.0, Shown::Slower),
            ("scan", 0.5, Shown::Faster),
            ("scan", 1.01, Shown::NoDifferenceShown),
            (RATE, 2.0, Shown::Faster),
            (RATE, 0.5, Shown::Slower),
        ] {
            let second = scaled(&plain, figure, scale);
            assert!(
                shown(&plain, &second, figure).iter().all(|s| *s == wanted),
                "{figure} {scale}"
            );
            let other = if figure == RATE { "scan" } else { RATE };
            let others = shown(&plain, &second, other);
            assert!(others.iter().all(|s| *s == Shown::NoDifferenceShown), "{figure} {scale}");
        }
        let mut short = plain.clone();
        let journal = short.journal.as_mut().expect("a journal");
        journal.stage.samples_us.truncate(FEWEST - 1);
        assert_eq!(shown(&plain, &short, "journal"), [Shown::NotTold]);
    }

    #[test]
    fn what_was_not_measured_alike_is_refused() {
        let plain = bench();
        let mut other = plain.clone();
        other.sizes[1].digest = "another".into();
        let error = Comparison::new(&plain, &other).expect_err("refused");
        assert_eq!(error, CompareError::OtherFrames { size: "24 MP".into() });
        other.sizes.truncate(1);
        assert!(Comparison::new(&plain, &other).is_ok());
        other.sizes[0].name = "own files".into();
        let said = Comparison::new(&plain, &other).expect_err("refused").to_string();
        assert!(said.contains("12 MP, 24 MP, 45 MP") && said.contains("own files"), "{said}");
        let mut other = plain.clone();
        other.asked.quality = false;
        let error = Comparison::new(&other, &plain).expect_err("refused");
        assert_eq!(error, CompareError::OtherWork("quality"));
    }

    #[test]
    fn another_device_and_another_build_are_named() {
        let plain = bench();
        let mut other = plain.clone();
        other.after.throttling = None;
        other.complete = false;
        other.device.model = Some("Jetson Orin Nano".into());
        other.program.version = "9.9.9".into();
        let comparison = Comparison::new(&plain, &other).expect("comparable");
        let said = comparison.warnings.join("\n");
        for words in ["Raspberry Pi 4", "Jetson Orin Nano", "9.9.9", "second was interrupted"] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }

    #[test]
    fn tables_fit_80_columns() {
        let comparison = Comparison::new(&bench(), &scaled(&bench(), "scan", 2.0)).expect("both");
        for grid in comparison.grids() {
            let text = grid.text();
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
}
