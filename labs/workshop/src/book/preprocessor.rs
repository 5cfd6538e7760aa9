//! The mdBook preprocessor: front matter off, directives replaced, everything
//! linted.
//!
//! It never stops at a mistake. A figure that cannot be drawn leaves a
//! sentence in its place and a [`Problem`](super::Problem) in the outcome;
//! who runs the preprocessor decides what that means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mdbook_preprocessor::book::Book;
use mdbook_preprocessor::errors::Result;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use super::directive::{self, Directive, Found};
use super::figures::{self, Surroundings};
use super::front_matter::ChapterFront;
use super::highlight;
use super::html::block;
use super::indexes::{self, Entry};
use super::markdown::{self, Outline};
use super::problem::Problems;
use super::source::Source;
use super::{anatomy, includes, snapshot};
use crate::workspace::{Lab, Workspace};

/// The preprocessor, `labs` in book.toml.
pub struct Labs {
    root: PathBuf,
    labs: Vec<Lab>,
    outcome: Arc<Mutex<Outcome>>,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Everything that is wrong.
    pub problems: Problems,
    /// Every page, in the order of the book.
    pub pages: Vec<Page>,
}

/// A page of the book.
#[derive(Debug)]
pub struct Page {
    /// What its author wrote.
    pub source: Source,
    /// Its name in the table of contents.
    pub name: String,
    /// Its file, relative to the book's sources.
    pub path: String,
    /// Its address, relative to the site's root.
    pub url: String,
}

impl Labs {
    /// A preprocessor that knows the labs of `workspace`.
    #[must_use]
    pub fn new(workspace: &Workspace) -> Self {
        Self {
            root: workspace.root.clone(),
            labs: workspace.labs.clone(),
            outcome: Arc::default(),
        }
    }

    /// A hold on what the next run finds.
    #[must_use]
    pub fn outcome(&self) -> Arc<Mutex<Outcome>> {
        Arc::clone(&self.outcome)
    }

    fn lab(&self, id: &str) -> Option<&Lab> {
        self.labs.iter().find(|lab| lab.id == id)
    }
}

/// The outcome, also when a thread that held it has panicked.
pub fn lock(outcome: &Mutex<Outcome>) -> MutexGuard<'_, Outcome> {
    outcome.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Preprocessor for Labs {
    fn name(&self) -> &str {
        "labs"
    }

    fn run(&self, ctx: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let src = ctx.config.book.src.to_string_lossy().into_owned();
        let title = ctx.config.book.title.clone().unwrap_or_default();
        let mut problems = Problems::default();
        let mut pages: Vec<Page> = book
            .chapters()
            .filter_map(|chapter| {
                let path = chapter.source_path.as_ref()?.to_string_lossy().replace('\\', "/");
                let source =
                    Source::read(&format!("{src}/{path}"), &chapter.content, &mut problems);
                let target = chapter.path.as_ref()?.with_extension("html");
                let url = target.to_string_lossy().replace('\\', "/");
                Some(Page { source, name: chapter.name.clone(), path, url })
            })
            .collect();
        let drawing = Drawing::new(self, &pages, &format!("{src}/SUMMARY.md"), &mut problems);
        let mut contents = Vec::new();
        for page in &pages {
            contents.push((page.path.clone(), drawing.page(page, &title, &mut problems)));
        }
        let mut contents = contents.into_iter();
        book.for_each_chapter_mut(|chapter| {
            let path = chapter.source_path.as_ref().map(|p| p.to_string_lossy().replace('\\', "/"));
            if let Some(path) = path
                && let Some((_, content)) = contents.find(|(of, _)| *of == path)
            {
                chapter.content = content;
            }
        });
        let mut outcome = lock(&self.outcome);
        outcome.problems.extend(problems.sorted());
        outcome.pages.append(&mut pages);
        Ok(book)
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(renderer == "html")
    }
}

/// What is known before the first figure is drawn.
struct Drawing<'a> {
    labs: &'a Labs,
    chapters: BTreeMap<String, ChapterFront>,
    paths: BTreeMap<String, String>,
    entries: Vec<Entry<'a>>,
}

