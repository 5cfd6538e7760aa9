//! The mdBook preprocessor: front matter off, directives replaced, everything
//! linted.
//!
//! It never stops at a mistake. A figure that cannot be drawn leaves a
//! sentence in its place and a [`Problem`] in the outcome;
//! who runs the preprocessor decides what that means.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mdbook_preprocessor::book::Book;
use mdbook_preprocessor::errors::Result;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use super::drawing::Drawing;
use super::problem::{Problem, Problems};
use super::source::Source;
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
}

/// The outcome, also when a thread that held it has panicked.
pub fn lock(outcome: &Mutex<Outcome>) -> MutexGuard<'_, Outcome> {
    outcome.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A question to ask once `labs` has run: what is wrong with the book?
pub fn problems_of(labs: &Labs) -> impl FnOnce() -> Vec<Problem> + use<> {
    let outcome = labs.outcome();
    move || lock(&outcome).problems.take().sorted()
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
                let path = chapter
                    .source_path
                    .as_ref()?
                    .to_string_lossy()
                    .replace('\\', "/");
                let source =
                    Source::read(&format!("{src}/{path}"), &chapter.content, &mut problems);
                let target = chapter.path.as_ref()?.with_extension("html");
                let url = target.to_string_lossy().replace('\\', "/");
                Some(Page {
                    source,
                    name: chapter.name.clone(),
                    path,
                    url,
                })
            })
            .collect();
        let drawing = Drawing::new(
            &self.root,
            &self.labs,
            &pages,
            &format!("{src}/SUMMARY.md"),
            &mut problems,
        );
        let mut contents = Vec::new();
        for page in &pages {
            contents.push((page.path.clone(), drawing.page(page, &title, &mut problems)));
        }
        let mut contents = contents.into_iter();
        book.for_each_chapter_mut(|chapter| {
            let path = chapter
                .source_path
                .as_ref()
                .map(|p| p.to_string_lossy().replace('\\', "/"));
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
