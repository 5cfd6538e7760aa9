//! Broken against fixed, line by line.
//!
//! One markup for two layouts: each hunk holds an old and a new block, which
//! stand side by side where there is room and one under the other where not.
//! Signs and colours are also said in text.

use std::fmt::Write as _;
use std::ops::Range;

use anyhow::{Result, bail};
use similar::{ChangeTag, DiffOp, TextDiff};

use super::read;
use crate::book::highlight::{self, Span};
use crate::book::html::{block, esc};
use crate::workspace::Lab;

/// Draws the difference of `broken.rs` and `fixed.rs`.
pub fn draw(lab: &Lab) -> Result<String> {
    let broken = without_anchors(&read(lab, "src/broken.rs")?);
    let fixed = without_anchors(&read(lab, "src/fixed.rs")?);
    if broken == fixed {
        bail!("broken.rs and fixed.rs are the same");
    }
    let (rows, removed, added) = hunks(&broken, &fixed);
    let folder = lab.folder_name();
    Ok(block(&format!(
        "<figure class=\"lab-diff wide\">\n\
         <figcaption><span class=\"side s-broken\"><b>Broken</b> <code>labs/{folder}/src/broken.rs</code></span>\
         <span class=\"side s-fixed\"><b>Fixed</b> <code>labs/{folder}/src/fixed.rs</code></span>\
         <span class=\"stat\"><span class=\"s-broken\"><span aria-hidden=\"true\">−</span>{removed}<span class=\"sr\"> lines removed</span></span> \
         <span class=\"s-fixed\"><span aria-hidden=\"true\">+</span>{added}<span class=\"sr\"> lines added</span></span></span></figcaption>\n\
         <div class=\"code\" tabindex=\"0\" role=\"region\" aria-label=\"Lab {}, from broken to fixed: {removed} lines removed, {added} added\">\n\
         {rows}</div>\n\
         </figure>",
        esc(&lab.id)
    )))
}

/// Lines that only tell the book where a part begins are no part of it.
fn without_anchors(code: &str) -> String {
    code.split_inclusive('\n')
        .filter(|line| !line.contains("ANCHOR: ") && !line.contains("ANCHOR_END: "))
        .collect()
}

/// One version's lines, their colours, and the parts of a changed line that
/// are new.
struct Side<'a> {
    lines: Vec<&'a str>,
    spans: Vec<Vec<Span>>,
    marked: Vec<Vec<Range<usize>>>,
}

impl<'a> Side<'a> {
    fn new(code: &'a str) -> Self {
        let lines: Vec<&str> = code.split_inclusive('\n').collect();
        Self {
            marked: vec![Vec::new(); lines.len()],
            spans: highlight::lines(code, "rust"),
            lines,
        }
    }

