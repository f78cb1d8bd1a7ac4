//! `edgecull demo`: a small shoot for someone with no photographs at hand.

use super::{Ending, Failure, cull};
use crate::args::{CullArgs, DemoArgs};
use crate::config::CullSettings;
use crate::render::encode::EncodeError;
use crate::render::shoot::{Frame, shoot};
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Size of the demo's frames: large enough for real detail, small enough for
/// the whole shoot to be there in seconds.
pub const FRAME_SIZE: (u32, u32) = (1500, 1000);

/// Why the shoot could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder cannot be made.
    #[error("cannot make the folder {}: {source}; name another one", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file cannot be written; what is there already is left alone.
    #[error("cannot write {}: {source}; name an empty folder", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A frame could not be encoded.
    #[error("cannot make the frame {name}: {source}")]
    Encode {
        /// The frame.
        name: String,
        /// What the encoder says.
        source: EncodeError,
    },
}

/// Runs the command: renders the shoot, judges it as `edgecull cull` would, says
/// where it is.
///
/// # Errors
/// When the shoot cannot be written, or its judging not begin.
pub fn run(args: DemoArgs) -> Result<Ending, Failure> {
    say("rendering a small shoot ...");
    let start = Instant::now();
    let frames = write_shoot(&args.to, |_| ())?;
    let seconds = start.elapsed().as_secs_f32();
    say(&format!("{} photographs rendered in {seconds:.1} s", frames.len()));
    let cull_args = CullArgs { paths: vec![args.to.clone()], ..CullArgs::default() };
    let ending = cull::run(&CullSettings::from_args(cull_args)?)?;
    say(&format!("the photographs are in {}", args.to.display()));
    Ok(ending)
}

/// A line on standard error. Nobody may be listening.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "edgecull: {text}");
}

/// Writes the shoot into `folder`, which is made if need be, and gives its
/// frames in the order they were taken. A file of the same name that is
/// already there is an error unless it holds the very same bytes: the shoot
/// can be written twice into one folder, and over nothing else.
/// `written` is called after each file, from any thread.
///
/// # Errors
/// [`DemoError`], with the first file that could not be written.
pub fn write_shoot(
    folder: &Path,
    written: impl Fn(&Frame) + Sync,
) -> Result<Vec<Frame>, DemoError> {
    fs::create_dir_all(folder)
        .map_err(|source| DemoError::Folder { path: folder.to_owned(), source })?;
    let frames = shoot(FRAME_SIZE.0, FRAME_SIZE.1);
    frames.par_iter().try_for_each(|frame| {
        let bytes = frame
            .file()
            .map_err(|source| DemoError::Encode { name: frame.name.clone(), source })?;
        let path = folder.join(&frame.name);
        write_new(&path, &bytes).map_err(|source| DemoError::Write { path, source })?;
        written(frame);
        Ok(())
    })?;
    Ok(frames)
}

/// Writes a file that is not there yet; the same bytes may be there.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match File::create_new(path) {
        Ok(mut file) => file.write_all(bytes),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && fs::read(path)? == bytes => Ok(()),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("EDGE0001.JPG");
        write_new(&path, b"mine").unwrap();
        write_new(&path, b"mine").unwrap();
        assert!(write_new(&path, b"another").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }
}
