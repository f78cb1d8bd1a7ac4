//! FTP: cameras push their frames to the rig.
//!
//! The protocol is libunftp's; what is here is where its files go. In comes what a camera's
//! FTP upload sends; each file goes to the [intake](crate::rig::intake) while its bytes
//! arrive, and the camera's `226` is sent when the file and its verdict are made to last.
//!
//! ```text
//! server ──> libunftp ──> backend ──> intake
//!                │           │
//!              auth     tree, uploads
//! ```
//!
//! What a client sees as folders and files are names in memory: no path of a client ever
//! reaches the disk. Nothing is handed out, and nothing is deleted.

mod auth;
mod backend;
mod client;
mod receive;
mod server;
mod settings;
mod tls;
mod tree;
mod uploads;

pub use server::run;
pub use settings::{Certificate, CertificateProblem, FtpError, FtpSettings, Login, Secret};

/// The name that the spool knows this source by.
const SOURCE: &str = "ftp";
