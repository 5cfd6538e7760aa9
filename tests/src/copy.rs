//! A copy of the repository that tests may edit, with a target folder of its
//! own, both kept between runs.
//!
//! Only files whose content differs are written, so that cargo rebuilds what
//! has changed and nothing else. One test has the copy at a time.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use serde_json::Value;

use crate::Running;
use crate::ran::{self, Ran};
use crate::repository::{Lab, Repository};
use crate::seed;

/// The copy, as shipped, for as long as this value lives.
pub struct Copy {
    /// Its root.
    pub root: PathBuf,
    /// Its target folder.
    pub target: PathBuf,
    /// What it was copied from.
    pub repository: Repository,
    // Released when it is closed.
    _lock: File,
}

impl Copy {
    /// Waits until no other test has the copy, brings it up to date, forgets
    /// all progress, and builds the workshop in it.
    ///
    /// # Errors
    /// When a file cannot be written or the workshop does not build.
    pub fn take() -> Result<Self> {
        let copy = Self::bare()?;
        copy.cargo(&["build", "-q", "--locked", "-p", "workshop"])?
            .ok()?;
        Ok(copy)
    }

    /// The same without a build.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn bare() -> Result<Self> {
        let repository = Repository::here();
        let metadata = repository.metadata()?;
        let target = metadata["target_directory"].as_str();
        let target = Path::new(target.context("cargo names no target folder")?);
        let kept = target.join("tests");
        fs::create_dir_all(&kept)?;
        let lock = File::create(kept.join("lock"))?;
        lock.lock()?;
        let copy = Self {
            root: kept.join("copy"),
            target: kept.join("target"),
            repository,
            _lock: lock,
        };
        seed::sow(target, &copy.target, &members(&metadata))?;
        copy.refresh()?;
        Ok(copy)
    }

    /// Makes the copy what the repository is, with exercises as shipped.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn refresh(&self) -> Result<()> {
        let files = self.repository.files()?;
        let mut wanted: BTreeSet<PathBuf> = BTreeSet::new();
        for file in &files {
            let source = self.repository.root.join(file);
            let bytes = fs::read(&source).with_context(|| format!("cannot read {file}"))?;
            self.put(file, &bytes)?;
            let (mode, own) = (mode(&source)?, self.root.join(file));
            // Servers watch these files, and take a new mode for a change.
            if mode != self::mode(&own)? {
                fs::set_permissions(own, fs::Permissions::from_mode(mode))?;
            }
            wanted.insert(self.root.join(file));
        }
        for lab in self.repository.labs()? {
            let shipped = self.repository.shipped_exercise(&lab)?;
            self.put(&lab.file("src/exercise.rs"), shipped.as_bytes())?;
        }
        // Installed once, for the repository itself.
        let modules = self.root.join("labs/node_modules");
        if !modules.is_symlink() {
            symlink(self.repository.root.join("labs/node_modules"), &modules)?;
        }
        wanted.insert(modules);
        remove_others(&self.root, &wanted)
    }

    fn put(&self, file: &str, bytes: &[u8]) -> Result<()> {
        let path = self.root.join(file);
        if fs::read(&path).is_ok_and(|old| old == bytes) {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Writes a file of the copy.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        self.put(file, text.as_bytes())
    }

    /// Reads a file of the copy.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, file: &str) -> Result<String> {
        fs::read_to_string(self.root.join(file)).with_context(|| format!("cannot read {file}"))
    }

    /// Writes the exercise of `lab`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn exercise(&self, lab: &Lab, text: &str) -> Result<()> {
        self.write(&lab.file("src/exercise.rs"), text)
    }

    /// The lab with this number.
    ///
    /// # Errors
    /// When there is none.
    pub fn lab(&self, id: &str) -> Result<Lab> {
        let labs = self.repository.labs()?;
        match labs.into_iter().find(|lab| lab.id == id) {
            Some(lab) => Ok(lab),
            None => bail!("there is no lab {id}"),
        }
    }

    /// Runs `cargo lab ARGUMENTS` in the copy's root.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn workshop(&self, arguments: &[&str]) -> Result<Ran> {
        ran::run(self.workshop_command(arguments))
    }

    /// Starts `cargo lab ARGUMENTS` in the copy's root.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, arguments: &[&str]) -> Result<Running> {
        Running::start(self.workshop_command(arguments))
    }

    /// `cargo lab ARGUMENTS` in the copy's root: the binary itself, which is
    /// what the alias runs.
    #[must_use]
    pub fn workshop_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.target.join("debug/workshop"));
        self.prepare(command.args(arguments));
        command
    }

    /// Runs cargo in the copy's root.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn cargo(&self, arguments: &[&str]) -> Result<Ran> {
        ran::run(self.cargo_command(arguments))
    }

    /// Cargo in the copy's root.
    #[must_use]
    pub fn cargo_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        self.prepare(command.args(arguments));
        command
    }

    fn prepare(&self, command: &mut Command) {
        ran::clean(command)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
    }
}

/// The names of the workspace's own packages.
fn members(metadata: &Value) -> BTreeSet<String> {
    let ids = &metadata["workspace_members"];
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let own = packages.filter(|package| {
        let mut ids = ids.as_array().into_iter().flatten();
        ids.any(|id| *id == package["id"])
    });
    let names = own.filter_map(|package| package["name"].as_str());
    names.map(str::to_owned).collect()
}

fn mode(path: &Path) -> Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode())
}

fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if wanted.contains(&path) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            remove_others(&path, wanted)?;
            if fs::read_dir(&path)?.next().is_none() {
                fs::remove_dir(&path)?;
            }
        } else {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
