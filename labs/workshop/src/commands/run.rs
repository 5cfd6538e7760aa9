//! `run`: one version as a server, to be tried by hand.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use labkit::cli;

use super::RED;
use crate::attacker;
use crate::process::{self, Ended, Output};
use crate::say;
use crate::terminal::Paint;
use crate::version;
use crate::workspace::{Lab, Workspace};

/// What a lab's program prints before its address, which comes last.
const LISTENING: &str = "listening on ";

/// What it prints before the address for HTTPS, when it has one.
const OVER_TLS: &str = "over TLS on ";

/// Runs a version of `lab` until Ctrl-C.
///
/// # Errors
/// When the port is taken or the program cannot be started.
pub fn run(workspace: &Workspace, lab: &Lab, version: Option<&str>, port: u16) -> Result<ExitCode> {
    let version = version::pick(lab, version)?;
    free(lab, &version, port)?;
    let Some(program) = super::build(workspace, lab, &version)? else {
        return Ok(ExitCode::from(RED));
    };
    let attacker = attacker::serve(&lab.dir.join("attacker"))?;
    let mut command = process::command(&program);
    command.args([cli::LAB, "serve", &version, "--port", &port.to_string()]);
    let mut announced = false;
    let mut https = None;
    let mut take = |line: &str| {
        if announced {
            say!("{line}");
        } else if let Some(url) = line.strip_prefix(OVER_TLS) {
            https = Some(url.trim().to_owned());
        } else if let Some(url) = line.strip_prefix(LISTENING) {
            announced = true;
            announce(lab, &version, url.trim(), https.as_deref(), attacker);
        } else {
            say!("{line}");
        }
        Ok(())
    };
    match process::supervise(command, Output::Lines(&mut take))? {
        // Ctrl-C is how this command ends.
        Ended::Stopped { code: 130 } => Ok(ExitCode::SUCCESS),
        Ended::Stopped { code } => Ok(ExitCode::from(code)),
        Ended::Itself(status) if announced => bail_red(&format!(
            "version {version} of lab {} ended: {status}",
            lab.id
        )),
        // The program has said why.
        Ended::Itself(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            Ok(ExitCode::from(
                code.filter(|&code| code != 0).unwrap_or(RED),
            ))
        }
    }
}

fn bail_red(message: &str) -> Result<ExitCode> {
    crate::terminal::complain(format_args!("{message}"));
    Ok(ExitCode::from(RED))
}

/// Says where it listens, and what to try.
fn announce(lab: &Lab, version: &str, url: &str, https: Option<&str>, attacker: Option<u16>) {
    let paint = Paint::stdout();
    say!(
        "{}",
        paint.bold(&format!("Lab {}, {version}: {url}", lab.id))
    );
    if let Some(https) = https {
        say!("By HTTPS: {https}, with a certificate that no browser knows");
    }
    let port = url
        .rsplit(':')
        .next()
        .unwrap_or_default()
        .trim_end_matches('/');
    if !lab.tries.is_empty() {
        say!();
        say!("In another terminal, try:");
        for line in &lab.tries {
            say!("  {}", line.replace("{port}", port));
        }
    }
    if let Some(page) = attacker {
        let mut service = url.trim_end_matches('/').to_owned();
        if let Some(https) = https {
            service.push_str(&format!("&https={https}"));
        }
        say!();
        say!("The attacker's page, for your browser:");
        say!("  http://localhost:{page}/?service={service}  on another site");
        say!("  http://127.0.0.1:{page}/?service={service}  on another port of the same site");
    }
    say!();
    say!("Ctrl-C stops it.");
}

/// Fails when `port` cannot be had, before a build is waited for.
fn free(lab: &Lab, version: &str, port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {port} is taken: choose another with \
             `cargo lab run {} {version} --port {}`",
            lab.id,
            port.checked_add(1).unwrap_or(0)
        ),
        Err(error) => Err(error)
            .with_context(|| format!("cannot listen on port {port}: choose another with --port")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn a_taken_port_is_named_with_the_way_out() {
        let fixture = Fixture::new();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = run(&fixture.workspace, fixture.lab(), None, port)
            .unwrap_err()
            .to_string();
        assert!(error.contains("is taken"), "{error}");
        assert!(error.contains("cargo lab run 01 broken --port"), "{error}");
    }
}
