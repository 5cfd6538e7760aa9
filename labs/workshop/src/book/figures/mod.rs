//! The figures of a chapter, each drawn from its lab's own files.
//!
//! They are HTML without script and without ids: the print page holds all of
//! them at once, and mdBook does not rename what points at an id.

mod card;
mod diff;
mod listing;
mod panel;
mod proof;
mod task;

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::directive::Figure;
use super::front_matter::ChapterFront;
use crate::workspace::Lab;

/// What a figure may know of the rest of the book.
pub struct Surroundings<'a> {
    /// Front matter of the chapters, by lab number.
    pub chapters: &'a BTreeMap<String, ChapterFront>,
    /// Where the chapter of a lab stands, relative to the book's sources.
    pub paths: &'a BTreeMap<String, String>,
    /// From the page at hand to the book's root: `../`.
    pub to_root: &'a str,
}

/// Draws `figure` of `lab`: Markdown that holds HTML.
///
/// # Errors
/// When a file of the lab is missing or does not say what the figure needs.
pub fn draw(around: &Surroundings<'_>, lab: &Lab, figure: &Figure) -> Result<String> {
    match figure {
        Figure::Card => card::draw(around, lab),
        Figure::Panel => panel::draw(lab),
        Figure::Contract => Ok(task::contract(lab)),
        Figure::Claims => task::claims(lab),
        Figure::Hints => task::hints(lab),
        Figure::Commands => Ok(task::commands(lab)),
        Figure::Diff => diff::draw(lab),
        Figure::HalfFix(name) => listing::half_fix(lab, name),
        Figure::Evidence(name) => listing::evidence(lab, name),
        Figure::Express(name) => listing::express(lab, name),
        Figure::Proof => proof::draw(lab),
    }
}

/// How many lines a card has at the width of a page.
#[must_use]
pub fn card_lines(front: &ChapterFront) -> usize {
    card::lines(front)
}

/// The claims of a lab, for a page that is not its chapter.
///
/// # Errors
/// When its snapshot cannot be read.
pub fn claims(lab: &Lab) -> Result<String> {
    task::claims(lab)
}

/// Reads a file of `lab`.
fn read(lab: &Lab, path: &str) -> Result<String> {
    let file = lab.dir.join(path);
    std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", shown(lab, path)))
}

/// A file of `lab` as the book names it.
fn shown(lab: &Lab, path: &str) -> String {
    format!("labs/{}/{path}", lab.folder_name())
}

/// A command with a button to copy it, which JavaScript adds.
fn command(text: &str) -> String {
    format!(
        r#"<code class="lab-command">{}</code>"#,
        super::html::esc(text)
    )
}
