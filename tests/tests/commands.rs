//! Every command that the README, the guides and the chapters tell people to
//! type exists, takes the arguments it is given, and runs.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result, bail, ensure};
use book_tests::{Copy, documents, ran};

/// Commands that end by themselves, within seconds.
const RUN: [&str; 8] = [
    "build", "check", "doctor", "hint", "list", "prove", "reset", "start",
];

const GUIDES: [&str; 4] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
];

/// The commands in the guides, the book and the labs' contracts, each with a
/// file that names it.
fn typed(copy: &Copy) -> Result<Vec<(String, String)>> {
    let mut files: Vec<String> = GUIDES.map(str::to_owned).to_vec();
    files.extend(copy.repository.book_files()?);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for file in files {
        for command in documents::commands(&copy.read(&file)?) {
            if seen.insert(command.clone()) {
                found.push((file.clone(), command));
            }
        }
    }
    Ok(found)
}

/// What stands for a lab's number in a text about all labs.
fn filled(command: &str, id: &str) -> String {
    command.replace("NN", id).replace("COMMAND", "list")
}

#[test]
fn commands_in_the_text_exist_and_run() -> Result<()> {
    let copy = Copy::take()?;
    let lab = copy.repository.labs()?.swap_remove(0);
    let commands = typed(&copy)?;
    ensure!(commands.len() > 8, "these are all of them: {commands:?}");
    for (file, command) in commands {
        let line = filled(&command, &lab.id);
        let words = documents::words(&line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Each as on a fresh clone.
        copy.refresh()?;
        let about = || format!("`{command}` in {file}");
        match words[..] {
            ["cargo", "lab", ref arguments @ ..] => {
                workshop(&copy, arguments).with_context(about)?;
            }
            ["cargo", "run"] => workshop(&copy, &["--help"]).with_context(about)?,
            ["cargo", "run", "--", ref arguments @ ..] => {
                workshop(&copy, arguments).with_context(about)?;
            }
            ["cargo", "test", ref arguments @ ..] => {
                test(&copy, arguments).with_context(about)?;
            }
            [script, ..] if script.contains("ci/") => {
                let mode = copy.root.join(script).metadata().with_context(about)?;
                ensure!(mode.permissions().mode() & 0o111 != 0, "{}", about());
            }
            _ => bail!("nobody knows how to test {}", about()),
        }
    }
    Ok(())
}

/// Runs a command that ends by itself; asks any other for help with the same
/// arguments, which it reads first.
fn workshop(copy: &Copy, arguments: &[&str]) -> Result<()> {
    let name = arguments.first().copied().unwrap_or_default();
    // `processes.rs` runs these with every Express service, these files among
    // them.
    let service = arguments
        .iter()
        .find_map(|word| word.strip_prefix("node labs/"));
    if let Some(file) = service {
        let there = copy.root.join("labs").join(file).is_file();
        ensure!(file.contains("/express/") && there, "{file}");
    } else if RUN.contains(&name) {
        let ran = copy.workshop(arguments)?;
        // Broken versions are shown, too; a failed claim is no mistake here.
        ensure!(matches!(ran.code, Some(0 | 1)), "{ran}");
        ensure!(name == "prove" || ran.code == Some(0), "{ran}");
        return Ok(());
    }
    let with_help: Vec<&str> = arguments.iter().copied().chain(["--help"]).collect();
    copy.workshop(&with_help)?.ok()?.says("Usage: ")?;
    Ok(())
}

fn test(copy: &Copy, arguments: &[&str]) -> Result<()> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match *argument {
            "-p" => {
                let package = arguments.next().context("-p names a package")?;
                copy.cargo(&["pkgid", "--locked", "-p", package])?.ok()?;
            }
            "--workspace" | "--no-run" => {}
            other => bail!("`{other}` is not looked at yet"),
        }
    }
    Ok(())
}

#[test]
fn every_command_has_help_with_an_example() -> Result<()> {
    let copy = Copy::take()?;
    let help = copy.workshop(&["--help"])?.ok()?;
    let listed = help
        .out
        .split_once("Commands:")
        .context("a list of commands")?
        .1;
    let names = listed
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  "));
    let names: Vec<&str> = names
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    ensure!(names.len() >= 13, "{names:?}");
    for name in names {
        let help = copy.workshop(&[name, "--help"])?.ok()?;
        help.says(&format!("cargo lab {name}"))?
            .says("Exit codes:")?;
    }
    Ok(())
}

#[test]
fn cargo_run_starts_the_workshop() -> Result<()> {
    let copy = Copy::bare()?;
    let metadata = copy.repository.metadata()?;
    let defaults = metadata["workspace_default_members"].as_array();
    let defaults = defaults.context("default members")?;
    ensure!(defaults.len() == 1, "{defaults:?}");
    let id = defaults[0].as_str().unwrap_or_default();
    ensure!(id.contains("labs/workshop"), "{id}");
    Ok(())
}

#[test]
fn ci_test_names_its_steps_and_knows_no_others() -> Result<()> {
    let copy = Copy::bare()?;
    let ci = |argument: &str| {
        let mut command = std::process::Command::new("ci/test");
        ran::clean(command.arg(argument)).current_dir(&copy.root);
        ran::run(command)
    };
    let steps = ci("--list")?.ok()?.out;
    let steps: Vec<&str> = steps
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    for step in ["packages", "npm", "fmt", "clippy", "test", "doc", "book"] {
        ensure!(steps.contains(&step), "{steps:?}");
    }
    ci("--help")?.ok()?.says("--yes")?.says("Exit codes:")?;
    ci("clipy")?.exits(2)?.says("ci/test --list")?;
    Ok(())
}

#[test]
fn the_readme_opens_with_its_two_commands() -> Result<()> {
    let copy = Copy::bare()?;
    let readme = copy.read("README.md")?;
    let opening: Vec<&str> = readme.lines().take(25).collect();
    for command in ["cargo run", "ci/test"] {
        let line = opening.iter().any(|line| line.contains(command));
        ensure!(line, "`{command}` is not in the first 25 lines");
    }
    for lab in copy.repository.labs()? {
        ensure!(
            readme.contains(&lab.folder),
            "README.md does not list {}",
            lab.name
        );
    }
    Ok(())
}

#[test]
fn the_guides_link_to_what_exists() -> Result<()> {
    let copy = Copy::bare()?;
    for guide in GUIDES {
        let text = copy.read(guide)?;
        for rest in text.split("](").skip(1) {
            let link = rest.split([')', '#']).next().unwrap_or_default();
            let elsewhere = book_tests::pages::is_elsewhere(link);
            let exists = elsewhere || copy.root.join(link).exists();
            ensure!(exists, "{guide} links to {link}, which does not exist");
        }
    }
    Ok(())
}
