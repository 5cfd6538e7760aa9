//! From a symptom to the test that splits, and on to a chapter.
//!
//! The tree is written by hand, in the TOML file beside the page that has the
//! directive. What makes sure of each chapter comes from its front matter. A
//! branch ends at a chapter, or at a failure that is named as not written yet;
//! the checks leave no other end.

mod check;
mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::front_matter::ChapterFront;
use super::indexes::Entry;
use super::problem::Problems;
use super::source::{Source, line_at};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tree {
    /// Failures that have a number and a name, and no chapter yet.
    #[serde(default)]
    later: BTreeMap<String, Spanned<String>>,
    /// Where a reader begins.
    family: Vec<Family>,
    /// What tells failures apart.
    #[serde(default)]
    test: Vec<Test>,
}

/// Symptoms that are looked for in one place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    title: Spanned<String>,
    ways: Vec<Way>,
}

/// A command or a look at something, and what may come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    name: Spanned<String>,
    /// A command.
    run: Option<String>,
    /// An observation, in words.
    look: Option<String>,
    ways: Vec<Way>,
}

/// What is seen, and where that leads: to a lab or to a test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    sees: Spanned<String>,
    lab: Option<Spanned<String>>,
    test: Option<Spanned<String>>,
}

/// Draws the tree beside `page`, and notes what is wrong with it.
///
/// # Errors
/// When there is no tree to draw.
pub fn draw(
    root: &Path,
    page: &Source,
    chapters: &[Entry<'_>],
    to_root: &str,
    problems: &mut Problems,
) -> Result<String, String> {
    let file = Path::new(&page.file).with_extension("toml");
    let file = file.to_string_lossy().replace('\\', "/");
    let text = std::fs::read_to_string(root.join(&file))
        .map_err(|_| format!("the tree of this page is {file}, and cannot be read"))?;
    let tree: Tree = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        problems.add(&file, line_at(&text, at), error.message());
        format!("{file} is no tree")
    })?;
    let drawing = Drawing {
        tree: &tree,
        chapters: chapters
            .iter()
            .filter_map(|entry| {
                let front = entry.page.front.as_ref()?.chapter()?;
                Some((front.lab.as_str(), (entry, front)))
            })
            .collect(),
        to_root,
    };
    let wrong = drawing.check(|at, what| problems.add(&file, line_at(&text, at), what));
    if wrong > 0 {
        // Half a tree would send somebody the wrong way.
        return Err(format!("{file} has mistakes"));
    }
    Ok(drawing.html())
}

struct Drawing<'a> {
    tree: &'a Tree,
    chapters: BTreeMap<&'a str, (&'a Entry<'a>, &'a ChapterFront)>,
    to_root: &'a str,
}

impl Drawing<'_> {
    fn test(&self, name: &str) -> Option<&Test> {
        self.tree.test.iter().find(|t| t.name.get_ref() == name)
    }
}
