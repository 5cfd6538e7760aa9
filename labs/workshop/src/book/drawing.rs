//! Pages on their way to mdBook: linted, and every directive replaced by what
//! it stands for.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::agenda::{self, Plan};
use super::coverage::Coverage;
use super::dictionary;
use super::directive::{self, Directive, Found};
use super::figures::{self, Surroundings};
use super::front_matter::ChapterFront;
use super::highlight;
use super::html::block;
use super::indexes::{self, Entry};
use super::markdown::{self, Outline};
use super::preprocessor::Page;
use super::problem::Problems;
use super::{anatomy, diagnosis, guide, includes, snapshot};
use crate::workspace::Lab;

/// What is known before the first figure is drawn.
pub struct Drawing<'a> {
    root: &'a Path,
    labs: &'a [Lab],
    chapters: BTreeMap<String, ChapterFront>,
    paths: BTreeMap<String, String>,
    entries: Vec<Entry<'a>>,
}

impl<'a> Drawing<'a> {
    /// Learns what the chapters say of their labs, and checks that the labs
    /// say the same; `summary` is the file that lists the chapters.
    pub fn new(
        root: &'a Path,
        labs: &'a [Lab],
        pages: &'a [Page],
        summary: &str,
        problems: &mut Problems,
    ) -> Self {
        let mut this = Self {
            root,
            labs,
            chapters: BTreeMap::new(),
            paths: BTreeMap::new(),
            entries: Vec::new(),
        };
        for page in pages {
            let Some(front) = page.source.front.as_ref().and_then(|f| f.chapter()) else {
                continue;
            };
            let line = page.source.front_line("lab");
            let mut wrong = |what: String| problems.add(&page.source.file, line, what);
            if this
                .chapters
                .insert(front.lab.clone(), front.clone())
                .is_some()
            {
                wrong(format!("lab {} has another chapter already", front.lab));
            }
            match this.lab(&front.lab) {
                Some(lab) => {
                    let stem = Path::new(&page.path).file_stem().unwrap_or_default();
                    if *stem != *lab.folder_name() {
                        wrong(format!(
                            "the file of lab {} is named {}.md",
                            lab.id,
                            lab.folder_name()
                        ));
                    }
                    if front.services != lab.services {
                        wrong(format!(
                            "services are {:?} here and {:?} in the lab's Cargo.toml",
                            front.services, lab.services
                        ));
                    }
                    if front.lab_minutes != lab.minutes {
                        wrong(format!(
                            "lab_minutes is {} here, minutes is {} in the lab's Cargo.toml",
                            front.lab_minutes, lab.minutes
                        ));
                    }
                }
                None => wrong(format!("there is no lab {}", front.lab)),
            }
            this.paths.insert(front.lab.clone(), page.path.clone());
            this.entries.push(Entry {
                page: &page.source,
                name: &page.name,
                path: &page.path,
            });
        }
        for lab in labs {
            if this.chapters.contains_key(&lab.id) {
                snapshot::check(root, lab, problems);
            } else {
                problems.add(
                    summary,
                    1,
                    format!("lab {} has no chapter", lab.folder_name()),
                );
            }
        }
        this
    }

