//! `edgecull tether` as it is typed.

use super::{Strictness, Xmp, pause};
use bytesize::ByteSize;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Deserializer};
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

pub(super) const NOTES: &str = "\
SOURCE is one of
  hotfolder:DIR      files that appear in a folder are taken out of it
  gphoto2            cameras on USB, by the installed gphoto2; the card keeps its copies
  ftp://ADDR:PORT    cameras that upload by FTP; needs a login, see --ftp-user
  stdin              one picture, or files each behind a header (docs/tether.md)

DEST is one of
  DIR                a folder; sidecars first, the picture last, never a half-written file
  rsync:HOST:PATH    another machine, by the installed rsync
  exec:COMMAND       a shell command that gets the files as \"$@\" and the record on stdin

Without DEST frames stay in the spool, sorted into kept, review, rejected and unjudged. Nothing is \
deleted: a frame leaves the spool only when it is whole at DEST. Options may stand in the table \
[tether] of --config; those of the command line win, then the environment, then the file.

Exit status: 0 stopped as asked, or the standard input is over and all is handed on; 1 the command \
line, the configuration or the spool cannot be used.";

/// `edgecull tether`.
#[derive(Debug, Default, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct TetherArgs {
    /// What is asked of a rig that may be running.
    #[command(subcommand)]
    pub command: Option<TetherCommand>,

    /// Where frames come from
    #[arg(value_name = "SOURCE", value_parser = OsStringValueParser::new().try_map(|s| SourceName::parse(&s)))]
    pub sources: Vec<SourceName>,

    /// The folder in which frames lie between camera and host [default: edgecull-spool]
    #[arg(long, value_name = "DIR", env = "EDGECULL_SPOOL")]
    pub spool: Option<PathBuf>,

    /// Where frames go that are worth it
    #[arg(long, value_name = "DEST", env = "EDGECULL_TO")]
    pub to: Option<OsString>,

    /// DEST is a folder on a mounted filesystem: while it is not mounted, frames wait
    #[arg(long)]
    pub to_mounted: bool,

    /// Which frames go there [default: keep]
    #[arg(long, value_enum, value_name = "WHICH", env = "EDGECULL_DELIVER")]
    pub deliver: Option<Deliver>,

    /// Wait so many seconds after a frame whether more of its burst come, so that only the
    /// burst's best go to DEST [default: 0]
    #[arg(long, value_name = "SECONDS", value_parser = pause, env = "EDGECULL_HOLD_BURST")]
    pub hold_burst: Option<u32>,

    /// Write verdicts into XMP sidecars that go with the frames [default: off]
    #[arg(long, value_enum, value_name = "NAMING", env = "EDGECULL_XMP")]
    pub xmp: Option<Xmp>,

    /// How much is forgiven [default: normal]
    #[arg(long, value_enum, value_name = "LEVEL", env = "EDGECULL_STRICTNESS")]
    pub strictness: Option<Strictness>,

    /// Keep the best N frames of each burst [default: 1]
    #[arg(long, value_name = "N")]
    pub keep_per_burst: Option<NonZeroU32>,

    /// The longest pause in seconds between two frames of a burst [default: 3]
    #[arg(long, value_name = "SECONDS", value_parser = pause)]
    pub burst_gap: Option<u32>,

    /// Judge each frame alone: no bursts, no sets
    #[arg(long, conflicts_with_all = ["keep_per_burst", "burst_gap", "hold_burst"])]
    pub no_bursts: bool,

    /// Look for no faces
    #[arg(long, conflicts_with = "small_faces")]
    pub no_faces: bool,

    /// Look for faces at twice the detail
    #[arg(long)]
    pub small_faces: bool,

    /// Tell no quality
    #[arg(long)]
    pub no_quality: bool,

    /// Number of frames judged at a time, at least 2 [default: one a core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Room that stays free on the spool's disk: below it sources are paused [default: 256MiB]
    #[arg(long, value_name = "SIZE", env = "EDGECULL_MIN_FREE")]
    pub min_free: Option<ByteSize>,

    /// The largest file that is taken [default: 4GiB]
    #[arg(long, value_name = "SIZE")]
    pub max_size: Option<ByteSize>,

    /// Seconds after which a file that ends too early is taken as it is [default: 600]
    #[arg(long, value_name = "SECONDS", value_parser = pause)]
    pub settle: Option<u32>,

    /// The name that FTP clients log in with
    #[arg(long, value_name = "NAME", env = "EDGECULL_FTP_USER")]
    pub ftp_user: Option<String>,

    /// A file that holds their password; a systemd credential `ftp-password` is found by itself
    #[arg(long, value_name = "FILE", env = "EDGECULL_FTP_PASSWORD_FILE")]
    pub ftp_password_file: Option<PathBuf>,

    /// Let every FTP client in, whatever its name and password
    #[arg(long, conflicts_with_all = ["ftp_user", "ftp_password_file"])]
    pub ftp_anonymous: bool,

    /// What is logged: error, warn, info, debug, or by module as of tracing [default: info]
    #[arg(long, value_name = "FILTER", env = "EDGECULL_LOG")]
    pub log: Option<String>,

    /// Read options from a TOML file, which SIGHUP has read again
    #[arg(long, value_name = "FILE", env = "EDGECULL_CONFIG")]
    pub config: Option<PathBuf>,

    /// Say whether command line, environment and file are understood, and do nothing
    #[arg(long)]
    pub check_config: bool,
}

