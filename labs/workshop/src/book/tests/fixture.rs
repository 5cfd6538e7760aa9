//! A repository with one lab and one chapter, in a temporary folder.

use std::path::{Path, PathBuf};

use crate::book::{Base, build};
use crate::workspace::Workspace;

/// The chapter's file.
pub const CHAPTER: &str = "book/performance/01-small.md";

/// The repository.
pub struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    /// One without mistakes.
    pub fn new() -> Self {
        let this = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        for (path, text) in FILES {
            let path = this.root().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text.trim_start()).unwrap();
        }
        std::fs::create_dir_all(this.root().join("labs/kit")).unwrap();
        this
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    /// Where it is built.
    pub fn dest(&self) -> PathBuf {
        self.root().join("target/book")
    }

    /// Replaces `from`, which must be there, in a file.
    #[track_caller]
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.root().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Builds it, and tells every problem.
    pub fn problems(&self) -> Vec<String> {
        let workspace = Workspace::open(self.root()).unwrap();
        let built = build(&workspace, &self.dest(), Base::Published).unwrap();
        built.problems.iter().map(ToString::to_string).collect()
    }

    /// A built file.
    pub fn built(&self, name: &str) -> String {
        std::fs::read_to_string(self.dest().join(name)).unwrap()
    }

    /// How a problem at the first line of the chapter that begins with `line`
    /// begins.
    #[track_caller]
    pub fn at(&self, line: &str, message: &str) -> String {
        let text = std::fs::read_to_string(self.root().join(CHAPTER)).unwrap();
        let n = text.lines().position(|l| l.starts_with(line)).unwrap();
        format!("{CHAPTER}:{}: {message}", n + 1)
    }
}

const COVERAGE: &str = r#"
[later]
02 = "Later"

[[part]]
title = "Speed"

[[part.subject]]
says = "It hangs"
seed = ["C1"]
chapters = ["01", "02"]
"#;

