//! The mails that the service asks for.

use labkit::Bench;
use labkit::bench::Stopped;
use labkit::client::Answer;
use labkit::upstream::StubUpstream;
use serde_json::Value;

use crate::visitor::{Request, Shop, Way};

/// The customer's address.
pub const EMAIL: &str = "cyd@example.org";

/// What became of a form that was sent.
pub struct Sent {
    /// The answer.
    pub answer: Answer,
    mail: Option<Value>,
}

impl Sent {
    /// Of a page without a form.
    pub fn nothing() -> Self {
        Self {
            answer: Answer::None,
            mail: None,
        }
    }

    /// The page that the mail's link leads to.
    pub fn page(&self) -> Option<&str> {
        self.mail.as_ref()?["page"].as_str()
    }

    /// The address that the mail names.
    pub fn asked_from(&self) -> Option<&str> {
        self.mail.as_ref()?["asked_from"].as_str()
    }

    /// Whether a mail to the customer was asked for.
    pub fn is_right(&self) -> bool {
        let email = self.mail.as_ref().map(|mail| &mail["email"]);
        email.and_then(Value::as_str) == Some(EMAIL)
    }
}

/// Sends a form, and waits for its mail if the answer promises one.
pub async fn send(
    bench: &Bench,
    shop: &Shop,
    way: Way,
    request: Request,
) -> Result<Sent, Stopped> {
    let accounts = bench.ground::<StubUpstream>()?;
    let before = accounts.arrivals().len();
    let answer = shop.ask(way, request).await;
    if answer.is_success() {
        // No mail is an outcome, too.
        let subject = bench.subject()?;
        let _ = accounts.arrived(before + 1, subject).await;
    }
    let mail = accounts.arrivals().get(before).map(|mail| mail.json());
    Ok(Sent { answer, mail })
}
