//! Agendas for facilitators, and what they ask, show and note of each lab.
//!
//! Both stand in one file. How long an exercise takes comes from the front
//! matter of its chapter, and a session that does not fit its time is a
//! mistake like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::front_matter::ChapterFront;
use super::indexes::Entry;
use super::preprocessor::Page;
use super::problem::Problems;
use super::source::line_at;

/// The file, at the root of the book's sources.
pub const FILE: &str = "agenda.toml";

/// Minutes until every machine is ready, before the first lab.
const SET_UP: u32 = 20;
/// Minutes for the review of a lab.
const REVIEW: u32 = 10;
/// Minutes without a break, at most.
const HOUR: u32 = 60;
/// Minutes of a break.
const BREAK: u32 = 10;
/// What is kept free, as a share of the work in per cent.
const SLACK: u32 = 20;

/// The file, checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    agenda: Vec<Agenda>,
    /// What to say of a lab, by its number.
    #[serde(default)]
    lab: BTreeMap<String, Notes>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agenda {
    name: Spanned<String>,
    session: Vec<Session>,
}

/// Labs in their order, without a long pause between them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    title: String,
    /// How long it may take.
    minutes: Spanned<u32>,
    labs: Vec<Spanned<String>>,
}

/// One sentence each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// A question for the room.
    pub ask: Spanned<String>,
    /// What to show.
    pub demo: Spanned<String>,
    /// What goes wrong or is asked.
    pub note: Spanned<String>,
}

/// A session, minute by minute.
#[derive(Default)]
struct Timetable {
    rows: Vec<(u32, String, u32)>,
    minutes: u32,
}

impl Timetable {
    fn add(&mut self, what: impl Into<String>, minutes: u32) {
        self.rows.push((self.minutes, what.into(), minutes));
        self.minutes += minutes;
    }
}

/// Reads the plan of the book that `page` is part of, and notes what is wrong
/// with it.
///
/// # Errors
/// When there is no plan to draw from.
pub fn read(
    root: &Path,
    page: &Page,
    chapters: &[Entry<'_>],
    problems: &mut Problems,
) -> Result<Plan, String> {
    let book = page.source.file.strip_suffix(&page.path).unwrap_or("");
    let file = format!("{book}{FILE}");
    let text = std::fs::read_to_string(root.join(&file))
        .map_err(|error| format!("cannot read {file}: {error}"))?;
    let plan: Plan = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        problems.add(&file, line_at(&text, at), error.message());
        format!("{file} is no agenda")
    })?;
    let wrong = plan.check(chapters, |at, what| {
        problems.add(&file, line_at(&text, at), what);
    });
    if wrong > 0 {
        return Err(format!("{file} has mistakes"));
    }
    Ok(plan)
}

impl Plan {
    /// What to say of a lab.
    #[must_use]
    pub fn notes(&self, lab: &str) -> Option<&Notes> {
        self.lab.get(lab)
    }

    /// The agenda `name` as tables, one for each session.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn tables(
        &self,
        name: &str,
        chapters: &[Entry<'_>],
        to_root: &str,
    ) -> Result<String, String> {
        let Some(agenda) = self.agenda.iter().find(|a| a.name.get_ref() == name) else {
            let names: Vec<_> = self.agenda.iter().map(|a| a.name.get_ref()).collect();
            return Err(format!("there is no agenda `{name}` in {names:?}"));
        };
        let mut out = String::new();
        for (n, session) in agenda.session.iter().enumerate() {
            if agenda.session.len() > 1 {
                let _ = write!(out, "\n### {} {{#{name}-{}}}\n", session.title, n + 1);
            }
            let table = timetable(session, n == 0, chapters, to_root);
            out.push_str("\n| Starts after | What | Minutes |\n|--:|---|--:|\n");
            for (at, what, minutes) in &table.rows {
                let what = what.replace('|', "\\|");
                let _ = writeln!(
                    out,
                    "| {}:{:02} h | {what} | {minutes} |",
                    at / HOUR,
                    at % HOUR
                );
            }
            let _ = writeln!(
                out,
                "\nTogether {} of {} minutes. Needs: {}.",
                table.minutes,
                session.minutes.get_ref(),
                needs(session, chapters)
            );
        }
        Ok(out)
    }

