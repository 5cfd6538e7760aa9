//! What a deployed service reads from its environment.

use std::net::SocketAddr;

use anyhow::Context;

/// The variable that names the harness's gate, `host:port`.
pub const LAB_GATE: &str = "LAB_GATE";

/// A service's configuration, twelve-factor: the experiment fills it in for
/// a version of ours and sets the same variables for any other command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Env {
    /// `LAB_GATE`: where a held dependency reports and waits; unset when the
    /// service runs for real.
    pub gate: Option<SocketAddr>,
}

impl Env {
    /// Reads this process's environment.
    ///
    /// # Errors
    /// When a variable is set to something that cannot be read; the message
    /// names it.
    pub fn from_process() -> anyhow::Result<Self> {
        let gate = std::env::var(LAB_GATE)
            .ok()
            .map(|text| {
                text.parse()
                    .with_context(|| format!("{LAB_GATE}={text} is not host:port"))
            })
            .transpose()?;
        Ok(Self { gate })
    }

    /// The variables that say the same, for a child process.
    #[must_use]
    pub fn vars(&self) -> Vec<(&'static str, String)> {
        self.gate
            .map(|gate| (LAB_GATE, gate.to_string()))
            .into_iter()
            .collect()
    }
}
