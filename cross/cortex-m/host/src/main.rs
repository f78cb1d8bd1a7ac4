//! What the firmware must print, from the same code on the desk; and pictures to try it on.
//!
//! ```text
//! edgecull-judge-host judge FILE      the record and the verdict, as the firmware prints them
//! edgecull-judge-host draw DIRECTORY  a few JPEG files, made by code, whole and damaged
//! ```

mod draw;
mod picture;

use edgecull_judge::{Judge, Memory, Options, Progress, text};
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

/// Bytes that are fed at a time: not what the firmware takes, as that must not matter.
const PIECE: usize = 4096 + 1;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["judge", file] => judge(Path::new(file)),
        ["draw", folder] => draw::all(Path::new(folder)),
        _ => Err(io::Error::other("it takes `judge FILE` or `draw DIRECTORY`")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", arguments.join(" "));
            ExitCode::FAILURE
        }
    }
}

/// Judges a file as the firmware does.
fn judge(file: &Path) -> io::Result<()> {
    let mut file = fs::File::open(file)?;
    let mut memory = Box::new(Memory::new());
    let mut judge = Judge::new(&mut memory, Options::default());
    let mut piece = [0; PIECE];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 || judge.feed(&piece[..length]) == Progress::Done {
            break;
        }
    }
    let mut said = String::new();
    text::record(&judge.finish(), &mut |piece| said.push_str(piece));
    io::stdout().write_all(said.as_bytes())
}
