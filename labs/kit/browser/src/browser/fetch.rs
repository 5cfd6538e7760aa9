//! A request that a script makes, and what the script gets to see.

use hyper::Method;
use hyper::body::Bytes;
use labkit::client::Answer;

use super::origin::Origin;

/// `fetch`, with its options.
#[derive(Debug, Clone)]
pub struct Fetch {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<(String, Bytes)>,
    pub(crate) mode: Mode,
    pub(crate) credentials: Credentials,
    pub(crate) destination: &'static str,
}

/// The option `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The default: readable when the other origin allows it.
    Cors,
    /// Sent without asking, and never readable.
    NoCors,
    /// Refused for another origin.
    SameOrigin,
}

/// The option `credentials`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credentials {
    Include,
    SameOrigin,
    Omit,
}

/// What became of a [`Fetch`].
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The answer to the preflight, when there was one.
    pub preflight: Option<Answer>,
    /// What the server answered, whoever may read it; [`None`] when nothing
    /// was sent.
    pub answer: Option<Answer>,
    /// Whether the script may read it.
    pub readable: bool,
}

impl Fetched {
    /// What the script reads.
    #[must_use]
    pub fn read(&self) -> Option<&Answer> {
        self.answer.as_ref().filter(|_| self.readable)
    }
}

impl Fetch {
    /// `fetch(url, { method })`.
    #[must_use]
    pub fn new(method: Method, url: &str) -> Self {
        Self {
            method,
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
            mode: Mode::Cors,
            credentials: Credentials::SameOrigin,
            destination: "empty",
        }
    }

    /// What `<img src>` does.
    #[must_use]
    pub fn image(url: &str) -> Self {
        let mut fetch = Self::new(Method::GET, url).with_credentials();
        fetch.mode = Mode::NoCors;
        fetch.destination = "image";
        fetch
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Sends a body of that content type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = Some((content_type.to_owned(), body.into()));
        self
    }

    /// `mode`.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// `credentials: 'include'`: cookies go to other origins, too.
    #[must_use]
    pub fn with_credentials(mut self) -> Self {
        self.credentials = Credentials::Include;
        self
    }

    /// `credentials: 'omit'`: no cookies at all.
    #[must_use]
    pub fn without_credentials(mut self) -> Self {
        self.credentials = Credentials::Omit;
        self
    }

    /// The headers that need the other origin's leave, sorted.
    pub(crate) fn unsafe_headers(&self) -> Vec<&str> {
        let body = self.body.iter();
        let body = body.map(|(kind, _)| ("content-type", kind.as_str()));
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
        let mut names: Vec<&str> = headers
            .chain(body)
            .filter(|(name, value)| !is_safe(name, value))
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether another origin is asked before.
    pub(crate) fn needs_preflight(&self) -> bool {
        !is_simple(&self.method) || !self.unsafe_headers().is_empty()
    }

    /// Whether the answer to a preflight allows it.
    pub(crate) fn is_allowed_by(&self, answer: &Answer, origin: &Origin) -> bool {
        let bare = self.credentials != Credentials::Include;
        let list = |name: &str| -> Vec<String> {
            let values = answer.header(name).unwrap_or_default().split(',');
            values.map(|value| value.trim().to_owned()).collect()
        };
        let methods = list("access-control-allow-methods");
        let headers = list("access-control-allow-headers");
        let any = |list: &[String]| bare && list.iter().any(|item| item == "*");
        let method = is_simple(&self.method)
            || any(&methods)
            || methods.iter().any(|item| item == self.method.as_str());
        let named = |name: &str| headers.iter().any(|item| item.eq_ignore_ascii_case(name));
        // The standard leaves `authorization` out of `*`; Chromium does not.
        let header = |name: &&str| named(name) || any(&headers);
        answer.is_success()
            && self.may_read(answer, origin)
            && method
            && self.unsafe_headers().iter().all(header)
    }

    /// Whether the other origin lets `origin` read its answer.
    pub(crate) fn may_read(&self, answer: &Answer, origin: &Origin) -> bool {
        let allowed = answer.header("access-control-allow-origin");
        if self.credentials != Credentials::Include && allowed == Some("*") {
            return true;
        }
        let exact = allowed == Some(origin.to_string().as_str());
        let credentials = answer.header("access-control-allow-credentials");
        exact && (self.credentials != Credentials::Include || credentials == Some("true"))
    }
}

fn is_simple(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::POST].contains(method)
}

/// Whether any page may send it: a form could have done so.
fn is_safe(name: &str, value: &str) -> bool {
    match name {
        "accept" | "accept-language" | "content-language" => value.len() <= 128,
        "content-type" => {
            let essence = value.split(';').next().unwrap_or_default();
            [
                "application/x-www-form-urlencoded",
                "multipart/form-data",
                "text/plain",
            ]
            .contains(&essence.trim().to_ascii_lowercase().as_str())
        }
        _ => false,
    }
}
