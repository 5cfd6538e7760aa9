//! A `Set-Cookie` line, and what browsers make of it.
//!
//! The rules are those of RFC 6265bis for a page at `https://shop.example`;
//! evidence/chromium-cookies.txt shows the same of Chromium.

use std::collections::BTreeMap;
use std::fmt;

/// The host that the browser has called.
const HOST: &str = "shop.example";

/// A cookie that a service has set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetCookie {
    name: String,
    value: String,
    /// By their names in lower case, whatever order they came in.
    attributes: BTreeMap<String, String>,
}

impl SetCookie {
    /// Reads a line, unless it sets nothing.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let attributes = parts.map(|part| {
            let (name, value) =
                part.split_once('=').unwrap_or((part, ""));
            (name.trim().to_ascii_lowercase(), value.trim().to_owned())
        });
        Some(Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            attributes: attributes.collect(),
        })
    }

    fn has(&self, attribute: &str) -> bool {
        self.attributes.contains_key(attribute)
    }

    fn is(&self, attribute: &str, value: &str) -> bool {
        let own = self.attributes.get(attribute);
        own.is_some_and(|own| own.eq_ignore_ascii_case(value))
    }

    fn begins(&self, prefix: &str) -> bool {
        let start = self.name.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    /// Whether it ends a cookie instead of setting one.
    pub fn ends(&self) -> bool {
        let age = self.attributes.get("max-age");
        let age = age.and_then(|age| age.parse::<i64>().ok());
        self.value.is_empty() || age.is_some_and(|age| age <= 0)
    }

    /// Whether a browser takes it, and sends it with every path.
    pub fn is_taken(&self) -> bool {
        let domain = self.attributes.get("domain");
        let domain =
            domain.map(|domain| domain.trim_start_matches('.'));
        let own_domain = domain
            .is_none_or(|domain| domain.eq_ignore_ascii_case(HOST));
        let whole_path = self.is("path", "/") || !self.has("path");
        let host_rules = self.has("secure")
            && domain.is_none()
            && self.is("path", "/");
        own_domain
            && whole_path
            && (!self.begins("__Host-") || host_rules)
            && (!self.begins("__Secure-") || self.has("secure"))
            && (!self.is("samesite", "none") || self.has("secure"))
    }

    /// Whether a script in the page reads it.
    pub fn is_for_scripts(&self) -> bool {
        !self.has("httponly")
    }

    /// Whether it travels where everybody on the way reads it.
    pub fn is_for_plain_http(&self) -> bool {
        !self.has("secure")
    }

    /// Whether a form on another site sends it along. Where nothing is
    /// said of that, it depends on the browser.
    pub fn is_for_other_sites(&self) -> bool {
        !self.is("samesite", "lax") && !self.is("samesite", "strict")
    }

    /// Whether `blog.shop.example` can set or read one of that name.
    pub fn is_for_neighbours(&self) -> bool {
        !self.name.starts_with("__Host-")
    }
}

/// Without its value, and with its attributes in the alphabet's order.
impl fmt::Display for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=[sealed]", self.name)?;
        for (name, value) in &self.attributes {
            match (name.as_str(), value.as_str()) {
                ("expires" | "max-age", _) => {
                    write!(f, "; {name}=[varies]")?
                }
                (_, "") => write!(f, "; {name}")?,
                _ => write!(f, "; {name}={value}")?,
            }
        }
        Ok(())
    }
}