/// What is asked of a rig.
#[derive(Debug, Subcommand)]
pub enum TetherCommand {
    /// Let frames go to the host, whatever their verdict
    Release(ReleaseArgs),
    /// List the frames that lie in the spool
    List(ListArgs),
}

/// `edgecull tether release`.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// Their numbers, as `list` shows them
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<u64>,

    /// The rig's spool
    #[arg(long, value_name = "DIR", env = "EDGECULL_SPOOL", default_value = DEFAULT_SPOOL)]
    pub spool: PathBuf,
}

/// `edgecull tether list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// How frames are listed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ListFormat,

    /// The rig's spool
    #[arg(long, value_name = "DIR", env = "EDGECULL_SPOOL", default_value = DEFAULT_SPOOL)]
    pub spool: PathBuf,
}

/// How frames of a spool are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A line each for people
    #[default]
    Table,
    /// A JSON object each
    Ndjson,
}

/// Where a spool is unless somebody says otherwise.
pub const DEFAULT_SPOOL: &str = "edgecull-spool";

/// Which frames go to the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
pub enum Deliver {
    /// Those to be kept, and what could not be judged
    #[default]
    #[serde(rename = "keep")]
    Keep,
    /// These, and those for review
    #[value(name = "keep+review")]
    #[serde(rename = "keep+review")]
    KeepReview,
    /// All
    #[serde(rename = "all")]
    All,
}

/// A source by the name it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SourceName {
    /// `hotfolder:DIR`.
    HotFolder(PathBuf),
    /// `gphoto2`.
    Gphoto2,
    /// `ftp://ADDR:PORT`.
    Ftp(SocketAddr),
    /// `stdin`.
    Stdin,
}

/// Why a text is no source.
#[derive(Debug, thiserror::Error)]
pub enum SourceNameError {
    /// It begins as none.
    #[error("a source is hotfolder:DIR, gphoto2, ftp://ADDR:PORT or stdin")]
    Unknown,
    /// What follows `ftp://` is no address.
    #[error(
        "an address and a port are wanted, such as ftp://0.0.0.0:2121 for all of this machine's"
    )]
    Address,
    /// Nothing follows `hotfolder:`.
    #[error("a folder is wanted, such as hotfolder:/srv/incoming")]
    Folder,
}

impl SourceName {
    /// Reads a source.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &OsStr) -> Result<Self, SourceNameError> {
        if let Some(folder) = after(text, "hotfolder:") {
            if folder.is_empty() {
                return Err(SourceNameError::Folder);
            }
            return Ok(Self::HotFolder(folder.into()));
        }
        match text.to_str() {
            Some("gphoto2") => Ok(Self::Gphoto2),
            Some("stdin") => Ok(Self::Stdin),
            Some(text) => {
                let address = text.strip_prefix("ftp://").ok_or(SourceNameError::Unknown)?;
                let address = address.strip_suffix('/').unwrap_or(address);
                address.parse().map(Self::Ftp).map_err(|_| SourceNameError::Address)
            }
            None => Err(SourceNameError::Unknown),
        }
    }
}

impl<'d> Deserialize<'d> for SourceName {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(OsStr::new(&text)).map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Display for SourceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::HotFolder(folder) => write!(f, "hotfolder:{}", folder.display()),
            Self::Gphoto2 => f.write_str("gphoto2"),
            Self::Ftp(address) => write!(f, "ftp://{address}"),
            Self::Stdin => f.write_str("stdin"),
        }
    }
}

/// What follows a prefix, which may be any name.
fn after<'t>(text: &'t OsStr, prefix: &str) -> Option<&'t OsStr> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        text.as_bytes().strip_prefix(prefix.as_bytes()).map(OsStr::from_bytes)
    }
    #[cfg(not(unix))]
    {
        text.to_str()?.strip_prefix(prefix).map(OsStr::new)
    }
}

/// Milliseconds of an option as a duration.
#[must_use]
pub fn millis(option: Option<u32>, default: Duration) -> Duration {
    option.map_or(default, |millis| Duration::from_millis(millis.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_and_written() {
        for text in ["hotfolder:/a b", "gphoto2", "ftp://127.0.0.1:2121", "ftp://[::]:21", "stdin"]
        {
            let source = SourceName::parse(OsStr::new(text)).expect(text);
            assert_eq!(source.to_string(), text);
        }
        for bad in ["", "hotfolder:", "ftp://host", "ftp://1.2.3.4", "http://1.2.3.4:80", "STDIN"] {
            assert!(SourceName::parse(OsStr::new(bad)).is_err(), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_hot_folder_may_have_any_name() {
        use std::os::unix::ffi::OsStrExt;
        let source = SourceName::parse(OsStr::from_bytes(b"hotfolder:/x\xff")).expect("a source");
        assert_eq!(source, SourceName::HotFolder(OsStr::from_bytes(b"/x\xff").into()));
    }
}