const FILES: [(&str, &str); 25] = [
    ("Cargo.toml", "[workspace.package]\nversion = \"7.7.7\"\n"),
    (
        "Cargo.lock",
        "[[package]]\nname = \"actix-web\"\nversion = \"4.9.9\"\n",
    ),
    (
        "book.toml",
        r#"
[book]
title = "Small Book"
src = "book"
[build]
create-missing = false
build-dir = "target/book"
[preprocessor.labs]
before = ["links"]
[output.html]
site-url = "https://example.org/book/"
theme = "book/theme"
no-section-label = true
[output.html.playground]
runnable = false
"#,
    ),
    (
        "book/theme/fonts/fonts.css",
        "html { font-family: serif; }\n",
    ),
    (
        "book/SUMMARY.md",
        r"
# Summary

[Small Book](introduction.md)

- [01 Small](performance/01-small.md)

[Symptoms](symptoms.md)
[Checklist](checklist.md)
",
    ),
    ("book/404.md", "# Gone\n\n[Home](index.html)\n"),
    (
        "book/introduction.md",
        r#"
+++
title = "Small Book"
description = "A book."
+++

# Small Book

{{#chapters}}

## Coverage

{{#coverage}}
"#,
    ),
    ("book/coverage.toml", COVERAGE),
    (
        "book/symptoms.md",
        "+++\ntitle = \"S\"\ndescription = \"d\"\n+++\n\n# Symptoms\n\n{{#symptoms}}\n",
    ),
    (
        "book/checklist.md",
        "+++\ntitle = \"C\"\ndescription = \"d\"\n+++\n\n# Checklist\n\n{{#checklists}}\n",
    ),
    (
        CHAPTER,
        r#"
+++
lab = "01"
title = "It hangs: a small failure"
description = "What hangs & why."
symptoms = ["everything hangs", "`error: timed out`"]
confirm = { command = "top -H", decides = "one thread is busy" }
first_aid = { action = "Add an instance.", risk = "None." }
not_this = [{ symptom = "it crashes", lab = "09", name = "Crashing" }]
applies_to = "all versions"
minutes = 20
lab_minutes = 5
seed = ["C1"]
+++

# 01 Small

A small thing hangs.

{{#lab 01 card}}

{{#lab 01 panel}}

## What you see

Slow answers.

## Find it in production

{{#lab 01 evidence top}}

## Predict

How many?

<details>
<summary>Answer</summary>

Half.

</details>

## Why it happens

```rust
{{#include ../../labs/01-small/src/lib.rs:part}}
```

## Your turn

{{#lab 01 contract}}

{{#lab 01 claims}}

{{#lab 01 commands}}

{{#lab 01 hints}}

## The fix

{{#lab 01 diff}}

## Half-fixes

### `half`

{{#lab 01 half-fix half}}

It looks right.

## The proof

{{#lab 01 proof}}

## What it costs

A thread.

## In Express

{{#lab 01 express broken}}

## Checklist

- Mind the worker.

## Sources

- [A source](https://example.org/)
"#,
    ),
    (
        "labs/01-small/Cargo.toml",
        r#"
[package]
name = "lab-01"
[package.metadata.lab]
title = "Small"
services = []
minutes = 5
contract = """
- `GET /` answers `200`.
"""
"#,
    ),
    (
        "labs/01-small/src/lib.rs",
        "// ANCHOR: part\npub fn part() {}\n// ANCHOR_END: part\n",
    ),
    (
        "labs/01-small/src/broken.rs",
        "fn work() {\n    now();\n}\n",
    ),
    (
        "labs/01-small/src/fixed.rs",
        "fn work() {\n    later();\n}\n",
    ),
    ("labs/01-small/src/half_fixes/mod.rs", "pub mod half;\n"),
    (
        "labs/01-small/src/half_fixes/half.rs",
        "fn work() {\n    // ANCHOR: half-fix\n    soon();\n    // ANCHOR_END: half-fix\n}\n",
    ),
    (
        "labs/01-small/tests/snapshots/broken.snap",
        "---\nsource: x\n---\n> GET /\n\n✗ fails: nobody waits\n✓ holds: the work is done\n",
    ),
    (
        "labs/01-small/tests/snapshots/half-fix-half.snap",
        "---\nsource: x\n---\n> GET /\n\n✗ fails: nobody waits\n✓ holds: the work is done\n",
    ),
    (
        "labs/01-small/tests/snapshots/fixed.snap",
        "---\nsource: x\n---\n> GET /\n\n✓ holds: nobody waits\n✓ holds: the work is done\n",
    ),
    ("labs/01-small/recording.json", RECORDING),
    (
        "labs/01-small/hints.md",
        "## 1. Where to look\n\nThere.\n\n## 2. The mechanism\n\nIt blocks.\n\n## 3. The name of the tool\n\nA pool.\n",
    ),
    (
        "labs/01-small/evidence/top.txt",
        "# command: top -H\n# tool: top 4.0\n\n  PID COMMAND\n    1 worker\n",
    ),
    (
        "labs/01-small/express/broken.mjs",
        "import express from 'express';\n",
    ),
    (
        "labs/01-small/express/fixed.mjs",
        "import express from 'express';\n",
    ),
];

const RECORDING: &str = r#"
{"schema":1,"lab":"01",
"made":{"cpu":"CPU","cores":2,"memory_gib":8,"os":"Linux","rustc":"1.95.0","actix_web":"4.9.9","profile":"dev","date":"2026-11-23","commit":"abc"},
"plan":{"title":"GET /","measure":"latency_ms","seconds":2.0,"probe":"GET /","probes_per_second":1.0,"timeout_ms":1000.0,"budget_ms":50.0,
"load":{"label":"1/s","request":"GET /slow","per_second":1.0,"from":0.5,"to":1.5}},
"runs":[
{"version":"broken","samples":[[0.0,2.0,200],[1.0,900.0,200]],"summary":{"requests":2,"failed":0,"timed_out":0,"p50":2.0,"p99":900.0,"max":900.0},"work":{"sent":1,"done":1,"per_second":1.0},"generator_late_p99_ms":0.1},
{"version":"fixed","samples":[[0.0,2.0,200],[1.0,3.0,200]],"summary":{"requests":2,"failed":0,"timed_out":0,"p50":2.0,"p99":3.0,"max":3.0},"work":{"sent":1,"done":1,"per_second":1.0},"generator_late_p99_ms":0.1}]}
"#;
