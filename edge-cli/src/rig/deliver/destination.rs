//! Where frames go, as it is written in the configuration.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where frames go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `DIR`: a folder of this machine, or a mounted one of another.
    Folder(PathBuf),
    /// `rsync:HOST:PATH`: a folder of another machine, through the installed rsync.
    Rsync(Remote),
    /// `exec:COMMAND`: whatever a shell command does with the files.
    Exec(String),
}

/// A folder of another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    host: String,
    path: String,
}

/// Why a destination was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// There is nothing.
    #[error("a destination is a folder, rsync:HOST:PATH or exec:COMMAND")]
    Empty,
    /// `rsync:` with something else behind it.
    #[error("an rsync destination is rsync:HOST:PATH, such as rsync:me@studio:/shoots/today")]
    Rsync,
    /// `rsync:HOST::MODULE`.
    #[error("rsync goes by a remote shell, as in rsync:HOST:PATH; HOST::MODULE is not known here")]
    Module,
    /// `exec:` with nothing behind it.
    #[error("an exec destination is exec:COMMAND, such as exec:./upload \"$@\"")]
    Exec,
    /// A NUL byte, which no path and no command has.
    #[error("a destination has no NUL byte in it")]
    Nul,
}

impl Remote {
    /// `HOST` or `USER@HOST`; an IPv6 address stands in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The folder there; relative to the user's home, unless it begins with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What rsync is told. The last `.` is not made by rsync where the folder before it
    /// is not there, as a folder would be.
    pub(super) fn folder(&self) -> OsString {
        let Self { host, path } = self;
        let path = if path.is_empty() { "." } else { path };
        format!("{host}:{path}/./").into()
    }

    /// The same for one file in it.
    pub(super) fn file(&self, name: &OsStr) -> OsString {
        let mut file = self.folder();
        file.push(name);
        file
    }
}

impl FromStr for Remote {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let colon = match text.find(']') {
            Some(end) => text[end..].find(':').map(|at| end + at),
            None => text.find(':'),
        };
        let (host, path) = colon.map(|at| (&text[..at], &text[at + 1..])).unwrap_or_default();
        // A host that looks like an option of the remote shell would be one.
        if host.is_empty() || host.starts_with('-') || host.contains(['/', ' ', '\t', '\n']) {
            return Err(DestinationError::Rsync);
        }
        if path.starts_with(':') {
            return Err(DestinationError::Module);
        }
        Ok(Self { host: host.to_owned(), path: path.to_owned() })
    }
}

impl FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('\0') {
            return Err(DestinationError::Nul);
        }
        if let Some(remote) = text.strip_prefix("rsync:") {
            return remote.parse().map(Self::Rsync);
        }
        match text.strip_prefix("exec:") {
            Some(command) if command.trim().is_empty() => Err(DestinationError::Exec),
            Some(command) => Ok(Self::Exec(command.to_owned())),
            None if text.is_empty() => Err(DestinationError::Empty),
            None => Ok(Self::Folder(text.into())),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.path)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Rsync(remote) => write!(f, "rsync:{remote}"),
            Self::Exec(command) => write!(f, "exec:{command}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_written_again() {
        for text in [
            "/mnt/studio",
            "relative/./folder",
            "rsync:studio:/shoots",
            "rsync:me@studio:",
            "rsync:me@[fe80::1%eth0]:in box/a:b",
            "exec:./upload \"$@\" 'a:b'",
        ] {
            let destination: Destination = text.parse().expect(text);
            assert_eq!(destination.to_string(), text);
        }
        assert_eq!("/a".parse(), Ok(Destination::Folder("/a".into())));
        // A folder of such a name has a path that does not look like it.
        assert_eq!("./exec:a".parse(), Ok(Destination::Folder("./exec:a".into())));
    }

    #[test]
    fn hosts_and_paths_are_told_apart() {
        let folder = |text: &str| text.parse::<Remote>().map(|remote| remote.folder());
        assert_eq!(folder("h:/a:b"), Ok("h:/a:b/./".into()));
        assert_eq!(folder("u@[::1]:x"), Ok("u@[::1]:x/./".into()));
        assert_eq!(folder("h:"), Ok("h:././".into()));
        let file = "h:p".parse::<Remote>().expect("remote").file(OsStr::new("-a b"));
        assert_eq!(file, "h:p/./-a b");
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        use DestinationError as E;
        for (text, why) in [
            ("", E::Empty),
            ("rsync:", E::Rsync),
            ("rsync:studio", E::Rsync),
            ("rsync::/a", E::Rsync),
            ("rsync:-oProxyCommand=x:/a", E::Rsync),
            ("rsync:/local/path:x", E::Rsync),
            ("rsync:[::1]/a", E::Rsync),
            ("rsync:studio::module/a", E::Module),
            ("exec:  ", E::Exec),
            ("/a\0b", E::Nul),
        ] {
            assert_eq!(text.parse::<Destination>(), Err(why), "{text:?}");
        }
    }
}
