//! XMP sidecars: verdicts where other applications look for them.
//!
//! In come a frame and its verdict; a sidecar is made, or one that is there is
//! merged with. `adobe` names it `IMG.xmp` (Bridge, Lightroom, Capture
//! One, Photo Mechanic), one for all files of the frame; `full` names it
//! `IMG.EXT.xmp` (darktable), one for each. A sidecar that is damaged is left
//! alone, and a frame that could not be judged gets none.

mod editor;
mod merge;
mod tree;

pub use tree::Damage;

use super::record::code_name;
use crate::args::Xmp;
use crate::deliver::durable;
use crate::pipeline::Company;
use crate::pipeline::Judged;
use crate::source::folder::Frame;
use crate::source::format::Ending;
use edgecull_core::verdict::Decision;
use merge::Statement;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A sidecar bigger than this is not one: darktable's with a long history have
/// some hundred kilobytes.
const MAX_BYTES: u64 = 32 << 20;

/// Writes the sidecars of one run.
#[derive(Clone, Copy, Debug)]
pub struct Sidecars {
    /// Which ones.
    pub naming: Xmp,
    /// Only find out what would be written.
    pub dry_run: bool,
}

/// What became of one sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none.
    Created,
    /// It was merged with.
    Updated,
    /// It says so already.
    Unchanged,
}

/// Why a sidecar was not written.
#[derive(Debug, thiserror::Error)]
pub enum SidecarError {
    /// It is there, and no XMP.
    #[error("the sidecar {} is left alone: {damage}", path.display())]
    Damaged {
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// It could belong to another frame too.
    #[error(
        "no sidecar {} is written: several frames have this name, use `--xmp full`",
        path.display()
    )]
    Shared {
        /// Its path.
        path: PathBuf,
    },
    /// The system says no.
    #[error("the sidecar {} cannot be written: {source}", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

impl Sidecars {
    /// Writes the sidecars of one frame.
    #[must_use]
    pub fn write(
        &self,
        frame: &Frame,
        judged: &Judged,
    ) -> Vec<Result<(PathBuf, Outcome), SidecarError>> {
        let Judged { verdict, company, .. } = judged;
        if verdict.decision == Decision::Error {
            return Vec::new();
        }
        let reasons: Vec<String> =
            verdict.reasons.iter().map(|r| code_name(r.code).into_owned()).collect();
        let groups = groups(company);
        let now = iso_8601(SystemTime::now());
        let say = |extension| Statement {
            decision: verdict.decision,
            reasons: &reasons,
            groups: &groups,
            extension,
            now: &now,
        };
        let mut done = Vec::new();
        if matches!(self.naming, Xmp::Adobe | Xmp::Both) {
            let path = existing(frame.path.with_extension("xmp"));
            // One sidecar serves RAW and JPEG; it is named for the RAW, which may itself be
            // what was judged.
            let is_raw = |file: &&Path| file.file_name().and_then(Ending::of) == Some(Ending::Raw);
            let other = frame.companions.first().unwrap_or(&frame.path);
            let named_for = frame.files().find(is_raw).unwrap_or(other);
            let extension = named_for.extension().and_then(|e| e.to_str());
            done.push(if frame.sole_of_stem {
                self.one(path, &say(extension))
            } else {
                Err(SidecarError::Shared { path })
            });
        }
        if matches!(self.naming, Xmp::Full | Xmp::Both) {
            for file in frame.files() {
                let mut name = file.as_os_str().to_owned();
                name.push(".xmp");
                done.push(self.one(existing(name.into()), &say(None)));
            }
        }
        done
    }

    fn one(&self, path: PathBuf, say: &Statement) -> Result<(PathBuf, Outcome), SidecarError> {
        let old = match read(&path) {
            Ok(Some(text)) => {
                Some(text.map_err(|damage| SidecarError::Damaged { path: path.clone(), damage })?)
            }
            Ok(None) => None,
            Err(source) => return Err(SidecarError::Io { path, source }),
        };
        let merged = merge::merge(old.as_deref().unwrap_or(merge::EMPTY), say)
            .map_err(|damage| SidecarError::Damaged { path: path.clone(), damage })?;
        let Some(text) = merged else {
            return Ok((path, Outcome::Unchanged));
        };
        if !self.dry_run {
            durable::write(&path, text.as_bytes())
                .map_err(|source| SidecarError::Io { path: path.clone(), source })?;
        }
        Ok((path, if old.is_some() { Outcome::Updated } else { Outcome::Created }))
    }
}

/// The kinds and names of what a frame belongs to.
fn groups(company: &Company) -> Vec<[&str; 2]> {
    let burst = company.burst.iter().map(|burst| ["burst", &*burst.name]);
    let set = company.set.iter().map(|set| [set.kind.name(), &*set.name]);
    burst.chain(set).collect()
}

/// The sidecar's path as it is: some applications write the ending in capitals.
fn existing(path: PathBuf) -> PathBuf {
    let capitals = path.with_extension("XMP");
    if path.symlink_metadata().is_err() && capitals.symlink_metadata().is_ok() {
        capitals
    } else {
        path
    }
}

/// The text of a sidecar, if it is there.
fn read(path: &Path) -> io::Result<Option<Result<String, Damage>>> {
    match path.metadata() {
        Ok(meta) if !meta.is_file() || meta.len() > MAX_BYTES => {
            return Ok(Some(Err(Damage::NotXmp)));
        }
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    }
    let text = String::from_utf8(fs::read(path)?);
    Ok(Some(text.map_err(|e| Damage::Encoding(e.utf8_error().valid_up_to()))))
}

/// UTC, to the second. The calendar is Howard Hinnant's `civil_from_days`.
fn iso_8601(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from 1 March of the year 0, in eras of 400 years.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
#[path = "sidecar_tests.rs"]
mod tests;
