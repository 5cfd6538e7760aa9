//! The lab's program, which the workshop builds when it is first needed.
//!
//! It is spoken to by the workshop and by tests; `cargo lab` is for people. There
//! are two that understand the same commands: the binary has the lab's versions,
//! and the proof, told `--lab`, has the exercise, too.

use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use lexopt::{Arg, Parser, ValueExt};
use serde_json::json;

use crate::lab::Lab;
use crate::load;
use crate::recording::Sample;
use crate::run;
use crate::server;
use crate::style;
use crate::subject::{self, Target};

const USAGE: &str = "\
describe                     the lab as JSON
serve VERSION [--port N]     serve a version on 127.0.0.1 until told to end
prove VERSION | --cmd CMD    run the experiment, print the transcript
judge VERSION...             run the experiment on each, print JSON lines
load  VERSION | --cmd CMD    run the load, print JSON lines
options: --color (paint the transcript)
exit codes: 0 every claim holds, 1 a claim does not, 2 nothing could be run";

/// Makes a proof the lab's program, when it is the first argument.
pub const LAB: &str = "--lab";

/// Runs the lab's program.
#[must_use]
pub fn main(lab: &'static Lab) -> ExitCode {
    if let Some(code) = subject::dispatch(lab) {
        return ExitCode::from(code);
    }
    let code = match command(lab) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    };
    server::end_all();
    code
}

#[derive(Default)]
struct Options {
    words: Vec<String>,
    port: u16,
    cmd: Option<String>,
    color: bool,
}

fn options() -> anyhow::Result<Options> {
    let mut options = Options::default();
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("port") => options.port = parser.value()?.parse()?,
            Arg::Long("cmd") => options.cmd = Some(parser.value()?.string()?),
            Arg::Long("color") => options.color = true,
            Arg::Long("lab") => {}
            Arg::Long("help") | Arg::Short('h') => options.words = vec!["help".into()],
            Arg::Value(word) => options.words.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn command(lab: &'static Lab) -> anyhow::Result<ExitCode> {
    let options = options()?;
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    match words[..] {
        ["describe"] => describe(lab),
        ["serve", name] => serve(lab, name, options.port),
        ["prove", ref rest @ ..] => prove(lab, target(lab, rest, &options)?, options.color),
        ["judge", ref names @ ..] => judge(lab, names),
        ["load", ref rest @ ..] => load(lab, &target(lab, rest, &options)?),
        ["help"] => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("usage:\n{USAGE}"),
    }
}

fn target(lab: &'static Lab, rest: &[&str], options: &Options) -> anyhow::Result<Target> {
    match (rest, &options.cmd) {
        ([], Some(command)) => Ok(Target::Command(command.clone())),
        ([name], None) => {
            let version = lab.version(name);
            let version = version.with_context(|| format!("no version `{name}`"))?;
            Ok(Target::Version(version))
        }
        _ => bail!("name a version or give --cmd, one of the two"),
    }
}

fn describe(lab: &'static Lab) -> anyhow::Result<ExitCode> {
    let versions: Vec<_> = lab
        .all()
        .map(|v| json!({ "name": v.name, "kind": v.kind }))
        .collect();
    let claims: Vec<_> = lab.claims.iter().map(|c| c.promise).collect();
    let load = (lab.load)();
    println!(
        "{}",
        json!({
            "lab": lab.id,
            "title": lab.title,
            "claims": claims,
            "versions": versions,
            "load": load.versions,
        })
    );
    Ok(ExitCode::SUCCESS)
}

fn serve(lab: &'static Lab, name: &str, port: u16) -> anyhow::Result<ExitCode> {
    lab.version(name)
        .with_context(|| format!("no version `{name}`"))?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .with_context(|| format!("cannot listen on 127.0.0.1:{port}"))?;
    // The stubs in it run on the harness's own runtime.
    let ground = run::runtime().block_on((lab.ground)())?;
    let env = ground.env_by_hand();
    // The workshop announces both when it has read the second.
    if let Some(tls) = &env.tls {
        println!("over TLS on https://{}", tls.addr);
    }
    println!("listening on http://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    subject::serve(lab, name, env, listener)?;
    drop(ground);
    Ok(ExitCode::SUCCESS)
}

fn prove(lab: &'static Lab, target: Target, color: bool) -> anyhow::Result<ExitCode> {
    let outcome = run::runtime().block_on(run::experiment(lab, target))?;
    if let (false, Some(cause)) = (outcome.started, &outcome.stopped) {
        bail!("{cause}");
    }
    print!("{}", style::paint(&outcome.transcript.text(), color));
    for panic in &outcome.panics {
        eprintln!("the service panicked at {panic}");
    }
    let code = if outcome.transcript.all_hold() { 0 } else { 1 };
    Ok(ExitCode::from(code))
}

/// Versions that are judged at the same time.
const AT_ONCE: usize = 8;

/// For programs that want many verdicts, on one start of the services.
fn judge(lab: &'static Lab, names: &[&str]) -> anyhow::Result<ExitCode> {
    let mut versions = Vec::new();
    for name in names {
        let version = lab.version(name);
        versions.push(version.with_context(|| format!("no version `{name}`"))?);
    }
    let mut all_hold = true;
    run::runtime().block_on(async {
        for some in versions.chunks(AT_ONCE) {
            let runs: Vec<_> = some
                .iter()
                .map(|version| tokio::spawn(run::experiment(lab, Target::Version(version))))
                .collect();
            for (version, run) in some.iter().zip(runs) {
                let outcome = run.await??;
                let holds = outcome.transcript.all_hold();
                all_hold &= holds;
                say(&json!({
                    "version": version.name,
                    "holds": holds,
                    "stopped": outcome.stopped,
                    "panics": outcome.panics,
                    "text": outcome.transcript.text(),
                }))?;
            }
        }
        anyhow::Ok(())
    })?;
    Ok(ExitCode::from(u8::from(!all_hold)))
}

fn load(lab: &'static Lab, target: &Target) -> anyhow::Result<ExitCode> {
    let load = (lab.load)();
    say(&json!({ "plan": load.plan }))?;
    let mut batch: Vec<Sample> = Vec::new();
    let mut told = Instant::now();
    let mut gone = None;
    let run = run::runtime().block_on(load::run(lab, &load, target, |sample| {
        batch.push(sample);
        // Ten times a second is as often as a person can follow.
        if told.elapsed() >= Duration::from_millis(100) {
            gone = say(&json!({ "samples": batch })).err();
            batch.clear();
            told = Instant::now();
        }
    }))?;
    if let Some(error) = gone {
        return Err(error);
    }
    say(&json!({ "samples": batch }))?;
    say(&json!({ "run": run }))?;
    Ok(ExitCode::SUCCESS)
}

fn say(line: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
