//! The `edgecull` command.

use clap::Parser;
use clap::error::ErrorKind;
use edgecull::args::Cli;
use edgecull::command::{self, Ending};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe behind `--help | head` is no failure.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ending::Judged.into(),
                // clap's own 2 would read as "some files could not be judged".
                _ => Ending::Usage.into(),
            };
        }
    };
    match command::run(cli.command) {
        Ok(ending) => ending.into(),
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "edgecull: {failure}");
            failure.ending().into()
        }
    }
}
