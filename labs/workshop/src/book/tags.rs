//! The tags of a built page, as far as links and scripts need them.
//!
//! mdBook serialises its own tree: attributes are quoted, text is escaped.
//! A scanner is enough for that, and would not be for HTML at large.

/// An opening tag.
#[derive(Debug, Clone, Copy)]
pub struct Tag<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it begins.
    pub at: usize,
    /// Where its content begins.
    pub end: usize,
    inside: &'a str,
}

impl<'a> Tag<'a> {
    /// An attribute's value, as it is written.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.inside;
        loop {
            let at = rest.find(name)?;
            let before = rest[..at].chars().next_back();
            let after = rest[at + name.len()..]
                .trim_start()
                .strip_prefix('=')
                .map(str::trim_start);
            rest = &rest[at + name.len()..];
            let Some(value) = after else { continue };
            if before.is_some_and(|c| c.is_whitespace() || c == '"' || c == '\'') {
                return match value.chars().next() {
                    Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
                    _ => value.split([' ', '>', '\n']).next(),
                };
            }
        }
    }
}

/// Every opening tag of `html`, in order. What stands in a script, a style
/// or a comment is none.
#[must_use]
pub fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(at) = html[from..].find('<').map(|n| from + n) {
        let rest = &html[at..];
        if rest.starts_with("<!--") {
            from = rest.find("-->").map_or(html.len(), |n| at + n + 3);
            continue;
        }
        let name_end = rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let name = &rest[1..name_end.map_or(rest.len(), |n| n + 1)];
        if name.is_empty() {
            from = at + 1;
            continue;
        }
        let end = close(rest).map_or(html.len(), |n| at + n + 1);
        out.push(Tag {
            name,
            at,
            end,
            inside: &html[at + 1 + name.len()..end.max(at + 1 + name.len())],
        });
        from = end;
        if matches!(name, "script" | "style") {
            let stop = format!("</{name}");
            from = html[end..].find(&stop).map_or(html.len(), |n| end + n);
        }
    }
    out
}

/// Where a tag ends: at the first `>` that is in no quoted value.
fn close(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (n, c) in tag.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') => return Some(n),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_attributes_are_found() {
        let html = r#"<a data-href="x" href="a.html#b" title="1 > 0">t</a><script>"<b id=1>"</script><p id=x>"#;
        let tags = tags(html);
        assert_eq!(
            tags.iter().map(|t| t.name).collect::<Vec<_>>(),
            ["a", "script", "p"]
        );
        assert_eq!(tags[0].attribute("href"), Some("a.html#b"));
        assert_eq!(tags[0].attribute("title"), Some("1 > 0"));
        assert_eq!(tags[2].attribute("id"), Some("x"));
    }
}
