//! Small helpers for HTML that is written by hand.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html::push_html};

/// Escapes text for an element or a double-quoted attribute.
#[must_use]
pub fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}

/// One line of Markdown as inline HTML: no paragraph around it, and HTML in
/// it stays text.
#[must_use]
pub fn inline(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_SMART_PUNCTUATION)
        .filter(|e| {
            !matches!(
                e,
                Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)
            )
        })
        .map(|e| match e {
            Event::Html(t) | Event::InlineHtml(t) => Event::Text(t),
            Event::SoftBreak | Event::HardBreak => Event::Text(" ".into()),
            e => e,
        });
    let mut out = String::new();
    push_html(&mut out, events);
    out.trim().replace('\n', " ")
}

/// The words that a reader sees of one line of Markdown.
#[must_use]
pub fn plain(markdown: &str) -> String {
    Parser::new(markdown)
        .filter_map(|e| match e {
            Event::Text(t) | Event::Code(t) => Some(t.to_string()),
            Event::SoftBreak | Event::HardBreak => Some(" ".to_owned()),
            _ => None,
        })
        .collect()
}

/// Makes `html` one raw block of Markdown. Such a block ends at the first
/// blank line, and what follows would be read as Markdown, so there is none.
#[must_use]
pub fn block(html: &str) -> String {
    let lines: Vec<&str> = html
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    format!("\n{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_markdown_has_no_paragraph_and_no_html() {
        assert_eq!(
            inline("`top -H` shows <b>one</b>"),
            "<code>top -H</code> shows &lt;b&gt;one&lt;/b&gt;"
        );
    }

    #[test]
    fn a_block_has_no_blank_line() {
        assert_eq!(block("<p>\n\n  \nx</p>"), "\n<p>\nx</p>\n");
    }
}
