//! The three graded hints of a lab, and how many a reader has seen.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::exercise;
use crate::workspace::Lab;

/// How many hints every lab has.
pub const COUNT: usize = 3;

/// One hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Its heading.
    pub title: String,
    /// Its text, Markdown.
    pub text: String,
}

/// The hints of `lab`, from its hints.md.
///
/// # Errors
/// When the file cannot be read or does not hold three.
pub fn of(lab: &Lab) -> Result<Vec<Hint>> {
    let path = lab.dir.join("hints.md");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let hints = parse(&text);
    if hints.len() != COUNT {
        bail!(
            "{} has {} sections `## `, not {COUNT}",
            path.display(),
            hints.len()
        );
    }
    Ok(hints)
}

fn parse(text: &str) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            hints.push(Hint {
                title: title.trim().to_owned(),
                text: String::new(),
            });
        } else if let Some(hint) = hints.last_mut() {
            hint.text.push_str(line);
            hint.text.push('\n');
        }
    }
    for hint in &mut hints {
        hint.text = hint.text.trim().to_owned();
    }
    hints
}

/// How many hints of each lab have been shown: `.lab/hints.json`.
#[derive(Debug)]
pub struct Shown {
    path: PathBuf,
    labs: BTreeMap<String, usize>,
}

impl Shown {
    /// Reads the counts of the repository at `root`. A damaged file counts as
    /// none, because a lost count costs a reader one hint seen twice.
    #[must_use]
    pub fn load(root: &Path) -> Self {
        let path = root.join(".lab/hints.json");
        let labs = fs::read_to_string(&path)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        Self { path, labs }
    }

    /// How many hints of `lab` have been shown.
    #[must_use]
    pub fn count(&self, lab: &Lab) -> usize {
        self.labs.get(&lab.id).copied().unwrap_or(0).min(COUNT)
    }

    /// Notes that `count` hints of `lab` have been shown.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&mut self, lab: &Lab, count: usize) -> Result<()> {
        self.labs.insert(lab.id.clone(), count);
        let text = serde_json::to_string_pretty(&self.labs)?;
        exercise::replace(&self.path, &format!("{text}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn sections_become_hints() {
        let hints = of(Fixture::new().lab()).unwrap();
        assert_eq!(hints[0].title, "1. Where to look");
        assert_eq!(hints[2].text, "A pool.");
    }

    #[test]
    fn counts_survive() {
        let fixture = Fixture::new();
        let root = &fixture.workspace.root;
        let mut shown = Shown::load(root);
        assert_eq!(shown.count(fixture.lab()), 0);
        shown.set(fixture.lab(), 2).unwrap();
        assert_eq!(Shown::load(root).count(fixture.lab()), 2);
        fs::write(root.join(".lab/hints.json"), "damaged").unwrap();
        assert_eq!(Shown::load(root).count(fixture.lab()), 0);
    }
}
