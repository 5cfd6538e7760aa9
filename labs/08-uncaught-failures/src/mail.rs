//! The mail server, and what the shop sends through it.

use diesel::Queryable;
use serde::Serialize;

use crate::{Env, Placed};

/// The confirmation of an order.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Serialize)]
pub struct Mail {
    /// The order's number.
    pub number: String,
    /// The customer's address.
    pub email: String,
}

impl Mail {
    /// The confirmation of this order.
    #[must_use]
    pub fn confirming(order: &Placed) -> Self {
        Self {
            number: order.number.clone(),
            email: order.email.clone(),
        }
    }
}

/// A client of the mail server.
#[derive(Debug)]
pub struct Mailer {
    client: reqwest::Client,
    url: String,
}

impl Mailer {
    /// A client of the server that `UPSTREAM_URL` names.
    ///
    /// # Errors
    /// When the environment names none.
    pub fn new(env: &Env) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(env.timeout)
            .no_proxy()
            .build()?;
        let url = format!("{}/mail", env.upstream_url()?);
        Ok(Self { client, url })
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// When the server does not answer in time, or does not take the mail.
    pub async fn send(&self, mail: &Mail) -> reqwest::Result<()> {
        let request = self.client.post(&self.url).json(mail);
        request.send().await?.error_for_status()?;
        Ok(())
    }
}
