//! What a browser lets a page do: the parts of Content Security Policy
//! Level 3 that decide about scripts, styles, forms and frames.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use labkit::client::Answer;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::site;

/// The policies of one answer. What one of them forbids is forbidden.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies(Vec<Policy>);

/// The directives of one policy, each with its sources.
type Policy = Vec<(String, Vec<String>)>;

/// Where a directive's sources are taken from when it is missing.
const SCRIPT: &[&str] =
    &["script-src-elem", "script-src", "default-src"];
const HANDLER: &[&str] =
    &["script-src-attr", "script-src", "default-src"];
const STYLE: &[&str] = &["style-src-elem", "style-src", "default-src"];
const OBJECT: &[&str] = &["object-src", "default-src"];

impl Policies {
    /// Those that an answer carries.
    pub fn of(answer: &Answer) -> Self {
        let Answer::Response { headers, .. } = answer else {
            return Self::default();
        };
        let lines = headers.get_all("content-security-policy").iter();
        let lines: Vec<&str> =
            lines.filter_map(|line| line.to_str().ok()).collect();
        let policies = lines.iter().flat_map(|line| line.split(','));
        Self(policies.map(policy).filter(|p| !p.is_empty()).collect())
    }

    /// Whether a script in the page itself runs.
    pub fn inline_script(
        &self,
        text: &str,
        nonce: Option<&str>,
    ) -> bool {
        self.allow(SCRIPT, |sources| inline(sources, text, nonce))
    }

    /// Whether a script from that address runs.
    pub fn script_from(&self, url: &str, nonce: Option<&str>) -> bool {
        self.allow(SCRIPT, |sources| {
            let strict = has(sources, "'strict-dynamic'");
            has_nonce(sources, nonce) || !strict && from(sources, url)
        })
    }

    /// Whether an event handler in an attribute runs.
    pub fn handler(&self) -> bool {
        self.allow(HANDLER, |sources| inline(sources, "", None))
    }

    /// Whether a style in the page itself applies.
    pub fn inline_style(
        &self,
        text: &str,
        nonce: Option<&str>,
    ) -> bool {
        self.allow(STYLE, |sources| inline(sources, text, nonce))
    }

    /// Whether a style from that address applies.
    pub fn style_from(&self, url: &str, nonce: Option<&str>) -> bool {
        self.allow(STYLE, |sources| {
            has_nonce(sources, nonce) || from(sources, url)
        })
    }

    /// Whether a plug-in's content from that address is loaded.
    pub fn object_from(&self, url: &str) -> bool {
        self.allow(OBJECT, |sources| from(sources, url))
    }

    /// Whether a form can be sent to that address.
    pub fn form_to(&self, url: &str) -> bool {
        self.allow(&["form-action"], |sources| from(sources, url))
    }

    /// Whether the page's relative addresses can be moved there.
    pub fn base(&self, url: &str) -> bool {
        self.allow(&["base-uri"], |sources| from(sources, url))
    }

    /// Whether a page of that site can show this one in a frame.
    pub fn framed_by(&self, url: &str) -> bool {
        self.allow(&["frame-ancestors"], |sources| from(sources, url))
    }

    /// Whether a policy says who may show the page in a frame; then
    /// `X-Frame-Options` does not count.
    pub fn speaks_of_frames(&self) -> bool {
        let mut all = self.0.iter().flatten();
        all.any(|(name, _)| name == "frame-ancestors")
    }

    fn allow(
        &self,
        names: &[&str],
        allows: impl Fn(&[String]) -> bool,
    ) -> bool {
        self.0.iter().all(|policy| {
            let find = |name: &&str| {
                policy.iter().find(|(own, _)| own == name)
            };
            match names.iter().find_map(find) {
                Some((_, sources)) => allows(sources),
                None => true,
            }
        })
    }
}

fn policy(text: &str) -> Policy {
    let mut policy = Policy::new();
    for directive in text.split(';') {
        let mut words = directive.split_ascii_whitespace();
        let Some(name) = words.next() else { continue };
        let name = name.to_lowercase();
        // The first of two directives with one name counts.
        if !policy.iter().any(|(known, _)| *known == name) {
            policy.push((name, words.map(str::to_owned).collect()));
        }
    }
    policy
}

fn has(sources: &[String], keyword: &str) -> bool {
    sources.iter().any(|s| s.eq_ignore_ascii_case(keyword))
}

fn has_nonce(sources: &[String], nonce: Option<&str>) -> bool {
    let Some(nonce) = nonce.filter(|nonce| !nonce.is_empty()) else {
        return false;
    };
    let wanted = format!("'nonce-{nonce}'");
    sources.contains(&wanted)
}

/// Whether the sources allow what stands in the page itself.
fn inline(sources: &[String], text: &str, nonce: Option<&str>) -> bool {
    // Beside a nonce or a hash, 'unsafe-inline' is for old browsers only.
    let strict = sources.iter().any(|source| {
        let source = source.to_lowercase();
        ["'nonce-", "'sha256-", "'sha384-", "'sha512-"]
            .iter()
            .any(|start| source.starts_with(start))
            || source == "'strict-dynamic'"
    });
    let unsafe_inline = has(sources, "'unsafe-inline'") && !strict;
    unsafe_inline
        || has_nonce(sources, nonce)
        || has_hash(sources, text)
}

fn has_hash(sources: &[String], text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    let hashes = [
        ("sha256", Sha256::digest(text).to_vec()),
        ("sha384", Sha384::digest(text).to_vec()),
        ("sha512", Sha512::digest(text).to_vec()),
    ];
    hashes.iter().any(|(name, hash)| {
        [BASE64_STANDARD, BASE64_URL_SAFE].iter().any(|base64| {
            let hash = base64.encode(hash);
            sources.contains(&format!("'{name}-{hash}'"))
        })
    })
}

/// Whether one of the sources matches the address.
fn from(sources: &[String], url: &str) -> bool {
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    let rest = rest.trim_start_matches('/');
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    sources.iter().any(|source| {
        let source = source.to_lowercase();
        if source == "'self'" {
            return url.starts_with(site::URL) && host == site::NAME;
        }
        if let Some(own) = source.strip_suffix(':') {
            return own == scheme || own == "http" && scheme == "https";
        }
        let is_net = scheme == "http" || scheme == "https";
        let bare = source.split_once("://").map_or(&*source, |s| s.1);
        let (name, own_path) =
            bare.split_once('/').unwrap_or((bare, ""));
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        let named = match name.strip_prefix('*') {
            Some(ending) => host.ends_with(ending),
            None => name == host,
        };
        let inside = own_path.is_empty()
            || path == own_path
            || own_path.ends_with('/') && path.starts_with(own_path);
        is_net && named && inside
    })
}
