//! The tree that the HTML parser makes, owned, so that it can be kept.

use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, local_name, ns, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// An element, with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// `a`; lower case.
    pub name: String,
    /// Names, without the prefix that foreign ones have, and values.
    pub attributes: Vec<(String, String)>,
    /// In their order.
    pub children: Vec<Node>,
    /// Whether it is of HTML, and not of SVG or MathML.
    pub html: bool,
    /// Whether it is the content of a `template`, in which nothing runs.
    pub inert: bool,
}

/// A part of the tree; comments are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text between elements.
    Text(String),
}

/// The document, as an element without a name.
pub(crate) fn parse(html: &str) -> Element {
    // A browser runs scripts, so that `noscript` holds no elements.
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
    Element {
        name: String::new(),
        attributes: Vec::new(),
        children: children(&dom.document, false),
        html: true,
        inert: false,
    }
}

fn children(handle: &Handle, inert: bool) -> Vec<Node> {
    let own = handle.children.borrow();
    own.iter().filter_map(|child| node(child, inert)).collect()
}

fn node(handle: &Handle, inert: bool) -> Option<Node> {
    match &handle.data {
        NodeData::Text { contents } => Some(Node::Text(contents.borrow().to_string())),
        NodeData::Element {
            name,
            attrs,
            template_contents,
            ..
        } => {
            let attributes = attrs.borrow();
            let attributes = attributes
                .iter()
                .map(|a| (a.name.local.to_string(), a.value.to_string()));
            let mut found = children(handle, inert);
            if let Some(content) = &*template_contents.borrow() {
                found.extend(children(content, true));
            }
            Some(Node::Element(Element {
                name: name.local.to_string(),
                attributes: attributes.collect(),
                children: found,
                html: name.ns == ns!(html) || name.local == local_name!("html"),
                inert,
            }))
        }
        _ => None,
    }
}

impl Element {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All text in it, that of its descendants too, as it was typed.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = self.children.iter().map(|child| match child {
            Node::Text(text) => text.clone(),
            Node::Element(element) if element.inert => String::new(),
            Node::Element(element) => element.text(),
        });
        parts.collect()
    }

    /// All elements in it, in the order of the document.
    #[must_use]
    pub fn descendants(&self) -> Vec<&Element> {
        let mut found = Vec::new();
        for child in &self.children {
            if let Node::Element(element) = child {
                found.push(element);
                found.extend(element.descendants());
            }
        }
        found
    }
}
