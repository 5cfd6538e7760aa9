//! Source code coloured at build time, by classes of our own.
//!
//! highlight.js would do it in the browser, for 47 kB on every page and not
//! at all without JavaScript.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::OnceLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::html::esc;

/// A stretch of a line and the class that colours it, often none.
pub type Span = (&'static str, Range<usize>);

/// Scopes by their beginning, most telling first, and our classes.
const CLASSES: [(&str, &str); 17] = [
    ("comment", "h-c"),
    ("string", "h-s"),
    ("punctuation.definition.string", "h-s"),
    ("constant", "h-n"),
    ("meta.annotation", "h-a"),
    ("variable.annotation", "h-a"),
    ("keyword.operator", ""),
    ("keyword", "h-k"),
    ("storage", "h-k"),
    ("entity.name.function", "h-f"),
    ("support.function", "h-f"),
    ("variable.function", "h-f"),
    ("support.macro", "h-f"),
    ("support.type", "h-t"),
    ("support.class", "h-t"),
    ("entity.name", "h-t"),
    ("entity.other", "h-t"),
];

fn syntaxes() -> &'static SyntaxSet {
    static SET: OnceLock<SyntaxSet> = OnceLock::new();
    SET.get_or_init(SyntaxSet::load_defaults_newlines)
}

fn classes() -> &'static Vec<(Scope, &'static str)> {
    static LIST: OnceLock<Vec<(Scope, &'static str)>> = OnceLock::new();
    LIST.get_or_init(|| {
        CLASSES
            .iter()
            .filter_map(|(prefix, class)| Some((Scope::new(prefix).ok()?, *class)))
            .collect()
    })
}

fn class_of(stack: &ScopeStack) -> &'static str {
    stack
        .as_slice()
        .iter()
        .rev()
        .find_map(|scope| {
            classes()
                .iter()
                .find(|(prefix, _)| prefix.is_prefix_of(*scope))
                .map(|(_, c)| *c)
        })
        .unwrap_or("")
}

fn syntax(language: &str) -> Option<&'static SyntaxReference> {
    let extension = match language {
        "rust" => "rs",
        "js" | "mjs" | "javascript" => "js",
        "sh" | "bash" | "shell" => "sh",
        other => other,
    };
    syntaxes().find_syntax_by_extension(extension)
}

/// Whether code in `language` can be coloured.
#[must_use]
pub fn knows(language: &str) -> bool {
    !matches!(language, "" | "text" | "txt") && syntax(language).is_some()
}

/// The spans of every line of `code`; without a class where the language is
/// not known.
#[must_use]
pub fn lines(code: &str, language: &str) -> Vec<Vec<Span>> {
    let plain = |line: &str| vec![("", 0..line.len())];
    let Some(syntax) = syntax(language) else {
        return code.split_inclusive('\n').map(plain).collect();
    };
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut all = Vec::new();
    for line in code.split_inclusive('\n') {
        let Ok(ops) = state.parse_line(line, syntaxes()) else {
            all.push(plain(line));
            continue;
        };
        let mut spans: Vec<Span> = Vec::new();
        let mut at = 0;
        for (position, op) in ops {
            push(&mut spans, line, class_of(&stack), at..position);
            at = position.max(at);
            // An op that does not fit leaves a wrong colour at worst.
            let _ = stack.apply(&op);
        }
        push(&mut spans, line, class_of(&stack), at..line.len());
        all.push(spans);
    }
    all
}

/// Adds a span, joined to the last one where that changes nothing to see.
fn push(spans: &mut Vec<Span>, line: &str, class: &'static str, range: Range<usize>) {
    if range.is_empty() {
        return;
    }
    let blank = line[range.clone()].trim().is_empty();
    match spans.last_mut() {
        Some((last, before)) if *last == class || blank => before.end = range.end,
        _ => spans.push((if blank { "" } else { class }, range)),
    }
}

/// `code` as the inside of a `<pre>`: one element per line, so that no line
/// is blank.
#[must_use]
pub fn pre(code: &str, language: &str) -> String {
    let code = code.trim_end_matches('\n');
    let mut out = String::new();
    for (line, spans) in code.split_inclusive('\n').zip(lines(code, language)) {
        out.push_str(r#"<span class="l">"#);
        let text = line.trim_end_matches('\n');
        for (class, range) in spans {
            let part = esc(&text[range.start.min(text.len())..range.end.min(text.len())]);
            if class.is_empty() || part.is_empty() {
                out.push_str(&part);
            } else {
                let _ = write!(out, r#"<span class="{class}">{part}</span>"#);
            }
        }
        out.push_str("</span>\n");
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_is_coloured_and_escaped() {
        let html = pre("fn f() -> Vec<u8> {\n\n    g(\"x\")\n}\n", "rust");
        assert!(html.contains(r#"<span class="h-k">fn </span>"#), "{html}");
        assert!(html.contains("Vec&lt;"), "{html}");
        assert!(html.contains("<span class=\"l\"></span>\n"), "{html}");
        assert!(!html.contains("\n\n"), "{html}");
    }

    #[test]
    fn javascript_modules_are_known_and_other_text_is_plain() {
        assert!(pre("const a = 1", "mjs").contains("h-k"));
        assert_eq!(pre("a < b", "text"), "<span class=\"l\">a &lt; b</span>");
    }
}
