//! The figures of a result.

use super::super::result::{Bench, Point, Run, Size, Soak, Stage};
use super::super::run::STAGES;
use super::Grid;

/// Sizes side by side, as many as 80 columns hold.
const ABREAST: usize = 3;

/// Rows of a soak at most.
const SOAK_ROWS: usize = 12;

/// All tables of a result.
pub(super) fn grids(bench: &Bench) -> Vec<Grid> {
    let mut grids: Vec<Grid> = bench.sizes.chunks(ABREAST).map(stages).collect();
    grids.retain(|grid| !grid.rows.is_empty());
    if bench.sizes.iter().any(|size| !size.runs.is_empty()) {
        grids.push(throughput(&bench.sizes));
    }
    grids.extend(bench.journal.as_ref().map(|journal| {
        let place = journal.filesystem.as_ref().map_or(String::new(), |fs| format!(", on {fs}"));
        let caption = format!(
            "Milliseconds until a verdict is there for good (journal and folders, with \
             fsync){place}"
        );
        let stage = &journal.stage;
        let row = ["journal".to_owned(), stage.count.to_string()].into_iter();
        let rows = vec![row.chain(percentiles(Some(stage))).collect()];
        Grid { caption, columns: plain(&["stage", "samples", "p50", "p95", "p99"]), rows }
    }));
    grids.extend(bench.soak.as_ref().map(soak));
    grids
}

/// Where the time of a frame goes, of the run with the fewest jobs.
fn stages(sizes: &[Size]) -> Grid {
    let runs: Vec<(&str, &Run)> =
        sizes.iter().filter_map(|size| Some((size.name.as_str(), size.runs.first()?))).collect();
    let jobs = runs.first().map_or(1, |(_, run)| run.jobs);
    let how = if jobs == 1 { "one at a time".into() } else { format!("{jobs} at a time") };
    let caption = format!(
        "Milliseconds a frame takes, judged {how}: the median (p50), and what 95 and 99 of a \
         hundred frames stay within (p95, p99; - where there were too few); verdict is all of \
         it but burst"
    );
    let mut columns = plain(&["stage"]);
    for (name, _) in &runs {
        columns.extend(["p50", "p95", "p99"].map(|p| ((*name).to_owned(), p.to_owned())));
    }
    let of = |run: &Run, name: &str| run.stages.iter().find(|stage| stage.stage == name).cloned();
    let rows = STAGES.iter().map(|(name, _)| {
        let cells = runs.iter().flat_map(|(_, run)| percentiles(of(run, name).as_ref()));
        std::iter::once((*name).to_owned()).chain(cells).collect()
    });
    Grid { caption, rows: if runs.is_empty() { Vec::new() } else { rows.collect() }, columns }
}

/// What comes out when several frames are judged at a time.
fn throughput(sizes: &[Size]) -> Grid {
    let caption = "Frames a second, by how many are judged at a time; what one verdict takes \
                   then, in milliseconds; and the most memory that judging took, in MiB"
        .to_owned();
    let names =
        ["frames", "at a time", "measured", "frames/s", "MP/s", "verdict p50", "p95", "MiB"];
    let rows = sizes.iter().flat_map(|size| {
        size.runs.iter().map(|run| {
            let verdict = run.stages.iter().find(|stage| stage.stage == "verdict");
            let [p50, p95, _] = percentiles(verdict);
            let memory = run.peak_kib.map(|kib| kib as f64 / 1024.0);
            vec![
                size.name.clone(),
                run.jobs.to_string(),
                run.frames.to_string(),
                number(run.frames_per_second),
                format!("{:.0}", run.frames_per_second * size.megapixels),
                p50,
                p95,
                memory.map_or_else(|| "-".into(), number),
            ]
        })
    });
    Grid { caption, columns: plain(&names), rows: rows.collect() }
}