    /// The lines in `range` as HTML, with numbers.
    fn rows(&self, range: Range<usize>, tag: &str) -> String {
        let mut out = String::new();
        if !tag.is_empty() && !range.is_empty() {
            let said = if tag == "del" { "Removed" } else { "Added" };
            let _ = writeln!(out, r#"<span class="sr">{said}:</span>"#);
        }
        for n in range {
            let line = self.lines[n].trim_end_matches('\n');
            // The indentation is there to be copied, and takes no room: CSS
            // indents the line, so that what wraps hangs under its first column.
            let indent = line.len() - line.trim_start().len();
            let _ = write!(
                out,
                r#"<span class="ln" data-n="{}"></span><span class="src {tag} i{}"><span class="in">{}</span>"#,
                n + 1,
                indent.min(32),
                &line[..indent]
            );
            coloured(&mut out, line, indent, &self.spans[n], &self.marked[n]);
            out.push_str("</span>\n");
        }
        out
    }
}

fn hunks(old: &str, new: &str) -> (String, usize, usize) {
    let diff = TextDiff::from_lines(old, new);
    let (mut a, mut b) = (Side::new(old), Side::new(new));
    let (mut removed, mut added) = (0, 0);
    let mut rows = String::new();
    for op in diff.ops() {
        let (from, to) = (op.old_range(), op.new_range());
        let equal = matches!(op, DiffOp::Equal { .. });
        if matches!(op, DiffOp::Replace { .. }) {
            for change in diff.iter_inline_changes(op) {
                let (side, at) = match (change.tag(), change.old_index(), change.new_index()) {
                    (ChangeTag::Delete, Some(n), _) => (&mut a, n),
                    (ChangeTag::Insert, _, Some(n)) => (&mut b, n),
                    _ => continue,
                };
                let parts = change
                    .iter_strings_lossy()
                    .map(|(new, text)| (new, text.len()));
                side.marked[at] = emphasis(side.lines[at], parts);
            }
        }
        let (kind, del, ins) = if equal {
            ("eq", "", "")
        } else {
            ("chg", "del", "ins")
        };
        if !equal {
            removed += from.len();
            added += to.len();
        }
        // The left copy of equal lines is for the eye only.
        let hide = if equal { r#" aria-hidden="true""# } else { "" };
        let _ = write!(
            rows,
            "<div class=\"hunk {kind}\"><div class=\"old\"{hide}>\n{}</div><div class=\"new\">\n{}</div></div>\n",
            a.rows(from, del),
            b.rows(to, ins)
        );
    }
    (rows, removed, added)
}

/// The new parts of a changed line; none where most of it is new, since then
/// they say nothing.
fn emphasis(line: &str, parts: impl Iterator<Item = (bool, usize)>) -> Vec<Range<usize>> {
    let mut marked = Vec::new();
    let mut at = 0;
    for (new, length) in parts {
        let end = (at + length).min(line.trim_end().len());
        if new && at < end {
            marked.push(at..end);
        }
        at += length;
    }
    let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    let share: usize = marked.iter().map(|r| solid(&line[r.clone()])).sum();
    if share * 5 > solid(line) * 3 {
        Vec::new()
    } else {
        marked
    }
}

/// Writes a line, but for its first `from` bytes, with its colours and marks.
fn coloured(out: &mut String, line: &str, from: usize, spans: &[Span], marked: &[Range<usize>]) {
    for (class, range) in spans {
        let range = range.start.clamp(from, line.len())..range.end.min(line.len());
        let mut at = range.start;
        while at < range.end {
            let mark = marked.iter().find(|m| m.contains(&at));
            let next = mark.map_or_else(
                || marked.iter().map(|m| m.start).filter(|s| *s > at).min(),
                |m| Some(m.end),
            );
            let end = next.unwrap_or(range.end).min(range.end);
            let text = esc(&line[at..end]);
            let _ = match (class.is_empty(), mark.is_some()) {
                (true, false) => write!(out, "{text}"),
                (false, false) => write!(out, r#"<span class="{class}">{text}</span>"#),
                (true, true) => write!(out, "<mark>{text}</mark>"),
                (false, true) => write!(out, r#"<mark class="{class}">{text}</mark>"#),
            };
            at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_word_is_marked_and_both_sides_are_said() {
        let (rows, removed, added) = hunks(
            "fn f() {\n    let page = render(one, two, three);\n}\n",
            "fn f() {\n    let page = render(one, two, four);\n}\n",
        );
        assert_eq!((removed, added), (1, 1));
        assert!(
            rows.contains("Removed:") && rows.contains("Added:"),
            "{rows}"
        );
        assert!(rows.contains("<mark>four);</mark>"), "{rows}");
        assert!(!rows.contains("\n\n"), "{rows}");
    }

    #[test]
    fn a_line_that_is_mostly_new_has_no_marks() {
        let (rows, ..) = hunks("one two\n", "alpha beta\n");
        assert!(!rows.contains("<mark"), "{rows}");
    }

    #[test]
    fn anchors_are_no_part_of_the_code() {
        assert_eq!(
            without_anchors("a\n// ANCHOR: x\nb\n// ANCHOR_END: x\n"),
            "a\nb\n"
        );
    }
}
