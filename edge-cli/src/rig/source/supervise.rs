//! Keeps a source at work: one thread each, begun again after an error, ever more slowly.

use super::Ended;
use crate::config::SourceSettings;
use crate::ordered::message;
use crate::rig::backoff::Backoff;
use crate::rig::intake::Intake;
use crate::rig::stop::Stop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A source that ran so long without an error has recovered.
const RECOVERED: Duration = Duration::from_secs(60);

/// Runs a source until it is stopped, or over for good.
pub fn run(name: &str, settings: &SourceSettings, intake: &Intake, stop: &Stop) -> Ended {
    let mut backoff = Backoff::new();
    while !stop.raised() {
        let began = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| once(settings, intake, stop)));
        let said = match ended {
            Ok(Ok(ended)) => return ended,
            Ok(Err(said)) => said,
            Err(panic) => {
                format!("a fault in edgecull itself stopped it: {}", message(panic.as_ref()))
            }
        };
        if began.elapsed() > RECOVERED {
            backoff.succeeded();
        }
        let wait = backoff.failed();
        tracing::error!("{name}: {said}; trying again in {} s", wait.as_secs());
        if stop.wait(wait) {
            break;
        }
    }
    Ended::Stopped
}

fn once(settings: &SourceSettings, intake: &Intake, stop: &Stop) -> Result<Ended, String> {
    match settings {
        SourceSettings::HotFolder(settings) => {
            super::hotfolder::run(settings, intake, stop).map_err(|error| error.to_string())
        }
        SourceSettings::Gphoto2(settings) => {
            super::gphoto2::run(settings, intake, stop).map_err(|error| error.to_string())
        }
        #[cfg(feature = "ftp")]
        SourceSettings::Ftp(settings) => super::ftp::run(settings, intake, stop)
            .map(|()| Ended::Stopped)
            .map_err(|error| error.to_string()),
        SourceSettings::Stdin(settings) => {
            super::stdin::run(settings, intake, stop).map_err(|error| error.to_string())
        }
    }
}
