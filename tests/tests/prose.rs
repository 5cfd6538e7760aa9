//! Numbers and names in the book's sentences stand in a file that is tested: in
//! the lab's source, its snapshots, its recording or its evidence. What stands
//! elsewhere is listed in `tests/elsewhere.toml`, with the place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use book_tests::prose::{self, Said};
use book_tests::{Lab, Repository};
use serde::Deserialize;
use serde_json::Value;

/// Something that a page says and that comes from elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Elsewhere {
    /// The page, below `book/`.
    page: String,
    /// A number or a name, or the whole code span.
    says: String,
    /// A crate whose source has it.
    #[serde(rename = "crate")]
    package: Option<String>,
    /// An npm package that has it.
    npm: Option<String>,
    /// Another program or a standard that is known for it, in words.
    known: Option<String>,
}

fn elsewhere(repository: &Repository) -> Result<Vec<Elsewhere>> {
    #[derive(Deserialize)]
    struct File {
        entry: Vec<Elsewhere>,
    }
    let file: File = toml::from_str(&repository.read("tests/elsewhere.toml")?)?;
    Ok(file.entry)
}

/// Each page with what it says, and with the lab that it is the chapter of.
fn pages(repository: &Repository) -> Result<Vec<(String, Said, Option<Lab>)>> {
    let labs = repository.labs()?;
    let mut pages = Vec::new();
    for file in repository.book_files()? {
        if file.starts_with("book/theme/") || file == "book/SUMMARY.md" {
            continue;
        }
        let said = prose::said(&repository.read(&file)?);
        let lab = labs
            .iter()
            .find(|lab| file.ends_with(&format!("/{}.md", lab.name)));
        pages.push((file, said, lab.cloned()));
    }
    Ok(pages)
}

/// The texts of all files of `folder` that prove something: not the exercise,
/// and not what is written about the lab.
fn texts(repository: &Repository, folder: &str) -> Result<String> {
    let mut texts = String::new();
    for file in repository.files()? {
        let proves = !file.ends_with(".md") && !file.ends_with("/exercise.rs");
        if file.starts_with(&format!("{folder}/")) && proves {
            let bytes = fs::read(repository.root.join(&file))?;
            texts.push_str(&String::from_utf8_lossy(&bytes));
            texts.push('\n');
        }
    }
    Ok(texts)
}

fn words(text: &str) -> BTreeSet<&str> {
    prose::names(text).collect()
}

#[test]
fn every_number_in_a_sentence_stands_in_a_file_of_its_lab() -> Result<()> {
    let repository = Repository::here();
    let elsewhere = elsewhere(&repository)?;
    let all = prose::numbers(&texts(&repository, "labs")?);
    let mut missing = Vec::new();
    for (page, said, lab) in pages(&repository)? {
        let own;
        let known = match lab {
            Some(lab) => {
                own = prose::numbers(&texts(&repository, &lab.folder)?);
                &own
            }
            None => &all,
        };
        for (number, words) in &said.numbers {
            let listed = elsewhere
                .iter()
                .any(|entry| page.ends_with(&entry.page) && entry.says == *number);
            if !known.contains(number) && !listed {
                missing.push(format!("{page}: {number} in `{words}`"));
            }
        }
    }
    ensure!(
        missing.is_empty(),
        "numbers that no file of the lab has; give them a test or a recording, or name \
         their place in tests/elsewhere.toml:\n{}",
        missing.join("\n")
    );
    Ok(())
}

#[test]
fn every_name_in_a_code_span_stands_in_a_file() -> Result<()> {
    let repository = Repository::here();
    let elsewhere = elsewhere(&repository)?;
    let mut files = texts(&repository, "labs")?;
    for folder in ["book", "ci", "tests"] {
        files.push_str(&texts(&repository, folder)?);
    }
    files.push_str(&repository.read("Cargo.toml")?);
    let known = words(&files);
    let mut missing = Vec::new();
    for (page, said, _) in pages(&repository)? {
        for code in &said.code {
            let unknown: Vec<&str> = prose::names(code)
                .filter(|name| !known.contains(name))
                .collect();
            let listed = elsewhere
                .iter()
                .any(|entry| page.ends_with(&entry.page) && entry.says == *code);
            if !unknown.is_empty() && !listed && !files.contains(code.as_str()) {
                missing.push(format!("{page}: `{code}`: {}", unknown.join(", ")));
            }
        }
    }
    ensure!(
        missing.is_empty(),
        "names that stand in no file; name their place in tests/elsewhere.toml:\n{}",
        missing.join("\n")
    );
    Ok(())
}

#[test]
fn what_stands_elsewhere_stands_there() -> Result<()> {
    let repository = Repository::here();
    let metadata = repository.metadata()?;
    let pages: BTreeMap<String, Said> = pages(&repository)?
        .into_iter()
        .map(|(page, said, _)| (page, said))
        .collect();
    for entry in elsewhere(&repository)? {
        let page = pages.get(&format!("book/{}", entry.page));
        let page = page.with_context(|| format!("there is no page {}", entry.page))?;
        ensure!(
            page.code.contains(&entry.says) || page.numbers.contains_key(&entry.says),
            "{} does not say `{}` any more",
            entry.page,
            entry.says
        );
        let folder = match (&entry.package, &entry.npm, &entry.known) {
            (Some(name), None, None) => source_of(&metadata, name)?,
            (None, Some(name), None) => repository.root.join("labs/node_modules").join(name),
            (None, None, Some(_)) => continue,
            _ => bail!("`{}` has one of crate, npm and known", entry.says),
        };
        ensure!(
            has(&folder, &entry.says)?,
            "`{}` of {} stands in no file of {}",
            entry.says,
            entry.page,
            folder.display()
        );
    }
    Ok(())
}

/// The folder of a crate's source.
fn source_of(metadata: &Value, name: &str) -> Result<PathBuf> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.into_iter().find(|package| package["name"] == name);
    let package = package.with_context(|| format!("no crate {name} in Cargo.lock"))?;
    let manifest = package["manifest_path"].as_str().context("a path")?;
    let folder = Path::new(manifest).parent();
    Ok(folder.context("a folder")?.to_owned())
}

/// Whether all names of `code`, or the number that it is, stand in a file of
/// `folder`.
fn has(folder: &Path, code: &str) -> Result<bool> {
    let wanted: Vec<&str> = prose::names(code).collect();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder);
        for entry in entries.with_context(|| format!("no {}: run ci/test npm", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            let found = match wanted.is_empty() {
                true => prose::numbers(&text).contains(code),
                false => {
                    text.contains(code) || {
                        let there = words(&text);
                        wanted.iter().all(|name| there.contains(name))
                    }
                }
            };
            if found {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
