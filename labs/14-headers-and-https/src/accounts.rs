//! The service that knows the customers' accounts.

use std::fmt;

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::Env;

/// What the form on the page sends.
#[derive(Debug, Clone, Deserialize)]
pub struct Forgotten {
    /// The customer's address.
    pub email: String,
}

/// A mail to a customer who has forgotten the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reset {
    /// Whom it goes to, if there is such a customer.
    pub email: String,
    /// The page that the link leads to. The token is appended to it.
    pub page: String,
    /// "Somebody at this address has asked for it."
    pub asked_from: String,
}

/// A client of that service.
#[derive(Debug)]
pub struct Accounts {
    client: reqwest::Client,
    url: String,
}

/// The service did not take what it was asked.
#[derive(Debug)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no mail can be sent now")
    }
}

impl ResponseError for Unavailable {
    fn status_code(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

impl Accounts {
    /// A client of the service that `UPSTREAM_URL` names.
    ///
    /// # Errors
    /// When the environment names none.
    pub fn new(env: &Env) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(env.timeout)
            .no_proxy()
            .build()?;
        let url = format!("{}/resets", env.upstream_url()?);
        Ok(Self { client, url })
    }

    /// Has a mail sent, with a token that is good once and for an hour.
    /// Nobody learns whether there is such a customer.
    ///
    /// # Errors
    /// When the service does not answer in time, or refuses.
    pub async fn send(&self, reset: &Reset) -> Result<(), Unavailable> {
        let request = self.client.post(&self.url).json(reset);
        let answer = request.send().await.map_err(|_| Unavailable)?;
        answer.error_for_status().map_err(|_| Unavailable)?;
        Ok(())
    }
}
