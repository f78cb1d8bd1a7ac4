//! Which files are coming right now: each from one client at a time.
//!
//! A camera that lost its network comes again, and sends the same file, long before the
//! old connection is known to be dead. Then the newer one counts.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// How long a newer upload waits for the older to leave, which may be made to last just now.
const LEAVE_WITHIN: Duration = Duration::from_secs(15);

type Coming = HashMap<PathBuf, (IpAddr, CancellationToken)>;

/// The files that are coming.
pub(super) struct Uploads {
    coming: Mutex<Coming>,
    left: Notify,
    /// All are cut when this is.
    end: CancellationToken,
}

/// One of them, until it is dropped.
pub(super) struct Upload {
    uploads: Arc<Uploads>,
    path: PathBuf,
    cut: CancellationToken,
}

impl Uploads {
    pub(super) fn new(end: CancellationToken) -> Arc<Self> {
        Arc::new(Self { coming: Mutex::default(), left: Notify::new(), end })
    }

    fn lock(&self) -> MutexGuard<'_, Coming> {
        self.coming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins one; `None` when another client sends a file of this name.
    pub(super) async fn begin(self: &Arc<Self>, path: &Path, client: IpAddr) -> Option<Upload> {
        let client = client.to_canonical();
        let until = Instant::now() + LEAVE_WITHIN;
        loop {
            // Waiting begins before the look: who leaves in between is noticed.
            let left = self.left.notified();
            if let Some(begun) = self.try_begin(path, client) {
                return begun;
            }
            timeout_at(until, left).await.ok()?;
        }
    }

    /// Begins one or, with `Some(None)`, does not. With `None` it has to wait.
    fn try_begin(self: &Arc<Self>, path: &Path, client: IpAddr) -> Option<Option<Upload>> {
        let mut coming = self.lock();
        match coming.get(path) {
            Some((other, _)) if *other != client => return Some(None),
            Some((_, older)) => {
                older.cancel();
                return None;
            }
            None => {}
        }
        let cut = self.end.child_token();
        coming.insert(path.to_owned(), (client, cut.clone()));
        Some(Some(Upload { uploads: Arc::clone(self), path: path.to_owned(), cut }))
    }
}

impl Upload {
    /// Cancelled when the same client sends the file again on another connection, or when
    /// the server ends.
    pub(super) fn cut(&self) -> &CancellationToken {
        &self.cut
    }

    /// Whether the server ends.
    pub(super) fn is_ending(&self) -> bool {
        self.uploads.end.is_cancelled()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.uploads.lock().remove(&self.path);
        self.uploads.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_upload_of_a_client_counts_and_other_clients_wait() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(async {
            let end = CancellationToken::new();
            let uploads = Uploads::new(end.clone());
            let [one, two] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
            let path = Path::new("DCIM/1.JPG");
            let first = uploads.begin(path, one).await.expect("the first");
            assert!(uploads.begin(path, two).await.is_none());
            let other = uploads.begin(Path::new("DCIM/2.JPG"), two).await.expect("another");
            assert!(!first.cut().is_cancelled());
            let newer = tokio::spawn({
                let uploads = Arc::clone(&uploads);
                async move { uploads.begin(path, one).await }
            });
            first.cut().cancelled().await;
            assert!(!newer.is_finished() && !first.is_ending());
            drop(first);
            let newer = newer.await.expect("no panic").expect("the newer");
            assert!(!newer.cut().is_cancelled());
            end.cancel();
            assert!(newer.cut().is_cancelled() && other.cut().is_cancelled());
            assert!(newer.is_ending());
        });
    }
}
