//! A certificate's files, as TLS wants them.

use super::settings::{Certificate, CertificateProblem, FtpError};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;

/// TLS 1.2 and 1.3 with this certificate. Clients are not asked for theirs.
pub(super) fn configure(certificate: &Certificate) -> Result<Arc<ServerConfig>, FtpError> {
    let Certificate { chain, key, .. } = certificate;
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| problem(chain, CertificateProblem::Pem(error)))?;
    if certificates.is_empty() {
        return Err(problem(chain, CertificateProblem::Empty));
    }
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| problem(key, CertificateProblem::Pem(error)))?;
    let mismatch = |error| problem(key, CertificateProblem::Mismatch(error));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(mismatch)?
        .with_no_client_auth()
        .with_single_cert(certificates, secret)
        .map_err(mismatch)?;
    // A client that only sends never reads the tickets of TLS 1.3. They would lie unread
    // when it closes, and its system would then throw away the file's end.
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn problem(path: &Path, problem: CertificateProblem) -> FtpError {
    FtpError::Certificate { path: path.to_owned(), problem }
}