    fn lab(&self, id: &str) -> Option<&'a Lab> {
        self.labs.iter().find(|lab| lab.id == id)
    }

    /// Lints a page and returns what mdBook gets to see.
    pub fn page(&self, page: &Page, book: &str, problems: &mut Problems) -> String {
        let source = &page.source;
        let body = source.body();
        let outline = markdown::outline(body);
        let found = directive::find(body);
        includes::check(self.root, source, &outline, &found, problems);
        let front = source.front.as_ref().and_then(|f| f.chapter());
        if let Some(lab) = front.and_then(|f| self.lab(&f.lab)) {
            anatomy::check(source, lab, &outline, &found, problems);
        }
        let body = self.expand(page, &outline, &found, problems);
        match source.title() {
            // The book's name is in the first page's title already.
            Some(title) if title.contains(book) => format!("{{{{#title {title}}}}}\n{body}"),
            Some(title) => format!("{{{{#title {title} – {book}}}}}\n{body}"),
            None => body,
        }
    }

    fn expand(
        &self,
        page: &Page,
        outline: &Outline,
        found: &[Found<'_>],
        problems: &mut Problems,
    ) -> String {
        let body = page.source.body();
        let to_root = "../".repeat(page.path.matches('/').count());
        let mut edits = self.fences(page, outline, found);
        for directive in found {
            let at = directive.range.start;
            if edits.iter().any(|(range, _)| range.contains(&at)) {
                continue;
            }
            let drawn = match &directive.meaning {
                Err(why) => Err(why.clone()),
                Ok(Directive::Include { .. }) => continue,
                Ok(Directive::Checklists) => Ok(indexes::checklists(&self.entries, &to_root)),
                Ok(Directive::Symptoms) => Ok(indexes::symptoms(&self.entries, &to_root)),
                Ok(Directive::Coverage) => self
                    .coverage()
                    .map(|all| all.subjects_table(&self.entries, &to_root)),
                Ok(Directive::Chapters) => self
                    .coverage()
                    .map(|all| all.chapters_table(&self.entries, &to_root)),
                Ok(Directive::Diagnosis) => {
                    diagnosis::draw(self.root, &page.source, &self.entries, &to_root, problems)
                }
                Ok(Directive::Dictionary) => self.dictionary(page, &to_root),
                Ok(Directive::Agenda(name)) => self
                    .plan(page, problems)
                    .and_then(|plan| plan.tables(name, &self.entries, &to_root)),
                Ok(Directive::Facilitate) => self
                    .plan(page, problems)
                    .and_then(|plan| guide::draw(&plan, self.labs, &self.entries, &to_root)),
                Ok(Directive::Lab { lab, figure }) => match self.lab(lab) {
                    None => Err(format!(
                        "there is no lab {lab}: `cargo lab list` shows them all"
                    )),
                    Some(lab) => {
                        let around = Surroundings {
                            chapters: &self.chapters,
                            paths: &self.paths,
                            to_root: &to_root,
                        };
                        figures::draw(&around, lab, figure).map_err(|e| format!("{e:#}"))
                    }
                },
            };
            let mut wrong = |what: &str| {
                problems.add(&page.source.file, page.source.line(at), what);
            };
            if drawn.is_ok() && !alone(body, directive) {
                wrong("a directive stands alone on its line");
            }
            let text = drawn.unwrap_or_else(|why| {
                wrong(&why);
                indexes::placeholder(&why)
            });
            edits.push((directive.range.clone(), text));
        }
        edits.sort_by_key(|(range, _)| range.start);
        let mut out = String::new();
        let mut from = 0;
        for (range, text) in edits {
            out.push_str(&body[from..range.start]);
            out.push_str(&text);
            from = range.end;
        }
        out.push_str(&body[from..]);
        out
    }

    /// What the book covers.
    fn coverage(&self) -> Result<Coverage, String> {
        Coverage::read(self.root, &self.entries).map_err(|error| format!("{error:#}"))
    }

    /// The agendas of the book.
    fn plan(&self, page: &Page, problems: &mut Problems) -> Result<Plan, String> {
        agenda::read(self.root, page, &self.entries, problems)
    }

    /// The table whose file lies beside the page.
    fn dictionary(&self, page: &Page, to_root: &str) -> Result<String, String> {
        let read = |file: &Path| {
            std::fs::read_to_string(file)
                .map_err(|error| format!("cannot read {}: {error}", file.display()))
        };
        let page = self.root.join(&page.source.file);
        let text = read(&page.with_file_name(dictionary::FILE))?;
        let lock = read(&self.root.join("Cargo.lock"))?;
        dictionary::tables(&text, &lock, &self.entries, to_root).map_err(|e| format!("{e:#}"))
    }

    /// Code blocks of a language that can be coloured, coloured. Those in a
    /// list or quotation stay with mdBook, which knows their indentation.
    fn fences(
        &self,
        page: &Page,
        outline: &Outline,
        found: &[Found<'_>],
    ) -> Vec<(Range<usize>, String)> {
        let body = page.source.body();
        outline
            .fences
            .iter()
            .filter(|fence| fence.top_level && highlight::knows(&fence.language))
            .filter_map(|fence| {
                let mut code = body[fence.content.clone()].to_owned();
                for directive in found.iter().rev() {
                    if !fence.content.contains(&directive.range.start) {
                        continue;
                    }
                    let Ok(Directive::Include { path, part }) = &directive.meaning else {
                        return None;
                    };
                    // A wrong include has been reported; mdBook shows it as it is.
                    let text =
                        includes::read(self.root, &page.source, path, part.as_deref()).ok()?;
                    let start = directive.range.start - fence.content.start;
                    let end = directive.range.end - fence.content.start;
                    code.replace_range(start..end, text.trim_end_matches('\n'));
                }
                let html = highlight::pre(&code, &fence.language);
                Some((
                    fence.range.clone(),
                    block(&format!(
                        "<pre class=\"lab-code\"><code>{html}</code></pre>"
                    )),
                ))
            })
            .collect()
    }
}

/// Whether nothing else stands on a directive's line.
fn alone(body: &str, found: &Found<'_>) -> bool {
    let start = body[..found.range.start].rfind('\n').map_or(0, |n| n + 1);
    let end = body[found.range.end..]
        .find('\n')
        .map_or(body.len(), |n| found.range.end + n);
    body[start..end].trim() == found.text
}
