//! The other side: this executable as the service under test.

use std::net::TcpListener;
use std::os::fd::AsFd;

use anyhow::Context;

use super::SERVE;
use crate::control;
use crate::env::Env;
use crate::lab::Lab;
use crate::process;

/// Runs as a subject or as a supervisor if the environment says so, and
/// gives the exit code. To be called first thing in `main`.
#[must_use]
pub fn dispatch(lab: &'static Lab) -> Option<u8> {
    if let Some(code) = process::supervise().or_else(process::become_program) {
        return Some(code);
    }
    process::tie_to_parent();
    let name = std::env::var(SERVE).ok()?;
    let served = serve_from_stdin(lab, &name);
    Some(match served {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            1
        }
    })
}

fn serve_from_stdin(lab: &'static Lab, name: &str) -> anyhow::Result<()> {
    let listener = TcpListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    serve(lab, name, Env::from_process()?, listener)
}

/// Serves a version in this process until it is told to end.
///
/// # Errors
/// When there is no such version or its server cannot be started.
pub fn serve(lab: &'static Lab, name: &str, env: Env, listener: TcpListener) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let server = if control::is_control() {
            control::server(listener).await?
        } else {
            let version = lab.version(name).context("no such version")?;
            (version.serve)(env, listener).await?
        };
        Ok(server.await?)
    })
}
