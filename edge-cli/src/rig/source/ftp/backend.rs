//! Where libunftp's files go, and what clients see of them.

use super::SOURCE;
use super::client::Client;
use super::receive::{Broken, Coming};
use super::tree::{Entry, Kind, Tree, TreeError, resolve};
use super::uploads::Uploads;
use crate::rig::intake::{Intake, IntakeError};
use crate::rig::name::{GivenName, NameError};
use async_trait::async_trait;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::io::AsyncRead;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use unftp_core::auth::DefaultUser;
use unftp_core::storage::{
    Error, ErrorKind, FEATURE_RESTART, Fileinfo, Metadata, Permissions, Result, StorageBackend,
};

/// Most bytes of a path as clients write it; libunftp adds to it with each CWD.
const MAX_PATH: usize = 4_096;

/// Time in which the reply to a failed upload reaches its client before it is cut.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What all clients of a server share.
pub(super) struct Host {
    pub(super) intake: Intake,
    pub(super) tree: Tree,
    pub(super) uploads: Arc<Uploads>,
    /// How long a client may be silent in the middle of a file.
    pub(super) idle: Duration,
}

/// The files and folders, as one client finds them.
pub(super) struct Backend {
    pub(super) host: Arc<Host>,
    pub(super) client: Arc<Client>,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backend")
    }
}

/// What is known of a name.
pub(super) struct Known(Entry);

impl Metadata for Known {
    fn len(&self) -> u64 {
        match self.0.kind {
            Kind::Folder => 0,
            Kind::File { bytes, .. } => bytes,
        }
    }

    fn is_dir(&self) -> bool {
        self.0.kind == Kind::Folder
    }

    fn is_file(&self) -> bool {
        !self.is_dir()
    }

    fn is_symlink(&self) -> bool {
        false
    }

    fn modified(&self) -> Result<SystemTime> {
        Ok(self.0.modified)
    }

    fn gid(&self) -> u32 {
        0
    }

    fn uid(&self) -> u32 {
        0
    }

    fn permissions(&self) -> Permissions {
        // Files can be sent, and not be fetched.
        Permissions(if self.is_dir() { 0o755 } else { 0o222 })
    }
}

fn unnameable(error: NameError) -> Error {
    Error::new(ErrorKind::FileNameNotAllowedError, error)
}

/// The path below the root that a client means.
fn path_of(given: &Path) -> Result<PathBuf> {
    if given.as_os_str().len() > MAX_PATH {
        return Err(unnameable(NameError::Long));
    }
    resolve(Path::new(""), given.as_os_str().as_bytes()).map_err(unnameable)
}

/// The same, where it has to be the name of something.
fn name_of(given: &Path) -> Result<GivenName> {
    GivenName::new(path_of(given)?).map_err(unnameable)
}

impl Backend {
    /// What is known by a name. A partial counts as a file: clients ask for its size to go on
    /// from there.
    fn look(&self, path: &Path) -> Result<Entry> {
        let known = self.host.tree.get(path);
        let partial = GivenName::new(path).ok();
        let partial = partial.and_then(|name| self.host.intake.partial(SOURCE, &name));
        match (known, partial) {
            (Some(entry), _) if entry.kind == Kind::Folder => Ok(entry),
            (known, Some(bytes)) => {
                let modified = known.map_or(SystemTime::UNIX_EPOCH, |entry| entry.modified);
                Ok(Entry { kind: Kind::File { bytes, whole: false }, modified })
            }
            (Some(entry), None) if matches!(entry.kind, Kind::File { whole: true, .. }) => {
                Ok(entry)
            }
            _ => Err(ErrorKind::PermanentFileNotAvailable.into()),
        }
    }

    fn refused(&self, what: &str, path: &Path, why: &dyn fmt::Display) {
        let client = self.client.address();
        tracing::info!("{client}: {what} {}: {why}", path.display());
    }

    /// Cuts the client, when it has had time to read the reply.
    fn part(&self) {
        let client = Arc::clone(&self.client);
        tokio::spawn(async move {
            tokio::time::sleep(LAST_WORDS).await;
            client.hang_up();
        });
    }
}

#[async_trait]
impl StorageBackend<DefaultUser> for Backend {
    type Metadata = Known;

