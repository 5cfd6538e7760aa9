//! What a browser does with the page: what of it works, and what of that
//! which somebody has smuggled into it.

use hyper::header::LOCATION;
use labkit::client::Answer;

use crate::markup::{self, Element};
use crate::page::{SCRIPT, STYLE};
use crate::policy::Policies;
use crate::site::URL;
use crate::visitor::{Request, Shop, Way};
use crate::wire::{self, get};

/// Somebody else's site.
pub const EVIL: &str = "https://evil.example/";

/// Hosts of scripts where anybody can publish one.
const PUBLIC_HOSTS: [&str; 3] = [
    "https://cdn.jsdelivr.net/npm/steal",
    "https://unpkg.com/steal",
    "https://raw.githubusercontent.com/evil/steal/main/steal.js",
];

/// A page that a browser has loaded.
pub struct Page {
    policies: Policies,
    elements: Vec<Element>,
}

impl Page {
    /// The page in an answer; one without elements for any other answer.
    pub fn of(answer: &Answer) -> Self {
        let html = answer
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"));
        let shown = html && answer.is_success();
        Self {
            policies: Policies::of(answer),
            elements: if shown {
                markup::elements(&answer.text())
            } else {
                Vec::new()
            },
        }
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Element> {
        let name = name.to_owned();
        self.elements.iter().filter(move |e| e.name == name)
    }

    /// Whether the shop's own script runs.
    pub async fn script_runs(&self, shop: &Shop) -> bool {
        for script in self.named("script") {
            let nonce = script.attribute("nonce");
            let runs = match script.attribute("src") {
                None => {
                    script.text.trim() == SCRIPT
                        && self
                            .policies
                            .inline_script(&script.text, nonce)
                }
                Some(at) => {
                    self.policies.script_from(&absolute(at), nonce)
                        && has(shop, at, "javascript", SCRIPT).await
                }
            };
            if runs {
                return true;
            }
        }
        false
    }

    /// Whether the shop's own style applies.
    pub async fn style_applies(&self, shop: &Shop) -> bool {
        for style in self.named("style") {
            let nonce = style.attribute("nonce");
            if style.text.trim() == STYLE
                && self.policies.inline_style(&style.text, nonce)
            {
                return true;
            }
        }
        for link in self.named("link") {
            let nonce = link.attribute("nonce");
            let Some(at) = link.attribute("href") else {
                continue;
            };
            if link.attribute("rel") == Some("stylesheet")
                && self.policies.style_from(&absolute(at), nonce)
                && has(shop, at, "css", STYLE).await
            {
                return true;
            }
        }
        false
    }

    /// The request that the page's form sends, if the browser lets it.
    pub fn form(&self, email: &str) -> Option<Request> {
        let form = self.named("form").next()?;
        let to = absolute(form.attribute("action")?);
        let post = form.attribute("method")?;
        if !post.eq_ignore_ascii_case("post")
            || !self.policies.form_to(&to)
        {
            return None;
        }
        Some(wire::form(to.strip_prefix(URL)?, &[("email", email)]))
    }

    /// The nonces of the page's scripts.
    pub fn nonces(&self) -> Vec<&str> {
        let nonces =
            self.named("script").filter_map(|s| s.attribute("nonce"));
        nonces.filter(|nonce| !nonce.is_empty()).collect()
    }

    /// What works of that which somebody smuggles into the page, who has
    /// seen these nonces before.
    pub fn smuggled(&self, seen: &[String]) -> Vec<&'static str> {
        let Self { policies, .. } = self;
        let inline = "steal(document.forms)";
        let from = format!("{EVIL}steal.js");
        let again = seen.iter().any(|nonce| {
            let nonce = Some(nonce.as_str());
            policies.inline_script(inline, nonce)
                || policies.script_from(&from, nonce)
        });
        let bare = policies.inline_script(inline, None);
        let pieces = [
            ("an inline script", bare),
            ("a script with a nonce seen before", !bare && again),
            (
                "a script from elsewhere",
                policies.script_from(&from, None),
            ),
            (
                "a script from a host where anybody can publish",
                PUBLIC_HOSTS
                    .iter()
                    .any(|at| policies.script_from(at, None)),
            ),
            (
                "a script from a blob: address",
                policies.script_from(&format!("blob:{URL}/1"), None),
            ),
            (
                "a script from a data: address",
                policies
                    .script_from("data:text/javascript,steal()", None),
            ),
            ("an event handler", policies.handler()),
            ("a base", policies.base(EVIL)),
            ("a plug-in", policies.object_from(EVIL)),
        ];
        let works = pieces.into_iter().filter(|(_, works)| *works);
        works.map(|(name, _)| name).collect()
    }
}

/// The least number of places in which random nonces differ: 16 bytes have
/// 22 places in base64.
const PLACES: usize = 16;

/// Whether nobody who has seen some of these nonces can tell another one.
pub fn unguessable(nonces: &[String]) -> bool {
    let places =
        nonces.iter().map(String::len).min().unwrap_or_default();
    let differ = |place: &usize| {
        let mut letters = nonces.iter().map(|n| n.as_bytes()[*place]);
        let first = letters.next();
        letters.any(|letter| Some(letter) != first)
    };
    (0..places).filter(differ).count() >= PLACES
}

/// Where a browser goes that is told to go elsewhere: the method, and the
/// address.
pub fn redirected(
    method: &str,
    answer: &Answer,
) -> Option<(String, String)> {
    let status = answer.status()?.as_u16();
    let to = answer.header(LOCATION.as_str())?;
    let method = match (status, method) {
        (307 | 308, method) => method,
        (301 | 302, "GET" | "HEAD") => method,
        // So browsers do, since the web was young.
        (301..=303, _) => "GET",
        _ => return None,
    };
    Some((method.to_owned(), to.to_owned()))
}

fn absolute(address: &str) -> String {
    if address.starts_with("//") {
        return format!("https:{address}");
    }
    if address.contains("://") {
        return address.to_owned();
    }
    format!("{URL}/{}", address.trim_start_matches('/'))
}

/// Whether the shop has that text at that address.
async fn has(shop: &Shop, at: &str, kind: &str, text: &str) -> bool {
    let Some(path) = absolute(at).strip_prefix(URL).map(str::to_owned)
    else {
        return false;
    };
    let answer = shop.ask(Way::Https, get(&path)).await;
    let right = answer.header("content-type");
    right.is_some_and(|own| own.contains(kind))
        && answer.is_success()
        && answer.text().trim() == text
}
