//! The proof: one test per kind of version, named as facts.
//!
//! `src/proof.rs` of every lab is `fn main() { labkit::proof::main(&LAB) }`
//! with `harness = false`, so that what a learner reads is ours, filters and
//! nextest still work, and the same executable serves the versions.

pub mod snapshot;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::sync::OnceCell;

use crate::cli;
use crate::exercise::{self, State};
use crate::lab::{Kind, Lab, Version};
use crate::progress::{self, Progress, Verdict};
use crate::run::{self, Outcome};
use crate::server;
use crate::style;
use crate::subject::{self, Target};
use crate::transcript::Finding;
use crate::verdict;

/// With this variable set, nothing but the exercise's verdict is printed.
pub const VERDICT_ONLY: &str = "LABKIT_VERDICT_ONLY";

/// Runs the proof of `lab`.
#[must_use]
pub fn main(lab: &'static Lab) -> ExitCode {
    if let Some(code) = subject::dispatch(lab) {
        return ExitCode::from(code);
    }
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == cli::LAB)
    {
        return cli::main(lab);
    }
    let code = prove(lab);
    server::end_all();
    code
}

fn prove(lab: &'static Lab) -> ExitCode {
    let proof = Arc::new(Proof {
        lab,
        runs: Mutex::default(),
    });
    if std::env::var_os(VERDICT_ONLY).is_some() {
        return match proof.exercise() {
            Ok(()) => {
                println!("{}", proof.exercise_line().unwrap_or_default());
                ExitCode::SUCCESS
            }
            Err(failed) => {
                print!(
                    "{}",
                    style::paint(failed.message().unwrap_or_default(), style::wanted())
                );
                ExitCode::from(101)
            }
        };
    }
    let mut arguments = Arguments::from_args();
    let trials = proof.trials();
    // A trial mostly waits for its versions, and all of them run at once.
    arguments.test_threads.get_or_insert(trials.len());
    let listing = arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let (false, Some(line)) = (listing || conclusion.has_failed(), proof.exercise_line()) {
        println!("{line}\n");
    }
    conclusion.exit_code()
}

type Run = Arc<OnceCell<Outcome>>;

/// The runs of one proof: each version is run once, when it is first asked for.
struct Proof {
    lab: &'static Lab,
    runs: Mutex<HashMap<&'static str, Run>>,
}

type Check = fn(&Proof) -> Result<(), Failed>;

impl Proof {
    fn trials(self: &Arc<Self>) -> Vec<Trial> {
        let mut checks: Vec<(&str, Check)> = vec![
            ("broken_shows_the_failure", Self::broken_shows_the_failure),
            ("half_fixes_still_fail", Self::half_fixes_still_fail),
            ("fixed_holds", Self::fixed_holds),
            ("every_claim_bites", Self::every_claim_bites),
        ];
        if self.lab.the(Kind::Exercise).is_some() {
            checks.push(("exercise", Self::exercise));
        }
        checks
            .into_iter()
            .map(|(name, check)| {
                let proof = self.clone();
                Trial::test(name, move || check(&proof))
            })
            .collect()
    }

    /// Runs the versions concurrently and gives their outcomes in order.
    fn outcomes(
        &self,
        versions: impl IntoIterator<Item = &'static Version>,
    ) -> Result<Vec<(&'static Version, Outcome)>, Failed> {
        let lab = self.lab;
        let started: Vec<_> = versions
            .into_iter()
            .map(|version| {
                let cell = self.cell(version.name);
                let run = run::runtime().spawn(async move {
                    let start = || run::experiment(lab, Target::Version(version));
                    cell.get_or_try_init(start).await.cloned()
                });
                (version, run)
            })
            .collect();
        let mut outcomes = Vec::new();
        for (version, run) in started {
            let outcome = run::runtime()
                .block_on(run)
                .map_err(|e| format!("the experiment itself failed on `{}`: {e}", version.name))?
                .map_err(|e| format!("{e:#}"))?;
            outcomes.push((version, outcome));
        }
        Ok(outcomes)
    }

    fn cell(&self, name: &'static str) -> Run {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.entry(name).or_default().clone()
    }

    fn one(&self, kind: Kind) -> Result<(&'static Version, Outcome), Failed> {
        let version = self.lab.the(kind);
        let found = self.outcomes(version)?.pop();
        found.ok_or_else(|| format!("LAB declares no version of kind {kind:?}").into())
    }

