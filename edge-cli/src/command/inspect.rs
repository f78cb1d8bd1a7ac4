//! `edgecull inspect`: one frame explained in words and in a drawing.

use super::{Ending, Failure, model};
use crate::args::{InspectArgs, ReportFormat};
use crate::config::search;
use crate::inspect::{Explained, chart, text};
use crate::pipeline::JudgeOptions;
use edgecull_core::verdict::Decision;
use image::{ImageFormat, RgbImage};
use std::fs::{self, File};
use std::io::{self, BufWriter, Cursor, Write};
use std::path::Path;

/// Runs the command.
///
/// # Errors
/// When the scorer cannot be used, or the drawing or the explanation cannot be written.
pub fn run(args: &InspectArgs) -> Result<Ending, Failure> {
    let scorer = model::scorer(args.float.as_deref())?;
    let faces = search(args.no_faces, args.small_faces);
    let quality = !args.no_quality;
    let options =
        JudgeOptions { strictness: args.strictness, faces, quality, ..JudgeOptions::default() };
    let explained = Explained::new(&args.file, options, scorer);
    if let Some(path) = &args.output {
        match chart::draw(&explained) {
            Some(drawing) => save(path, &drawing)
                .map_err(|source| Failure::Create { path: path.clone(), source })?,
            None => {
                let _ =
                    writeln!(io::stderr(), "edgecull: nothing was drawn: no frame could be read");
            }
        }
    }
    match print(args.format, &explained) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ if explained.judged.verdict.decision == Decision::Error => Ok(Ending::Partly),
        _ => Ok(Ending::Judged),
    }
}

fn print(format: ReportFormat, explained: &Explained) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        ReportFormat::Table => text::table(&mut out, explained)?,
        ReportFormat::Json => text::json(&mut out, explained)?,
    }
    out.flush()
}

/// Writes a PNG file that is not there yet; half a file is not left behind.
fn save(path: &Path, drawing: &RgbImage) -> io::Result<()> {
    let mut png = Cursor::new(Vec::new());
    drawing.write_to(&mut png, ImageFormat::Png).map_err(io::Error::other)?;
    let mut file = File::create_new(path)?;
    file.write_all(png.get_ref()).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}
