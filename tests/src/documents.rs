//! The commands that a Markdown file tells its readers to type.

use std::collections::BTreeSet;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// The commands of a Markdown text, from code spans and from blocks marked
/// `console`, `sh`, `bash` or not at all. A leading `$ ` is dropped.
#[must_use]
pub fn commands(markdown: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut block = None;
    for event in Parser::new(body(markdown)) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => block = Some(is_shell(&kind)),
            Event::End(TagEnd::CodeBlock) => block = None,
            Event::Text(text) if block == Some(true) => {
                found.extend(text.lines().filter_map(command));
            }
            Event::Code(code) => found.extend(command(&code)),
            _ => {}
        }
    }
    found
}

/// The text without front matter, which is no Markdown.
pub(crate) fn body(markdown: &str) -> &str {
    let front = markdown.strip_prefix("+++\n");
    let parts = front.and_then(|rest| rest.split_once("\n+++"));
    parts.map_or(markdown, |(_, body)| body)
}

fn is_shell(kind: &CodeBlockKind<'_>) -> bool {
    match kind {
        CodeBlockKind::Indented => true,
        CodeBlockKind::Fenced(language) => {
            ["", "console", "sh", "bash", "text"].contains(&language.as_ref())
        }
    }
}

/// A command of ours: with a comment cut off, and what stands before it in
/// the environment.
fn command(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("$ ");
    let line = line.split(" #").next()?.trim();
    let setting = |word: &&str| word.contains('=') && !word.starts_with('-');
    let words: Vec<&str> = line.split_whitespace().skip_while(setting).collect();
    let ours = match words[..] {
        ["cargo", "lab" | "run" | "test", ..] => true,
        [first, ..] => first.starts_with("ci/") || first.starts_with(".ci/"),
        [] => false,
    };
    ours.then(|| words.join(" "))
}

/// Splits a command line at blanks outside single and double quotes.
#[must_use]
pub fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quote = None;
    let mut inside = false;
    for c in line.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                if !inside {
                    words.push(String::new());
                    inside = true;
                }
            }
            None if c.is_whitespace() => inside = false,
            _ => {
                if !inside {
                    words.push(String::new());
                    inside = true;
                }
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_spans_and_blocks() {
        let text = "+++\nx = '`cargo lab no`'\n+++\nType `cargo lab list` or `grep`.\n\n\
                    ```console\n$ cargo lab start 01  # begin\nINSTA_UPDATE=always cargo test -p lab-01\n```\n\
                    ```rust\ncargo run\n```\n";
        let found = commands(text);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(
            found,
            [
                "cargo lab list",
                "cargo lab start 01",
                "cargo test -p lab-01"
            ]
        );
    }

    #[test]
    fn quoted_words_stay_together() {
        assert_eq!(
            words("cargo lab prove 01 --cmd 'node x.mjs'"),
            ["cargo", "lab", "prove", "01", "--cmd", "node x.mjs"]
        );
    }
}
