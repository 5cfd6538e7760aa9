//! What the dependencies ask for: a compiler, and licences.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use book_tests::{Repository, ran};
use serde_json::Value;

/// Licences that may stand in the lock file; an `AND` needs all of its parts,
/// an `OR` one.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC-BY-4.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that need a system library, a C++ toolchain or an assembler.
const REFUSED: [&str; 5] = [
    "aws-lc-sys",
    "aws-lc-rs",
    "openssl-sys",
    "pq-sys",
    "libpq-sys",
];

fn packages() -> Result<Vec<Value>> {
    let metadata = Repository::here().metadata()?;
    let packages = metadata["packages"].as_array();
    Ok(packages.context("cargo metadata lists packages")?.clone())
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|n| n.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[test]
fn the_stated_rust_version_is_enough_for_every_dependency() -> Result<()> {
    let repository = Repository::here();
    let manifest: toml::Table = repository.read("Cargo.toml")?.parse()?;
    let stated = manifest["workspace"]["package"]["rust-version"].as_str();
    let stated = stated.context("the workspace states a rust-version")?;
    for package in packages()? {
        let Some(wanted) = package["rust_version"].as_str() else {
            continue;
        };
        assert!(
            version(wanted) <= version(stated),
            "{} needs Rust {wanted}, Cargo.toml states {stated}",
            name(&package)
        );
    }
    let readme = repository.read("README.md")?;
    let words = format!("Rust {stated}");
    assert!(readme.contains(&words), "README.md does not say `{words}`");
    Ok(())
}

fn allowed(expression: &str) -> bool {
    let expression = expression.replace(" / ", " OR ").replace('/', " OR ");
    // As deep as SPDX expressions go in practice: (A OR B) AND C.
    expression.split(" AND ").all(|part| {
        let part = part.trim().trim_matches(['(', ')']);
        part.split(" OR ")
            .any(|one| ALLOWED.contains(&one.trim().trim_matches(['(', ')'])))
    })
}

#[test]
fn every_licence_is_permissive() -> Result<()> {
    for package in packages()? {
        let licence = package["license"].as_str();
        let licence = licence.with_context(|| format!("{} states no licence", name(&package)))?;
        assert!(allowed(licence), "{} is {licence}", name(&package));
    }
    assert!(!allowed("GPL-3.0-only"));
    assert!(!allowed("MIT AND AGPL-3.0"));
    assert!(allowed("MIT OR GPL-2.0"));
    Ok(())
}

#[test]
fn a_c_compiler_is_the_only_native_need() -> Result<()> {
    for package in packages()? {
        let name = name(&package);
        assert!(!REFUSED.contains(&name), "{name} is in the lock file");
    }
    Ok(())
}

#[test]
fn the_manifests_and_the_readme_name_the_same_licences() -> Result<()> {
    let repository = Repository::here();
    for package in packages()? {
        if package["source"].is_null() {
            assert_eq!(
                package["license"],
                "MIT OR Apache-2.0",
                "{}",
                name(&package)
            );
        }
    }
    assert!(repository.read("LICENSE-MIT")?.contains("MIT License"));
    assert!(
        repository
            .read("LICENSE-APACHE")?
            .contains("Version 2.0, January 2004")
    );
    assert!(repository.read("README.md")?.contains("MIT OR Apache-2.0"));
    Ok(())
}

/// The crates that a selection of packages compiles, each with its features.
fn tree(repository: &Repository, selection: &[&str]) -> Result<BTreeSet<String>> {
    let mut cargo = Command::new("cargo");
    ran::clean(&mut cargo)
        .current_dir(&repository.root)
        .args(["tree", "--locked", "--prefix", "none"])
        .args(["-e", "normal,build,dev", "-f", "{p}|{f}"])
        .args(selection);
    let tree = ran::run(cargo)?.ok()?;
    let lines = tree.out.lines().map(|line| line.trim_end_matches(" (*)"));
    // Our own packages have a path, and are cheap.
    let foreign = lines.filter(|line| !line.contains(" (/") && !line.is_empty());
    Ok(foreign.map(str::to_owned).collect())
}

#[test]
fn no_crate_is_compiled_twice_for_other_features() -> Result<()> {
    let repository = Repository::here();
    let all = tree(&repository, &["--workspace"])?;
    let mut packages = vec!["workshop".to_owned()];
    packages.extend(
        repository
            .labs()?
            .iter()
            .map(|lab| format!("lab-{}", lab.id)),
    );
    for package in packages {
        let own = tree(&repository, &["-p", &package])?;
        let twice: Vec<&String> = own.difference(&all).collect();
        ensure!(
            twice.is_empty(),
            "`cargo test --workspace` compiles these with more features than `-p {package}`: \
             pin them in labs/kit/hack/Cargo.toml\n{twice:#?}"
        );
    }
    Ok(())
}
