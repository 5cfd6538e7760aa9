//! How the shop speaks TLS.

use std::sync::Arc;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Env;

/// TLS 1.2 and 1.3 with the ciphers that rustls holds for safe, and the
/// certificate that the environment names. A certificate that was renewed
/// is read when the service starts anew.
///
/// # Errors
/// When one of the files cannot be read, or they do not belong together.
pub fn config(env: &Env) -> anyhow::Result<ServerConfig> {
    let tls = env.tls()?;
    let chain = CertificateDer::pem_file_iter(&tls.cert)
        .and_then(|pems| pems.collect::<Result<Vec<_>, _>>())
        .with_context(|| format!("{}", tls.cert.display()))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .with_context(|| format!("{}", tls.key.display()))?;
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(config)
}
