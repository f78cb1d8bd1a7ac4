//! Renders sets, and rows of frames that are none, into a folder, with the manifest for
//! `edgecull eval FOLDER/sets.csv --task sets`.
//!
//! ```text
//! cargo run --example render_sets -- FOLDER ROUND
//! ```

use edgecull::render::sets::series;
use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

/// Pixels of the longer side.
const LONG: u32 = 480;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("the folder to write to is missing")?);
    let round: u64 = args.next().ok_or("the number of the round is missing")?.parse()?;
    std::fs::create_dir_all(&folder)?;
    let mut manifest = String::from("file,group,kind\n");
    let mut start_ms = 9 * 3_600_000;
    for series in series(round, LONG) {
        let kind = series.kind.map_or("none", |kind| kind.name());
        for (i, shot) in series.frames(start_ms).into_iter().enumerate() {
            let name = format!("{}_{i:02}.jpg", series.name);
            std::fs::write(folder.join(&name), shot.file()?)?;
            writeln!(manifest, "{name},{},{kind}", series.name)?;
        }
        // The next thing, some seconds later.
        start_ms += 20_000;
    }
    std::fs::write(folder.join("sets.csv"), manifest)?;
    Ok(())
}
