//! A chapter's text as the lints see it: offsets, lines, front matter.

use super::front_matter::{self, Front};
use super::problem::Problems;

/// One page of the book, as its author wrote it.
#[derive(Debug)]
pub struct Source {
    /// The file, relative to the repository's root.
    pub file: String,
    /// The whole text.
    pub text: String,
    /// What the front matter says.
    pub front: Option<Front>,
    /// Where the Markdown begins.
    pub body_at: usize,
}

impl Source {
    /// Reads the front matter of `text`.
    pub fn read(file: &str, text: &str, problems: &mut Problems) -> Self {
        let (front, body_at) = front_matter::read(file, text, problems);
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            front,
            body_at,
        }
    }

    /// The Markdown after the front matter.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.text[self.body_at..]
    }

    /// The file's line at an offset of the body.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        line_at(&self.text, self.body_at + offset)
    }

    /// The line on which the front matter's `key` stands.
    #[must_use]
    pub fn front_line(&self, key: &str) -> usize {
        front_matter::line_of(&self.text, key)
    }

    /// The title of a page that has front matter.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.front.as_ref().map(Front::title)
    }
}

/// The line, from 1, of an offset in `text`.
#[must_use]
pub fn line_at(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    1 + text.as_bytes()[..end]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
}
