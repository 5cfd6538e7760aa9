//! Which subjects the book answers, with which chapters, and what is to come:
//! from `book/coverage.toml` and the chapters' front matter.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::front_matter::ChapterFront;
use super::indexes::Entry;

const FILE: &str = "book/coverage.toml";

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Chapters that are planned: number and name.
    later: BTreeMap<String, String>,
    part: Vec<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    title: String,
    subject: Vec<Subject>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    says: String,
    /// Codes of the notes that the book grew from, as chapters have them.
    seed: Vec<String>,
    /// Numbers of chapters, written or planned.
    chapters: Vec<String>,
}

impl Coverage {
    /// Reads the file of the book in `root`, and compares it with `chapters`.
    ///
    /// # Errors
    /// When it cannot be read, names a chapter that is neither written nor
    /// planned, plans one that is written, leaves one out, or disagrees with a
    /// chapter's `seed`.
    pub fn read(root: &Path, chapters: &[Entry<'_>]) -> Result<Self> {
        let text = std::fs::read_to_string(root.join(FILE));
        let text = text.with_context(|| format!("cannot read {FILE}"))?;
        let coverage: Self = toml::from_str(&text).with_context(|| format!("{FILE} is wrong"))?;
        coverage.check(chapters)?;
        Ok(coverage)
    }

    fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.part.iter().flat_map(|part| &part.subject)
    }

    fn check(&self, chapters: &[Entry<'_>]) -> Result<()> {
        let written: BTreeMap<&str, &ChapterFront> = fronts(chapters)
            .map(|(_, front)| (front.lab.as_str(), front))
            .collect();
        for subject in self.subjects() {
            for id in &subject.chapters {
                ensure!(
                    written.contains_key(id.as_str()) || self.later.contains_key(id),
                    "{FILE}: `{}` names chapter {id}, which is neither written nor in `[later]`",
                    subject.says
                );
            }
        }
        for id in self.later.keys() {
            ensure!(
                !written.contains_key(id.as_str()),
                "{FILE}: chapter {id} is written, so it is not in `[later]`"
            );
            ensure!(
                self.subjects().any(|subject| subject.chapters.contains(id)),
                "{FILE}: no subject names chapter {id}"
            );
        }
        for (id, front) in written {
            let named = self
                .subjects()
                .filter(|subject| subject.chapters.iter().any(|chapter| chapter == id));
            let named: BTreeSet<&String> = named.flat_map(|subject| &subject.seed).collect();
            ensure!(!named.is_empty(), "{FILE}: no subject names chapter {id}");
            for code in &front.seed {
                ensure!(
                    named.contains(code),
                    "{FILE}: chapter {id} answers {code}, and no subject of it has that code"
                );
            }
        }
        Ok(())
    }

    /// Each subject against its chapters.
    #[must_use]
    pub fn subjects_table(&self, chapters: &[Entry<'_>], to_root: &str) -> String {
        let mut out = String::new();
        for part in &self.part {
            let _ = writeln!(
                out,
                "\n### {}\n\n| Subject | Chapter |\n|---|---|",
                part.title
            );
            for subject in &part.subject {
                let links = subject.chapters.iter().map(|id| {
                    let entry = fronts(chapters).find(|(_, front)| front.lab == *id);
                    match (entry, self.later.get(id)) {
                        (Some((entry, _)), _) => {
                            format!("[{}]({to_root}{})", entry.name, entry.path)
                        }
                        (None, name) => {
                            format!("{} (not yet)", planned(id, name.map_or("", |n| n)))
                        }
                    }
                });
                let links: Vec<String> = links.collect();
                let says = subject.says.replace('|', "\\|");
                let _ = writeln!(out, "| {says} | {} |", links.join(", "));
            }
        }
        out
    }

    /// Which chapters there are and what their labs need, and which are to
    /// come.
    #[must_use]
    pub fn chapters_table(&self, chapters: &[Entry<'_>], to_root: &str) -> String {
        let mut out = String::from("\n| Chapter | What fails | Needs |\n|---|---|---|\n");
        for (entry, front) in fronts(chapters) {
            let needs = match front.services.as_slice() {
                [] => "nothing else".to_owned(),
                services => services.join(", "),
            };
            let _ = writeln!(
                out,
                "| [{}]({to_root}{}) | {} | {needs} |",
                entry.name,
                entry.path,
                front.title.replace('|', "\\|"),
            );
        }
        let later = self.later.iter().map(|(id, name)| planned(id, name));
        let later: Vec<String> = later.collect();
        if !later.is_empty() {
            let _ = writeln!(out, "\nNot yet: {}.", later.join(", "));
        }
        out
    }
}

fn planned(id: &str, name: &str) -> String {
    match id.parse::<u32>() {
        Ok(_) => format!("{id} {name}"),
        Err(_) => name.to_owned(),
    }
}

/// The chapters, in the book's order.
fn fronts<'a>(
    chapters: &'a [Entry<'a>],
) -> impl Iterator<Item = (&'a Entry<'a>, &'a ChapterFront)> {
    chapters
        .iter()
        .filter_map(|entry| Some((entry, entry.page.front.as_ref()?.chapter()?)))
}
