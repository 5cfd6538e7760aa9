//! Origins and sites.

use std::fmt;
use std::net::SocketAddr;

use url::{Host, Url};

/// Where a page comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Scheme, host and port.
    Known(String),
    /// Of a sandboxed page: it is like no other, and sent as `null`.
    Opaque,
}

impl Origin {
    /// The origin of a URL.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        Self::Known(url.origin().ascii_serialization())
    }

    /// Whether `url` is of this origin.
    #[must_use]
    pub fn is(&self, url: &Url) -> bool {
        *self == Self::of(url)
    }

    /// Whether `url` is of the same site: the port does not count, and
    /// `localhost` is another site than `127.0.0.1`.
    #[must_use]
    pub fn is_site(&self, url: &Url) -> bool {
        match self {
            Self::Known(own) => Url::parse(own).is_ok_and(|own| site(&own) == site(url)),
            Self::Opaque => false,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(text) => f.write_str(text),
            Self::Opaque => f.write_str("null"),
        }
    }
}

/// Scheme and registrable domain. An address is a site of its own, and of
/// names there are only those below `localhost`, with a label in front.
fn site(url: &Url) -> (String, String) {
    let host = url.host_str().unwrap_or_default();
    let name = match url.host() {
        Some(Host::Domain(name)) => {
            let mut labels: Vec<&str> = name.rsplitn(3, '.').take(2).collect();
            labels.reverse();
            labels.join(".")
        }
        _ => host.to_owned(),
    };
    (url.scheme().to_owned(), name)
}

/// The loopback address that a URL leads to; there are no others.
pub(crate) fn address(url: &Url) -> Option<SocketAddr> {
    let port = url.port_or_known_default()?;
    let ip = match url.host()? {
        Host::Ipv4(ip) if ip.is_loopback() => ip.into(),
        Host::Ipv6(ip) if ip.is_loopback() => ip.into(),
        Host::Domain(name) if name == "localhost" || name.ends_with(".localhost") => {
            [127, 0, 0, 1].into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}
