//! A tiny checkout with one lab, for the tests of the commands. The lab is a
//! real cargo package without dependencies, so it builds in a second.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::exercise;
use crate::workspace::{Lab, Workspace};

/// A checkout in a temporary folder.
pub struct Fixture {
    _folder: TempDir,
    /// What the commands see.
    pub workspace: Workspace,
}

impl Fixture {
    /// A checkout whose exercise is not started.
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path();
        let put = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let lab = |path: &str, text: &str| put(&format!("labs/01-slow-answer/{path}"), text);
        put("book.toml", "");
        put("labs/kit/README", "");
        put(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"labs/[0-9][0-9]-*\"]\n",
        );
        // Its own target folder, whatever the tests themselves are built into.
        put(".cargo/config.toml", "[build]\ntarget-dir = \"target\"\n");
        lab("Cargo.toml", MANIFEST);
        lab("src/lib.rs", LIB);
        lab("src/main.rs", MAIN);
        lab(
            "src/broken.rs",
            "//! Slow.\npub fn server() -> bool {\n    false\n}\n",
        );
        lab(
            "src/fixed.rs",
            "//! Fast.\npub fn server() -> bool {\n    true\n}\n",
        );
        lab("src/half_fixes/mod.rs", "");
        lab("src/half_fixes/more_workers.rs", "");
        lab("src/proof.rs", PROOF);
        lab("tests/snapshots/broken.snap", SNAPSHOT);
        lab("hints.md", HINTS);
        let workspace = Workspace::open(root).unwrap();
        let shipped = exercise::shipped(&workspace.labs[0]);
        lab("src/exercise.rs", &shipped);
        Self {
            _folder: folder,
            workspace,
        }
    }

    /// Its only lab.
    pub fn lab(&self) -> &Lab {
        &self.workspace.labs[0]
    }

    /// A file of the lab.
    pub fn file(&self, path: &str) -> std::path::PathBuf {
        self.lab().dir.join(Path::new(path))
    }
}

const MANIFEST: &str = r#"
[package]
name = "lab-01"
version = "0.1.0"
edition = "2024"

[[bin]]
name = "lab-01"
path = "src/main.rs"

[[test]]
name = "proof"
path = "src/proof.rs"
harness = false

[package.metadata.lab]
title = "A slow answer"
services = ["redis"]
minutes = 30
contract = "`GET /` answers 200."
try = ["curl -s http://127.0.0.1:{port}/"]
"#;

const LIB: &str = "
pub mod broken;
pub mod fixed;
";

const MAIN: &str = "
fn main() {
    let line: Vec<String> = std::env::args().skip(1).collect();
    println!(\"{}\", line.join(\" \"));
    println!(\"{}\", lab_01::fixed::server());
}
";

const PROOF: &str = "
pub use lab_01::*;
pub mod exercise;
fn main() {
    let source = include_str!(\"exercise.rs\");
    assert!(std::env::var(\"LABKIT_VERDICT_ONLY\").is_ok());
    assert_eq!(std::env::args().skip(1).collect::<Vec<_>>(), [\"--exact\", \"exercise\"]);
    let good = source.contains(\"broken::server\") || exercise::server();
    std::process::exit(if good { 0 } else { 101 });
}
";

const SNAPSHOT: &str = "---
source: labs/kit/src/proof.rs
---
> GET /
< 200

✗ fails: a slow request delays nobody else
✓ holds: the work is done
– not reached: the service survives
";

const HINTS: &str = "# Hints

## 1. Where to look

At the handler.

## 2. The mechanism

It blocks.

## 3. The name of the tool

A pool.
";