    /// Everything that is wrong, each with its offset; returns how much.
    fn check(&self, chapters: &[Entry<'_>], mut report: impl FnMut(usize, String)) -> usize {
        let mut count = 0;
        let mut wrong = |at: usize, what: String| {
            count += 1;
            report(at, what);
        };
        for agenda in &self.agenda {
            let name = agenda.name.get_ref();
            let mut seen = BTreeSet::new();
            for (n, session) in agenda.session.iter().enumerate() {
                for lab in &session.labs {
                    let (at, lab) = (lab.span().start, lab.get_ref());
                    if !seen.insert(lab) {
                        wrong(at, format!("lab {lab} is twice in `{name}`"));
                    }
                    match chapter(chapters, lab) {
                        None => wrong(at, format!("lab {lab} has no chapter")),
                        Some((_, front)) if front.lab_minutes + REVIEW > HOUR => wrong(
                            at,
                            format!(
                                "lab {lab} takes {} minutes with its review, \
                                 and there is a break every hour",
                                front.lab_minutes + REVIEW
                            ),
                        ),
                        Some(_) => {}
                    }
                }
                let takes = timetable(session, n == 0, chapters, "").minutes;
                let has = *session.minutes.get_ref();
                if takes > has {
                    wrong(
                        session.minutes.span().start,
                        format!(
                            "the session `{}` of `{name}` takes {takes} minutes and has {has}: \
                             take out a lab, or give it more time",
                            session.title
                        ),
                    );
                }
            }
        }
        for entry in chapters {
            if let Some(front) = entry.page.front.as_ref().and_then(|f| f.chapter())
                && !self.lab.contains_key(&front.lab)
            {
                wrong(
                    0,
                    format!(
                        "nothing to ask, demo and note of {}: add `[lab.{}]`",
                        entry.name, front.lab
                    ),
                );
            }
        }
        for (lab, notes) in &self.lab {
            if chapter(chapters, lab).is_none() {
                wrong(
                    notes.ask.span().start,
                    format!("lab {lab} has no chapter: nobody will see this"),
                );
            }
            for said in [&notes.ask, &notes.demo, &notes.note] {
                if said.get_ref().trim().is_empty() {
                    wrong(said.span().start, format!("say something of lab {lab}"));
                }
            }
        }
        count
    }
}

/// Work, breaks and slack of a session.
fn timetable(session: &Session, first: bool, chapters: &[Entry<'_>], to_root: &str) -> Timetable {
    let mut table = Timetable::default();
    let (mut work, mut since) = (0, 0);
    if first {
        table.add("Set-up", SET_UP);
        (work, since) = (SET_UP, SET_UP);
    }
    for (entry, front) in session
        .labs
        .iter()
        .filter_map(|lab| chapter(chapters, lab.get_ref()))
    {
        let block = front.lab_minutes + REVIEW;
        if since > 0 && since + block > HOUR {
            table.add("Break", BREAK);
            since = 0;
        }
        table.add(
            format!("[{}]({to_root}{})", entry.name, entry.path),
            front.lab_minutes,
        );
        table.add(format!("Review of {}", front.lab), REVIEW);
        work += block;
        since += block;
    }
    table.add("Slack", (work * SLACK).div_ceil(100));
    table
}

/// The services that the labs of a session need.
fn needs(session: &Session, chapters: &[Entry<'_>]) -> String {
    let labs = session.labs.iter();
    let services: BTreeSet<&str> = labs
        .filter_map(|lab| chapter(chapters, lab.get_ref()))
        .flat_map(|(_, front)| front.services.iter().map(String::as_str))
        .collect();
    if services.is_empty() {
        return "nothing else".to_owned();
    }
    services.into_iter().collect::<Vec<_>>().join(", ")
}

/// The chapter of a lab.
fn chapter<'a>(chapters: &'a [Entry<'a>], lab: &str) -> Option<(&'a Entry<'a>, &'a ChapterFront)> {
    chapters.iter().find_map(|entry| {
        let front = entry.page.front.as_ref()?.chapter()?;
        (front.lab == lab).then_some((entry, front))
    })
}

#[cfg(test)]
mod tests;
