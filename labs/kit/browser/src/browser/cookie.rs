//! One `Set-Cookie` line, read as Chromium reads it.
//!
//! The crate `cookie` reads lines more strictly than browsers do, so only
//! dates are left to it.

use actix_web::cookie::Cookie as Strict;
use actix_web::cookie::time::{Duration, OffsetDateTime};
use url::{Host, Url};

use super::jar::is_trustworthy;

/// Name and value together, in bytes.
const MOST: usize = 4096;
/// The value of an attribute, in bytes; a longer one is as if it were not
/// there.
const MOST_OF_ATTRIBUTE: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SameSite {
    None,
    Lax,
    Strict,
    Unsaid,
}

#[derive(Debug, Clone)]
pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) domain: String,
    pub(crate) host_only: bool,
    /// Whether it names its domain, and is no address.
    named: bool,
    pub(crate) path: String,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    pub(crate) expires: Option<OffsetDateTime>,
}

/// The cookie, unless a browser would refuse it.
pub(crate) fn parse(line: &str, url: &Url) -> Option<Cookie> {
    let mut parts = line.split(';');
    let pair = parts.next()?;
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let (name, value) = (trim(name), trim(value));
    let control = |c: char| c.is_ascii_control() && c != '\t';
    let wrong = name.len() + value.len() > MOST
        || name.is_empty() && value.is_empty()
        || line.contains(control);
    if wrong {
        return None;
    }
    let host = url.host_str()?;
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain: host.to_owned(),
        host_only: true,
        named: false,
        path: default_path(url),
        secure: false,
        http_only: false,
        same_site: SameSite::Unsaid,
        expires: None,
    };
    let (mut domain, mut path, mut max_age) = (None, None, None);
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = trim(value);
        if value.len() > MOST_OF_ATTRIBUTE {
            continue;
        }
        match trim(key).to_ascii_lowercase().as_str() {
            "secure" => cookie.secure = true,
            "httponly" => cookie.http_only = true,
            "samesite" => cookie.same_site = same_site(value),
            "domain" => domain = Some(value),
            "path" => path = Some(value),
            "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
            "expires" => cookie.expires = date(value).or(cookie.expires),
            _ => {}
        }
    }
    if let Some(seconds) = max_age {
        let now = OffsetDateTime::now_utc();
        cookie.expires = now.checked_add(Duration::seconds(seconds));
    }
    if let Some(path) = path.filter(|path| path.starts_with('/')) {
        path.clone_into(&mut cookie.path);
    }
    if let Some(domain) = domain.filter(|domain| !domain.is_empty()) {
        set_domain(&mut cookie, url, domain)?;
    }
    let secure = !cookie.secure || is_trustworthy(url);
    let none = cookie.same_site != SameSite::None || cookie.secure;
    (secure && none && keeps_its_prefix(&cookie, path)).then_some(cookie)
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn same_site(value: &str) -> SameSite {
    match value.to_ascii_lowercase().as_str() {
        "strict" => SameSite::Strict,
        "lax" => SameSite::Lax,
        "none" => SameSite::None,
        _ => SameSite::Unsaid,
    }
}

fn date(value: &str) -> Option<OffsetDateTime> {
    let cookie = Strict::parse(format!("a=b; Expires={value}")).ok()?;
    cookie.expires_datetime()
}

/// The folder of the path.
fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => url.path()[..end].to_owned(),
    }
}

/// A host sets cookies for itself and for the names above it, as long as
/// those have an owner.
fn set_domain(cookie: &mut Cookie, url: &Url, domain: &str) -> Option<()> {
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    let domain = domain.to_ascii_lowercase();
    let host = cookie.domain.clone();
    if !matches!(url.host(), Some(Host::Domain(_))) {
        return (domain == host).then_some(());
    }
    cookie.named = true;
    let has_owner = domain.contains('.');
    if domain == host && !has_owner {
        return Some(());
    }
    let above = host
        .strip_suffix(domain.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if !above || !has_owner {
        return None;
    }
    cookie.domain = domain;
    cookie.host_only = false;
    Some(())
}

/// A name that begins so promises what the cookie must keep.
fn keeps_its_prefix(cookie: &Cookie, path: Option<&str>) -> bool {
    let starts = |text: &str, prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if cookie.name.is_empty() {
        // Sent back, it would look like a name with that prefix.
        return !starts(&cookie.value, "__Host-") && !starts(&cookie.value, "__Secure-");
    }
    if starts(&cookie.name, "__Host-") {
        return cookie.secure && path == Some("/") && !cookie.named;
    }
    !starts(&cookie.name, "__Secure-") || cookie.secure
}
