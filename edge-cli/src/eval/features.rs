//! What training reads: a CSV row a file, with the manifest's columns, the
//! verdict, and every number that the frame was judged by.

use super::manifest::Manifest;
use edgecull_core::frame::Frame;
use edgecull_core::measure::Measured;
use edgecull_core::measure::features::Features;
use edgecull_core::verdict::Decision;
use std::io;

/// The numbers behind one verdict, by name and in a fixed order: this is the one
/// place where evidence is added.
#[must_use]
pub fn vector(frame: &Frame<'_>, measured: &Measured) -> Vec<(String, f32)> {
    let m = &measured.measures;
    let features = Features::of(frame);
    let values = features.values().iter().map(|&value| f32::from(value));
    let features = Features::names().map(|name| name.to_string()).zip(values);
    let measures = [
        ("width", frame.width as f32),
        ("height", frame.height as f32),
        ("blur", m.blur),
        ("sharpness", m.sharpness),
        ("motion", m.motion.amount),
        ("under", m.exposure.under),
        ("over", m.exposure.over),
        ("mean", m.exposure.mean),
        ("clipped_highlights", m.exposure.clipped_highlights),
        ("clipped_shadows", m.exposure.clipped_shadows),
        ("noise", m.noise),
        ("thirds", m.composition.thirds),
    ];
    measures.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(features).collect()
}

/// Writes one row for each of the manifest's, in its order. A file that could not
/// be judged has empty fields for its numbers. The numbers' columns carry the
/// prefix `f_`, so that none is taken for a label.
///
/// # Errors
/// When `out` cannot be written.
pub fn write<L>(
    out: impl io::Write,
    manifest: &Manifest<L>,
    files: &[(Decision, Vec<(String, f32)>)],
) -> csv::Result<()> {
    let mut out = csv::Writer::from_writer(out);
    let judged = files.iter().map(|(_, numbers)| numbers).find(|numbers| !numbers.is_empty());
    let names: Vec<_> = judged.into_iter().flatten().map(|(name, _)| name).collect();
    let columns = names.iter().map(|name| format!("f_{name}"));
    out.write_record(
        manifest.headers.iter().map(str::to_owned).chain(["verdict".to_owned()]).chain(columns),
    )?;
    for (row, (decision, numbers)) in manifest.rows.iter().zip(files) {
        let number =
            |at: usize| numbers.get(at).map_or_else(String::new, |(_, value)| format!("{value:?}"));
        let numbers = (0..names.len()).map(number);
        let verdict = decision.name().to_owned();
        out.write_record(row.values.iter().map(str::to_owned).chain([verdict]).chain(numbers))?;
    }
    out.flush()?;
    Ok(())
}
