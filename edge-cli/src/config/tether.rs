//! Options of `edgecull tether`.

use super::{ConfigError, grouping, pause, read, search};
use crate::args::{DEFAULT_SPOOL, Deliver, SourceName, Strictness, TetherArgs, Xmp, millis};
use crate::pipeline::JudgeOptions;
use crate::rig::deliver::Destination;
use crate::rig::desk::Rules;
use crate::rig::source::gphoto2::Gphoto2Settings;
use crate::rig::source::hotfolder::{HotFolderSettings, SETTLE};
use crate::rig::source::stdin::StdinSettings;
use bytesize::ByteSize;
use serde::Deserialize;
use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(feature = "ftp")]
use crate::rig::source::ftp::{Certificate, FtpSettings, Login, Secret};

/// Everything a rig needs to know, decided.
#[derive(Clone, Debug)]
pub struct TetherSettings {
    /// The folder in which frames lie between camera and host.
    pub spool: PathBuf,
    /// Where frames come from.
    pub sources: Vec<(SourceName, SourceSettings)>,
    /// Where frames go; `None` leaves them in the spool.
    pub destination: Option<Destination>,
    /// Whether the destination must be a mounted filesystem.
    pub mounted: bool,
    /// Which frames go there.
    pub deliver: Deliver,
    /// How frames are decided on.
    pub rules: Rules,
    /// How each is judged.
    pub judging: JudgeOptions,
    /// Frames judged at a time.
    pub jobs: NonZeroUsize,
    /// Bytes that stay free on the spool's disk.
    pub min_free: u64,
    /// The largest file that is taken.
    pub max_bytes: u64,
    /// Time after which a file that ends too early is taken as it is.
    pub settle: Duration,
    /// What is logged.
    pub log: String,
}

/// What one source needs to know.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceSettings {
    /// `hotfolder:DIR`.
    HotFolder(HotFolderSettings),
    /// `gphoto2`.
    Gphoto2(Gphoto2Settings),
    /// `ftp://ADDR:PORT`.
    #[cfg(feature = "ftp")]
    Ftp(FtpSettings),
    /// `stdin`.
    Stdin(StdinSettings),
}

/// The table `[tether]`: the long options by their names, and a table for each kind of
/// source.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Tether {
    sources: Vec<SourceName>,
    spool: Option<PathBuf>,
    to: Option<PathBuf>,
    to_mounted: bool,
    deliver: Option<Deliver>,
    #[serde(deserialize_with = "pause")]
    hold_burst: Option<u32>,
    xmp: Option<Xmp>,
    strictness: Option<Strictness>,
    keep_per_burst: Option<NonZeroU32>,
    #[serde(deserialize_with = "pause")]
    burst_gap: Option<u32>,
    no_bursts: bool,
    no_faces: bool,
    small_faces: bool,
    no_quality: bool,
    jobs: Option<NonZeroUsize>,
    min_free: Option<ByteSize>,
    max_size: Option<ByteSize>,
    #[serde(deserialize_with = "pause")]
    settle: Option<u32>,
    log: Option<String>,
    hotfolder: HotFolder,
    gphoto2: Gphoto2,
    ftp: Ftp,
}

/// The table `[tether.hotfolder]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct HotFolder {
    polling: Option<bool>,
    #[serde(deserialize_with = "pause")]
    settle: Option<u32>,
}

/// The table `[tether.gphoto2]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Gphoto2 {
    program: Option<PathBuf>,
    port: Option<String>,
}

/// The table `[tether.ftp]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Ftp {
    user: Option<String>,
    password_file: Option<PathBuf>,
    anonymous: bool,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    tls_required: bool,
    passive_ports: Option<[u16; 2]>,
    passive_host: Option<std::net::Ipv4Addr>,
    active: Option<bool>,
    max_connections: Option<NonZeroUsize>,
    #[serde(deserialize_with = "pause")]
    idle: Option<u32>,
}

