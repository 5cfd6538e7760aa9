//! `cargo lab build`: the static book, for publishing.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::book::{self, Base};
use crate::terminal;
use crate::workspace::Workspace;

/// Builds the book into `dest`, by default the folder that book.toml names.
///
/// # Errors
/// When the folder cannot be written, or holds something else.
pub fn run(workspace: &Workspace, dest: Option<&Path>) -> Result<ExitCode> {
    let begun = Instant::now();
    let dest = match dest {
        Some(dest) => std::env::current_dir()
            .context("the current folder is gone")?
            .join(dest),
        None => workspace.root.join(book::folder(workspace)),
    };
    let built = book::build(workspace, &dest, Base::Published)?;
    for problem in &built.problems {
        terminal::complain(format_args!("{problem}"));
    }
    if !built.problems.is_empty() {
        let count = built.problems.len();
        terminal::complain(format_args!(
            "the book has {count} {}",
            if count == 1 { "mistake" } else { "mistakes" }
        ));
        return Ok(ExitCode::from(super::RED));
    }
    terminal::say(format_args!(
        "The book is in {} ({:.1} s).",
        dest.display(),
        begun.elapsed().as_secs_f64()
    ));
    Ok(ExitCode::SUCCESS)
}
