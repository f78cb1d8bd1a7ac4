//! What is written down of a frame: its record, and its sidecars.

use crate::args::Xmp;
use crate::pipeline::Judged;
use crate::rig::spool::Row;
use crate::sink::ndjson;
use crate::sink::record::Record;
use crate::sink::xmp::Sidecars;
use crate::source::folder::Frame;
use std::path::{Path, PathBuf};

/// The line for programs.
pub(super) fn record(row: &Row, judged: &Judged) -> String {
    let mut line = Vec::new();
    // Into memory, nothing can fail.
    let _ = ndjson::record(&mut line, &Record::new(&row.given(), judged));
    let text = String::from_utf8_lossy(&line);
    text.trim_end().to_owned()
}

/// Writes sidecars beside a frame's files, if they are wanted. A frame goes on without.
pub(super) fn sidecars(folder: &Path, row: &Row, judged: &Judged, naming: Xmp) {
    if naming == Xmp::Off {
        return;
    }
    let mut paths = row.files.iter().map(|file| folder.join(&file.name.0));
    let Some(path) = paths.next() else {
        return;
    };
    let companions: Vec<PathBuf> = paths.collect();
    let frame = Frame { path, companions, below: PathBuf::new(), sole_of_stem: true };
    for done in (Sidecars { naming, dry_run: false }).write(&frame, judged) {
        if let Err(error) = done {
            tracing::warn!("{error}");
        }
    }
}
