//! What an FTP server of the rig is told before it begins.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Where the server listens, who may come in, and how much of anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FtpSettings {
    /// Where clients connect; port 0 for one of the system's choice.
    pub address: SocketAddr,
    /// Who may come in.
    pub login: Login,
    /// With it, clients may encrypt both connections (explicit FTPS, RFC 4217).
    pub certificate: Option<Certificate>,
    /// Ports of passive connections; `0..=0` for ports of the system's choice.
    pub passive_ports: RangeInclusive<u16>,
    /// The address that clients are told in reply to PASV, where it is not the one they
    /// reached the server at: behind address translation.
    pub passive_host: Option<Ipv4Addr>,
    /// Whether clients may ask to be connected to (PORT). The server then opens a connection
    /// to any address that they name, and drops it, before a byte goes over it, if that is
    /// not their own.
    pub active: bool,
    /// Most clients at once.
    pub max_connections: usize,
    /// How long a client may be silent, between commands and in the middle of a file.
    pub idle: Duration,
}

impl FtpSettings {
    /// Settings that suit cameras on a network of one's own: 16 clients, five minutes of
    /// silence, active connections and passive ones to 256 ports from 49152 (RFC 6335, 6),
    /// no encryption.
    #[must_use]
    pub fn new(address: SocketAddr, login: Login) -> Self {
        Self {
            address,
            login,
            certificate: None,
            // No more: a client may have the server listen on as many as there are.
            passive_ports: 49_152..=49_407,
            passive_host: None,
            active: true,
            max_connections: 16,
            idle: Duration::from_secs(300),
        }
    }
}

/// Who may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// Whoever asks, whatever name and password they give.
    Anonymous,
    /// One user.
    User {
        /// The user's name.
        name: String,
        /// The password.
        password: Secret,
    },
}

impl Login {
    /// Whether this name and password may come in.
    pub(super) fn admits(&self, name: &[u8], password: &[u8]) -> bool {
        match self {
            Self::Anonymous => true,
            // Both are looked at, and all of each, so that time tells neither.
            Self::User { name: known, password: secret } => {
                let name = same(name, known.as_bytes());
                let password = same(password, &secret.0);
                name & password
            }
        }
    }
}

/// Equality in a time that does not depend on where two texts of one length differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Something that must not be seen: neither printed nor logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes a secret as it is, without the line's end of the file it stood in.
    #[must_use]
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self(secret.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What a server proves itself with. Both files are PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate, then those that vouch for it.
    pub chain: PathBuf,
    /// Its private key: PKCS #8, PKCS #1 or SEC1.
    pub key: PathBuf,
    /// Whether clients that do not encrypt are sent away.
    pub required: bool,
}

/// Why the server is not there. Each is a sentence, and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FtpError {
    /// Another program listens there.
    #[error("{0} is taken by another program; give the FTP server another port, or end that one")]
    Taken(SocketAddr),
    /// Low ports are the superuser's.
    #[error(
        "no right to listen on {0}: ports below 1024 need it; take another, such as 2121, \
         or give the service CAP_NET_BIND_SERVICE"
    )]
    NoRight(SocketAddr),
    /// The address is another machine's.
    #[error("{0} is not an address of this machine; 0.0.0.0 stands for all it has")]
    NotHere(SocketAddr),
    /// The system will not listen, or no longer.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What it says.
        source: std::io::Error,
    },
    /// A file of the certificate cannot be used.
    #[error("{}: {problem}; a PEM file is needed", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: CertificateProblem,
    },
}

/// What is wrong with a file of a certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateProblem {
    /// It cannot be read, or is not PEM.
    #[error("{0}")]
    Pem(rustls::pki_types::pem::Error),
    /// There is no certificate in it.
    #[error("no certificate is in it")]
    Empty,
    /// The key is not this certificate's, or of an unknown kind.
    #[error("the certificate and the key do not go together ({0})")]
    Mismatch(rustls::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let login = Login::User { name: "camera".into(), password: Secret::new("hunter2") };
        let settings = FtpSettings::new("127.0.0.1:0".parse().expect("an address"), login);
        let text = format!("{settings:?}");
        assert!(text.contains("camera") && !text.contains("hunter2"), "{text}");
        assert!(!text.contains(&format!("{:?}", b"hunter2")), "{text}");
    }

    #[test]
    fn only_the_right_name_and_password_come_in() {
        let login = Login::User { name: "camera".into(), password: Secret::new("pass") };
        assert!(login.admits(b"camera", b"pass"));
        for (name, password) in
            [("camera", "pasS"), ("camera", ""), ("camera", "pass "), ("Camera", "pass"), ("", "")]
        {
            assert!(!login.admits(name.as_bytes(), password.as_bytes()), "{name} {password}");
        }
        assert!(Login::Anonymous.admits(b"ftp", b"me@home"));
    }
}
