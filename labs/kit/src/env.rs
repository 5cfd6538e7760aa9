//! What a deployed service reads from its environment.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;

/// The variable that names the harness's gate, `host:port`.
pub const LAB_GATE: &str = "LAB_GATE";

/// So long a service waits for what it depends on, unless it is told.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// A service's configuration, twelve-factor: the experiment fills it in for
/// a version of ours and sets the same variables for any other command.
///
/// Only the harness sets these variables, and only for the services that it
/// starts. What the learner's own shell exports under the same names never
/// reaches a lab: see [`Env::vars`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Env {
    /// `LAB_GATE`: where a held dependency reports and waits; unset when the
    /// service runs for real.
    pub gate: Option<SocketAddr>,
    /// `REDIS_URL`: `redis://:password@host:port/database`.
    pub redis_url: Option<String>,
    /// `DATABASE_URL`: `postgres://role:password@host:port/database`, or the
    /// path of a SQLite file.
    pub database_url: Option<String>,
    /// `UPSTREAM_URL`: the service that this one calls, `http://host:port`.
    pub upstream_url: Option<String>,
    /// `SESSION_KEY`: what all instances seal cookies with, 64 bytes in hex.
    pub session_key: Option<String>,
    /// `TRUSTED_PROXIES`: the proxies in front of the service, addresses or
    /// networks with commas between them.
    pub trusted_proxies: Option<String>,
    /// `TIMEOUT_MS`: how long the service waits for what it depends on.
    pub timeout: Duration,
}

impl Default for Env {
    fn default() -> Self {
        Self {
            gate: None,
            redis_url: None,
            database_url: None,
            upstream_url: None,
            session_key: None,
            trusted_proxies: None,
            timeout: TIMEOUT,
        }
    }
}

impl Env {
    /// Reads this process's environment.
    ///
    /// # Errors
    /// When a variable is set to something that cannot be read; the message
    /// names it.
    pub fn from_process() -> anyhow::Result<Self> {
        let text = |name: &str| std::env::var(name).ok();
        let gate = text(LAB_GATE)
            .map(|text| {
                text.parse()
                    .with_context(|| format!("{LAB_GATE}={text} is not host:port"))
            })
            .transpose()?;
        let timeout = text("TIMEOUT_MS")
            .map(|text| {
                let number = text.parse().map(Duration::from_millis);
                number.with_context(|| format!("TIMEOUT_MS={text} is no number of milliseconds"))
            })
            .transpose()?;
        Ok(Self {
            gate,
            redis_url: text("REDIS_URL"),
            database_url: text("DATABASE_URL"),
            upstream_url: text("UPSTREAM_URL"),
            session_key: text("SESSION_KEY"),
            trusted_proxies: text("TRUSTED_PROXIES"),
            timeout: timeout.unwrap_or(TIMEOUT),
        })
    }

    /// Every variable with its value for a child process, and none where it
    /// has to be removed: a `REDIS_URL` that someone exports for real data
    /// must not reach a service that is broken on purpose.
    #[must_use]
    pub fn vars(&self) -> [(&'static str, Option<String>); 7] {
        [
            (LAB_GATE, self.gate.map(|gate| gate.to_string())),
            ("REDIS_URL", self.redis_url.clone()),
            ("DATABASE_URL", self.database_url.clone()),
            ("UPSTREAM_URL", self.upstream_url.clone()),
            ("SESSION_KEY", self.session_key.clone()),
            ("TRUSTED_PROXIES", self.trusted_proxies.clone()),
            ("TIMEOUT_MS", Some(self.timeout.as_millis().to_string())),
        ]
    }

    /// The Redis server.
    ///
    /// # Errors
    /// When `REDIS_URL` is not set.
    pub fn redis_url(&self) -> anyhow::Result<&str> {
        self.redis_url.as_deref().context("REDIS_URL is not set")
    }

    /// The database.
    ///
    /// # Errors
    /// When `DATABASE_URL` is not set.
    pub fn database_url(&self) -> anyhow::Result<&str> {
        let url = self.database_url.as_deref();
        url.context("DATABASE_URL is not set")
    }

    /// The service that this one calls.
    ///
    /// # Errors
    /// When `UPSTREAM_URL` is not set.
    pub fn upstream_url(&self) -> anyhow::Result<&str> {
        let url = self.upstream_url.as_deref();
        url.context("UPSTREAM_URL is not set")
    }

    /// The proxies in front of the service: addresses, or networks.
    ///
    /// # Errors
    /// When `TRUSTED_PROXIES` is not set.
    pub fn trusted_proxies(&self) -> anyhow::Result<&str> {
        let networks = self.trusted_proxies.as_deref();
        networks.context("TRUSTED_PROXIES is not set")
    }

    /// What all instances of the service seal their cookies with: 64 bytes.
    ///
    /// # Errors
    /// When `SESSION_KEY` is not set, or is not 128 hexadecimal digits.
    pub fn session_key(&self) -> anyhow::Result<Vec<u8>> {
        let text = self
            .session_key
            .as_deref()
            .context("SESSION_KEY is not set")?;
        let digits: Option<Vec<u8>> = text
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let key = digits.filter(|key| key.len() == 64 && text.len() == 128);
        key.context("SESSION_KEY is not 64 bytes in hexadecimal digits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_key_is_64_bytes_in_hex() {
        let with = |text: &str| Env {
            session_key: Some(text.to_owned()),
            ..Env::default()
        };
        assert_eq!(
            with(&"0f".repeat(64)).session_key().unwrap(),
            vec![15_u8; 64]
        );
        for wrong in [
            "",
            "0f",
            &"0f".repeat(63),
            &"zz".repeat(64),
            &"é".repeat(64),
        ] {
            assert!(with(wrong).session_key().is_err(), "{wrong}");
        }
        assert!(Env::default().session_key().is_err());
    }

    #[test]
    fn what_is_not_set_is_removed_for_a_child() {
        let vars = Env::default().vars();
        let removed = vars.iter().filter(|(_, value)| value.is_none()).count();
        assert_eq!(removed, 6);
    }
}
