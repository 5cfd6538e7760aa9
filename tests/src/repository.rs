//! The repository that is tested, read from its files: nothing is registered.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::ran::{self, Ran};

/// The checkout that these tests were built from.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Its root.
    pub root: PathBuf,
}

/// One lab's folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lab {
    /// The number, two digits.
    pub id: String,
    /// `NN-slug`: the name of the folder and the stem of the chapter's file.
    pub name: String,
    /// The folder, relative to the root.
    pub folder: String,
}

impl Lab {
    /// The slug alone.
    #[must_use]
    pub fn slug(&self) -> &str {
        self.name.split_once('-').map_or("", |(_, slug)| slug)
    }

    /// The path of one of its files, relative to the root.
    #[must_use]
    pub fn file(&self, path: &str) -> String {
        format!("{}/{path}", self.folder)
    }
}

impl Repository {
    /// This checkout.
    #[must_use]
    pub fn here() -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self {
            root: tests.parent().unwrap_or(tests).to_path_buf(),
        }
    }

    /// Every lab, in the order of the numbers.
    ///
    /// # Errors
    /// When `labs/` cannot be read.
    pub fn labs(&self) -> Result<Vec<Lab>> {
        let mut labs = BTreeSet::new();
        for name in self.names("labs")? {
            let number = name.split_once('-').map_or("", |(number, _)| number);
            if number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()) {
                labs.insert(Lab {
                    id: number.to_owned(),
                    folder: format!("labs/{name}"),
                    name,
                });
            }
        }
        ensure!(!labs.is_empty(), "no lab in {}/labs", self.root.display());
        Ok(labs.into_iter().collect())
    }

    /// The labs on which the command line is tried: the first, and the first
    /// that needs a service. What a command does is the same for all others.
    ///
    /// # Errors
    /// When `labs/` cannot be read.
    pub fn samples(&self) -> Result<Vec<Lab>> {
        let labs = self.labs()?;
        let needs = |lab: &Lab| {
            let manifest = self.read(&lab.file("Cargo.toml"));
            manifest.is_ok_and(|text| text.contains("services = [\""))
        };
        let mut samples: Vec<Lab> = labs.iter().take(1).cloned().collect();
        samples.extend(labs.into_iter().skip(1).find(needs));
        Ok(samples)
    }

    /// The stems of the half-fixes of `lab`, sorted.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn half_fixes(&self, lab: &Lab) -> Result<Vec<String>> {
        let mut stems = self.stems(&lab.file("src/half_fixes"), ".rs")?;
        stems.retain(|stem| stem != "mod");
        Ok(stems)
    }

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn names(&self, folder: &str) -> Result<Vec<String>> {
        let path = self.root.join(folder);
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).with_context(|| format!("cannot read {folder}"))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// The names in a folder that end in `ending`, without it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn stems(&self, folder: &str, ending: &str) -> Result<Vec<String>> {
        let names = self.names(folder)?;
        let stems = names.iter().filter_map(|name| name.strip_suffix(ending));
        Ok(stems.map(str::to_owned).collect())
    }

    /// The services in `tests/FOLDER/NN`, by name: name and text.
    ///
    /// # Errors
    /// When the folder or one of them cannot be read.
    pub fn services(&self, folder: &str, lab: &Lab) -> Result<Vec<(String, String)>> {
        let folder = format!("tests/{folder}/{}", lab.id);
        let stems = self.stems(&folder, ".rs")?.into_iter();
        stems
            .map(|stem| {
                let text = self.read(&format!("{folder}/{stem}.rs"))?;
                Ok((stem, text))
            })
            .collect()
    }

    /// The text of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, file: &str) -> Result<String> {
        fs::read_to_string(self.root.join(file)).with_context(|| format!("cannot read {file}"))
    }

    /// The chapters of labs that SUMMARY.md links, as paths below `book/`.
    ///
    /// # Errors
    /// When SUMMARY.md cannot be read.
    pub fn summary(&self) -> Result<Vec<String>> {
        let text = self.read("book/SUMMARY.md")?;
        let links = text.split("](").skip(1);
        let paths = links.filter_map(|rest| rest.split(')').next());
        Ok(paths.filter(|p| !p.is_empty()).map(str::to_owned).collect())
    }

    /// Every Markdown file below `book/`, relative to the root.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn book_files(&self) -> Result<Vec<String>> {
        let files = self.files()?;
        let pages = files
            .into_iter()
            .filter(|file| file.starts_with("book/") && file.ends_with(".md"));
        Ok(pages.collect())
    }

    /// Every file that git knows or would add, relative to the root.
    ///
    /// # Errors
    /// When git is missing or this is no checkout.
    pub fn files(&self) -> Result<Vec<String>> {
        let arguments = [
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ];
        let listed = self.git(&arguments)?.ok()?;
        let mut files: Vec<String> = listed.out.split('\0').map(str::to_owned).collect();
        // Git lists a deleted file until the deletion is committed.
        files.retain(|file| !file.is_empty() && self.root.join(file).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// The exercise of `lab` as it is committed: whoever runs the tests may
    /// have edited the file.
    ///
    /// # Errors
    /// When git is missing, or a new lab's file cannot be read.
    pub fn shipped_exercise(&self, lab: &Lab) -> Result<String> {
        let file = lab.file("src/exercise.rs");
        let shown = self.git(&["show", &format!("HEAD:{file}")])?;
        match shown.code {
            Some(0) => Ok(shown.out),
            _ => self.read(&file),
        }
    }

    fn git(&self, arguments: &[&str]) -> Result<Ran> {
        let mut git = Command::new("git");
        git.current_dir(&self.root).args(arguments);
        ran::run(git)
    }

    /// What `cargo metadata` says of the workspace, for this platform.
    ///
    /// # Errors
    /// When cargo fails.
    pub fn metadata(&self) -> Result<Value> {
        let mut rustc = Command::new("rustc");
        ran::clean(rustc.arg("-vV"));
        let version = ran::run(rustc)?.ok()?;
        let host = version.out.lines().find_map(|l| l.strip_prefix("host: "));
        let host = host.context("rustc -vV names no host")?;
        let mut cargo = Command::new("cargo");
        ran::clean(&mut cargo);
        cargo
            .current_dir(&self.root)
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(["--filter-platform", host]);
        Ok(serde_json::from_str(&ran::run(cargo)?.ok()?.out)?)
    }
}