    fn name(&self) -> &'static str {
        "edgecull"
    }

    fn supported_features(&self) -> u32 {
        FEATURE_RESTART
    }

    async fn metadata<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        _: &DefaultUser,
        path: P,
    ) -> Result<Known> {
        self.look(&path_of(path.as_ref())?).map(Known)
    }

    async fn list<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        _: &DefaultUser,
        path: P,
    ) -> Result<Vec<Fileinfo<PathBuf, Known>>> {
        let path = path_of(path.as_ref())?;
        let entry = self.look(&path)?;
        if entry.kind != Kind::Folder {
            return Ok(vec![Fileinfo { path, metadata: Known(entry) }]);
        }
        let below = self.host.tree.list(&path).into_iter();
        Ok(below.map(|(path, entry)| Fileinfo { path, metadata: Known(entry) }).collect())
    }

    async fn get<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        _: &DefaultUser,
        path: P,
        _: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Sync + Unpin>> {
        let path = path_of(path.as_ref())?;
        self.look(&path)?;
        self.refused("RETR", &path, &"nothing is handed out here");
        Err(ErrorKind::PermissionDenied.into())
    }

    async fn put<P, R>(&self, _: &DefaultUser, input: R, path: P, from: u64) -> Result<u64>
    where
        P: AsRef<Path> + Send + fmt::Debug,
        R: AsyncRead + Send + Sync + Unpin + 'static,
    {
        let name = match name_of(path.as_ref()) {
            Ok(name) => name,
            Err(error) => {
                self.client.failed_at(from);
                return Err(error);
            }
        };
        let host = &self.host;
        let path = name.path();
        let known = host.tree.get(&path);
        if known.is_some_and(|entry| entry.kind == Kind::Folder) {
            self.client.failed_at(from);
            self.refused("STOR", &path, &"a folder has this name");
            return Err(ErrorKind::FileNameNotAllowedError.into());
        }
        if self.client.is_stale(from) {
            self.part();
            self.refused("STOR", &path, &"whether it goes on is not sure; it is cut");
            return Err(ErrorKind::TransientFileNotAvailable.into());
        }
        let Some(upload) = host.uploads.begin(&path, self.client.address().ip()).await else {
            self.client.failed_at(from);
            self.refused("STOR", &path, &"another client sends a file of this name");
            return Err(ErrorKind::TransientFileNotAvailable.into());
        };
        let intake = host.intake.clone();
        let coming = Coming { intake, name: name.clone(), from, idle: host.idle, upload };
        let runtime = Handle::current();
        // In a thread: writing to the disk and judging take their time.
        let taken = spawn_blocking(move || coming.take(&runtime, input)).await;
        match taken.unwrap_or(Err(Broken::Fault)) {
            Ok(receipt) => {
                host.tree.put(&path, Kind::File { bytes: receipt.bytes, whole: true });
                Ok(receipt.bytes)
            }
            Err(broken) => {
                let partial = host.intake.partial(SOURCE, &name);
                if let Some(bytes) = partial {
                    host.tree.put(&path, Kind::File { bytes, whole: false });
                }
                let bytes = partial.unwrap_or(0);
                let client = self.client.address();
                tracing::info!("{client}: {}: {broken}; {bytes} bytes are kept", path.display());
                self.client.failed_at(from);
                if from != 0 || broken.is_dead() {
                    self.part();
                }
                Err(Error::new(broken.kind(), broken))
            }
        }
    }

    async fn del<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        _: &DefaultUser,
        path: P,
    ) -> Result<()> {
        let path = path_of(path.as_ref())?;
        self.look(&path)?;
        self.refused("DELE", &path, &"nothing is deleted here");
        Err(ErrorKind::PermissionDenied.into())
    }

    async fn mkd<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        _: &DefaultUser,
        path: P,
    ) -> Result<()> {
        let name = name_of(path.as_ref())?;
        let made = self.host.tree.make(&name.path());
        made.map_err(|_| ErrorKind::PermanentDirectoryNotAvailable.into())
    }

    async fn rename<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        _: &DefaultUser,
        from: P,
        to: P,
    ) -> Result<()> {
        let (from, to) = (name_of(from.as_ref())?, name_of(to.as_ref())?);
        let (old, new) = (from.path(), to.path());
        let kind = |path| self.host.tree.get(path).map(|entry| entry.kind);
        if kind(&old) == Some(Kind::Folder) || kind(&new) == Some(Kind::Folder) {
            self.refused("RNTO", &new, &"folders are not renamed here");
            return Err(ErrorKind::FileNameNotAllowedError.into());
        }
        let intake = self.host.intake.clone();
        let renamed = spawn_blocking(move || intake.rename(SOURCE, &from, &to)).await;
        match renamed {
            Ok(Ok(())) => {
                self.host.tree.rename(&old, &new);
                Ok(())
            }
            Ok(Err(error)) => {
                self.refused("RNFR", &old, &error);
                Err(match error {
                    IntakeError::Unknown => ErrorKind::PermanentFileNotAvailable.into(),
                    _ => Error::new(ErrorKind::LocalError, error),
                })
            }
            Err(_) => Err(ErrorKind::LocalError.into()),
        }
    }

    async fn rmd<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        _: &DefaultUser,
        path: P,
    ) -> Result<()> {
        let path = path_of(path.as_ref())?;
        self.host.tree.remove_folder(&path).map_err(|error| {
            Error::from(match error {
                TreeError::NotEmpty => ErrorKind::PermanentDirectoryNotEmpty,
                TreeError::Unknown | TreeError::Exists => ErrorKind::PermanentDirectoryNotAvailable,
            })
        })
    }

    async fn cwd<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        _: &DefaultUser,
        path: P,
    ) -> Result<()> {
        let nowhere = || Error::from(ErrorKind::PermanentDirectoryNotAvailable);
        let path = path_of(path.as_ref()).map_err(|_| nowhere())?;
        if path.as_os_str().is_empty() {
            return Ok(());
        }
        let path = GivenName::new(path).map_err(|_| nowhere())?.path();
        match self.host.tree.get(&path).map(|entry| entry.kind) {
            Some(Kind::File { .. }) => Err(nowhere()),
            Some(Kind::Folder) => Ok(()),
            // Nobody but clients can make folders here: one that they were told to go to, but
            // not to make, comes about by their going there.
            None => {
                self.host.tree.put(&path, Kind::Folder);
                Ok(())
            }
        }
    }
}
