//! A learner's way through a lab, typed as a person would, on a copy of the
//! repository: start, red, hints, green with a repair unlike the book's, reset.

use anyhow::{Context as _, Result, ensure};
use book_tests::{Copy, Known, Lab, Ran, ran};

/// A verdict has at most this many lines.
const VERDICT: usize = 25;

/// The line of `list` for a lab.
fn listed(copy: &Copy, lab: &Lab) -> Result<String> {
    let list = copy.workshop(&["list"])?.ok()?;
    let mut lines = list.out.lines();
    let line = lines.find(|line| line.trim_start().starts_with(&lab.id));
    Ok(line
        .with_context(|| format!("no lab {}\n{list}", lab.id))?
        .to_owned())
}

fn is_listed_as(copy: &Copy, lab: &Lab, state: &str) -> Result<()> {
    let line = listed(copy, lab)?;
    ensure!(line.contains(state), "`{state}` expected: {line}");
    Ok(())
}

#[test]
fn from_start_to_solved_and_back() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.samples()? {
        let id = lab.id.as_str();
        let file = lab.file("src/exercise.rs");
        is_listed_as(&copy, lab, "not started")?;
        copy.workshop(&["check", id])?.ok()?.says("not started")?;

        let start = copy.workshop(&["start", id])?.ok()?;
        start
            .says(&file)?
            .says("✗ fails: ")?
            .says("cargo test -p lab-")?;
        let begun = copy.read(&file)?;
        ensure!(begun.contains("fn server("), "{begun}");
        is_listed_as(&copy, lab, "in progress")?;
        copy.workshop(&["start", id])?.exits(2)?.says("reset")?;
        ensure!(
            copy.read(&file)? == begun,
            "a second start changed the file"
        );

        let verdict = copy.workshop(&["check", id])?.exits(1)?.in_lines(VERDICT)?;
        let verdict = verdict.says("not yet")?.says("broken.rs")?;
        verdict
            .says("✗ ")?
            .says_nothing_of("cargo-insta")?
            .says_nothing_of("fixed")?;

        let repairs = copy.repository.services("repairs", lab)?;
        for (name, text) in &repairs {
            copy.exercise(lab, text)?;
            let check = copy.workshop(&["check", id])?;
            check.ok().context(name.clone())?.says("solved")?;
            is_listed_as(&copy, lab, "solved")?;
        }

        copy.workshop(&["reset", id])?.exits(2)?.says("--yes")?;
        let (_, last) = repairs.last().context("a repair")?;
        ensure!(
            copy.read(&file)? == *last,
            "an unconfirmed reset changed the file"
        );
        copy.workshop(&["reset", id, "--yes"])?
            .ok()?
            .says(".lab/backups")?;
        ensure!(copy.read(&file)? == copy.repository.shipped_exercise(lab)?);
        let backups = std::fs::read_dir(copy.root.join(".lab/backups"))?;
        let kept = backups.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok());
        ensure!(
            kept.into_iter().any(|text| text == *last),
            "no backup of the work"
        );
        is_listed_as(&copy, lab, "not started")?;
    }
    Ok(())
}

#[test]
fn plain_cargo_test_counts_and_shows_what_is_not_started() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.samples()? {
        let package = format!("lab-{}", lab.id);
        let test = ["test", "-q", "--locked", "-p", &package];
        let shipped = copy.cargo(&test)?.ok()?;
        shipped.says(&format!("Exercise {} not started", lab.id))?;
        let (_, repair) = copy
            .repository
            .services("repairs", lab)?
            .pop()
            .context("a repair")?;
        copy.exercise(lab, &repair)?;
        copy.cargo(&test)?.ok()?.says("solved")?;
        is_listed_as(&copy, lab, "solved")?;
    }
    Ok(())
}

#[test]
fn hints_come_one_by_one() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.samples()? {
        let hint = || copy.workshop(&["hint", &lab.id])?.ok();
        hint()?
            .says("1. Where to look")?
            .says_nothing_of("2. The mechanism")?;
        hint()?
            .says("2. The mechanism")?
            .says_nothing_of("3. The name")?;
        hint()?.says("3. The name of the tool")?;
        hint()?.says("--all")?;
        let all = copy.workshop(&["hint", &lab.id, "--all"])?.ok()?;
        all.says("1. Where")?.says("2. The")?.says("3. The")?;
    }
    Ok(())
}

#[test]
fn every_half_fix_is_red_and_recognised() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.samples()? {
        judged(&copy, lab, "half-fixes")?.or(|| half_fixes(&copy, lab))?;
    }
    Ok(())
}

/// The verdict of that name on what `check` says of many services.
fn judged(copy: &Copy, lab: &Lab, name: &str) -> Result<Known> {
    let own = [
        format!("{}/", lab.folder),
        format!("tests/wrecks/{}/", lab.id),
        "labs/workshop/".to_owned(),
        "tests/tests/exercise.rs".to_owned(),
    ];
    Known::of(copy, &format!("{name}-{}", lab.id), &own)
}

