//! The cookies of a browser, and the rules by which it takes and sends them.

use actix_web::cookie::time::OffsetDateTime;
use url::{Host, Url};

use super::cookie::{self, Cookie, SameSite};

/// How a request relates to the site that it goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Context {
    /// Another site asks, within a page.
    CrossSite,
    /// Another site sends the user here, with an unsafe method.
    CrossSiteForm,
    /// Another site sends the user here, with a safe method.
    Link,
    /// The site itself asks, or the user.
    SameSite,
}

/// Who sets a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Answer,
    Script,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct CookieJar(Vec<Cookie>);

impl CookieJar {
    /// Takes a `Set-Cookie` line, or leaves it.
    pub(crate) fn take(&mut self, line: &str, url: &Url, source: Source, context: Context) {
        let Some(new) = cookie::parse(line, url) else {
            return;
        };
        // Whoever cannot send a cookie within a page cannot set it there.
        if context == Context::CrossSite && new.same_site != SameSite::None {
            return;
        }
        let old = self.0.iter().position(|old| old.is_same(&new));
        if source == Source::Script {
            let guarded = old.is_some_and(|n| self.0[n].http_only);
            if new.http_only || guarded {
                return;
            }
        }
        let gone = new
            .expires
            .is_some_and(|at| at <= OffsetDateTime::now_utc());
        match old {
            Some(n) if gone => {
                self.0.remove(n);
            }
            // The same value keeps its place in the order.
            Some(n) if self.0[n].value == new.value => self.0[n] = new,
            Some(n) => {
                self.0.remove(n);
                self.0.push(new);
            }
            None if gone => {}
            None => self.0.push(new),
        }
    }

    /// The header `cookie` of a request.
    pub(crate) fn header(&self, url: &Url, context: Context) -> Option<String> {
        self.pairs(url, |cookie| match cookie.same_site {
            SameSite::None => true,
            SameSite::Strict => context == Context::SameSite,
            SameSite::Lax => context >= Context::Link,
            // For two minutes after it was set, a cookie that says nothing
            // goes with forms of other sites, too. Here none gets older.
            SameSite::Unsaid => context >= Context::CrossSiteForm,
        })
    }

    /// What `document.cookie` shows.
    pub(crate) fn document(&self, url: &Url) -> String {
        self.pairs(url, |cookie| !cookie.http_only)
            .unwrap_or_default()
    }

    /// Names and values.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let cookies = self.0.iter();
        let pairs = cookies.map(|cookie| (cookie.name.clone(), cookie.value.clone()));
        pairs.collect()
    }

    fn pairs(&self, url: &Url, wanted: impl Fn(&Cookie) -> bool) -> Option<String> {
        let now = OffsetDateTime::now_utc();
        let mut found: Vec<&Cookie> = self
            .0
            .iter()
            .filter(|cookie| cookie.expires.is_none_or(|at| at > now))
            .filter(|cookie| cookie.goes_to(url) && wanted(cookie))
            .collect();
        // Longer paths first; among equals, the older first.
        found.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = found.iter().map(|cookie| cookie.pair()).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

impl Cookie {
    fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.domain, &self.path, self.host_only)
            == (&other.name, &other.domain, &other.path, other.host_only)
    }

    fn pair(&self) -> String {
        if self.name.is_empty() {
            self.value.clone()
        } else {
            format!("{}={}", self.name, self.value)
        }
    }

    fn goes_to(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let below = || {
            host.strip_suffix(self.domain.as_str())
                .is_some_and(|rest| rest.ends_with('.'))
        };
        let at_host = host == self.domain || (!self.host_only && below());
        at_host && path_matches(url.path(), &self.path) && (!self.secure || is_trustworthy(url))
    }
}

fn path_matches(path: &str, of_cookie: &str) -> bool {
    path.strip_prefix(of_cookie)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || of_cookie.ends_with('/'))
}

/// Whether Chromium counts it as secure: https, and loopback.
pub(crate) fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
}
