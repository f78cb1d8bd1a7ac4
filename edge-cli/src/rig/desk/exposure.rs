//! The files of one exposure: a JPEG and its RAW file, and what else has their stem.

use super::{Desk, Inner, Receipt};
use crate::pipeline::Judged;
use crate::rig::name::GivenName;
use crate::rig::spool::row::Verdict;
use crate::rig::spool::{Change, Row, SpoolError, State};
use crate::source::format::Ending;
use edgecull_core::verdict::Decision;
use std::ffi::OsStr;
use std::path::Path;

/// Files of one exposure are at most so many milliseconds apart: cameras count to 9,999
/// and begin anew.
const EXPOSURE_MS: u64 = 600_000;

/// Endings of files that belong to a photograph and are none, in lower case.
const ATTACHED: &[&str] = &["xmp", "wav", "aae", "thm"];

impl Desk {
    /// The frame that a file is another file of.
    pub(super) fn leader(
        &self,
        source: &str,
        name: &GivenName,
        now_ms: u64,
    ) -> Result<Option<Row>, SpoolError> {
        let row = self.spool.of_exposure(source, name)?;
        Ok(row.filter(|row| {
            let all = row.files.iter().map(|file| file.name.0.as_os_str());
            now_ms.abs_diff(row.received_ms) <= EXPOSURE_MS
                && !name.is_provisional()
                && belongs(name.name(), all)
        }))
    }

    /// Takes another file of a frame: into its folder, or, when the frame has gone, after it.
    /// It has the frame's verdict, or, where that could not be judged, gives it its own.
    pub(super) fn go_with(
        &self,
        inner: &mut Inner,
        row: Row,
        from: Option<State>,
        mut leader: Row,
        judged: Judged,
    ) -> Result<Receipt, SpoolError> {
        let id = row.id;
        let bytes = row.files.iter().map(|file| file.bytes).sum();
        let tells = leader.verdict == Verdict::Error && judged.verdict.decision != Decision::Error;
        let gone = matches!(leader.state, State::HandedOn | State::Done);
        if gone || leader.plan.is_some() {
            tracing::info!("{} goes after frame {}", row.given().display(), leader.id);
            let row = Row { after: Some(leader.id), ..row };
            if tells {
                return self.decide(inner, row, from, judged);
            }
            let Row { verdict, released, .. } = leader;
            let state = if released { State::Kept } else { State::of(verdict.into()) };
            self.spool.change(&[Change { row: Row { state, verdict, released, ..row }, from }])?;
            self.ring();
            return Ok(Receipt { id, decision: verdict.into(), bytes, known: false });
        }
        tracing::info!("{} belongs to frame {}", row.given().display(), leader.id);
        self.spool.join(&row, from, &mut leader)?;
        if tells {
            // The one that was judged stands first.
            leader.files.rotate_right(row.files.len());
            let from = Some(leader.state);
            return self.decide(inner, leader, from, judged);
        }
        Ok(Receipt { id: leader.id, decision: leader.verdict.into(), bytes, known: false })
    }
}

/// Whether a file goes with others of its stem, of which it is none.
fn belongs<'a>(name: &OsStr, mut all: impl Iterator<Item = &'a OsStr> + Clone) -> bool {
    if all.clone().any(|other| other == name) {
        return false;
    }
    let ending = Ending::of(name);
    let attached = Path::new(name)
        .extension()
        .is_some_and(|ending| ATTACHED.iter().any(|known| ending.eq_ignore_ascii_case(known)));
    if attached {
        return all.any(|other| Ending::of(other).is_some());
    }
    let is_raw = |ending: Option<Ending>| ending.is_some_and(Ending::follows);
    // A second JPEG of the same stem is another picture.
    let has =
        |raw: bool| all.clone().any(|n| Ending::of(n).is_some() && is_raw(Ending::of(n)) == raw);
    match ending {
        Some(Ending::Jpeg) => has(true) && !has(false),
        Some(ending) if ending.follows() => {
            let same = all.clone().any(|other| {
                Path::new(other).extension().is_some_and(|e| {
                    Path::new(name).extension().is_some_and(|own| e.eq_ignore_ascii_case(own))
                })
            });
            !same
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_exposure_are_told_by_their_endings() {
        let go = |name: &str, with: &[&str]| {
            belongs(OsStr::new(name), with.iter().map(|name| OsStr::new(*name)))
        };
        assert!(go("1.CR3", &["1.JPG"]) && go("1.JPG", &["1.NEF"]) && go("1.HIF", &["1.jpg"]));
        assert!(go("1.XMP", &["1.JPG"]) && go("1.wav", &["1.JPG", "1.CR3"]));
        assert!(!go("1.JPG", &["1.JPG"]) && !go("1.JPEG", &["1.JPG"]) && !go("1.CR3", &["1.cr3"]));
        assert!(!go("1.txt", &["1.JPG"]) && !go("1.xmp", &["1.txt"]));
        assert!(!go("1.PNG", &["1.JPG"]));
    }
}
