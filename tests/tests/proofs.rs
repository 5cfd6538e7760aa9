//! A proof cannot be talked into agreement: not by accepted snapshots, and not
//! by a repair with a piece left out.

use anyhow::{Result, ensure};
use book_tests::{Copy, Lab, Ran, mutants, ran};

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
    for lab in &copy.repository.labs()? {
        let fixed = lab.file("src/fixed.rs");
        copy.write(&fixed, &copy.read(&lab.file("src/broken.rs"))?)?;
        for _ in 0..2 {
            proof(&copy, lab, "fixed_holds", "always")?
                .exits(101)?
                .says("fails: ")?;
        }
        copy.refresh()?;
        let broken = lab.file("src/broken.rs");
        copy.write(&broken, &copy.read(&fixed)?)?;
        let shown = proof(&copy, lab, "broken_shows_the_failure", "always")?.exits(101)?;
        shown.says("git restore")?;
        copy.refresh()?;
        proof(&copy, lab, "fixed_holds", "no")?.ok()?;
    }
    Ok(())
}

#[test]
fn every_piece_of_a_repair_is_needed() -> Result<()> {
    let copy = Copy::bare()?;
    let mut idle = Vec::new();
    for lab in &copy.repository.labs()? {
        let file = lab.file("src/fixed.rs");
        let fixed = copy.read(&file)?;
        let mutants = mutants::of(&fixed, &copy.read(&lab.file("src/broken.rs"))?)?;
        ensure!(!mutants.is_empty(), "{file} repairs nothing");
        proof(&copy, lab, "fixed_holds", "no")?.ok()?;
        for mutant in mutants {
            copy.write(&file, &mutant.source)?;
            let run = proof(&copy, lab, "fixed_holds", "no")?;
            let how = match (run.code, run.err.contains("could not compile")) {
                (Some(0), _) => {
                    idle.push(format!("{file}:{}: {}", mutant.line, mutant.without));
                    "HOLDS"
                }
                (_, true) => "does not compile",
                _ => "fails",
            };
            println!(
                "{how} in {:.1?} without line {}: {}",
                run.took, mutant.line, mutant.without
            );
        }
        copy.write(&file, &fixed)?;
    }
    ensure!(
        idle.is_empty(),
        "fixed_holds without these pieces, so nothing proves that they are needed:\n{}",
        idle.join("\n")
    );
    Ok(())
}