fn half_fixes(copy: &Copy, lab: &Lab) -> Result<()> {
    for name in copy.repository.half_fixes(lab)? {
        let text = copy.read(&lab.file(&format!("src/half_fixes/{name}.rs")))?;
        // Another deployment of the broken code is no exercise.
        if text.contains("pub const DEPLOYMENT") {
            continue;
        }
        copy.exercise(lab, &text)?;
        let check = copy
            .workshop(&["check", &lab.id])?
            .exits(1)?
            .in_lines(VERDICT)?;
        check.says(&format!("This is what the half-fix `{name}` does"))?;
    }
    is_listed_as(copy, lab, "in progress")
}

#[test]
fn whatever_a_handler_does_gets_a_verdict() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.samples()? {
        judged(&copy, lab, "wrecks")?.or(|| wrecks(&copy, lab))?;
    }
    Ok(())
}

fn wrecks(copy: &Copy, lab: &Lab) -> Result<()> {
    for (name, text) in copy.repository.services("wrecks", lab)? {
        copy.exercise(lab, &text)?;
        let judge = || copy.workshop_command(&["check", &lab.id]);
        let mut with_backtrace = judge();
        with_backtrace.env("RUST_BACKTRACE", "1");
        for command in [judge(), with_backtrace] {
            let check = ran::run(command)?.exits(1).context(name.clone())?;
            let check = check.in_lines(VERDICT)?.says("not yet")?;
            // A claim fails, or the run stops before the first of them.
            let stopped = ["  stopped  ", " were not reached"];
            let stopped = stopped.iter().all(|words| check.out.contains(words));
            let red = check.out.contains("✗ ") || stopped;
            ensure!(red, "{name}: {check}");
        }
    }
    Ok(())
}

#[test]
fn the_reference_repair_is_listed_as_that() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.samples()? {
        let text = "pub use crate::fixed::server;\n";
        for text in [text, &copy.read(&lab.file("src/fixed.rs"))?] {
            copy.exercise(lab, text)?;
            copy.workshop(&["check", &lab.id])?
                .ok()?
                .says("reference repair")?;
            is_listed_as(&copy, lab, "reference repair")?;
        }
    }
    Ok(())
}

#[test]
fn an_exercise_that_does_not_compile_takes_nothing_away() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.samples()? {
        let id = lab.id.as_str();
        copy.exercise(lab, "pub async fn server() -> bool { 1 }\n")?;
        is_listed_as(&copy, lab, "in progress")?;
        let check = copy.workshop(&["check", id])?.exits(1)?;
        check.says("mismatched types")?.says("exercise.rs")?;
        copy.workshop(&["prove", id, "exercise"])?
            .exits(1)?
            .says("mismatched types")?;
        copy.workshop(&["prove", id, "broken"])?
            .exits(1)?
            .says("✗ fails: ")?;
        copy.workshop(&["prove", id, "fixed"])?
            .ok()?
            .says("✓ holds: ")?;
        copy.workshop(&["hint", id])?.ok()?;
        copy.workshop(&["doctor"])?.ok()?;
    }
    Ok(())
}

#[test]
fn a_typing_error_gets_a_suggestion() -> Result<()> {
    let copy = Copy::take()?;
    let lab = copy.repository.samples()?.swap_remove(0);
    let id = lab.id.as_str();
    // A word with two letters the wrong way round, after its first three.
    let swapped = |word: &str| -> String {
        let mut letters: Vec<char> = word.chars().collect();
        letters.swap(3, 4);
        letters.into_iter().collect()
    };
    let slug = swapped(lab.slug());
    let wrong = |arguments: &[&str], suggestion: &str| -> Result<Ran> {
        copy.workshop(arguments)?
            .exits(2)?
            .in_lines(8)?
            .says(suggestion)
    };
    wrong(&["strat", id], "start")?;
    wrong(&["start", &slug], lab.slug())?;
    wrong(&["start", &id.replace('1', "l")], id)?;
    wrong(&["run", id, "brokn"], "broken")?;
    wrong(&["prove", id, "fixd"], "fixed")?;
    wrong(&["check", "99"], "cargo lab list")?;
    wrong(&["load", id, "brokne"], "broken")?;
    wrong(&["reset", id, "--yess"], "--yes")?;
    is_listed_as(&copy, &lab, "not started")
}

#[test]
fn a_lab_has_several_names() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.samples()? {
        let short = lab.id.trim_start_matches('0').to_owned();
        let package = format!("lab-{}", lab.id);
        for name in [&short, &lab.id, &package, &lab.name, &lab.slug().to_owned()] {
            let hint = copy.workshop(&["hint", name, "--all"])?;
            hint.ok()?.says("1. Where to look")?;
        }
    }
    Ok(())
}

#[test]
fn commands_work_from_inside_a_labs_folder() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.samples()? {
        for folder in ["", "src", "src/half_fixes"] {
            let here = copy.root.join(&lab.folder).join(folder);
            for arguments in [&["list"][..], &["check", &lab.id]] {
                let mut command = copy.workshop_command(arguments);
                command.current_dir(&here);
                ran::run(command)?.ok()?.says("not started")?;
            }
        }
        // The alias itself, where people type it.
        let mut alias = copy.cargo_command(&["lab", "list", "--json"]);
        alias.current_dir(copy.root.join(&lab.folder).join("tests"));
        ran::run(alias)?.ok()?.says("\"not_started\"")?;
    }
    Ok(())
}
