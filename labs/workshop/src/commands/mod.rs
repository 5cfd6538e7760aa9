//! One module per command; each has a `run` that returns the exit code.

pub mod build;
pub mod check;
pub mod doctor;
#[cfg(test)]
pub mod fixture;
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

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::cargo::{Built, Cargo};
use crate::cli::{Command, PreprocessQuestion};
use crate::compiler::Failure;
use crate::exercise;
use crate::terminal::{self, Bar};
use crate::workspace::{Lab, Workspace};

/// Claims fail, or something of the reader's does not compile.
pub const RED: u8 = 1;

/// Carries out `command`.
///
/// # Errors
/// For wrong usage, and for what this machine lacks.
pub fn run(workspace: &Workspace, command: Command) -> Result<ExitCode> {
    let lab = |name: &str| workspace.lab(name);
    match command {
        Command::Serve(args) => serve::run(workspace, args.port, args.open, &args.allow_host),
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
        Command::Run {
            lab: arg,
            version,
            port,
        } => run::run(workspace, lab(&arg.name)?, version.as_deref(), port),
        Command::Prove {
            lab: arg,
            version,
            cmd,
        } => prove::run(
            workspace,
            lab(&arg.name)?,
            version.as_deref(),
            cmd.as_deref(),
        ),
        Command::Load {
            lab: arg,
            versions,
            record,
        } => load::run(workspace, lab(&arg.name)?, &versions, record),
        Command::Doctor { fetch, json } => doctor::run(workspace, fetch, json),
    }
}

/// Builds the program that runs `version` of `lab`, with progress; `None` when
/// it does not compile, which has then been said.
///
/// # Errors
/// When cargo cannot be started.
fn build(workspace: &Workspace, lab: &Lab, version: &str) -> Result<Option<PathBuf>> {
    let mut bar = Bar::build(&lab.package);
    let cargo = Cargo::new(workspace, terminal::error_colours());
    let built = cargo.lab(lab, version, &mut |step| bar.step(step))?;
    drop(bar);
    match built {
        Built::Ready(program) => Ok(Some(program)),
        Built::Failed(failure) => {
            not_compiled(workspace, lab, &failure);
            Ok(None)
        }
    }
}

/// Shows why a build failed, and what to do next.
fn not_compiled(workspace: &Workspace, lab: &Lab, failure: &Failure) {
    terminal::complain(format_args!("{}\n", failure.text));
    let exercise = lab.dir.join("src/exercise.rs");
    let file = exercise::shown(&exercise, &workspace.root);
    let package = &lab.package;
    let next = if failure.only_in(&workspace.root, &exercise) {
        format!("{file} does not compile: the compiler says why above.")
    } else if failure.only_in(&workspace.root, &lab.dir) {
        format!(
            "{package} does not compile. The lab calls `server` of {file}: keep its name and \
             its arguments as broken.rs has them. `git status` shows what else was edited."
        )
    } else {
        format!(
            "{package} could not be built. `cargo lab doctor` says what this machine lacks, \
             `git status` what was edited."
        )
    };
    terminal::complain(format_args!("{next}"));
}
