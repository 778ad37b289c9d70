//! TLS on a listener: a certificate, its key, and the new ones once they are renewed.
//!
//! A host runs longer than a certificate lasts. So the two files are looked at when a connection comes in, and read
//! again when they are others; where the new ones do not hold, the log says so and the old ones stay.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
    server::TlsStream,
};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is no PEM file of the right kind, or cannot be read.
    #[error("{} {fault}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// They do not go together.
    #[error("the certificate {} cannot be used with the key {}: {fault}", .certificate.display(), .key.display())]
    Pair {
        /// The certificate.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
        /// What is wrong.
        fault: String,
    },
}

/// What a listener ends TLS with.
#[derive(Clone)]
pub(super) struct Tls(Arc<Renewing>);

struct Renewing {
    certificate: PathBuf,
    key: PathBuf,
    current: Mutex<Current>,
}

struct Current {
    acceptor: TlsAcceptor,
    seen: Option<Seen>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.0.certificate).finish_non_exhaustive()
    }
}

impl Tls {
    pub(super) fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        // Looked at before they are read: whatever is written meanwhile is seen the next time.
        let seen = Seen::of(certificate, key).ok();
        let current = Mutex::new(Current { acceptor: acceptor(certificate, key)?, seen });
        Ok(Self(Arc::new(Renewing { certificate: certificate.to_owned(), key: key.to_owned(), current })))
    }

    /// Shakes hands.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.acceptor().accept(stream).await
    }
}

impl Renewing {
    /// The acceptor of the files as they are now.
    fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = Seen::of(&self.certificate, &self.key).ok();
        if seen.is_some() && seen != current.seen {
            // Tried once for each change, or a wrong file would be said to be wrong at every connection.
            current.seen = seen;
            match acceptor(&self.certificate, &self.key) {
                Ok(acceptor) => {
                    tracing::info!(certificate = %self.certificate.display(), "the certificate was renewed");
                    current.acceptor = acceptor;
                }
                Err(error) => tracing::warn!(%error, "the certificate that was there before stays"),
            }
        }
        current.acceptor.clone()
    }
}

/// Which files they were, and when they were last written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen([(u64, i64, i64, u64); 2]);

impl Seen {
    fn of(certificate: &Path, key: &Path) -> io::Result<Self> {
        let look = |path: &Path| {
            let found = fs::metadata(path)?;
            Ok::<_, io::Error>((found.ino(), found.mtime(), found.mtime_nsec(), found.len()))
        };
        Ok(Self([look(certificate)?, look(key)?]))
    }
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let chain = chain(certificate)?;
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| file(key, format!("holds no private key in PEM: {error}")))?;
    let pair = |error: tokio_rustls::rustls::Error| TlsError::Pair {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        fault: error.to_string(),
    };
    // The provider by name: another crate that brings one must not decide.
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(pair)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, private).map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |error| file(path, format!("holds no certificate in PEM: {error}"));
    let certificates = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
    let chain = certificates.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    if chain.is_empty() {
        return Err(file(path, "holds no certificate in PEM".to_owned()));
    }
    Ok(chain)
}

fn file(path: &Path, fault: String) -> TlsError {
    TlsError::File { path: path.to_owned(), fault }
}
