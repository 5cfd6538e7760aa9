//! The models of labkit-browser against Chromium: the same table of cases.
#![cfg(target_os = "linux")]

use std::process::Command;

use anyhow::{Result, ensure};
use book_tests::{Repository, ran};

#[test]
fn the_models_do_what_chromium_does() -> Result<()> {
    let folder = Repository::here().root.join("tests/browser");
    ensure!(
        folder.join("node_modules").is_dir(),
        "tests/browser has no packages: npm ci --prefix tests/browser"
    );
    let mut node = Command::new("node");
    ran::clean(&mut node)
        .args(["--test", "--test-reporter=spec", "models.test.mjs"])
        .current_dir(&folder);
    ran::run(node)?.ok()?;
    Ok(())
}
