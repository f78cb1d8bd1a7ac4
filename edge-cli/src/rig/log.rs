//! Where the rig's log goes: to the journal of systemd when it runs as its service, to
//! standard error otherwise.

use std::io::IsTerminal;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Begins to log what `filter` lets through, such as `info` or `edgecull=debug`.
///
/// # Errors
/// A sentence, when the filter is none.
pub fn begin(filter: &str) -> Result<(), String> {
    let filter: Targets = filter
        .parse()
        .map_err(|error| format!("the log filter {filter:?} is not understood: {error}"))?;
    // Its spans hold all that a client sends, and are made for each command; what matters of
    // it is said by the source itself.
    #[cfg(feature = "ftp")]
    let filter = filter.with_target("libunftp", tracing::level_filters::LevelFilter::OFF);
    let registry = tracing_subscriber::registry().with(filter);
    #[cfg(target_os = "linux")]
    if std::env::var_os("JOURNAL_STREAM").is_some()
        && let Ok(journal) = tracing_journald::layer()
    {
        // Where a log is kept already, nothing is lost.
        let _ = registry.with(journal).try_init();
        return Ok(());
    }
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let _ = registry.with(lines).try_init();
    Ok(())
}
