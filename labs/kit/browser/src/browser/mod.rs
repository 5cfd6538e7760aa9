//! The browser: what it sends, from which page, and what comes of it.

mod cookie;
mod fetch;
mod hop;
mod jar;
mod origin;
mod page;
mod script;

use hyper::Method;
use labkit::client::Answer;
use labkit::control::{Deadline, Watch};
use labkit::exchange::{self, Request};
use url::Url;

use crate::form::Form;
use hop::{Hop, location};
use jar::{Context, CookieJar, Source};

pub use fetch::{Fetch, Fetched, Mode};
pub use origin::Origin;
pub use page::Page;

/// So many redirects a browser follows.
const REDIRECTS: usize = 20;

/// One user's browser.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    jar: CookieJar,
    age: Age,
    watch: Watch,
}

/// How much a browser says of where a request comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    /// `Sec-Fetch-Site` and its like, and `Origin`.
    #[default]
    Present,
    /// `Origin` only.
    Old,
    /// Neither.
    Oldest,
}

impl Browser {
    /// A browser that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same; the processes that answer are watched while it waits, see
    /// [`labkit::control`].
    #[must_use]
    pub fn watching(watch: &Watch) -> Self {
        Self {
            watch: watch.clone(),
            ..Self::default()
        }
    }

    /// The same as an old browser, which sends `Origin` and no `Sec-Fetch-*`.
    /// So does every browser to a service that it does not trust: plain HTTP
    /// that is not loopback.
    #[must_use]
    pub fn old(mut self) -> Self {
        self.age = Age::Old;
        self
    }

    /// The same as a client that says nothing of where a request comes from,
    /// unless it asks for CORS.
    #[must_use]
    pub fn oldest(mut self) -> Self {
        self.age = Age::Oldest;
        self
    }

    /// Names and values of all cookies, whatever they are for.
    #[must_use]
    pub fn cookies(&self) -> Vec<(String, String)> {
        self.jar.all()
    }

    /// The user types an address.
    ///
    /// # Panics
    /// When `url` is none, a mistake of the experiment.
    pub async fn visit(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        self.navigate(None, Hop::new(Method::GET, url, None)).await
    }

    /// The user follows a link on a page.
    pub async fn follow(&mut self, page: &Page, href: &str) -> Page {
        let hop = Hop::new(Method::GET, page.resolve(href), None);
        self.navigate(Some(page), hop).await
    }

    /// The user sends a form that stands on a page.
    pub async fn submit(&mut self, page: &Page, form: &Form) -> Page {
        let mut url = page.resolve(&form.action);
        let body = form.encoded();
        let hop = if form.method == Method::POST {
            let content_type = form.content_type().to_owned();
            Hop::new(Method::POST, url, Some((content_type, body.into())))
        } else {
            url.set_query(Some(&body));
            Hop::new(Method::GET, url, None)
        };
        self.navigate(Some(page), hop).await
    }

    /// A server sets a cookie in an answer that the experiment does not
    /// send, say an attacker's own.
    ///
    /// # Panics
    /// When `url` is none, a mistake of the experiment.
    pub fn receive(&mut self, url: &str, set_cookie: &str) {
        let url = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        self.jar
            .take(set_cookie, &url, Source::Answer, Context::SameSite);
    }

    /// A script sets `document.cookie`.
    pub fn set_document_cookie(&mut self, page: &Page, line: &str) {
        if page.origin != Origin::Opaque {
            self.jar
                .take(line, &page.url, Source::Script, Context::SameSite);
        }
    }

    /// A script reads `document.cookie`.
    #[must_use]
    pub fn document_cookie(&self, page: &Page) -> String {
        match page.origin {
            Origin::Opaque => String::new(),
            Origin::Known(_) => self.jar.document(&page.url),
        }
    }

    async fn navigate(&mut self, from: Option<&Page>, mut hop: Hop) -> Page {
        let mut answer = Answer::None;
        for _ in 0..=REDIRECTS {
            let context = match from {
                Some(page) if !page.origin.is_site(&hop.url) => {
                    if hop.method == Method::GET {
                        Context::Link
                    } else {
                        Context::CrossSiteForm
                    }
                }
                _ => Context::SameSite,
            };
            let mut request = hop.request().with_header("accept", "text/html,*/*;q=0.8");
            if self.age < Age::Old {
                request = request
                    .with_header("sec-fetch-site", hop.site(from))
                    .with_header("sec-fetch-mode", "navigate")
                    .with_header("sec-fetch-dest", "document")
                    .with_header("sec-fetch-user", "?1");
            }
            if let Some(page) = from.filter(|_| self.age < Age::Oldest) {
                if let Some(referer) = page.referer(&hop.chain) {
                    request = request.with_header("referer", &referer);
                }
                if hop.method != Method::GET {
                    let origin = if hop.tainted {
                        Origin::Opaque
                    } else {
                        page.form_origin(&hop.url)
                    };
                    request = request.with_header("origin", &origin.to_string());
                }
            }
            if let Some(cookies) = self.jar.header(&hop.url, context) {
                request = request.with_header("cookie", &cookies);
            }
            answer = self.send(&hop, request).await;
            self.take(&hop.url, &answer, Context::SameSite);
            let Some(next) = location(&answer, &hop.url) else {
                break;
            };
            hop.redirect(&Some(answer.clone()), next, from.map(|page| &page.origin));
        }
        Page::new(hop.url, answer)
    }

    fn take(&mut self, url: &Url, answer: &Answer, context: Context) {
        let Answer::Response { headers, .. } = answer else {
            return;
        };
        for line in headers.get_all("set-cookie") {
            let line = String::from_utf8_lossy(line.as_bytes());
            self.jar.take(&line, url, Source::Answer, context);
        }
    }

    async fn send(&self, hop: &Hop, request: Request) -> Answer {
        let Some(address) = origin::address(&hop.url) else {
            return Answer::Closed;
        };
        let deadline = Deadline::start(&self.watch);
        tokio::select! {
            biased;
            answer = exchange::exchange(address, request) => answer,
            () = deadline.passed() => Answer::None,
        }
    }
}
