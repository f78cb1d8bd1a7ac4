//! `edgecull tether`: the rig, and what is asked of one.

use super::{Ending, Failure};
use crate::args::{ListArgs, ListFormat, ReleaseArgs, TetherArgs, TetherCommand};
use crate::config::TetherSettings;
use crate::rig::control::{self, Answer, Request};
use crate::rig::desk::{Desk, Rules};
use crate::rig::spool::{Row, Spool};
use crate::rig::{log, service};
use crate::sink::table::escape;
use edgecull_core::judge::Strictness;
use edgecull_core::verdict::Decision;
use std::io::{self, Write};
use std::path::Path;

/// Runs the command.
///
/// # Errors
/// When the rig cannot begin, or the one that runs cannot be asked.
pub fn run(args: &TetherArgs) -> Result<Ending, Failure> {
    match &args.command {
        Some(TetherCommand::Release(args)) => return release(args),
        Some(TetherCommand::List(args)) => return list(args),
        None => {}
    }
    let settings = TetherSettings::from_args(args)?;
    log::begin(&settings.log).map_err(|said| Failure::Setup(said.into()))?;
    if args.check_config {
        return Ok(Ending::Judged);
    }
    service::run(settings, || TetherSettings::from_args(args))?;
    Ok(Ending::Judged)
}

fn release(args: &ReleaseArgs) -> Result<Ending, Failure> {
    let mut ending = Ending::Judged;
    for answer in ask(&args.spool, &Request::Release(args.ids.clone()))? {
        match answer {
            Answer::Frame(row) => say(&format!("{} {} is released", row.id, name(&row)))?,
            Answer::Unknown(id) => {
                complain(&format!("frame {id} does not wait in {}", args.spool.display()));
                ending = Ending::Partly;
            }
            Answer::Failed(said) => {
                complain(&said);
                ending = Ending::Partly;
            }
        }
    }
    Ok(ending)
}

fn list(args: &ListArgs) -> Result<Ending, Failure> {
    let mut ending = Ending::Judged;
    for answer in ask(&args.spool, &Request::List)? {
        match answer {
            Answer::Frame(row) => match args.format {
                ListFormat::Table => {
                    let decision = Decision::from(row.verdict).name();
                    let place = row.state.folder();
                    say(&format!("{:>8}  {place:<8}  {decision:<6}  {}", row.id, name(&row)))?;
                }
                ListFormat::Ndjson => {
                    say(&serde_json::to_string(&row).map_err(|e| Failure::Output(e.into()))?)?;
                }
            },
            Answer::Unknown(_) => {}
            Answer::Failed(said) => {
                complain(&said);
                ending = Ending::Partly;
            }
        }
    }
    Ok(ending)
}

/// Asks the rig that works in the spool, or does it oneself where none does.
fn ask(spool: &Path, request: &Request) -> Result<Vec<Answer>, Failure> {
    if !spool.is_dir() {
        return Err(Failure::Setup(format!("there is no spool {}", spool.display()).into()));
    }
    if let Some(answers) = control::ask(spool, request).map_err(|e| Failure::Setup(e.into()))? {
        return Ok(answers);
    }
    let (spool, story) = Spool::open(spool).map_err(service::RigError::from)?;
    story.said.iter().for_each(|said| complain(said));
    let strictness = Strictness::Normal;
    let rules = Rules { strictness, grouping: None, hold: None, xmp: crate::args::Xmp::Off };
    let desk = Desk::new(spool, rules);
    let mut answers = Vec::new();
    let done = control::answer(&desk, request, &mut |answer| {
        answers.push(answer);
        Ok(())
    });
    done.map_err(Failure::Output)?;
    Ok(answers)
}

fn name(row: &Row) -> String {
    escape(&row.given().to_string_lossy())
}

fn say(line: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

fn complain(said: &str) {
    let _ = writeln!(io::stderr(), "edgecull: {}", escape(said));
}
