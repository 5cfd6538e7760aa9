//! What a page hears of its run, one JSON object per server-sent event.

use actix_web::web::Bytes;
use serde::Serialize;

/// One message to the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The lab's program is being compiled; the text says how far.
    Building(String),
    /// A line of the program: the plan, samples, or the finished run, as
    /// `labkit::cli` documents them.
    Line(String),
    /// The run ended early.
    Cut(Cut),
    /// The run is over; nothing follows.
    End,
}

/// Why a run ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// One sentence.
    pub cause: String,
    /// What the compiler or the service said.
    pub text: String,
}

impl Event {
    /// A run that ended early.
    #[must_use]
    pub fn cut(cause: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Cut(Cut {
            cause: cause.into(),
            text: text.into(),
        })
    }

    /// The event as it goes over the wire.
    #[must_use]
    pub fn frame(&self) -> Bytes {
        // JSON has no bare line feed, so one `data:` line holds it.
        let json = match self {
            Self::Line(json) => json.clone(),
            other => serde_json::to_string(other).unwrap_or_default(),
        };
        Bytes::from(format!("data: {json}\n\n"))
    }
}