impl TetherSettings {
    /// Decides every option.
    ///
    /// # Errors
    /// When the configuration cannot be read or understood, or something is missing.
    pub fn from_args(args: &TetherArgs) -> Result<Self, ConfigError> {
        let file = read(args.config.as_deref())?.tether;
        let wrong = |said: &dyn std::fmt::Display| ConfigError::Wrong(said.to_string());
        let spool = args.spool.clone().or(file.spool);
        let spool = spool.unwrap_or_else(|| DEFAULT_SPOOL.into());
        let to = args.to.clone().or(file.to.map(OsString::from));
        let destination = to.map(|to| match to.to_str() {
            Some(text) => text.parse(),
            // Only a folder can have such a name.
            None => Ok(Destination::Folder(to.into())),
        });
        let destination = destination.transpose().map_err(|error| wrong(&error))?;
        let names = if args.sources.is_empty() { file.sources } else { args.sources.clone() };
        if names.is_empty() {
            return Err(wrong(&"no SOURCE is given: name one, such as hotfolder:DIR or gphoto2"));
        }
        let asked =
            [args.keep_per_burst.is_some(), args.burst_gap.is_some(), args.hold_burst.is_some()];
        let alone = args.no_bursts || (file.no_bursts && !asked.contains(&true));
        let grouping = (!alone).then(|| {
            grouping(args.keep_per_burst.or(file.keep_per_burst), args.burst_gap.or(file.burst_gap))
        });
        let hold = millis(args.hold_burst.or(file.hold_burst), Duration::ZERO);
        let strictness = args.strictness.or(file.strictness).unwrap_or_default();
        let faces = if args.no_faces || args.small_faces {
            search(args.no_faces, args.small_faces)
        } else {
            search(file.no_faces, file.small_faces)
        };
        let makers = Makers {
            spool: &spool,
            destination: destination.as_ref(),
            hotfolder: &file.hotfolder,
            gphoto2: &file.gphoto2,
            ftp: &file.ftp,
            args,
        };
        let mut sources = Vec::new();
        for name in names {
            if sources.iter().any(|(known, _)| *known == name) {
                return Err(wrong(&format_args!("{name} is given twice")));
            }
            let settings = makers.make(&name)?;
            sources.push((name, settings));
        }
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            sources,
            destination,
            mounted: args.to_mounted || file.to_mounted,
            deliver: args.deliver.or(file.deliver).unwrap_or_default(),
            rules: Rules {
                strictness: strictness.into(),
                grouping,
                hold: (!hold.is_zero()).then_some(hold),
                xmp: args.xmp.or(file.xmp).unwrap_or_default(),
            },
            judging: JudgeOptions {
                strictness,
                faces,
                quality: !(args.no_quality || file.no_quality),
                traits: grouping.is_some(),
                ..JudgeOptions::default()
            },
            jobs: args.jobs.or(file.jobs).unwrap_or_else(cores),
            min_free: args.min_free.or(file.min_free).unwrap_or(ByteSize::mib(256)).as_u64(),
            max_bytes: args.max_size.or(file.max_size).unwrap_or(ByteSize::gib(4)).as_u64(),
            settle: millis(args.settle.or(file.settle), Duration::from_secs(600)),
            log: args.log.clone().or(file.log).unwrap_or_else(|| "info".into()),
            spool,
        })
    }
}

/// What the settings of sources are made from.
#[cfg_attr(not(feature = "ftp"), expect(dead_code, reason = "some of it is for FTP"))]
struct Makers<'a> {
    spool: &'a Path,
    destination: Option<&'a Destination>,
    hotfolder: &'a HotFolder,
    gphoto2: &'a Gphoto2,
    ftp: &'a Ftp,
    args: &'a TetherArgs,
}

impl Makers<'_> {
    fn make(&self, name: &SourceName) -> Result<SourceSettings, ConfigError> {
        Ok(match name {
            SourceName::HotFolder(folder) => {
                let mut except = vec![self.spool.to_owned()];
                if let Some(Destination::Folder(to)) = self.destination {
                    except.push(to.clone());
                }
                SourceSettings::HotFolder(HotFolderSettings {
                    polling: self.hotfolder.polling,
                    settle: millis(self.hotfolder.settle, SETTLE),
                    except,
                    ..HotFolderSettings::new(folder.clone())
                })
            }
            SourceName::Gphoto2 => {
                let plain = Gphoto2Settings::new(self.spool.join("gphoto2"));
                let program = self.gphoto2.program.clone().unwrap_or(plain.program);
                let port = self.gphoto2.port.clone();
                SourceSettings::Gphoto2(Gphoto2Settings { program, port, ..plain })
            }
            SourceName::Stdin => SourceSettings::Stdin(StdinSettings::default()),
            #[cfg(feature = "ftp")]
            SourceName::Ftp(address) => SourceSettings::Ftp(self.ftp(*address)?),
            #[cfg(not(feature = "ftp"))]
            SourceName::Ftp(_) => {
                return Err(ConfigError::Wrong(
                    "this edgecull was built without FTP: build it with `--features ftp`, which \
                     needs a C compiler"
                        .into(),
                ));
            }
        })
    }
}

