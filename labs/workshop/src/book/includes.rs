//! Files that a page includes, and code that it must not retype.
//!
//! mdBook leaves a missing file as it is and says nothing at all of a missing
//! anchor; here both fail the build.

use std::path::{Component, Path, PathBuf};

use super::directive::{Directive, Found};
use super::markdown::Outline;
use super::problem::Problems;
use super::source::Source;

/// The lines between `ANCHOR: name` and `ANCHOR_END: name`, without any
/// line that is an anchor.
#[must_use]
pub fn anchored(text: &str, name: &str) -> Option<String> {
    let is = |line: &str, word: &str| {
        line.split_once(word)
            .is_some_and(|(_, rest)| rest.split_whitespace().next() == Some(name))
    };
    let start = text.lines().position(|line| is(line, "ANCHOR: "))?;
    Some(
        text.lines()
            .skip(start + 1)
            .take_while(|line| !is(line, "ANCHOR_END: "))
            .filter(|line| !line.contains("ANCHOR: ") && !line.contains("ANCHOR_END: "))
            .flat_map(|line| [line, "\n"])
            .collect(),
    )
}

/// Reads what an include names, or says why that is nothing.
pub fn read(root: &Path, page: &Source, path: &str, part: Option<&str>) -> Result<String, String> {
    let file = resolve(root, &page.file, path);
    let text =
        std::fs::read_to_string(&file).map_err(|_| format!("no file `{path}` to include"))?;
    let part = part.filter(|part| !part.is_empty());
    let content = match part {
        None => text,
        Some(part) if part.starts_with(|c: char| c.is_ascii_digit() || c == ':') => {
            return Err(format!(
                "`{path}:{part}` is a range of lines, which go stale: use an anchor"
            ));
        }
        Some(anchor) => {
            anchored(&text, anchor).ok_or_else(|| format!("`{path}` has no anchor `{anchor}`"))?
        }
    };
    if content.trim().is_empty() {
        return Err(format!("the include of `{path}` is empty"));
    }
    Ok(content)
}

/// Checks the includes of a page, and that its Rust comes from the labs.
pub fn check(
    root: &Path,
    page: &Source,
    outline: &Outline,
    found: &[Found<'_>],
    problems: &mut Problems,
) {
    for directive in found {
        if let Ok(Directive::Include { path, part }) = &directive.meaning
            && let Err(why) = read(root, page, path, part.as_deref())
        {
            problems.add(&page.file, page.line(directive.range.start), why);
        }
    }
    let rust = |language: &str| matches!(language, "rust" | "rs");
    for fence in outline.fences.iter().filter(|f| rust(&f.language)) {
        let mut at = fence.content.start;
        for line in page.body()[fence.content.clone()].split_inclusive('\n') {
            let offset = at;
            at += line.len();
            if line.trim().is_empty() {
                continue;
            }
            let include = found
                .iter()
                .find(|f| f.range.start >= offset && f.range.end <= at && f.text == line.trim());
            match include.map(|f| &f.meaning) {
                Some(Ok(Directive::Include { path, part })) => {
                    let file = resolve(root, &page.file, path);
                    if part.is_none() || !file.starts_with(root.join("labs")) {
                        problems.add(
                            &page.file,
                            page.line(offset),
                            "Rust in a page comes from a file under labs/, by an anchor",
                        );
                    }
                }
                Some(_) => {}
                None => {
                    problems.add(
                        &page.file,
                        page.line(offset),
                        "retyped Rust: include it from the lab, `{{#include FILE:ANCHOR}}`, \
                         so that it is code that compiles",
                    );
                    break;
                }
            }
        }
    }
}

/// `path` as seen from the page `file`, without `.` and `..`.
fn resolve(root: &Path, file: &str, path: &str) -> PathBuf {
    let mut out = root.join(file);
    out.pop();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{directive, markdown};

    fn problems(body: &str) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("labs/01-x/src")).unwrap();
        std::fs::create_dir_all(root.path().join("book")).unwrap();
        std::fs::write(
            root.path().join("labs/01-x/src/lib.rs"),
            "// ANCHOR: part\nfn f() {}\n// ANCHOR_END: part\n// ANCHOR: none\n// ANCHOR_END: none\n",
        )
        .unwrap();
        let text = format!("+++\ntitle = \"t\"\ndescription = \"d\"\n+++\n{body}");
        let mut problems = Problems::default();
        let page = Source::read("book/x.md", &text, &mut problems);
        let outline = markdown::outline(page.body());
        check(
            root.path(),
            &page,
            &outline,
            &directive::find(page.body()),
            &mut problems,
        );
        problems.sorted().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rust_by_anchor_is_right() {
        assert_eq!(
            problems("```rust\n{{#include ../labs/01-x/src/lib.rs:part}}\n```\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_mistake_has_its_line() {
        for (body, wanted) in [
            ("\n```rust\nfn g() {}\n```\n", "book/x.md:7: retyped Rust"),
            (
                "{{#include ../nothing.txt}}\n",
                "book/x.md:5: no file `../nothing.txt`",
            ),
            (
                "{{#include ../labs/01-x/src/lib.rs:gone}}\n",
                "book/x.md:5: `../labs/01-x/src/lib.rs` has no anchor `gone`",
            ),
            (
                "{{#include ../labs/01-x/src/lib.rs:none}}\n",
                "book/x.md:5: the include of `../labs/01-x/src/lib.rs` is empty",
            ),
            (
                "{{#include ../labs/01-x/src/lib.rs:1:2}}\n",
                "book/x.md:5: `../labs/01-x/src/lib.rs:1:2` is a range",
            ),
            (
                "```rust\n{{#include ../labs/01-x/src/lib.rs}}\n```\n",
                "book/x.md:6: Rust in a page comes from",
            ),
        ] {
            let found = problems(body);
            assert!(
                found.iter().any(|p| p.starts_with(wanted)),
                "{body}: {found:?}"
            );
        }
    }
}
