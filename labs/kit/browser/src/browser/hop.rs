//! A request on its way from redirect to redirect.

use hyper::Method;
use hyper::body::Bytes;
use labkit::client::Answer;
use labkit::exchange::{self, Request};
use url::Url;

use super::origin::Origin;
use super::page::Page;

/// A request under way, from redirect to redirect.
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<(String, Bytes)>,
    /// The addresses so far: the strangest of them decides.
    pub(crate) chain: Vec<Url>,
    /// Whether a redirect led from one foreign origin to another.
    pub(crate) tainted: bool,
}

impl Hop {
    pub(crate) fn new(method: Method, url: Url, body: Option<(String, Bytes)>) -> Self {
        let chain = vec![url.clone()];
        Self {
            method,
            url,
            body,
            chain,
            tainted: false,
        }
    }

    pub(crate) fn request(&self) -> Request {
        let target = &self.url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &self.url[url::Position::BeforeHost..url::Position::AfterPort];
        let request = exchange::request(self.method.clone(), target).with_header("host", host);
        match &self.body {
            Some((content_type, body)) => request.with_body(content_type, body.clone()),
            None => request,
        }
    }

    /// `Sec-Fetch-Site`.
    pub(crate) fn site(&self, from: Option<&Page>) -> &'static str {
        let Some(page) = from else {
            return "none";
        };
        if self.chain.iter().all(|url| page.origin.is(url)) {
            "same-origin"
        } else if self.chain.iter().all(|url| page.origin.is_site(url)) {
            "same-site"
        } else {
            "cross-site"
        }
    }

    /// Goes on to `next`, as the answer says.
    pub(crate) fn redirect(&mut self, answer: &Option<Answer>, next: Url, from: Option<&Origin>) {
        let status = answer.as_ref().and_then(Answer::status);
        let status = status.map_or(0, |status| status.as_u16());
        let becomes_get = match status {
            301 | 302 => self.method == Method::POST,
            303 => ![Method::GET, Method::HEAD].contains(&self.method),
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
        }
        let leaves = Origin::of(&self.url) != Origin::of(&next);
        let foreign = from.is_some_and(|from| !from.is(&self.url));
        self.tainted |= leaves && foreign;
        self.chain.push(next.clone());
        self.url = next;
    }
}

/// Where a redirect leads.
pub(crate) fn location(answer: &Answer, url: &Url) -> Option<Url> {
    let redirects = [301, 302, 303, 307, 308];
    let status = answer.status()?.as_u16();
    redirects.contains(&status).then_some(())?;
    url.join(answer.header("location")?).ok()
}