#[cfg(feature = "ftp")]
impl Makers<'_> {
    fn ftp(&self, address: std::net::SocketAddr) -> Result<FtpSettings, ConfigError> {
        let wrong = |said: &str| ConfigError::Wrong(format!("ftp://{address}: {said}"));
        let Self { args, ftp, .. } = self;
        let user = args.ftp_user.as_ref().or(ftp.user.as_ref());
        let file = args.ftp_password_file.as_ref().or(ftp.password_file.as_ref());
        let login = match user {
            _ if args.ftp_anonymous => Login::Anonymous,
            Some(name) => {
                let file = file.cloned().or_else(credential).ok_or_else(|| {
                    wrong("a password is missing: name a file that holds it (ftp-password-file)")
                })?;
                Login::User { name: name.clone(), password: password(&file)? }
            }
            None if ftp.anonymous => Login::Anonymous,
            None => {
                return Err(wrong(
                    "nobody could log in: give ftp-user and ftp-password-file, or ftp-anonymous",
                ));
            }
        };
        let certificate = match (&ftp.certificate, &ftp.key) {
            (Some(chain), Some(key)) => Some(Certificate {
                chain: chain.clone(),
                key: key.clone(),
                required: ftp.tls_required,
            }),
            (None, None) if !ftp.tls_required => None,
            _ => return Err(wrong("a certificate and its key go together")),
        };
        let plain = FtpSettings::new(address, login);
        let passive_ports = match ftp.passive_ports {
            Some([first, last]) if first <= last => first..=last,
            Some(_) => return Err(wrong("passive-ports are the first and the last port")),
            None => plain.passive_ports,
        };
        Ok(FtpSettings {
            certificate,
            passive_ports,
            passive_host: ftp.passive_host.or(plain.passive_host),
            active: ftp.active.unwrap_or(plain.active),
            max_connections: ftp.max_connections.map_or(plain.max_connections, NonZeroUsize::get),
            idle: millis(ftp.idle, plain.idle),
            ..plain
        })
    }
}

/// What systemd lays out for a service that asks for a credential of this name.
#[cfg(feature = "ftp")]
fn credential() -> Option<PathBuf> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY")?;
    let path = Path::new(&folder).join("ftp-password");
    path.is_file().then_some(path)
}

#[cfg(feature = "ftp")]
fn password(file: &Path) -> Result<Secret, ConfigError> {
    let mut text = std::fs::read(file)
        .map_err(|source| ConfigError::Read { path: file.to_owned(), source })?;
    // As editors and `echo` end a line.
    while text.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        text.pop();
    }
    if text.is_empty() {
        return Err(ConfigError::Wrong(format!("{} holds no password", file.display())));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    fn settings(text: &str, args: TetherArgs) -> Result<TetherSettings, ConfigError> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).expect("write");
        TetherSettings::from_args(&TetherArgs { config: Some(path), ..args })
    }

    fn from(source: &str) -> TetherArgs {
        let source = SourceName::parse(OsStr::new(source)).expect("a source");
        TetherArgs { sources: vec![source], ..TetherArgs::default() }
    }

    #[test]
    fn all_can_stand_in_the_file() {
        let text = "[tether]\nsources = ['stdin', 'hotfolder:/in']\nspool = '/s'\nto = '/out'\n\
                    deliver = 'keep+review'\nhold-burst = 2.5\nxmp = 'adobe'\nmin-free = '1GiB'\n\
                    no-faces = true\n[tether.hotfolder]\npolling = true\n";
        let got = settings(text, TetherArgs::default()).expect("valid");
        assert_eq!(got.spool, Path::new("/s"));
        assert_eq!(got.sources.len(), 2);
        assert_eq!(got.deliver, Deliver::KeepReview);
        assert_eq!(got.rules.hold, Some(Duration::from_millis(2500)));
        assert_eq!(got.min_free, 1 << 30);
        assert_eq!(got.judging.faces, None);
        let SourceSettings::HotFolder(hot) = &got.sources[1].1 else { panic!("a hot folder") };
        assert_eq!(hot.polling, Some(true));
        assert_eq!(hot.except, [Path::new("/s"), Path::new("/out")]);
    }

    #[test]
    fn the_command_line_wins() {
        let args = TetherArgs { deliver: Some(Deliver::All), ..from("stdin") };
        let text = "[tether]\nsources = ['gphoto2']\ndeliver = 'keep'\n";
        let got = settings(text, args).expect("valid");
        assert_eq!(got.deliver, Deliver::All);
        assert_eq!(got.sources.len(), 1);
        assert_eq!(got.sources[0].0, SourceName::Stdin);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, word) in [
            ("[tether]\nspeed = 1\n", "line 2"),
            ("[tether]\nsources = ['usb']\n", "line 2"),
            ("[tether.ftp]\npassword = 'x'\n", "line 2"),
            ("[tether]\nmin-free = 'much'\n", "line 2"),
        ] {
            let said = settings(text, from("stdin")).expect_err(text).to_string();
            assert!(said.contains(word), "{text:?}: {said}");
        }
        let said = settings("", TetherArgs::default()).expect_err("no source").to_string();
        assert!(said.contains("SOURCE"), "{said}");
    }

    #[cfg(feature = "ftp")]
    #[test]
    fn nobody_logs_in_by_default() {
        let said = settings("", from("ftp://127.0.0.1:0")).expect_err("no login").to_string();
        assert!(said.contains("ftp-user"), "{said}");
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("password");
        std::fs::write(&file, "hunter2\n").expect("write");
        let text = format!("[tether.ftp]\nuser = 'camera'\npassword-file = {file:?}\n");
        let got = settings(&text, from("ftp://127.0.0.1:0")).expect("valid");
        let SourceSettings::Ftp(ftp) = &got.sources[0].1 else { panic!("FTP") };
        let password = Secret::new("hunter2");
        assert_eq!(ftp.login, Login::User { name: "camera".into(), password });
        assert!(!format!("{got:?}").contains("hunter2"));
    }
}
