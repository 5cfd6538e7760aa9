//! One module per command; each has a `run` that returns the exit code.

pub mod build;
pub mod check;
pub mod doctor;
pub mod hint;
pub mod list;
pub mod load;
pub mod preprocess;
pub mod prove;
pub mod reset;
pub mod run;
pub mod serve;
pub mod start;
pub mod watch;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::{Command, PreprocessQuestion};
use crate::workspace::Workspace;

/// Claims fail, or something of the reader's does not compile.
pub const RED: u8 = 1;

/// Carries out `command`.
///
/// # Errors
/// For wrong usage, and for what this machine lacks.
pub fn run(workspace: &Workspace, command: Command) -> Result<ExitCode> {
    let lab = |name: &str| workspace.lab(name);
    match command {
        Command::Serve(args) => {
            serve::run(workspace, args.port, args.open, &args.allow_host)
        }
        Command::Build { dest } => build::run(workspace, dest.as_deref()),
        Command::Preprocess { question } => {
            let renderer = question.map(|PreprocessQuestion::Supports { renderer }| renderer);
            preprocess::run(workspace, renderer.as_deref())
        }
        Command::List { json } => list::run(workspace, json),
        Command::Start(arg) => start::run(workspace, lab(&arg.name)?),
        Command::Reset { lab: arg, yes } => reset::run(workspace, lab(&arg.name)?, yes),
        Command::Check(arg) => check::run(workspace, lab(&arg.name)?),
        Command::Watch(arg) => watch::run(workspace, lab(&arg.name)?),
        Command::Hint { lab: arg, all } => hint::run(workspace, lab(&arg.name)?, all),
        Command::Run { lab: arg, version, port } => {
            run::run(workspace, lab(&arg.name)?, version.as_deref(), port)
        }
        Command::Prove { lab: arg, version, cmd } => {
            prove::run(workspace, lab(&arg.name)?, version.as_deref(), cmd.as_deref())
        }
        Command::Load { lab: arg, versions, record } => {
            load::run(workspace, lab(&arg.name)?, &versions, record)
        }
        Command::Doctor { json } => doctor::run(workspace, json),
    }
}