impl<'a> Drawing<'a> {
    fn new(labs: &'a Labs, pages: &'a [Page], summary: &str, problems: &mut Problems) -> Self {
        let mut this = Self {
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
            if this.chapters.insert(front.lab.clone(), front.clone()).is_some() {
                wrong(format!("lab {} has another chapter already", front.lab));
            }
            match labs.lab(&front.lab) {
                Some(lab) => {
                    let stem = Path::new(&page.path).file_stem().unwrap_or_default();
                    if *stem != *lab.folder_name() {
                        wrong(format!("the file of lab {} is named {}.md", lab.id, lab.folder_name()));
                    }
                    if front.services != lab.services {
                        wrong(format!("services are {:?} here and {:?} in the lab's Cargo.toml", front.services, lab.services));
                    }
                    if front.lab_minutes != lab.minutes {
                        wrong(format!("lab_minutes is {} here, minutes is {} in the lab's Cargo.toml", front.lab_minutes, lab.minutes));
                    }
                }
                None => wrong(format!("there is no lab {}", front.lab)),
            }
            this.paths.insert(front.lab.clone(), page.path.clone());
            this.entries.push(Entry { page: &page.source, name: &page.name, path: &page.path });
        }
        for lab in &labs.labs {
            if this.chapters.contains_key(&lab.id) {
                snapshot::check(&labs.root, lab, problems);
            } else {
                problems.add(summary, 1, format!("lab {} has no chapter", lab.folder_name()));
            }
        }
        this
    }

    /// Lints a page and returns what mdBook gets to see.
    fn page(&self, page: &Page, book: &str, problems: &mut Problems) -> String {
        let source = &page.source;
        let body = source.body();
        let outline = markdown::outline(body);
        let found = directive::find(body);
        includes::check(&self.labs.root, source, &outline, &found, problems);
        let front = source.front.as_ref().and_then(|f| f.chapter());
        if let Some(lab) = front.and_then(|f| self.labs.lab(&f.lab)) {
            anatomy::check(source, lab, &outline, &found, problems);
        }
        let body = self.expand(page, &outline, &found, problems);
        match source.title() {
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
            let mut wrong = |what: &str| {
                problems.add(&page.source.file, page.source.line(at), what);
            };
            let drawn = match &directive.meaning {
                Err(why) => Err(why.clone()),
                Ok(Directive::Include { .. }) => continue,
                Ok(Directive::Checklists) => Ok(indexes::checklists(&self.entries, &to_root)),
                Ok(Directive::Symptoms) => Ok(indexes::symptoms(&self.entries, &to_root)),
                Ok(Directive::Lab { lab, figure }) => match self.labs.lab(lab) {
                    None => Err(format!("there is no lab {lab}: `cargo lab list` shows them all")),
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

    /// Code blocks of a language that can be coloured, coloured. Those in a
    /// list or quotation stay with mdBook, which knows their indentation.
    fn fences(
        &self,
        page: &Page,
        outline: &Outline,
        found: &[Found<'_>],
    ) -> Vec<(std::ops::Range<usize>, String)> {
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
                        includes::read(&self.labs.root, &page.source, path, part.as_deref()).ok()?;
                    let start = directive.range.start - fence.content.start;
                    let end = directive.range.end - fence.content.start;
                    code.replace_range(start..end, text.trim_end_matches('\n'));
                }
                let html = highlight::pre(&code, &fence.language);
                Some((fence.range.clone(), block(&format!("<pre class=\"lab-code\"><code>{html}</code></pre>"))))
            })
            .collect()
    }
}

/// Whether nothing else stands on a directive's line.
fn alone(body: &str, found: &Found<'_>) -> bool {
    let start = body[..found.range.start].rfind('\n').map_or(0, |n| n + 1);
    let end = body[found.range.end..].find('\n').map_or(body.len(), |n| found.range.end + n);
    body[start..end].trim() == found.text
}
