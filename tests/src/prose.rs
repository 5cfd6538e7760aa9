//! What a page says in its own words: the numbers in its sentences, and the
//! names in its code spans. Figures that the build draws are no part of it, and
//! neither is the list of sources.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::documents;

/// What a page says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Each number and the words around it.
    pub numbers: BTreeMap<String, String>,
    /// Each code span.
    pub code: BTreeSet<String>,
}

/// Reads a page's Markdown.
#[must_use]
pub fn said(markdown: &str) -> Said {
    let mut said = Said::default();
    let mut block = String::new();
    let (mut heading, mut fenced) = (false, false);
    for event in Parser::new_ext(documents::body(markdown), Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => fenced = true,
            Event::End(TagEnd::CodeBlock) => fenced = false,
            Event::Start(Tag::Heading { .. }) => heading = true,
            Event::End(TagEnd::Heading(_)) => {
                if block.trim() == "Sources" {
                    break;
                }
                heading = false;
                block.clear();
            }
            Event::Text(text) if !fenced => block.push_str(&text),
            Event::SoftBreak => block.push(' '),
            Event::Code(code) => {
                block.push('`');
                said.code.insert(code.into_string());
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell) => {
                // A directive, which is replaced by a figure.
                if !heading && !block.trim_start().starts_with("{{#") {
                    note(&block, &mut said.numbers);
                }
                block.clear();
            }
            _ => {}
        }
    }
    said
}

/// Notes the numbers of a block of text that are the page's own: not those in
/// names such as p99 or UTF-8, and not those that say where in a standard
/// something stands.
fn note(block: &str, numbers: &mut BTreeMap<String, String>) {
    for (at, number) in tokens(block) {
        let before = &block[..at];
        let named = before.ends_with(|c: char| c.is_alphanumeric() || "_./`".contains(c))
            || before.ends_with('-') && before.trim_end_matches('-').ends_with(char::is_alphabetic);
        let standard = ["RFC ", "ASVS ", "OWASP Top ", "OWASP Top 10:", ":"];
        let standard = standard.iter().any(|words| before.ends_with(words))
            || block.contains("ASVS") && number.matches('.').count() == 2;
        if !named && !standard {
            let before: Vec<char> = before.chars().rev().take(40).collect();
            let around = before.iter().rev().copied();
            let around = around.chain(block[at..].chars().take(40)).collect();
            numbers.insert(number.to_owned(), around);
        }
    }
}

/// Every number of a text with its place: digits, with a point or a comma
/// between digits.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if !digit(at) {
            at += 1;
            continue;
        }
        let from = at;
        while digit(at) || (matches!(text.as_bytes()[at..], [b'.' | b',', ..]) && digit(at + 1)) {
            at += 1;
        }
        found.push((from, &text[from..at]));
    }
    found
}

/// Every number in files, as code and output have them: `10_000` is 10000, and
/// each part of 1.2.3 counts by itself, too.
#[must_use]
pub fn numbers(files: &str) -> BTreeSet<String> {
    let files = files.replace('_', "");
    let mut found = BTreeSet::new();
    for (_, number) in tokens(&files) {
        found.extend(number.split(['.', ',']).map(str::to_owned));
        found.insert(number.to_owned());
    }
    found
}

/// The words of a code span that could be names: three letters or more.
pub fn names(code: &str) -> impl Iterator<Item = &str> {
    let words = code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.len() > 2 && !word.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_sentences() {
        let text = "+++\nminutes = 7\n+++\n# 22 Name\n\n{{#lab 22 card}}\n\nUnder p99, UTF-8 and \
                    HTTP/2, 1,024 of 64 in `f(3)`; RFC 6797 and A05:2025 of the OWASP Top 10:2025.\
                    \n\n```rust\n5\n```\n\n- ASVS 5.0, items 3.4.1, 9 times\n\n## Sources\n\n- 11\n";
        let said = said(text);
        let numbers: Vec<&str> = said.numbers.keys().map(String::as_str).collect();
        assert_eq!(numbers, ["1,024", "64", "9"]);
        assert_eq!(said.code, BTreeSet::from(["f(3)".to_owned()]));
    }

    #[test]
    fn numbers_of_files_have_no_underscores() {
        let found = numbers("const A: u32 = 10_000; // 1.5 ms");
        for number in ["10000", "1.5", "1", "5"] {
            assert!(found.contains(number), "{number}");
        }
    }
}
