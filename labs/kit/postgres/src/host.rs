//! This machine's name in the names of databases.

use sha2::{Digest, Sha256};

/// Eight hexadecimal digits of the host's name: databases of dead runs are
/// swept by the host that ran them, which alone knows what is dead.
pub fn id() -> String {
    let name = rustix::system::uname();
    let digest = Sha256::digest(name.nodename().to_bytes());
    digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
