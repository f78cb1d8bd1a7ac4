//! Handing on by a command of the photographer's own.
//!
//! `sh -c COMMAND` runs in the frame's folder, with the files' absolute paths as `"$@"`,
//! the frame's number and verdict in `EDGECULL_ID` and `EDGECULL_VERDICT`, and its record
//! as one line on standard input. Exit status 0 says that the frame was handed on.

use super::child::{self, ChildError, Ended, Terms, last_lines};
use super::{DeliverError, Parcel};
use crate::rig::stop::Stop;
use std::ffi::OsStr;
use std::path;
use std::process::Command;
use std::time::Duration;

/// Bytes of output that are looked at, and lines that go to the log.
const KEPT: usize = 16 * 1024;
const LINES: usize = 20;

pub(super) fn hand_on(
    command: &str,
    limit: Duration,
    parcel: &Parcel<'_>,
    files: &[&OsStr],
    stop: &Stop,
) -> Result<(), DeliverError> {
    let folder = path::absolute(parcel.folder).map_err(|e| failed(&e.to_string()))?;
    let mut shell = Command::new("sh");
    shell.args(["-c", command, "sh"]).args(files.iter().map(|file| folder.join(file)));
    shell.current_dir(&folder);
    shell.env("EDGECULL_ID", parcel.id.to_string());
    shell.env("EDGECULL_VERDICT", parcel.verdict.name());
    let mut input = parcel.record.trim_end_matches('\n').as_bytes().to_vec();
    input.push(b'\n');
    let Ended { status, out, err } =
        match child::run(&mut shell, Terms { input: &input, keep: KEPT, limit }, stop) {
            Ok(ended) => ended,
            Err(ChildError::Stopped) => return Err(DeliverError::Stopped),
            Err(ChildError::TimedOut) => {
                let limit = limit.as_secs_f32();
                return Err(failed(&format!("it took longer than {limit} s, and was ended")));
            }
            Err(ChildError::System(error)) => return Err(failed(&error.to_string())),
        };
    let said = [last_lines(&out, LINES), last_lines(&err, LINES)].concat();
    for line in &said {
        tracing::info!(frame = parcel.id, "exec: {line}");
    }
    if status.success() {
        return Ok(());
    }
    let last = said.last().map(|line| format!(": {line}")).unwrap_or_default();
    Err(failed(&format!("it ended with {status}{last}")))
}

fn failed(why: &str) -> DeliverError {
    DeliverError::Failed(format!("the command did not take the frame: {why}"))
}

#[cfg(test)]
mod tests {
    use super::super::samples::Sample;
    use super::super::{Courier, HandedOn, Options};
    use super::*;
    use std::fs;
    use std::path::Path;

    fn courier(command: &str) -> Courier {
        let limit = Duration::from_secs(60);
        let destination = format!("exec:{command}").parse().expect("destination");
        Courier::new(destination, 7, Options { exec_limit: limit, ..Options::default() })
    }

    fn hand(courier: &Courier, sample: &Sample) -> Result<HandedOn, DeliverError> {
        let plan = courier.plan(&sample.parcel(), &Stop::new()).expect("plan");
        courier.hand_on(&sample.parcel(), &plan, &Stop::new())
    }

    #[test]
    fn the_command_gets_files_record_number_and_verdict() {
        let t = tempfile::tempdir().expect("folder");
        let sample = Sample::new(&[b"-a b.JPG", b"x\n\xff.xmp"]);
        // Copies all it is given, however it is named, with what it was told.
        let to = t.path().display();
        let command = format!(
            r#"for f in "$@"; do cp -- "$f" {to}/; done; cat > {to}/record
               echo "$EDGECULL_ID $EDGECULL_VERDICT $#" > {to}/told; pwd -P > {to}/cwd"#
        );
        let done = hand(&courier(&command), &sample).expect("handed on");
        assert!(!done.removes_source);
        let read = |name: &str| fs::read_to_string(t.path().join(name)).expect("written");
        assert_eq!(read("told"), "42 review 2\n");
        assert_eq!(read("record"), "{\"schema\":\"edgecull.frame.v1\"}\n");
        let folder = sample.folder().canonicalize().expect("folder");
        assert_eq!(Path::new(read("cwd").trim_end()), folder);
        for name in &sample.files {
            let copy = fs::read(t.path().join(name)).expect("copied");
            assert_eq!(copy, fs::read(sample.folder().join(name)).expect("source"));
        }
    }

    #[test]
    fn any_other_ending_is_a_failure_that_says_why() {
        let sample = Sample::new(&[b"1.JPG"]);
        let said = hand(&courier("echo no room at the inn >&2; exit 4"), &sample);
        let Err(DeliverError::Failed(said)) = said else {
            panic!("{said:?}");
        };
        assert!(said.contains('4') && said.contains("no room at the inn"), "{said}");
        assert!(matches!(hand(&courier("kill -9 $$"), &sample), Err(DeliverError::Failed(_))));
        let options = Options { exec_limit: Duration::from_millis(50), ..Options::default() };
        let slow = Courier::new("exec:sleep 3600".parse().expect("exec"), 7, options);
        assert!(
            matches!(hand(&slow, &sample), Err(DeliverError::Failed(said)) if said.contains("longer than 0.05 s"))
        );
        let stop = Stop::new();
        stop.raise();
        let courier = courier("true");
        let plan = courier.plan(&sample.parcel(), &Stop::new()).expect("plan");
        let ended = courier.hand_on(&sample.parcel(), &plan, &stop);
        assert!(matches!(ended, Err(DeliverError::Stopped)), "{ended:?}");
    }
}
