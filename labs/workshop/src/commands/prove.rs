//! `prove`: the experiment against a version, or against any command.

use std::process::ExitCode;

use anyhow::Result;
use labkit::cli;

use super::RED;
use crate::process::{self, Ended, Output};
use crate::terminal;
use crate::version;
use crate::workspace::{Lab, Workspace};

/// Prints the transcript of a version, or of the service that `cmd` starts.
///
/// # Errors
/// When there is no such version, or the program cannot be started.
pub fn run(
    workspace: &Workspace,
    lab: &Lab,
    version: Option<&str>,
    cmd: Option<&str>,
) -> Result<ExitCode> {
    // A command needs the experiment only; any version's build has it.
    let version = match cmd {
        Some(_) => "broken".to_owned(),
        None => version::pick(lab, version)?,
    };
    let Some(program) = super::build(workspace, lab, &version)? else {
        return Ok(ExitCode::from(RED));
    };
    let mut command = process::command(&program);
    command.args([cli::LAB, "prove"]);
    match cmd {
        Some(cmd) => command.args(["--cmd", cmd]),
        None => command.arg(&version),
    };
    if terminal::colours() {
        command.arg("--color");
    }
    Ok(match process::supervise(command, Output::Inherit)? {
        Ended::Stopped { code } => ExitCode::from(code),
        Ended::Itself(status) => match status.code() {
            Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(RED)),
            None => {
                terminal::complain(format_args!("the experiment ended: {status}"));
                ExitCode::from(RED)
            }
        },
    })
}
