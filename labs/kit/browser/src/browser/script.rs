//! What a browser does for a script that fetches something.

use hyper::Method;
use labkit::client::Answer;

use super::fetch::{Credentials, Fetch, Fetched, Mode};
use super::hop::{Hop, location};
use super::jar::Context;
use super::origin::Origin;
use super::page::Page;
use super::{Age, Browser, REDIRECTS};

impl Browser {
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

    async fn preflight(&self, page: &Page, fetch: &Fetch, hop: &Hop, origin: &Origin) -> Answer {
        let options = Hop::new(Method::OPTIONS, hop.url.clone(), None);
        let mut request = options
            .request()
            .with_header("accept", "*/*")
            .with_header("origin", &origin.to_string())
            .with_header("access-control-request-method", fetch.method.as_str());
        if self.age < Age::Old {
            request = request
                .with_header("sec-fetch-site", hop.site(Some(page)))
                .with_header("sec-fetch-mode", "cors")
                .with_header("sec-fetch-dest", "empty");
        }
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
        let mut request = hop.request();
        if self.age < Age::Old {
            request = request
                .with_header("sec-fetch-site", hop.site(Some(page)))
                .with_header("sec-fetch-mode", mode)
                .with_header("sec-fetch-dest", fetch.destination);
        }
        if !fetch.headers.iter().any(|(name, _)| name == "accept") {
            request = request.with_header("accept", "*/*");
        }
        for (name, value) in &fetch.headers {
            request = request.with_header(name, value);
        }
        let tells = self.age < Age::Oldest;
        if let Some(referer) = page.referer(&hop.chain).filter(|_| tells) {
            request = request.with_header("referer", &referer);
        }
        let changes = ![Method::GET, Method::HEAD].contains(&hop.method);
        if cors || changes && tells {
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
}
