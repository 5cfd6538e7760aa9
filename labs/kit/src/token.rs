//! Random names and passwords.

use anyhow::Context;

/// `bytes` random bytes in hexadecimal digits.
///
/// # Errors
/// When the system has no randomness.
pub fn hex(bytes: usize) -> anyhow::Result<String> {
    let mut random = vec![0_u8; bytes];
    getrandom::fill(&mut random).context("the system has no randomness")?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
