//! The payment provider, as the box office sees it.

use std::fmt;

use actix_web::http::StatusCode;
use serde_json::json;

use crate::Env;

/// A client of the payment provider. It cannot be changed from here.
///
/// Whoever gives a payment up cannot know what became of it. In
/// production it carries a key, by which it is looked up and taken back.
#[derive(Debug, Clone)]
pub struct Payments {
    client: reqwest::Client,
    url: String,
}

/// Why a payment did not go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentError {
    /// The provider does not take this buyer's money.
    Declined,
    /// The provider failed, or did not answer in time.
    Failed,
}

impl Payments {
    /// A client of the provider that `UPSTREAM_URL` names.
    ///
    /// # Errors
    /// When the environment names none.
    pub fn new(env: &Env) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(env.timeout)
            .no_proxy()
            .build()?;
        let url = format!("{}/payments", env.upstream_url()?);
        Ok(Self { client, url })
    }

    /// Pays for a seat, which takes as long as it takes.
    ///
    /// # Errors
    /// When the payment does not go through.
    pub async fn pay(&self, seat: u32) -> Result<(), PaymentError> {
        let order = json!({ "seat": seat, "cents": 3900 });
        let answer = self.client.post(&self.url).json(&order).send();
        match answer.await.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) if status == 402 => Err(PaymentError::Declined),
            _ => Err(PaymentError::Failed),
        }
    }
}

impl fmt::Display for PaymentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Declined => "the payment was declined",
            Self::Failed => "the payment failed",
        })
    }
}

impl std::error::Error for PaymentError {}

impl actix_web::ResponseError for PaymentError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Declined => StatusCode::PAYMENT_REQUIRED,
            Self::Failed => StatusCode::BAD_GATEWAY,
        }
    }
}
