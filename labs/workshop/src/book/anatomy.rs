//! The anatomy that all chapters share: sections in one order, each within
//! its budget of written words.

use super::directive::{Directive, Found};
use super::figures;
use super::markdown::{Heading, Outline};
use super::problem::Problems;
use super::source::Source;
use crate::workspace::Lab;

/// Written words of a whole chapter.
const CHAPTER: usize = 1500;
/// Written words of one half-fix.
const HALF_FIX: usize = 80;
/// Lines of the incident card.
const CARD: usize = 12;

/// A section, its budget and the figures that it must show.
struct Section {
    title: &'static str,
    words: usize,
    figures: &'static [&'static str],
}

const fn section(title: &'static str, words: usize, figures: &'static [&'static str]) -> Section {
    Section {
        title,
        words,
        figures,
    }
}

/// No budget of its own; that of the chapter holds.
const FREE: usize = usize::MAX;

const SECTIONS: [Section; 12] = [
    section("What you see", 80, &[]),
    section("Find it in production", 250, &["evidence"]),
    section("Predict", FREE, &[]),
    section("Why it happens", 250, &[]),
    section(
        "Your turn",
        FREE,
        &["contract", "claims", "commands", "hints"],
    ),
    section("The fix", FREE, &["diff"]),
    section("Half-fixes", FREE, &["half-fix"]),
    section("The proof", FREE, &["proof"]),
    section("What it costs", 80, &[]),
    section("In Express", 200, &["express"]),
    section("Checklist", FREE, &[]),
    section("Sources", FREE, &[]),
];

/// A page between two headings of the second level.
struct Part<'a> {
    heads: &'a [Heading],
    end: usize,
}

impl Part<'_> {
    fn words(&self) -> usize {
        self.heads.iter().map(|h| h.words).sum()
    }

    fn at(&self) -> usize {
        self.heads.first().map_or(0, |h| h.at)
    }

    fn title(&self) -> &str {
        self.heads.first().map_or("", |h| &h.text)
    }
}

/// Checks a chapter.
pub fn check(
    page: &Source,
    lab: &Lab,
    outline: &Outline,
    found: &[Found<'_>],
    problems: &mut Problems,
) {
    let parts = parts(outline, page.body().len());
    head(page, lab, outline, found, &parts, problems);
    order(page, &parts, problems);
    for part in &parts {
        let Some(section) = SECTIONS.iter().find(|s| s.title == part.title()) else {
            continue;
        };
        let line = page.line(part.at());
        if part.words() > section.words {
            problems.add(
                &page.file,
                line,
                format!(
                    "`{}` has {} written words, its budget is {}",
                    section.title,
                    part.words(),
                    section.words
                ),
            );
        }
        for word in section.figures {
            if !shows(found, part, word) {
                problems.add(
                    &page.file,
                    line,
                    format!("`{}` needs `{{{{#lab {} {word}}}}}`", section.title, lab.id),
                );
            }
        }
        extra(page, part, found, problems);
    }
    let total: usize = outline.headings.iter().map(|h| h.words).sum();
    if total > CHAPTER {
        problems.add(
            &page.file,
            1,
            format!("the chapter has {total} written words, its budget is {CHAPTER}"),
        );
    }
}

fn parts<'a>(outline: &'a Outline, end: usize) -> Vec<Part<'a>> {
    let starts: Vec<usize> = outline
        .headings
        .iter()
        .enumerate()
        .filter(|(_, h)| h.level == 2)
        .map(|(n, _)| n)
        .collect();
    starts
        .iter()
        .enumerate()
        .map(|(n, start)| {
            let stop = starts.get(n + 1).copied().unwrap_or(outline.headings.len());
            Part {
                heads: &outline.headings[*start..stop],
                end: outline.headings.get(stop).map_or(end, |h| h.at),
            }
        })
        .collect()
}

