//! Writes the manual pages and the completions for bash, zsh and fish into a folder, from
//! the same description of the command line that the program reads: packages bring them.
//!
//! ```text
//! cargo run -p edgecull --example pages -- FOLDER
//! ```
//!
//! `FOLDER/man` gets a page for the program and one for each subcommand; `edgecull`,
//! `_edgecull` and `edgecull.fish` are the completions.

use clap::CommandFactory;
use clap_complete::Shell;
use edgecull::args::Cli;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let Some(folder) = env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("pages: name a folder to write to");
        return ExitCode::FAILURE;
    };
    match write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pages: cannot write to {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> io::Result<()> {
    let man = folder.join("man");
    fs::create_dir_all(&man)?;
    clap_mangen::generate_to(Cli::command(), &man)?;
    for page in fs::read_dir(man)? {
        let page = page?.path();
        // What follows the options has a name of its own in manual pages: man-pages(7).
        let text = fs::read_to_string(&page)?.replace("\n.SH EXTRA\n", "\n.SH NOTES\n");
        fs::write(page, text)?;
    }
    for (shell, name) in
        [(Shell::Bash, "edgecull"), (Shell::Zsh, "_edgecull"), (Shell::Fish, "edgecull.fish")]
    {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "edgecull", &mut script);
        fs::write(folder.join(name), script)?;
    }
    Ok(())
}