    fn broken_shows_the_failure(&self) -> Result<(), Failed> {
        let (broken, outcome) = self.one(Kind::Broken)?;
        let restore = format!(
            "If you edited it: the exercise is exercise.rs. Restore broken.rs with\n  \
             git restore {}/src/broken.rs",
            self.lab.folder()
        );
        if !fails_a_claim(&outcome) {
            return Err(format!("broken.rs shows no failure.\n{restore}").into());
        }
        snapshot::check(self.lab, broken, &outcome)
            .map_err(|difference| format!("{difference}\n{restore}").into())
    }

    fn half_fixes_still_fail(&self) -> Result<(), Failed> {
        let mut wrong = Vec::new();
        for (version, outcome) in self.outcomes(self.lab.half_fixes())? {
            if !fails_a_claim(&outcome) {
                wrong.push(format!(
                    "the half-fix `{}` fails no claim: it is a repair, or a claim is missing",
                    version.name
                ));
            }
            wrong.extend(snapshot::check(self.lab, version, &outcome).err());
        }
        report(&wrong)
    }

    fn fixed_holds(&self) -> Result<(), Failed> {
        let (fixed, outcome) = self.one(Kind::Fixed)?;
        let mut wrong: Vec<String> = outcome
            .transcript
            .claims()
            .iter()
            .filter(|judged| judged.finding != Finding::Holds)
            .map(|judged| format!("{}: {}", judged.finding, judged.claim.promise))
            .collect();
        wrong.extend(snapshot::check(self.lab, fixed, &outcome).err());
        report(&wrong)
    }

    fn every_claim_bites(&self) -> Result<(), Failed> {
        let judges = self
            .lab
            .the(Kind::Broken)
            .into_iter()
            .chain(self.lab.half_fixes());
        let outcomes = self.outcomes(judges)?;
        let bitten = |promise: &str| {
            outcomes.iter().any(|(_, outcome)| {
                outcome.transcript.claims().iter().any(|judged| {
                    judged.claim.promise == promise && judged.finding == Finding::Fails
                })
            })
        };
        let idle: Vec<String> = self
            .lab
            .claims
            .iter()
            .filter(|claim| !bitten(claim.promise))
            .map(|claim| {
                format!(
                    "no version fails the claim `{}`: it proves nothing",
                    claim.promise
                )
            })
            .collect();
        report(&idle)
    }

    fn exercise(&self) -> Result<(), Failed> {
        let (version, state) = self.state().ok_or("LAB declares no exercise")?;
        if state == State::NotStarted {
            return Ok(());
        }
        let (_, outcome) = self.one(Kind::Exercise)?;
        let holds = outcome.transcript.all_hold();
        if state == State::InProgress {
            let verdict = if holds {
                Verdict::Holds
            } else {
                Verdict::Fails
            };
            let hash = progress::hash(version.source);
            let written = Progress::record(&self.lab.root(), self.lab.id, &hash, verdict);
            if let Err(error) = written {
                eprintln!("progress not written to .lab/progress.json: {error}");
            }
        }
        if holds {
            return Ok(());
        }
        Err(verdict::not_yet(self.lab, version, &outcome).into())
    }

    fn state(&self) -> Option<(&'static Version, State)> {
        let version = self.lab.the(Kind::Exercise)?;
        let fixed = self.lab.the(Kind::Fixed).map_or("", |v| v.source);
        Some((version, exercise::state(version.source, fixed)))
    }

    /// What a green run says about the exercise.
    fn exercise_line(&self) -> Option<String> {
        let (_, state) = self.state()?;
        let id = self.lab.id;
        Some(match state {
            State::NotStarted => {
                format!("Exercise {id} not started. Begin: cargo lab start {id}")
            }
            State::InProgress => format!("Exercise {id} solved: every claim holds."),
            State::ReferenceRepair => format!(
                "Exercise {id} is the reference repair: every claim holds, and \
                 `cargo lab list` lists it as that."
            ),
        })
    }
}

fn fails_a_claim(outcome: &Outcome) -> bool {
    let mut claims = outcome.transcript.claims().iter();
    claims.any(|judged| judged.finding == Finding::Fails)
}

fn report(wrong: &[String]) -> Result<(), Failed> {
    if wrong.is_empty() {
        return Ok(());
    }
    Err(wrong.join("\n").into())
}
