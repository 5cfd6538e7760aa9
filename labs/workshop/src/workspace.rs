//! The repository as the workshop sees it: its root, and the labs in it.
//!
//! Labs are found, not registered: every `labs/NN-slug/Cargo.toml` with a
//! `[package.metadata.lab]` table is one. Nothing here compiles a lab.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The repository and its labs, in the order of their numbers.
#[derive(Debug)]
pub struct Workspace {
    /// The folder that holds `book.toml`.
    pub root: PathBuf,
    /// Every lab, ordered by number.
    pub labs: Vec<Lab>,
}

/// One lab, as its manifest and folder describe it.
#[derive(Debug, Clone)]
pub struct Lab {
    /// The number, two digits: `01`.
    pub id: String,
    /// The rest of the folder's name: `blocking-the-worker`.
    pub slug: String,
    /// The lab's folder.
    pub dir: PathBuf,
    /// The cargo package: `lab-01`.
    pub package: String,
    /// The failure's name, as the chapter's heading has it.
    pub title: String,
    /// Services it needs: `redis`, `postgresql`.
    pub services: Vec<String>,
    /// Minutes that a learner needs for the exercise.
    pub minutes: u32,
    /// What every version must keep, in Markdown.
    pub contract: String,
    /// Commands to try against a running version; `{port}` stands for its port.
    pub tries: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    lab: Option<LabTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabTable {
    title: String,
    #[serde(default)]
    services: Vec<String>,
    minutes: u32,
    contract: String,
    #[serde(rename = "try", default)]
    tries: Vec<String>,
}

impl Workspace {
    /// Finds the repository that holds the current folder; failing that, the
    /// one that this binary was built in.
    ///
    /// # Errors
    /// When neither is a checkout of this book, or a lab's manifest is wrong.
    pub fn find() -> Result<Self> {
        let here = std::env::current_dir().context("the current folder is gone")?;
        let built = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = [here.as_path(), built]
            .into_iter()
            .flat_map(Path::ancestors)
            .find(|dir| dir.join("book.toml").is_file() && dir.join("labs/kit").is_dir());
        match root {
            Some(root) => Self::open(root),
            None => bail!(
                "{} is not inside a checkout of Failure Modes: \
                 change into the cloned folder and try again",
                here.display()
            ),
        }
    }

    /// Opens the repository at `root`.
    ///
    /// # Errors
    /// When a folder cannot be read or a lab's manifest is wrong.
    pub fn open(root: &Path) -> Result<Self> {
        let folder = root.join("labs");
        let mut labs = Vec::new();
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let dir = entry?.path();
            if let Some(lab) = Lab::open(&dir)? {
                labs.push(lab);
            }
        }
        labs.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            root: root.to_path_buf(),
            labs,
        })
    }

    /// The lab that a reader means by `3`, `03`, `lab-03`, `03-slug` or `slug`.
    ///
    /// # Errors
    /// When there is none; the message suggests the nearest one.
    pub fn lab(&self, name: &str) -> Result<&Lab> {
        let wanted = name.trim().trim_end_matches('/').to_lowercase();
        let bare = wanted.strip_prefix("lab-").unwrap_or(&wanted);
        let number = bare.parse::<u32>().map(|n| format!("{n:02}"));
        let found = self.labs.iter().find(|lab| {
            number.as_ref().is_ok_and(|n| *n == lab.id)
                || bare == lab.slug
                || bare == lab.folder_name()
        });
        if let Some(lab) = found {
            return Ok(lab);
        }
        // A digit that was typed as the letter that looks like it.
        let digits = bare.replace(['l', 'i'], "1").replace('o', "0");
        let alike = digits.parse::<u32>().map(|n| format!("{n:02}"));
        let near = self
            .labs
            .iter()
            .flat_map(|lab| [&lab.slug, &lab.package].map(|key| (key, lab)))
            .map(|(key, lab)| match &alike {
                Ok(number) if *number == lab.id => (1.0, lab),
                _ => (strsim::jaro_winkler(key, &wanted), lab),
            })
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match near {
            Some((score, lab)) if score > 0.75 => bail!(
                "there is no lab `{name}`: did you mean {} ({})? \
                 `cargo lab list` shows them all",
                lab.id,
                lab.slug
            ),
            _ => bail!("there is no lab `{name}`: `cargo lab list` shows them all"),
        }
    }
}

impl Lab {
    fn open(dir: &Path) -> Result<Option<Self>> {
        let Some(name) = dir.file_name().and_then(|n| n.to_str()) else {
            return Ok(None);
        };
        let Some((id, slug)) = name.split_once('-') else {
            return Ok(None);
        };
        if id.len() != 2 || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(None);
        }
        let path = dir.join("Cargo.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: Manifest =
            toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        let Some(table) = manifest.package.metadata.and_then(|m| m.lab) else {
            bail!("{} has no [package.metadata.lab] table", path.display());
        };
        Ok(Some(Self {
            id: id.to_owned(),
            slug: slug.to_owned(),
            dir: dir.to_path_buf(),
            package: manifest.package.name,
            title: table.title,
            services: table.services,
            minutes: table.minutes,
            contract: table.contract.trim().to_owned(),
            tries: table.tries,
        }))
    }

    /// The folder's name, which is also the chapter's file stem.
    #[must_use]
    pub fn folder_name(&self) -> String {
        format!("{}-{}", self.id, self.slug)
    }

    /// Names of the half-fixes, sorted.
    ///
    /// # Errors
    /// When the folder `src/half_fixes` cannot be read.
    pub fn half_fixes(&self) -> Result<Vec<String>> {
        let folder = self.dir.join("src/half_fixes");
        let mut names = Vec::new();
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let stem = path
                .file_stem()
                .and_then(|s| s.to_str())
                .unwrap_or_default();
            if path.extension().is_some_and(|e| e == "rs") && stem != "mod" {
                names.push(stem.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }
}
