//! A repair with one piece of it left out.
//!
//! A piece is a statement, or a call in a chain of calls, that stands in
//! `fixed.rs` and not in `broken.rs`.

use std::collections::HashSet;
use std::ops::Range;

use anyhow::{Context as _, Result};
use proc_macro2::LineColumn;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// A source with one piece left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The piece, on one line.
    pub without: String,
    /// The line that it begins on.
    pub line: usize,
    /// The rest.
    pub source: String,
}

/// Every mutant of `fixed`, in the order of the source.
///
/// # Errors
/// When one of the two is no Rust.
pub fn of(fixed: &str, broken: &str) -> Result<Vec<Mutant>> {
    let known: HashSet<String> = pieces(broken)?.into_iter().map(|p| p.bare).collect();
    let mut mutants: Vec<Mutant> = pieces(fixed)?
        .into_iter()
        .filter(|piece| !known.contains(&piece.bare))
        .map(|piece| {
            let mut source = fixed.to_owned();
            let text = source[piece.bytes.clone()].to_owned();
            source.replace_range(piece.bytes, "");
            Mutant {
                without: text.split_whitespace().collect::<Vec<_>>().join(" "),
                line: piece.at.line,
                source,
            }
        })
        .collect();
    mutants.dedup();
    Ok(mutants)
}

struct Piece {
    bytes: Range<usize>,
    at: LineColumn,
    /// Without white space, to be compared.
    bare: String,
}

fn pieces(source: &str) -> Result<Vec<Piece>> {
    let file = syn::parse_file(source).context("no Rust")?;
    let mut finder = Finder {
        source,
        found: Vec::new(),
    };
    finder.visit_file(&file);
    Ok(finder.found)
}

struct Finder<'a> {
    source: &'a str,
    found: Vec<Piece>,
}

impl Finder<'_> {
    fn note(&mut self, bytes: Range<usize>, at: LineColumn) {
        let bare = self.source[bytes.clone()].split_whitespace().collect();
        self.found.push(Piece { bytes, at, bare });
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        // An item in a block is no statement that runs.
        if !matches!(statement, syn::Stmt::Item(_)) {
            let span = statement.span();
            self.note(span.byte_range(), span.start());
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        // Inside out, which is the order of the source.
        visit::visit_expr_method_call(self, call);
        let from = call.dot_token.span.byte_range().start;
        let to = call.paren_token.span.close().byte_range().end;
        self.note(from..to, call.dot_token.span.start());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_calls_of_the_repair_are_left_out_one_by_one() {
        let broken = "fn f() { a(); b().c(); }";
        let fixed = "fn f() { a(); lock(); b().d(|_| e()).c(); }";
        let mutants = of(fixed, broken).unwrap();
        let without: Vec<&str> = mutants.iter().map(|m| m.without.as_str()).collect();
        assert_eq!(without, ["lock();", "b().d(|_| e()).c();", ".d(|_| e())"]);
        assert_eq!(mutants[2].source, "fn f() { a(); lock(); b().c(); }");
    }
}
