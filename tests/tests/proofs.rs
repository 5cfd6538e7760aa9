//! A proof cannot be talked into agreement: not by accepted snapshots, and not
//! by a repair with a piece left out.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use book_tests::mutants::{self, Mutant};
use book_tests::variants::{self, Verdict};
use book_tests::{Copy, Known, Lab, Ran, ran, snapshots};

/// Runs one test of a lab's proof, with `update` for INSTA_UPDATE.
fn proof(copy: &Copy, lab: &Lab, test: &str, update: &str) -> Result<Ran> {
    let package = format!("lab-{}", lab.id);
    let mut command = copy.cargo_command(&["test", "-q", "--locked", "-p", &package]);
    command.args(["--test", "proof", "--", "--exact", test]);
    command.env("INSTA_UPDATE", update);
    ran::run(command)
}

#[test]
fn accepting_snapshots_solves_nothing() -> Result<()> {
    let copy = Copy::bare()?;
    for lab in &copy.repository.samples()? {
        let own = [
            format!("{}/", lab.folder),
            "tests/tests/proofs.rs".to_owned(),
        ];
        let known = Known::of(&copy, &format!("accepting-{}", lab.id), &own)?;
        known.or(|| accept(&copy, lab))?;
    }
    Ok(())
}

fn accept(copy: &Copy, lab: &Lab) -> Result<()> {
    let fixed = lab.file("src/fixed.rs");
    copy.write(&fixed, &copy.read(&lab.file("src/broken.rs"))?)?;
    for _ in 0..2 {
        proof(copy, lab, "fixed_holds", "always")?
            .exits(101)?
            .says("fails: ")?;
    }
    copy.refresh()?;
    let broken = lab.file("src/broken.rs");
    copy.write(&broken, &copy.read(&fixed)?)?;
    let shown = proof(copy, lab, "broken_shows_the_failure", "always")?.exits(101)?;
    shown.says("git restore")?;
    copy.refresh()?;
    proof(copy, lab, "fixed_holds", "no")?.ok()?;
    Ok(())
}

/// What a variant is, and what has to become of it.
enum Expected {
    /// A repair unlike the book's: every claim holds.
    Accepted,
    /// A service that no claim may let pass.
    Red,
    /// The repair with this piece left out: a claim fails, or the transcript
    /// is another one.
    Missed(Mutant),
}

#[test]
fn repairs_are_accepted_and_nothing_less_is() -> Result<()> {
    let copy = Copy::bare()?;
    let mut wrong = Vec::new();
    // Whoever writes a lab need not wait for all others: `LABS=03,04`.
    let wanted = std::env::var("LABS").unwrap_or_default();
    let labs = copy.repository.labs()?.into_iter();
    let labs = labs.filter(|lab| wanted.is_empty() || wanted.split(',').any(|id| id == lab.id));
    for lab in &labs.collect::<Vec<_>>() {
        let own = [
            format!("{}/", lab.folder),
            format!("tests/repairs/{}/", lab.id),
            format!("tests/wrecks/{}/", lab.id),
            "tests/tests/proofs.rs".to_owned(),
        ];
        let known = Known::of(&copy, &format!("variants-{}", lab.id), &own)?;
        wrong.extend(known.or(|| judge_variants(&copy, lab)).err());
    }
    let wrong: Vec<String> = wrong.iter().map(|error| format!("{error:#}")).collect();
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn judge_variants(copy: &Copy, lab: &Lab) -> Result<()> {
    let id = &lab.id;
    let fixed = copy.read(&lab.file("src/fixed.rs"))?;
    let broken = copy.read(&lab.file("src/broken.rs"))?;
    let (mut sources, mut expected) = (BTreeMap::new(), BTreeMap::new());
    let mut add = |name: String, source: String, what: Expected| {
        sources.insert(name.clone(), source);
        expected.insert(name, what);
    };
    for (name, source) in copy.repository.services("repairs", lab)? {
        add(format!("repair_{name}"), source, Expected::Accepted);
    }
    for (name, source) in copy.repository.services("wrecks", lab)? {
        add(format!("wreck_{name}"), source, Expected::Red);
    }
    let mutants = mutants::of(&fixed, &broken)?;
    ensure!(!mutants.is_empty(), "{} repairs nothing", lab.name);
    for (n, mutant) in mutants.into_iter().enumerate() {
        let source = mutant.source.clone();
        add(format!("mutant_{n:02}"), source, Expected::Missed(mutant));
    }
    let verdicts = variants::judge(copy, lab, &sources)?;
    let promised = snapshots::body(&copy.repository, lab, "fixed")?;
    let mut wrong = Vec::new();
    for (name, what) in &expected {
        let verdict = verdicts.get(name).context("a verdict on each")?;
        let (compiles, holds, same) = match verdict {
            Verdict::NoRust => (false, false, false),
            Verdict::Ran { holds, text } => (true, *holds, text.trim() == promised.trim()),
        };
        let problem = match what {
            Expected::Accepted if !holds => Some(format!("{name} is not accepted\n{verdict:?}")),
            Expected::Red if holds => Some(format!("{name} is accepted")),
            Expected::Red if !compiles => Some(format!("{name} does not compile")),
            Expected::Missed(mutant) if holds && same => Some(format!(
                "fixed.rs:{} holds without `{}`, so nothing proves that it is needed",
                mutant.line, mutant.without
            )),
            _ => None,
        };
        wrong.extend(problem.map(|problem| format!("lab {id}: {problem}")));
    }
    let dead = verdicts.values().filter(|v| **v == Verdict::NoRust).count();
    println!("lab {id}: {} judged, {dead} do not compile", verdicts.len());
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
