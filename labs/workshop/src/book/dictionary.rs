//! The table from Express to actix-web, made from the one file that holds
//! what it says: `express-to-actix.toml` beside the page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::indexes::Entry;

/// The file, beside the page.
pub const FILE: &str = "express-to-actix.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dictionary {
    /// The day on which crates.io was asked.
    checked: String,
    /// The same for npm.
    npm_checked: String,
    part: Vec<Part>,
    /// npm packages by name: the version.
    npm: BTreeMap<String, String>,
    crates: BTreeMap<String, Crate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    title: String,
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    express: String,
    actix: String,
    differs: String,
    /// Names of npm packages in this row.
    #[serde(default)]
    npm: Vec<String>,
    /// Names of crates in this row.
    #[serde(default)]
    crates: Vec<String>,
    /// Numbers of the labs that show it.
    #[serde(default)]
    labs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crate {
    version: String,
    licence: String,
}

/// What of `Cargo.lock` is read: the versions that the labs are built with.
#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
}

/// The tables, from the file's text and that of `Cargo.lock`.
///
/// # Errors
/// When the file says something that is no part of it, names a package
/// without a version, or lists one that no row names.
pub fn tables(text: &str, lock: &str, chapters: &[Entry<'_>], to_root: &str) -> Result<String> {
    let lock: Lock = toml::from_str(lock).context("Cargo.lock is wrong")?;
    let dictionary: Dictionary =
        toml::from_str(text).with_context(|| format!("{FILE} is wrong"))?;
    known("npm package", dictionary.npm.keys(), &dictionary, |row| {
        &row.npm
    })?;
    known("crate", dictionary.crates.keys(), &dictionary, |row| {
        &row.crates
    })?;
    let mut out = String::new();
    for part in &dictionary.part {
        let _ = writeln!(
            out,
            "\n## {}\n\n| Express and Node | actix-web and Rust | What differs | Chapter |\n\
             |---|---|---|---|",
            part.title
        );
        for row in &part.row {
            let cells = [&row.express, &row.actix, &row.differs].map(|c| cell(c));
            let labs: Vec<String> = row
                .labs
                .iter()
                .map(|lab| chapter(lab, chapters, to_root))
                .collect();
            let _ = writeln!(out, "| {} | {} |", cells.join(" | "), labs.join(", "));
        }
    }
    let _ = writeln!(
        out,
        "\n## Versions and licences\n\nThe newest versions that crates.io had on {}, and \
         those of the labs. npm packages: {}.\n\n\
         | Crate | Newest | Licence | In the labs |\n|---|---|---|---|",
        dictionary.checked, dictionary.npm_checked
    );
    for (name, of) in &dictionary.crates {
        let used = lock.package.iter().filter(|locked| locked.name == *name);
        let used: Vec<&str> = used.map(|locked| locked.version.as_str()).collect();
        let here = used.join(", ");
        let _ = writeln!(
            out,
            "| `{name}` | {} | {} | {here} |",
            of.version, of.licence
        );
    }
    out.push_str("\n| npm package | Version |\n|---|---|\n");
    for (name, version) in &dictionary.npm {
        let _ = writeln!(out, "| `{name}` | {version} |");
    }
    Ok(out)
}

/// Every package of a row has a version, and every version a row.
fn known<'a>(
    what: &str,
    versions: impl Iterator<Item = &'a String>,
    dictionary: &'a Dictionary,
    names: impl Fn(&'a Row) -> &'a Vec<String>,
) -> Result<()> {
    let rows = dictionary.part.iter().flat_map(|part| &part.row);
    let named: BTreeSet<&String> = rows.flat_map(names).collect();
    let versions: BTreeSet<&String> = versions.collect();
    let odd: Vec<_> = named.symmetric_difference(&versions).collect();
    ensure!(
        odd.is_empty(),
        "{FILE}: a {what} with a row and no version, or a version and no row: {odd:?}"
    );
    Ok(())
}

/// The chapter of a lab, linked where there is one.
fn chapter(lab: &str, chapters: &[Entry<'_>], to_root: &str) -> String {
    let found = chapters.iter().find(|entry| {
        let front = entry.page.front.as_ref().and_then(|f| f.chapter());
        front.is_some_and(|front| front.lab == lab)
    });
    match found {
        Some(entry) => format!("[{lab}]({to_root}{} \"{}\")", entry.path, entry.name),
        None => lab.to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        checked = "26 November"
        npm_checked = "November"
        [npm]
        piscina = "5"
        [crates]
        rayon = { version = "1", licence = "MIT" }
        [[part]]
        title = "Threads"
        [[part.row]]
        express = "`piscina`"
        npm = ["piscina"]
        actix = "`rayon`"
        crates = ["rayon"]
        differs = "a | b"
        labs = ["99"]
    "#;

    const LOCK: &str = "[[package]]\nname = \"rayon\"\nversion = \"1\"\n";

    #[test]
    fn rows_become_tables_and_a_lab_without_a_chapter_stays_a_number() {
        let tables = tables(TEXT, LOCK, &[], "").unwrap();
        assert!(
            tables.contains("| `piscina` | `rayon` | a \\| b | 99 |"),
            "{tables}"
        );
        assert!(tables.contains("| `rayon` | 1 | MIT | 1 |"), "{tables}");
    }

    #[test]
    fn a_package_without_a_version_is_a_mistake() {
        let text = TEXT.replace("piscina = \"5\"", "");
        let error = tables(&text, LOCK, &[], "").unwrap_err().to_string();
        assert!(
            error.contains("npm package") && error.contains("piscina"),
            "{error}"
        );
        let text = TEXT.replace("licence", "license");
        assert!(tables(&text, LOCK, &[], "").is_err());
    }
}
