//! Many services judged by one build: they become further versions of their
//! lab, in the copy.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::copy::Copy;
use crate::ran;
use crate::repository::Lab;

/// Where they are put, in the lab's `src/`.
const FOLDER: &str = "variants";

/// What the experiment said of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It does not compile.
    NoRust,
    /// It was run.
    Ran {
        /// Whether every claim holds.
        holds: bool,
        /// The transcript.
        text: String,
    },
}

#[derive(Deserialize)]
struct Line {
    version: String,
    holds: bool,
    text: String,
}

/// Judges services, each a name and a source, as versions of `lab`.
///
/// # Errors
/// When the lab itself does not compile, or its program cannot be run.
pub fn judge(
    copy: &Copy,
    lab: &Lab,
    variants: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Verdict>> {
    let before = copy.read(&lab.file("src/lib.rs"))?;
    let verdicts = judge_in(copy, lab, variants, &before);
    copy.write(&lab.file("src/lib.rs"), &before)?;
    std::fs::remove_dir_all(copy.root.join(lab.file("src")).join(FOLDER))?;
    verdicts
}

fn judge_in(
    copy: &Copy,
    lab: &Lab,
    variants: &BTreeMap<String, String>,
    before: &str,
) -> Result<BTreeMap<String, Verdict>> {
    for (name, source) in variants {
        copy.write(&file(lab, name), source)?;
    }
    let mut verdicts = BTreeMap::new();
    let mut good: BTreeSet<&str> = variants.keys().map(String::as_str).collect();
    // The compiler stops at the first kind of mistake: names, then types,
    // then borrows.
    loop {
        declare(copy, lab, before, &good)?;
        let wrong = wrong(copy, lab)?;
        if wrong.is_empty() {
            break;
        }
        for name in wrong {
            let known = good.take(name.as_str());
            let known = known.with_context(|| format!("`{name}` is no variant"))?;
            verdicts.insert(known.to_owned(), Verdict::NoRust);
        }
    }
    if good.is_empty() {
        return Ok(verdicts);
    }
    let package = format!("lab-{}", lab.id);
    let build = ["build", "-q", "--locked", "-p", &package];
    let build = [&build[..], &["--bin", &package]].concat();
    copy.cargo(&build)?.ok()?;
    let mut program = std::process::Command::new(copy.target.join("debug").join(&package));
    ran::clean(program.arg("judge").args(&good)).current_dir(&copy.root);
    let judged = ran::run(program)?;
    ensure!(matches!(judged.code, Some(0 | 1)), "{judged}");
    for line in judged.out.lines() {
        let Line {
            version,
            holds,
            text,
        } = serde_json::from_str(line)?;
        verdicts.insert(version, Verdict::Ran { holds, text });
    }
    ensure!(verdicts.len() == variants.len(), "{judged}");
    Ok(verdicts)
}

fn file(lab: &Lab, name: &str) -> String {
    lab.file(&format!("src/{FOLDER}/{name}.rs"))
}

/// Makes the good ones modules and versions of the lab.
fn declare(copy: &Copy, lab: &Lab, before: &str, good: &BTreeSet<&str>) -> Result<()> {
    const FIXED: &str = r#"version!(Fixed, "fixed", fixed, "fixed.rs"),"#;
    ensure!(before.contains(FIXED), "LAB declares no fixed");
    let modules: String = good.iter().map(|n| format!("pub mod {n};\n")).collect();
    copy.write(&file(lab, "mod"), &format!("//! Variants.\n{modules}"))?;
    let versions: String = good
        .iter()
        .map(|n| format!("version!(HalfFix, {n:?}, {FOLDER}::{n}, \"{FOLDER}/{n}.rs\"),\n"))
        .collect();
    let text = before
        .replace(FIXED, &format!("{FIXED}\n{versions}"))
        .replace(
            "pub mod fixed;",
            &format!("pub mod fixed;\npub mod {FOLDER};"),
        );
    copy.write(&lab.file("src/lib.rs"), &text)
}

/// The variants in which the compiler finds a mistake.
fn wrong(copy: &Copy, lab: &Lab) -> Result<BTreeSet<String>> {
    let package = format!("lab-{}", lab.id);
    let check = ["check", "-q", "--locked", "-p", &package, "--lib"];
    let check = copy.cargo(&[&check[..], &["--message-format", "json"]].concat())?;
    if check.code == Some(0) {
        return Ok(BTreeSet::new());
    }
    let mut found = BTreeSet::new();
    for line in check.out.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let message = &line["message"];
        if message["level"] != "error" {
            continue;
        }
        let spans = message["spans"].as_array().into_iter().flatten();
        for span in spans.filter(|span| span["is_primary"] == true) {
            // Inside a macro the place is the one that called it.
            let mut span = span;
            while !span["expansion"].is_null() && !in_variant(span) {
                span = &span["expansion"]["span"];
            }
            if let Some(name) = variant(span) {
                found.insert(name);
            }
        }
    }
    if found.is_empty() {
        bail!("the lab itself does not compile\n{check}");
    }
    Ok(found)
}

fn in_variant(span: &Value) -> bool {
    variant(span).is_some()
}

fn variant(span: &Value) -> Option<String> {
    let file = span["file_name"].as_str()?;
    let (_, name) = file.split_once(&format!("/{FOLDER}/"))?;
    let name = name.strip_suffix(".rs")?;
    (name != "mod").then(|| name.to_owned())
}
