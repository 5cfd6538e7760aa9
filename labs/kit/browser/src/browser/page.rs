//! A page that a browser shows: where it is from, and what it may do.

use labkit::client::Answer;
use url::Url;

use super::origin::Origin;

/// A page at the top level.
#[derive(Debug, Clone)]
pub struct Page {
    pub(crate) url: Url,
    pub(crate) origin: Origin,
    pub(crate) referrer: Referrer,
    answer: Answer,
}

/// How much of its address a page tells to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Referrer {
    /// `no-referrer`: nothing, and `Origin: null` with forms.
    Nothing,
    /// `same-origin`: nothing to other origins.
    SameOrigin,
    /// The default, `strict-origin-when-cross-origin`.
    Origin,
}

impl Page {
    /// A page that somebody else serves at `url`, without a server behind it.
    ///
    /// # Panics
    /// When `url` is none, a mistake of the experiment.
    #[must_use]
    pub fn at(url: &str) -> Self {
        let url = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        Self::new(url, Answer::None)
    }

    /// The same with `Referrer-Policy: no-referrer`.
    #[must_use]
    pub fn without_referrer(mut self) -> Self {
        self.referrer = Referrer::Nothing;
        self
    }

    /// The same in a sandbox: its origin is `null`.
    #[must_use]
    pub fn sandboxed(mut self) -> Self {
        self.origin = Origin::Opaque;
        self
    }

    pub(crate) fn new(url: Url, answer: Answer) -> Self {
        let referrer = match answer.header("referrer-policy") {
            Some("no-referrer") => Referrer::Nothing,
            Some("same-origin") => Referrer::SameOrigin,
            _ => Referrer::Origin,
        };
        let policy = answer.header("content-security-policy").unwrap_or_default();
        let mut directives = policy.split(';').map(str::trim);
        let sandboxed = directives.any(|directive| {
            let mut words = directive.split_ascii_whitespace();
            words.next() == Some("sandbox") && words.all(|word| word != "allow-same-origin")
        });
        let origin = if sandboxed {
            Origin::Opaque
        } else {
            Origin::of(&url)
        };
        Self {
            url,
            origin,
            referrer,
            answer,
        }
    }

    /// Its address, after all redirects.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What the server answered.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// The absolute URL of a reference on this page.
    ///
    /// # Panics
    /// When `reference` is none, a mistake of the experiment.
    #[must_use]
    pub fn resolve(&self, reference: &str) -> Url {
        let url = self.url.join(reference);
        url.unwrap_or_else(|error| panic!("{reference}: {error}"))
    }

    /// The header `referer` of a request that went by these addresses: what
    /// was left out once stays so.
    pub(crate) fn referer(&self, chain: &[Url]) -> Option<String> {
        if self.origin == Origin::Opaque || self.referrer == Referrer::Nothing {
            return None;
        }
        if chain.iter().all(|url| self.origin.is(url)) {
            let mut own = self.url.clone();
            own.set_fragment(None);
            return Some(own.into());
        }
        (self.referrer == Referrer::Origin).then(|| format!("{}/", self.origin))
    }

    /// The header `origin` of a form: a policy that hides the address hides
    /// the origin, too.
    pub(crate) fn form_origin(&self, url: &Url) -> Origin {
        let hidden = match self.referrer {
            Referrer::Nothing => true,
            Referrer::SameOrigin => !self.origin.is(url),
            Referrer::Origin => false,
        };
        if hidden {
            Origin::Opaque
        } else {
            self.origin.clone()
        }
    }
}
