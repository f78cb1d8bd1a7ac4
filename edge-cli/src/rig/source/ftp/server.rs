//! Listens, and hands each client to libunftp.

use super::auth::{Gate, Visitor};
use super::backend::{Backend, Host};
use super::client::Client;
use super::settings::{Certificate, FtpError, FtpSettings};
use super::tls;
use super::tree::Tree;
use super::uploads::Uploads;
use crate::rig::intake::Intake;
use crate::rig::stop::Stop;
use libunftp::options::{ActivePassiveMode, FailedLoginsBlock, FailedLoginsPolicy};
use libunftp::{Server, ServerBuilder, ServerError};
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use unftp_core::auth::DefaultUser;

/// Threads for what never waits: commands, and listings.
const WORKERS: usize = 2;

/// Clients that may knock before they are seen to.
const BACKLOG: u32 = 128;

/// How long to leave the system alone that cannot give another connection.
const RECOVER: Duration = Duration::from_secs(1);

/// Time in which a client has to log in.
const LOG_IN_WITHIN: Duration = Duration::from_secs(60);

/// Time for uploads to end that are cut; what is made to last just then goes on.
const END_WITHIN: Duration = Duration::from_millis(800);

/// Wrong passwords on one connection; more of them, and the right one is refused as well.
const TRIES: u32 = 5;

/// What the server gives each client's part of libunftp.
struct Front {
    settings: FtpSettings,
    /// With it, whether clients have to encrypt.
    tls: Option<(Arc<ServerConfig>, bool)>,
    gate: Arc<Gate>,
    host: Arc<Host>,
    places: Arc<Semaphore>,
}

/// Serves until the stop is raised; then all clients are cut, and what came of their files
/// stays as partials. The log tells the address, with the real port.
///
/// # Errors
/// When the address cannot be listened on, or the certificate cannot be used.
pub fn run(settings: &FtpSettings, intake: &Intake, stop: &Stop) -> Result<(), FtpError> {
    let wrong = |source| FtpError::Listen { address: settings.address, source };
    let secure =
        |certificate: &Certificate| Ok((tls::configure(certificate)?, certificate.required));
    let tls = settings.certificate.as_ref().map(secure).transpose()?;
    let runtime = runtime().map_err(wrong)?;
    let end = CancellationToken::new();
    let host = Host {
        intake: intake.clone(),
        tree: Tree::new(),
        uploads: Uploads::new(end.clone()),
        idle: settings.idle,
    };
    let front = Arc::new(Front {
        settings: settings.clone(),
        tls,
        gate: Arc::new(Gate::new(settings.login.clone())),
        host: Arc::new(host),
        places: Arc::new(Semaphore::new(settings.max_connections)),
    });
    let listener = {
        let _inside = runtime.enter();
        listen(settings)?
    };
    let address = listener.local_addr().map_err(wrong)?;
    tracing::info!("ftp: listening on {address}");
    runtime.spawn(front.accept(listener));
    while !stop.wait(Duration::MAX) {}
    end.cancel();
    runtime.shutdown_timeout(END_WITHIN);
    Ok(())
}

fn runtime() -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(WORKERS).thread_name("ftp").enable_io().enable_time().build()
}

fn listen(settings: &FtpSettings) -> Result<TcpListener, FtpError> {
    let address = settings.address;
    let listen = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        // Those that are accepted have it too.
        socket.set_keepalive(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => FtpError::Taken(address),
        io::ErrorKind::PermissionDenied => FtpError::NoRight(address),
        io::ErrorKind::AddrNotAvailable => FtpError::NotHere(address),
        _ => FtpError::Listen { address, source },
    })
}

impl Front {
    async fn accept(self: Arc<Self>, listener: TcpListener) {
        loop {
            let (stream, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("ftp: cannot take another client: {error}");
                    sleep(RECOVER).await;
                    continue;
                }
            };
            match Arc::clone(&self.places).try_acquire_owned() {
                Ok(place) => {
                    let front = Arc::clone(&self);
                    tokio::spawn(async move {
                        if let Err(error) = front.attend(stream, address, place).await {
                            tracing::warn!("{address}: cannot be served: {error}");
                        }
                    });
                }
                Err(_) => {
                    tracing::warn!("{address}: sent away, there are too many clients");
                    // The socket is new, and takes a line at once.
                    let said = b"421 Too many clients are connected; try again later\r\n";
                    let _gone = stream.try_write(said);
                }
            }
        }
    }

    /// Serves one client.
    async fn attend(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        place: OwnedSemaphorePermit,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        // Replies are small and follow each other: each is to go at once.
        stream.set_nodelay(true)?;
        let stream = stream.into_std()?;
        let client = Arc::new(Client::new(address, stream.try_clone()?, place));
        let stream = TcpStream::from_std(stream)?;
        let server = self.server(&client)?;
        tracing::debug!("{address}: connected");
        let mut served = pin!(server.service(stream));
        match timeout(LOG_IN_WITHIN, &mut served).await {
            Ok(served) => served?,
            Err(_) => {
                if !client.is_logged_in() {
                    tracing::info!("{address}: did not log in, and is cut");
                    client.hang_up();
                }
                served.await?;
            }
        }
        tracing::debug!("{address}: gone");
        Ok(())
    }

    /// libunftp, for one client: it takes but one connection that it did not accept itself.
    fn server(&self, client: &Arc<Client>) -> Result<Server<Backend, DefaultUser>, ServerError> {
        let visitor = Visitor { gate: Arc::clone(&self.gate), client: Arc::clone(client) };
        let (host, client) = (Arc::clone(&self.host), Arc::clone(client));
        let backend = move || Backend { host: Arc::clone(&host), client: Arc::clone(&client) };
        let FtpSettings { passive_ports, passive_host, active, idle, .. } = &self.settings;
        let policy = FailedLoginsPolicy::new(TRIES, *idle, FailedLoginsBlock::IP);
        let mode = match active {
            true => ActivePassiveMode::ActiveAndPassive,
            false => ActivePassiveMode::PassiveOnly,
        };
        let builder = ServerBuilder::with_authenticator(Box::new(backend), Arc::new(visitor))
            .greeting("edgecull takes frames")
            .idle_session_timeout(idle.as_secs().max(1))
            .passive_ports(passive_ports.clone())
            .active_passive_mode(mode)
            .failed_logins_policy(policy);
        let builder = match passive_host {
            Some(host) => builder.passive_host(*host),
            None => builder,
        };
        let builder = match &self.tls {
            Some((config, required)) => builder
                .ftps_manual::<PathBuf>(Arc::clone(config))
                .ftps_required(*required, *required),
            None => builder,
        };
        builder.build()
    }
}
