//! `cargo lab preprocess`: mdBook's preprocessor protocol.
//!
//! The book's own `serve` and `build` run the preprocessor in process; this
//! is for plain `mdbook build` and `mdbook serve`. mdBook's pages then lack
//! what is added to the finished HTML: description, canonical link, footer.

use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result};
use mdbook_preprocessor::{Preprocessor as _, parse_input};

use crate::book::{self, Labs};
use crate::terminal;
use crate::workspace::Workspace;

/// Answers whether a renderer is supported, or reads a book from standard
/// input and writes it, with its figures, to standard output.
///
/// # Errors
/// When the input is no book, or the output cannot be written.
pub fn run(workspace: &Workspace, supports: Option<&str>) -> Result<ExitCode> {
    let labs = Labs::new(workspace);
    if let Some(renderer) = supports {
        let supported = labs.supports_renderer(renderer)?;
        return Ok(if supported {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(super::RED)
        });
    }
    let (context, book) = parse_input(io::stdin().lock())?;
    let problems = book::problems_of(&labs);
    let book = labs.run(&context, book)?;
    let problems = problems();
    if !problems.is_empty() {
        for problem in &problems {
            terminal::complain(format_args!("{problem}"));
        }
        return Ok(ExitCode::from(super::RED));
    }
    serde_json::to_writer(io::stdout().lock(), &book).context("mdBook does not listen")?;
    Ok(ExitCode::SUCCESS)
}