/// What comes before the first section: heading, one sentence, card, panel.
fn head(
    page: &Source,
    lab: &Lab,
    outline: &Outline,
    found: &[Found<'_>],
    parts: &[Part<'_>],
    problems: &mut Problems,
) {
    let wanted = format!("{} {}", lab.id, lab.title);
    match outline.headings.iter().find(|h| h.level == 1) {
        Some(heading) if heading.text == wanted => {
            if heading.words == 0 {
                problems.add(
                    &page.file,
                    page.line(heading.at),
                    "the heading is followed by one sentence",
                );
            }
        }
        Some(heading) => problems.add(
            &page.file,
            page.line(heading.at),
            format!("the heading is `{}`, the lab is `{wanted}`", heading.text),
        ),
        None => problems.add(&page.file, page.line(0), format!("no heading `# {wanted}`")),
    }
    let end = parts.first().map_or(page.body().len(), Part::at);
    let before = Part { heads: &[], end };
    let place = |word: &str| {
        let at = position(found, &before, word);
        if at.is_none() {
            return Err(format!(
                "`{{{{#lab {} {word}}}}}` is missing before the first section",
                lab.id
            ));
        }
        Ok(at)
    };
    match (place("card"), place("panel")) {
        (Ok(card), Ok(panel)) if card > panel => {
            problems.add(
                &page.file,
                page.line(panel.unwrap_or(0)),
                "the card comes before the panel",
            );
        }
        (card, panel) => {
            let first = outline
                .headings
                .iter()
                .find(|h| h.level == 1)
                .map_or(0, |h| h.at);
            for missing in [card.err(), panel.err()].into_iter().flatten() {
                problems.add(&page.file, page.line(first), missing);
            }
        }
    }
    if let Some(front) = page.front.as_ref().and_then(|f| f.chapter()) {
        let lines = figures::card_lines(front);
        if lines > CARD {
            problems.add(
                &page.file,
                page.front_line("symptoms"),
                format!("the incident card has {lines} lines, {CARD} are allowed: shorten the front matter"),
            );
        }
    }
}

/// Every section is there, in the order of the anatomy.
fn order(page: &Source, parts: &[Part<'_>], problems: &mut Problems) {
    let mut next = 0;
    for part in parts {
        let line = page.line(part.at());
        let Some(index) = SECTIONS.iter().position(|s| s.title == part.title()) else {
            problems.add(
                &page.file,
                line,
                format!("`{}` is no section of the anatomy", part.title()),
            );
            continue;
        };
        if index < next {
            problems.add(
                &page.file,
                line,
                format!("`{}` is out of order", part.title()),
            );
        }
        next = next.max(index + 1);
    }
    let mut line = page.line(0);
    for section in &SECTIONS {
        match parts.iter().find(|p| p.title() == section.title) {
            Some(part) => line = page.line(part.at()),
            // Reported where it would follow.
            None => problems.add(
                &page.file,
                line,
                format!("section `{}` is missing", section.title),
            ),
        }
    }
}

fn extra(page: &Source, part: &Part<'_>, found: &[Found<'_>], problems: &mut Problems) {
    let line = page.line(part.at());
    match part.title() {
        "Predict" => {
            let text = &page.body()[part.at()..part.end];
            if !text.contains("<details>") || !text.contains("<summary>") {
                problems.add(
                    &page.file,
                    line,
                    "`Predict` folds its answer: <details><summary>",
                );
            }
        }
        "Half-fixes" => {
            for (n, head) in part.heads.iter().enumerate().filter(|(_, h)| h.level == 3) {
                let end = part.heads[n + 1..]
                    .iter()
                    .find(|h| h.level <= 3)
                    .map_or(part.end, |h| h.at);
                let line = page.line(head.at);
                if head.words > HALF_FIX {
                    problems.add(
                        &page.file,
                        line,
                        format!(
                            "half-fix `{}` has {} written words, its budget is {HALF_FIX}",
                            head.text, head.words
                        ),
                    );
                }
                let own = Part {
                    heads: &part.heads[n..=n],
                    end,
                };
                if !shows(found, &own, "half-fix") {
                    problems.add(
                        &page.file,
                        line,
                        format!("`{}` shows no half-fix", head.text),
                    );
                }
            }
        }
        "Checklist" if part.heads.iter().all(|h| h.items == 0) => {
            problems.add(&page.file, line, "`Checklist` has no list");
        }
        "Sources" if part.heads.iter().all(|h| h.links == 0) => {
            problems.add(&page.file, line, "`Sources` has no link");
        }
        _ => {}
    }
}

fn shows(found: &[Found<'_>], part: &Part<'_>, word: &str) -> bool {
    position(found, part, word).is_some()
}

fn position(found: &[Found<'_>], part: &Part<'_>, word: &str) -> Option<usize> {
    found
        .iter()
        .filter(|f| f.range.start >= part.at() && f.range.start < part.end)
        .find(|f| matches!(&f.meaning, Ok(Directive::Lab { figure, .. }) if figure.word() == word))
        .map(|f| f.range.start)
}
