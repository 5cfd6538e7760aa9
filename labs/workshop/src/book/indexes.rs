//! Pages that are collected from all chapters.

use std::fmt::Write as _;

use super::html::esc;
use super::markdown;
use super::source::Source;

/// A chapter as the indexes see it.
pub struct Entry<'a> {
    /// Its text.
    pub page: &'a Source,
    /// Its name in the table of contents.
    pub name: &'a str,
    /// Its file, relative to the book's sources.
    pub path: &'a str,
}

/// The checklists of all chapters, for one printable page.
#[must_use]
pub fn checklists(chapters: &[Entry<'_>], to_root: &str) -> String {
    let mut out = String::new();
    for entry in chapters {
        let body = entry.page.body();
        let heads = markdown::outline(body).headings;
        let Some(n) = heads
            .iter()
            .position(|h| h.level == 2 && h.text == "Checklist")
        else {
            continue;
        };
        let end = heads[n + 1..]
            .iter()
            .find(|h| h.level <= 2)
            .map_or(body.len(), |h| h.at);
        let section = &body[heads[n].at..end];
        let items = section.split_once('\n').map_or("", |(_, rest)| rest).trim();
        // The link stands apart: mdBook makes each heading a link to itself.
        let _ = write!(
            out,
            "\n## {}\n\n{items}\n\n[Read the chapter]({to_root}{})\n",
            entry.name, entry.path
        );
    }
    out
}

/// Symptom to chapter, by symptom.
#[must_use]
pub fn symptoms(chapters: &[Entry<'_>], to_root: &str) -> String {
    let mut rows: Vec<(String, String)> = chapters
        .iter()
        .filter_map(|entry| Some((entry, entry.page.front.as_ref()?.chapter()?)))
        .flat_map(|(entry, front)| {
            front.symptoms.iter().map(move |symptom| {
                (
                    symptom.clone(),
                    format!("[{}]({to_root}{})", entry.name, entry.path),
                )
            })
        })
        .collect();
    // Backticks are no reason to stand at the end of an alphabet.
    rows.sort_by_key(|(symptom, _)| symptom.trim_start_matches('`').to_lowercase());
    let mut out = String::from("\n| What you see | Chapter |\n|---|---|\n");
    for (symptom, chapter) in rows {
        let _ = writeln!(out, "| {} | {chapter} |", symptom.replace('|', "\\|"));
    }
    out
}

/// What stands in a page where a figure could not be drawn.
#[must_use]
pub fn placeholder(why: &str) -> String {
    format!(
        "\n<p class=\"lab-problem\">This figure could not be drawn: {}</p>\n",
        esc(why)
    )
}
