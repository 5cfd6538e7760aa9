//! The reader's binary: it serves the book, runs its labs and judges the
//! exercises. `cargo run` starts it; `cargo lab COMMAND` reaches the rest.

mod attacker;
mod book;
mod cargo;
mod claims;
mod cli;
mod commands;
mod compiler;
mod exercise;
mod hints;
mod live;
mod process;
mod provenance;
mod table;
mod terminal;
mod tools;
mod version;
mod workspace;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::workspace::Workspace;

/// A usage error, or something that this machine lacks.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    if let Some(code) = process::tied() {
        return code;
    }
    let cli = Cli::parse();
    run(cli).unwrap_or_else(|error| {
        terminal::complain(format_args!("error: {error:#}"));
        ExitCode::from(USAGE)
    })
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find()?;
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    commands::run(&workspace, command)
}
