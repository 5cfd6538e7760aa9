//! From sources to a checked site.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use mdbook_driver::MDBook;
use mdbook_driver::config::{Config, HtmlConfig};

use super::edition::Edition;
use super::preprocessor::{self, Labs};
use super::problem::{Problem, Problems};
use super::site::Site;
use super::{finish, links, log};
use crate::workspace::Workspace;

/// Where a site will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// At the `site-url` of book.toml.
    Published,
    /// At the root of a server of our own.
    Local,
}

/// What a build made.
#[derive(Debug)]
pub struct Built {
    /// The site; nothing when mdBook gave up.
    pub site: Option<Site>,
    /// Everything that is wrong, by file and line.
    pub problems: Vec<Problem>,
}

/// Builds the book of `workspace` into `dest`, which is emptied first.
///
/// # Errors
/// For what is no mistake of an author: a folder that cannot be written, or
/// that holds something else than a built book.
pub fn build(workspace: &Workspace, dest: &Path, base: Base) -> Result<Built> {
    let dest = absolute(dest)?;
    refuse_to_empty(&dest)?;
    let mut problems = Problems::default();
    let site = match assemble(workspace, &dest, base, &mut problems) {
        Ok(site) => Some(site),
        Err(Failure::Author { file, error }) => {
            problems.add(file, 1, format!("{error:#}"));
            None
        }
        Err(Failure::Machine(error)) => return Err(error),
    };
    Ok(Built {
        site,
        problems: problems.sorted(),
    })
}

/// The folder that book.toml names, relative to the repository's root.
#[must_use]
pub fn folder(workspace: &Workspace) -> PathBuf {
    Config::from_disk(workspace.root.join("book.toml")).map_or_else(
        |_| PathBuf::from("target/book"),
        |config| config.build.build_dir,
    )
}

enum Failure {
    Author {
        file: &'static str,
        error: anyhow::Error,
    },
    Machine(anyhow::Error),
}

fn author(file: &'static str) -> impl FnOnce(anyhow::Error) -> Failure {
    move |error| Failure::Author { file, error }
}

fn assemble(
    workspace: &Workspace,
    dest: &Path,
    base: Base,
    problems: &mut Problems,
) -> std::result::Result<Site, Failure> {
    let root = &workspace.root;
    let mut config = Config::from_disk(root.join("book.toml")).map_err(author("book.toml"))?;
    let site_url = settings(root, &config, problems);
    if base == Base::Local {
        config
            .set("output.html.site-url", "/")
            .map_err(author("book.toml"))?;
    }
    config.build.build_dir = dest.to_path_buf();
    let labs = Labs::new(workspace);
    let outcome = labs.outcome();
    let (built, messages) = log::collect(|| {
        let mut book = MDBook::load_with_config(root, config)?;
        book.with_preprocessor(labs);
        book.build()
    });
    let mut outcome = std::mem::take(&mut *preprocessor::lock(&outcome));
    problems.extend(outcome.problems.take().sorted());
    for message in messages {
        // `settings` has said so, with the line.
        if message.contains("deserialize `output.html`") {
            continue;
        }
        problems.add(&blame(&message, &outcome.pages), 1, message);
    }
    built.map_err(author("book/SUMMARY.md"))?;
    // mdBook copies whatever lies beside the chapters, the theme too, whose
    // files it has used already.
    let theme = dest.join("theme");
    if theme.is_dir() {
        std::fs::remove_dir_all(&theme)
            .context("cannot remove the copy of the theme")
            .map_err(Failure::Machine)?;
    }
    finish::finish(dest, &outcome.pages, &site_url, base, &Edition::read(root))
        .map_err(Failure::Machine)?;
    let site = Site::read(dest).map_err(Failure::Machine)?;
    let shown = dest
        .strip_prefix(root)
        .unwrap_or(dest)
        .display()
        .to_string();
    links::check(dest, &shown, &site.names(), &outcome.pages, problems)
        .map_err(Failure::Machine)?;
    Ok(site)
}

/// Checks book.toml as strictly as mdBook does not; returns the site's URL.
fn settings(root: &Path, config: &Config, problems: &mut Problems) -> String {
    let text = std::fs::read_to_string(root.join("book.toml")).unwrap_or_default();
    let line = |needle: &str| {
        text.lines()
            .position(|l| l.trim_start().starts_with(needle))
            .map_or(1, |n| n + 1)
    };
    match config.get::<HtmlConfig>("output.html") {
        // mdBook logs this, and then builds with every setting at its default.
        Err(error) => {
            let message = format!("{error:#}");
            let key = message
                .split("unknown field `")
                .nth(1)
                .and_then(|m| m.split('`').next());
            problems.add("book.toml", line(key.unwrap_or("[output.html]")), message);
            "/".to_owned()
        }
        Ok(html) => match html.and_then(|h| h.site_url) {
            Some(url) if url.starts_with("https://") && url.ends_with('/') => url,
            _ => {
                problems.add(
                    "book.toml",
                    line("site-url"),
                    "site-url is the whole address of the published book, `https://.../`: \
                     canonical links and the sitemap need it",
                );
                "/".to_owned()
            }
        },
    }
}

/// The file that a message of mdBook's is about.
fn blame(message: &str, pages: &[preprocessor::Page]) -> String {
    pages
        .iter()
        .find(|page| message.contains(&page.path))
        .map_or_else(|| "book.toml".to_owned(), |page| page.source.file.clone())
}

/// mdBook empties the folder that it builds into: make sure that it is ours.
fn refuse_to_empty(dest: &Path) -> Result<()> {
    let Ok(mut entries) = std::fs::read_dir(dest) else {
        return Ok(());
    };
    if entries.next().is_none() || dest.join("toc.html").is_file() {
        return Ok(());
    }
    bail!(
        "{} holds something else than a built book, and would be emptied: \
         name a new folder with `cargo lab build -d DIR`",
        dest.display()
    )
}

fn absolute(path: &Path) -> Result<PathBuf> {
    let path =
        std::path::absolute(path).with_context(|| format!("{} is no path", path.display()))?;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    Ok(out)
}