/// Pace and heat over time, at most [`SOAK_ROWS`] stretches of it.
fn soak(soak: &Soak) -> Grid {
    let caption = format!(
        "Soak for {} s: {}, {} at a time; pace and heat over time",
        soak.seconds, soak.size, soak.jobs
    );
    let together = soak.points.len().div_ceil(SOAK_ROWS).max(1);
    let rows = soak.points.chunks(together).filter_map(|points| {
        let last = points.last()?;
        let rate = points.iter().map(|p| p.frames_per_second).sum::<f64>() / points.len() as f64;
        let held = held_back(points);
        let seconds = last.at.round() as u64;
        let or_unknown = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        Some(vec![
            format!("{}:{:02}", seconds / 60, seconds % 60),
            number(rate),
            or_unknown(last.celsius.map(|celsius| format!("{celsius:.1}"))),
            or_unknown(last.mhz.map(|mhz| format!("{mhz:.0}"))),
            or_unknown(held),
        ])
    });
    let names = ["minutes", "frames/s", "°C", "MHz", "held back"];
    Grid { caption, columns: plain(&names), rows: rows.collect() }
}

/// What the firmware said in any of the stretches.
fn held_back(points: &[Point]) -> Option<String> {
    let told: Vec<&String> =
        points.iter().filter_map(|p| p.throttling.as_ref()).flatten().collect();
    points.iter().any(|point| point.throttling.is_some()).then(|| {
        let mut names: Vec<&str> = told.into_iter().map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() { "no".into() } else { names.join(", ") }
    })
}

fn plain(names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| (String::new(), (*name).to_owned())).collect()
}

/// A stage's percentiles in milliseconds.
fn percentiles(stage: Option<&Stage>) -> [String; 3] {
    let of = |us: Option<f64>| us.map_or_else(|| "-".into(), |us| number(us / 1000.0));
    match stage {
        Some(stage) => [Some(stage.p50_us), stage.p95_us, stage.p99_us].map(of),
        None => [None; 3].map(of),
    }
}

/// With three significant digits or so.
pub(in crate::bench) fn number(value: f64) -> String {
    match value.abs() {
        a if a < 0.0995 => format!("{value:.3}"),
        a if a < 9.95 => format!("{value:.2}"),
        a if a < 99.5 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::bench;
    use super::super::Sheet;
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in
            [(0.0123, "0.012"), (0.5, "0.50"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_sheet_fits_80_columns_and_has_all_stages() {
        let text = Sheet::of(&bench()).text();
        assert!(text.lines().all(|line| console::measure_text_width(line) <= 80), "{text}");
        for (stage, _) in STAGES {
            assert!(text.lines().any(|line| line.starts_with(stage)), "{stage}: {text}");
        }
        assert!(text.contains("journal") && text.contains("on ext4"), "{text}");
    }

    #[test]
    fn a_soak_shows_what_held_the_device_back() {
        let point = |at: f64, held: &[&str]| Point {
            at,
            frames_per_second: 10.0 - at / 60.0,
            celsius: Some(60.0 + at / 10.0),
            mhz: None,
            throttling: Some(held.iter().map(|&name| name.to_owned()).collect()),
        };
        let mut points: Vec<Point> = (1..=30).map(|n| point(10.0 * f64::from(n), &[])).collect();
        points[29] = point(300.0, &["throttled"]);
        let soaked = Soak { size: "24 MP".into(), jobs: 4, seconds: 300.0, points };
        let grid = soak(&soaked);
        assert!(grid.rows.len() <= SOAK_ROWS);
        let last = grid.rows.last().expect("rows");
        assert_eq!([&last[0], &last[2], &last[3], &last[4]], ["5:00", "90.0", "-", "throttled"]);
        assert_eq!(grid.rows[0][4], "no");
        let mut bench = bench();
        bench.soak = Some(soaked);
        let notes = Sheet::of(&bench).notes;
        assert!(notes.iter().any(|note| note.contains("(-42 %)")), "{notes:?}");
    }
}
