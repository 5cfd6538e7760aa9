//! Markdown read as mdBook reads it, for the lints.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::directive;

/// A fenced code block.
#[derive(Debug)]
pub struct Fence {
    /// The language, first word of the info string.
    pub language: String,
    /// The whole block, in the body.
    pub range: Range<usize>,
    /// Its content, in the body.
    pub content: Range<usize>,
    /// Whether it stands in no list, quotation or other block.
    pub top_level: bool,
}

/// A heading and the words written under it, up to the next of any level.
#[derive(Debug)]
pub struct Heading {
    /// 1 to 6; 0 for what comes before the first one.
    pub level: u8,
    /// Its text.
    pub text: String,
    /// Where it begins, in the body.
    pub at: usize,
    /// Words under it: code blocks and directives do not count.
    pub words: usize,
    /// List items under it.
    pub items: usize,
    /// Links under it.
    pub links: usize,
}

/// What the lints want to know of a page.
#[derive(Debug, Default)]
pub struct Outline {
    /// Headings in order, after a nameless one for what comes first.
    pub headings: Vec<Heading>,
    /// Code blocks in order.
    pub fences: Vec<Fence>,
    /// Links and images: where, and to what.
    pub links: Vec<(usize, String)>,
}

/// The options that mdBook parses with.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_SMART_PUNCTUATION
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

/// `body` with every directive outside of code blanked out, offsets kept.
fn masked(body: &str) -> String {
    let mut text = body.to_owned();
    for found in directive::find(body) {
        text.replace_range(found.range.clone(), &" ".repeat(found.range.len()));
    }
    text
}

/// Reads `body`.
#[must_use]
pub fn outline(body: &str) -> Outline {
    let text = masked(body);
    let mut out = Outline::default();
    out.headings.push(Heading {
        level: 0,
        text: String::new(),
        at: 0,
        words: 0,
        items: 0,
        links: 0,
    });
    let (mut prose, mut title) = (String::new(), None::<String>);
    let (mut depth, mut fence) = (0_usize, None::<Fence>);
    for (event, range) in Parser::new_ext(&text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                settle(&mut out, &mut prose);
                out.headings.push(Heading {
                    level: level_of(level),
                    text: String::new(),
                    at: range.start,
                    words: 0,
                    items: 0,
                    links: 0,
                });
                title = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                if let (Some(title), Some(last)) = (title.take(), out.headings.last_mut()) {
                    last.text = title;
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info
                        .split([',', ' ', '{'])
                        .next()
                        .unwrap_or_default()
                        .to_lowercase(),
                    CodeBlockKind::Indented => String::new(),
                };
                let content = inner(body, &range);
                fence = Some(Fence {
                    language,
                    range,
                    content,
                    top_level: depth == 0,
                });
                depth += 1;
            }
            Event::End(TagEnd::CodeBlock) => {
                out.fences.extend(fence.take());
                depth = depth.saturating_sub(1);
            }
            Event::Text(t) | Event::Code(t) if fence.is_none() => {
                title.as_mut().unwrap_or(&mut prose).push_str(&t);
            }
            Event::SoftBreak | Event::HardBreak => prose.push(' '),
            Event::Start(tag) => {
                depth += 1;
                let last = out.headings.last_mut();
                match tag {
                    Tag::Item => last.into_iter().for_each(|h| h.items += 1),
                    Tag::Link { dest_url, .. } => {
                        last.into_iter().for_each(|h| h.links += 1);
                        out.links.push((range.start, dest_url.to_string()));
                    }
                    Tag::Image { dest_url, .. } => {
                        out.links.push((range.start, dest_url.to_string()));
                    }
                    _ => {}
                }
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                if !matches!(
                    tag,
                    TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link | TagEnd::Strikethrough
                ) {
                    prose.push('\n');
                }
            }
            _ => {}
        }
    }
    settle(&mut out, &mut prose);
    out
}

/// Gives the words read so far to the last heading.
fn settle(out: &mut Outline, prose: &mut String) {
    let words = prose
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .count();
    if let Some(last) = out.headings.last_mut() {
        last.words += words;
    }
    prose.clear();
}

fn level_of(level: HeadingLevel) -> u8 {
    level as u8
}

/// The lines of a fenced block between its fences.
fn inner(body: &str, range: &Range<usize>) -> Range<usize> {
    let text = &body[range.clone()];
    let start = text.find('\n').map_or(text.len(), |n| n + 1);
    let trimmed = text.trim_end();
    let end = trimmed.rfind('\n').map_or(start, |n| n + 1).max(start);
    range.start + start..range.start + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_without_code_and_directives() {
        let outline = outline(
            "# T\n\nOne `two` three.\n\n{{#lab 01 card}}\n\n```sh\nls -l\n```\n\n## Next\n\n- four\n- five\n",
        );
        let words: Vec<_> = outline
            .headings
            .iter()
            .map(|h| (h.level, h.words, h.items))
            .collect();
        assert_eq!(words, [(0, 0, 0), (1, 3, 0), (2, 2, 2)]);
        assert_eq!(outline.fences[0].language, "sh");
    }

    #[test]
    fn a_fence_in_a_list_is_not_on_top_level() {
        let body = "- a\n\n  ```rust\n  x\n  ```\n\n```rust\ny\n```\n";
        let outline = outline(body);
        assert_eq!(
            outline
                .fences
                .iter()
                .map(|f| f.top_level)
                .collect::<Vec<_>>(),
            [false, true]
        );
        assert_eq!(&body[outline.fences[1].content.clone()], "y\n");
    }
}
