//! What a browser makes of an answer: is it HTML at all, what is in it, and
//! which scripts would run.
//!
//! A content security policy is not looked at: a page that needs one to be
//! safe is not.

use labkit::client::Answer;
use url::Url;

use crate::form::{self, Form};
use crate::tree::{self, Element};

pub use crate::mime::Kind;

/// An answer as a page.
#[derive(Debug, Clone)]
pub struct Dom {
    kind: Kind,
    root: Element,
    source: String,
}

/// A script that a page would run, or that a click would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// A `script` element with its text.
    Inline(String),
    /// A `script` element with its address.
    Source(String),
    /// An attribute such as `onclick`, and its text.
    Handler(String, String),
    /// A `javascript:` URL.
    Link(String),
}

/// Attributes with an address that a browser opens.
const ADDRESSES: [&str; 6] = ["href", "action", "formaction", "src", "data", "xlink:href"];

/// Values of `type` with which a `script` element is JavaScript.
const SCRIPT_TYPES: [&str; 8] = [
    "",
    "module",
    "text/javascript",
    "application/javascript",
    "text/ecmascript",
    "application/ecmascript",
    "application/x-javascript",
    "text/jscript",
];

impl Dom {
    /// What a browser makes of `answer` when it navigates there.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let kind = Kind::of(answer);
        let source = answer.text();
        let root = match kind {
            // XML is read as HTML: what looks like a script there is one.
            Kind::Html | Kind::Xml => tree::parse(&source),
            Kind::Text | Kind::Other => tree::parse(""),
        };
        Self { kind, root, source }
    }

    /// What it takes the answer for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The text that the page shows, all of it; for what is no HTML, the
    /// answer as it is.
    #[must_use]
    pub fn text(&self) -> String {
        match self.kind {
            Kind::Html | Kind::Xml => self.root.text(),
            Kind::Text | Kind::Other => self.source.clone(),
        }
    }

    /// All elements, in their order.
    #[must_use]
    pub fn elements(&self) -> Vec<&Element> {
        self.root.descendants()
    }

    /// The elements of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<&Element> {
        let mut found = self.elements();
        found.retain(|element| element.name == name);
        found
    }

    /// The element with that `id`.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Element> {
        let mut elements = self.elements().into_iter();
        elements.find(|element| element.attribute("id") == Some(id))
    }

    /// The forms, as they would be sent untouched.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        self.named("form").into_iter().map(form::of).collect()
    }

    /// The form that is sent to that path.
    #[must_use]
    pub fn form(&self, action: &str) -> Option<Form> {
        let mut forms = self.forms().into_iter();
        forms.find(|form| form.action == action)
    }

    /// Every script that would run, at once or when a user touches the page.
    #[must_use]
    pub fn scripts(&self) -> Vec<Script> {
        scripts(&self.root)
    }
}

fn scripts(root: &Element) -> Vec<Script> {
    let mut found = Vec::new();
    for element in root.descendants() {
        // What lies in a template runs once a script takes it out; none does.
        if element.inert {
            continue;
        }
        found.extend(own_script(element));
        for (name, value) in &element.attributes {
            // Names that no browser knows are counted, too: the next may.
            if name.len() > 2 && name.starts_with("on") {
                found.push(Script::Handler(name.clone(), value.clone()));
            }
            if opens(element, name) && is_javascript(value) {
                found.push(Script::Link(value.clone()));
            }
            if element.name == "iframe" && name == "srcdoc" {
                found.extend(scripts(&tree::parse(value)));
            }
        }
    }
    found
}

/// The script of a `script` element, unless it is data.
fn own_script(element: &Element) -> Option<Script> {
    if element.name != "script" {
        return None;
    }
    let kind = element.attribute("type").unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    if !SCRIPT_TYPES.contains(&kind.as_str()) {
        return None;
    }
    let source = element.attribute("src").or(element.attribute("href"));
    match source {
        Some(source) => Some(Script::Source(source.to_owned())),
        None => {
            let text = element.text();
            (!text.is_empty()).then_some(Script::Inline(text))
        }
    }
}

/// Whether a browser opens the address in this attribute, and would run it.
fn opens(element: &Element, attribute: &str) -> bool {
    let animated = ["animate", "set"].contains(&element.name.as_str())
        && ["to", "from", "values", "by"].contains(&attribute);
    let image = ["img", "link", "audio", "video", "source", "script", "base"];
    animated || ADDRESSES.contains(&attribute) && !image.contains(&element.name.as_str())
}

/// Whether a browser takes the address for a script; it forgives white space
/// and control characters.
fn is_javascript(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.scheme() == "javascript")
}
