//! One client, for as long as anything of it is left.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::OwnedSemaphorePermit;

/// A client's control connection, seen from the outside: libunftp reads and writes it.
#[derive(Debug)]
pub(super) struct Client {
    address: SocketAddr,
    control: TcpStream,
    logged_in: AtomicBool,
    failed_at: AtomicU64,
    _place: OwnedSemaphorePermit,
}

impl Client {
    /// `control` is a duplicate of the connection's descriptor; `place` is given back when
    /// nothing of the client is left, transfers among it.
    pub(super) fn new(
        address: SocketAddr,
        control: TcpStream,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let (logged_in, failed_at) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { address, control, logged_in, failed_at, _place: place }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn logged_in(&self) {
        self.logged_in.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_logged_in(&self) -> bool {
        self.logged_in.load(Ordering::Relaxed)
    }

    /// Ends the connection.
    pub(super) fn hang_up(&self) {
        match self.control.shutdown(Shutdown::Both) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
            Err(error) => tracing::warn!("{}: cannot be cut: {error}", self.address),
        }
    }

    /// An upload that began at this byte came to nothing. libunftp forgets a REST only when
    /// an upload succeeded: the next file of this session would be written behind the
    /// beginning of another one, so there must be none.
    pub(super) fn failed_at(&self, from: u64) {
        self.failed_at.store(from, Ordering::Relaxed);
    }

    /// Whether an upload from this byte on may be meant for a file that failed before.
    pub(super) fn is_stale(&self, from: u64) -> bool {
        from != 0 && self.failed_at.load(Ordering::Relaxed) == from
    }
}
