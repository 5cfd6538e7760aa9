//! Verdicts that are known already: what was judged once need not be judged
//! again until something that it was made of changes.
//!
//! A good verdict is kept in the target folder with a hash of its inputs, so a
//! fresh clone knows none. With `FRESH=1` in the environment all are judged.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use labkit::progress;

use crate::copy::Copy;
use crate::ran;

/// What every verdict on a service is made of, beside the service.
const SHARED: [&str; 5] = [
    ".cargo/",
    "Cargo.",
    "labs/kit/",
    "labs/package",
    "tests/src/",
];

/// The tools that make a service and run it.
const TOOLS: [[&str; 2]; 2] = [["rustc", "-vV"], ["node", "--version"]];

/// One good verdict, known or not.
pub struct Known {
    file: PathBuf,
    inputs: String,
}

impl Known {
    /// The verdict of that name on the files whose paths begin with one of
    /// `own`, and on what all verdicts share.
    ///
    /// # Errors
    /// When a file cannot be read, or a tool is missing.
    pub fn of(copy: &Copy, name: &str, own: &[String]) -> Result<Self> {
        let mut inputs = String::new();
        for [tool, argument] in TOOLS {
            let mut command = Command::new(tool);
            ran::clean(command.arg(argument));
            inputs += &ran::run(command)?.ok()?.out;
        }
        for file in copy.repository.files()? {
            let is_own = own.iter().any(|start| file.starts_with(start));
            if is_own || SHARED.iter().any(|start| file.starts_with(start)) {
                let bytes = fs::read(copy.root.join(&file));
                let bytes = bytes.with_context(|| format!("cannot read {file}"))?;
                let hash = progress::hash(&String::from_utf8_lossy(&bytes));
                inputs += &format!("{file} {hash}\n");
            }
        }
        let folder = copy.root.with_file_name("known");
        fs::create_dir_all(&folder)?;
        Ok(Self {
            file: folder.join(name),
            inputs: progress::hash(&inputs),
        })
    }

    /// Judges, unless the verdict is known to be good; keeps a good one.
    ///
    /// # Errors
    /// Those of `judge`, or when the verdict cannot be kept.
    pub fn or(self, judge: impl FnOnce() -> Result<()>) -> Result<()> {
        let fresh = std::env::var_os("FRESH").is_some_and(|value| value == "1");
        let kept = fs::read_to_string(&self.file);
        if !fresh && kept.is_ok_and(|kept| kept == self.inputs) {
            println!(
                "{}: judged before, and nothing has changed",
                self.file.display()
            );
            return Ok(());
        }
        judge()?;
        fs::write(&self.file, &self.inputs)
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}
