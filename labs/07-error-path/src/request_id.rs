//! The name of a request, by which its answer and its log lines find each
//! other.

use std::fmt;

use actix_web::HttpMessage;
use actix_web::http::header::HeaderValue;

/// A random number that is a request's for as long as it is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(u64);

impl RequestId {
    /// The header in which an answer names its request.
    pub const HEADER: &'static str = "x-request-id";

    /// The id of this request, drawn when it is first asked for. What the
    /// client sends as an id is not used: it would be copied to the log.
    #[must_use]
    pub fn of(request: &impl HttpMessage) -> Self {
        let mut extensions = request.extensions_mut();
        if let Some(id) = extensions.get::<Self>() {
            return *id;
        }
        // Without randomness a request has no name of its own, which is
        // no reason to refuse it.
        let id = Self(getrandom::u64().unwrap_or_default());
        extensions.insert(id);
        id
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl From<RequestId> for HeaderValue {
    fn from(id: RequestId) -> Self {
        Self::from(id.0)
    }
}
