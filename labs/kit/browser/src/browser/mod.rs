//! The browser: what it sends, from which page, and what comes of it.

mod cookie;
mod fetch;
mod hop;
mod jar;
mod origin;
mod page;

use hyper::Method;
use labkit::client::Answer;
use labkit::control::{Deadline, Watch};
use labkit::exchange::{self, Request};
use url::Url;

use crate::form::Form;
use fetch::Credentials;
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
    watch: Watch,
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

    /// A script on a page asks for something.
    pub async fn fetch(&mut self, page: &Page, fetch: &Fetch) -> Fetched {
        let mut fetched = Fetched {
            preflight: None,
            answer: None,
            readable: false,
        };
        let url = page.resolve(&fetch.url);
        let mut hop = Hop::new(fetch.method.clone(), url, fetch.body.clone());
        if fetch.mode == Mode::NoCors && fetch.needs_preflight() {
            return fetched;
        }
        for _ in 0..REDIRECTS {
            let own = page.origin.is(&hop.url) && !hop.tainted;
            if !own && fetch.mode == Mode::SameOrigin {
                return fetched;
            }
            let cors = !own && fetch.mode == Mode::Cors;
            let origin = if hop.tainted {
                Origin::Opaque
            } else {
                page.origin.clone()
            };
            if cors && fetch.needs_preflight() {
                let answer = self.preflight(page, fetch, &hop, &origin).await;
                let allowed = fetch.is_allowed_by(&answer, &origin);
                fetched.preflight = Some(answer);
                if !allowed {
                    return fetched;
                }
            }
            let answer = self.ask(page, fetch, &hop, &origin, cors).await;
            let readable = match fetch.mode {
                Mode::Cors => !cors || fetch.may_read(&answer, &origin),
                Mode::NoCors => page.origin.is(&hop.url),
                Mode::SameOrigin => true,
            };
            let next = location(&answer, &hop.url);
            fetched.answer = Some(answer);
            fetched.readable = readable;
            match next {
                Some(next) if readable || fetch.mode == Mode::NoCors => {
                    hop.redirect(&fetched.answer, next, Some(&page.origin));
                }
                _ => return fetched,
            }
        }
        fetched
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
            let mut request = hop
                .request()
                .with_header("accept", "text/html,*/*;q=0.8")
                .with_header("sec-fetch-site", hop.site(from))
                .with_header("sec-fetch-mode", "navigate")
                .with_header("sec-fetch-dest", "document")
                .with_header("sec-fetch-user", "?1");
            if let Some(page) = from {
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

    async fn preflight(&self, page: &Page, fetch: &Fetch, hop: &Hop, origin: &Origin) -> Answer {
        let options = Hop::new(Method::OPTIONS, hop.url.clone(), None);
        let mut request = options
            .request()
            .with_header("accept", "*/*")
            .with_header("origin", &origin.to_string())
            .with_header("access-control-request-method", fetch.method.as_str())
            .with_header("sec-fetch-site", hop.site(Some(page)))
            .with_header("sec-fetch-mode", "cors")
            .with_header("sec-fetch-dest", "empty");
        let headers = fetch.unsafe_headers().join(",");
        if !headers.is_empty() {
            request = request.with_header("access-control-request-headers", &headers);
        }
        if let Some(referer) = page.referer(&hop.chain) {
            request = request.with_header("referer", &referer);
        }
        self.send(&options, request).await
    }

    async fn ask(
        &mut self,
        page: &Page,
        fetch: &Fetch,
        hop: &Hop,
        origin: &Origin,
        cors: bool,
    ) -> Answer {
        let context = if page.origin.is_site(&hop.url) {
            Context::SameSite
        } else {
            Context::CrossSite
        };
        let credentials = match fetch.credentials {
            Credentials::Include => true,
            Credentials::SameOrigin => page.origin.is(&hop.url),
            Credentials::Omit => false,
        };
        let mode = match fetch.mode {
            Mode::Cors => "cors",
            Mode::NoCors => "no-cors",
            Mode::SameOrigin => "same-origin",
        };
        let mut request = hop
            .request()
            .with_header("sec-fetch-site", hop.site(Some(page)))
            .with_header("sec-fetch-mode", mode)
            .with_header("sec-fetch-dest", fetch.destination);
        if !fetch.headers.iter().any(|(name, _)| name == "accept") {
            request = request.with_header("accept", "*/*");
        }
        for (name, value) in &fetch.headers {
            request = request.with_header(name, value);
        }
        if let Some(referer) = page.referer(&hop.chain) {
            request = request.with_header("referer", &referer);
        }
        if cors {
            request = request.with_header("origin", &origin.to_string());
        } else if ![Method::GET, Method::HEAD].contains(&hop.method) {
            request = request.with_header("origin", &origin.to_string());
        }
        if credentials && let Some(cookies) = self.jar.header(&hop.url, context) {
            request = request.with_header("cookie", &cookies);
        }
        let answer = self.send(hop, request).await;
        if credentials {
            self.take(&hop.url, &answer, context);
        }
        answer
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
