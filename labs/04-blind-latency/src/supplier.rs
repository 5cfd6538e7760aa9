//! The supplier, as the shop sees it.

use std::fmt;

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use serde::Deserialize;

use crate::Env;

/// A client of the supplier's service.
#[derive(Debug, Clone)]
pub struct Supplier {
    client: reqwest::Client,
    url: String,
}

/// What the supplier has of an item.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Stock {
    /// How many.
    pub pieces: u32,
    /// Where.
    pub depot: String,
}

impl Supplier {
    /// A client of the service that `UPSTREAM_URL` names.
    ///
    /// # Errors
    /// When the environment names none.
    pub fn new(env: &Env) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(env.timeout)
            .no_proxy()
            .build()?;
        let url = format!("{}/stock", env.upstream_url()?);
        Ok(Self { client, url })
    }

    /// Asks how many of an item there are.
    ///
    /// # Errors
    /// When the supplier does not say.
    pub async fn ask(&self, item: &str) -> Result<Stock, NoAnswer> {
        let url = format!("{}/{item}", self.url);
        let answer = self.client.get(url).send().await;
        let answer =
            answer.and_then(reqwest::Response::error_for_status);
        let answer = answer.map_err(|_| NoAnswer)?;
        answer.json().await.map_err(|_| NoAnswer)
    }
}

/// The supplier did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the supplier does not say")
    }
}

impl std::error::Error for NoAnswer {}

impl ResponseError for NoAnswer {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_GATEWAY
    }
}
