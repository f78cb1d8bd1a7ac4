//! What it takes until a frame's verdict is there for good: its folder moved in the spool,
//! both folders above it flushed, and a commit of the journal, flushed as well.
//!
//! The rig's own spool does it, in a folder that is gone afterwards.

use crate::rig::name::GivenName;
use crate::rig::spool::row::Verdict;
use crate::rig::spool::{Change, FileRow, Hash, Name, Origin, Row, Spool, State};
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Verdicts before those that count.
const WARM: usize = 3;

/// Verdicts at most: every one wears the disk a little.
const MOST: usize = 200;

/// A folder that is taken away, with all that is in it, when this is dropped.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one in a folder that is there.
    pub(super) fn new(place: &Path) -> io::Result<Self> {
        let path = place.join(format!(".edgecull-bench-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the system or the spool says when it cannot be done.
type Failed = Box<dyn Error + Send + Sync>;

/// Has verdicts of frames with this record made to last until time is up; gives what each
/// took in microseconds.
pub(super) fn measure(
    scratch: &Scratch,
    record: &str,
    budget: Duration,
    stop: &AtomicBool,
) -> Result<Vec<f64>, Failed> {
    let (spool, _) = Spool::open(&scratch.path().join("spool"))?;
    let mut took = Vec::new();
    let began = Instant::now();
    while took.len() < WARM + MOST
        && (began.elapsed() < budget || took.len() <= WARM)
        && !stop.load(Ordering::Relaxed)
    {
        took.push(verdict(&spool, record)?.as_secs_f64() * 1e6);
    }
    Ok(took.split_off(WARM.min(took.len())))
}

/// The verdict of one frame; the frame itself is empty, and goes at once.
fn verdict(spool: &Spool, record: &str) -> Result<Duration, Failed> {
    const NAME: &str = "BENCH.JPG";
    let (id, folder) = spool.begin(&Origin::new("bench", &GivenName::new(NAME)?))?;
    fs::write(folder.join(NAME), [])?;
    let row = Row {
        id,
        state: State::Kept,
        source: "bench".into(),
        folder: Name("".into()),
        files: vec![FileRow { name: Name(NAME.into()), bytes: 0, hash: Hash(id.into()) }],
        received_ms: 0,
        verdict: Verdict::Keep,
        record: record.into(),
        released: false,
        after: None,
        plan: None,
    };
    let change = [Change { row, from: None }];
    let start = Instant::now();
    spool.change(&change)?;
    let took = start.elapsed();
    let [Change { row, .. }] = &change;
    spool.hand_on(row)?;
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_made_to_last_and_nothing_is_left_behind() {
        let place = tempfile::tempdir().expect("a folder");
        let scratch = Scratch::new(place.path()).expect("made");
        let stop = AtomicBool::new(false);
        let budget = Duration::from_millis(50);
        let took = measure(&scratch, "{}", budget, &stop).expect("measured");
        assert!(!took.is_empty() && took.iter().all(|&took| took > 0.0), "{took:?}");
        drop(scratch);
        assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn a_stop_ends_it_at_once() {
        let place = tempfile::tempdir().expect("a folder");
        let scratch = Scratch::new(place.path()).expect("made");
        let stop = AtomicBool::new(true);
        let took = measure(&scratch, "{}", Duration::from_secs(60), &stop).expect("nothing");
        assert_eq!(took, [0.0; 0]);
    }
}
