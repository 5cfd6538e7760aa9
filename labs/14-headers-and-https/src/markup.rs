//! A page's elements, as far as this lab's page has any.

/// An element's start, with what stands in it if it is a script or a style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name, in small letters.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// The text of a script or a style.
    pub text: String,
}

impl Element {
    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        let found = all.find(|(own, _)| own == name)?;
        Some(&found.1)
    }
}

/// Every element of a page, in order.
pub fn elements(page: &str) -> Vec<Element> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest =
                comment.split_once("-->").map_or("", |split| split.1);
            continue;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let ends = |c: char| c.is_ascii_whitespace() || c == '>';
        let (name, after) =
            rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        let (attributes, after) = attributes(after);
        let name = name.trim_end_matches('/').to_lowercase();
        let mut text = String::new();
        rest = after;
        if name == "script" || name == "style" {
            let end =
                rest.to_ascii_lowercase().find(&format!("</{name}"));
            let (inside, after) =
                rest.split_at(end.unwrap_or(rest.len()));
            (text, rest) = (inside.to_owned(), after);
        }
        found.push(Element {
            name,
            attributes,
            text,
        });
    }
    found
}

/// The attributes up to the tag's end, and what comes after it.
fn attributes(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    loop {
        let gap = |c: char| c.is_ascii_whitespace() || c == '/';
        rest = rest.trim_start_matches(gap);
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let ends =
            |c: char| c.is_ascii_whitespace() || "=>/".contains(c);
        // A stray `=` is part of a name.
        let length =
            rest[1..].find(ends).map_or(rest.len(), |at| at + 1);
        let (name, after) = rest.split_at(length);
        rest = after.trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = self::value(after.trim_start());
        } else {
            rest = after;
        }
        found.push((name.to_lowercase(), value.to_owned()));
    }
}

fn value(rest: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(after) = rest.strip_prefix(quote) {
            return after.split_once(quote).unwrap_or((after, ""));
        }
    }
    let ends = |c: char| c.is_ascii_whitespace() || c == '>';
    rest.split_at(rest.find(ends).unwrap_or(rest.len()))
}
