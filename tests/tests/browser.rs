//! The book in headless Chromium, served from the copy: tests/browser holds
//! what is checked, here it is run. Screenshots go to `target/shots`.
#![cfg(target_os = "linux")]

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use book_tests::{Copy, ran};

#[test]
fn the_book_holds_in_a_real_browser() -> Result<()> {
    let copy = Copy::take()?;
    // Built now, so that no browser waits for a compiler.
    copy.workshop(&["prove", "01", "fixed"])?.ok()?;
    let folder = copy.repository.root.join("tests/browser");
    ensure!(
        folder.join("node_modules").is_dir(),
        "tests/browser has no packages: npm ci --prefix tests/browser"
    );
    let kept = copy.target.parent().and_then(|tests| tests.parent());
    let shots = kept.context("the copy has a folder")?.join("shots");
    // The commands of the copy: its server builds labs in the copy's target.
    let mut node = Command::new("node");
    ran::clean(&mut node)
        .args([
            "--test",
            "--test-concurrency=1",
            "--test-reporter=spec",
            "book.test.mjs",
            "live.test.mjs",
            "search.test.mjs",
        ])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", &copy.target)
        .env("WORKSHOP", copy.target.join("debug/workshop"))
        .env("ROOT", &copy.root)
        .env("SHOTS", &shots);
    let fresh = std::env::var_os("FRESH").is_some_and(|value| value == "1");
    if !fresh {
        let known = copy.root.with_file_name("known");
        std::fs::create_dir_all(&known)?;
        node.env("KNOWN", known.join("axe.json"));
    }
    ran::run(node)?.ok()?;
    Ok(())
}
