//! Labs, summary, chapters, recordings and snapshots belong together, one to one.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use book_tests::snapshots::{self, Finding};
use book_tests::{Lab, Repository};
use labkit::exercise::{self, State};
use labkit::recording::Recording;

fn each_lab(check: impl Fn(&Repository, &Lab) -> Result<()>) -> Result<()> {
    let repository = Repository::here();
    for lab in repository.labs()? {
        check(&repository, &lab).with_context(|| format!("lab {}", lab.name))?;
    }
    Ok(())
}

/// The front matter and the text of a lab's chapter.
fn chapter(repository: &Repository, lab: &Lab) -> Result<(toml::Table, String)> {
    let files = repository.book_files()?;
    let ending = format!("/{}.md", lab.name);
    let mut files = files.iter().filter(|file| file.ends_with(&ending));
    let file = files
        .next()
        .with_context(|| format!("no chapter book/*{ending}"))?;
    assert_eq!(files.next(), None, "two chapters for lab {}", lab.id);
    let text = repository.read(file)?;
    let front = text
        .strip_prefix("+++\n")
        .and_then(|t| t.split_once("\n+++\n"));
    let (front, body) = front.with_context(|| format!("{file} has no front matter"))?;
    Ok((front.parse()?, body.to_owned()))
}

#[test]
fn every_lab_has_one_chapter_and_every_chapter_its_lab() -> Result<()> {
    let repository = Repository::here();
    let labs = repository.labs()?;
    let numbers: BTreeSet<&str> = labs.iter().map(|lab| lab.id.as_str()).collect();
    assert_eq!(
        numbers.len(),
        labs.len(),
        "two labs with one number: {labs:?}"
    );
    // A chapter of a lab lies in a part's folder; other pages do not, but for
    // the facilitators' own.
    let named = |paths: Vec<String>| -> BTreeSet<String> {
        let paths = paths
            .iter()
            .filter(|path| path.contains('/') && !path.starts_with("for-facilitators/"));
        let names = paths.filter_map(|path| path.rsplit('/').next()?.strip_suffix(".md"));
        names.map(str::to_owned).collect()
    };
    let folders: BTreeSet<String> = labs.iter().map(|lab| lab.name.clone()).collect();
    assert_eq!(
        named(repository.summary()?),
        folders,
        "SUMMARY.md and labs/"
    );
    let files = repository.book_files()?;
    let files = files.iter().filter_map(|file| file.strip_prefix("book/"));
    let files = files.filter(|file| !file.starts_with("theme/"));
    let files = files.map(str::to_owned).collect();
    assert_eq!(named(files), folders, "book/ and labs/");
    Ok(())
}

#[test]
fn every_page_is_in_the_summary_and_every_entry_is_a_page() -> Result<()> {
    let repository = Repository::here();
    let listed: BTreeSet<String> = repository.summary()?.into_iter().collect();
    let files = repository.book_files()?;
    // mdBook serves 404.md without a place in the summary.
    let pages = files.iter().filter_map(|file| file.strip_prefix("book/"));
    let pages: BTreeSet<String> = pages
        .filter(|page| !["SUMMARY.md", "404.md"].contains(page))
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, pages);
    Ok(())
}

#[test]
fn the_readme_and_the_diagnosis_name_what_is_to_come_as_the_coverage_does() -> Result<()> {
    let repository = Repository::here();
    let coverage: toml::Table = repository.read("book/coverage.toml")?.parse()?;
    let later = coverage["later"].as_table().context("`later` is a table")?;
    let name = |id: &str| {
        let name = later.get(id).and_then(toml::Value::as_str);
        name.with_context(|| format!("book/coverage.toml plans no chapter {id}"))
    };
    let readme = repository.read("README.md")?;
    let names = later.keys().map(|id| {
        let name = name(id)?;
        let number = id.parse::<u32>().is_ok();
        Ok(if number {
            format!("{id} {name}")
        } else {
            name.to_owned()
        })
    });
    let names: Vec<String> = names.collect::<Result<_>>()?;
    let line = format!("\nNot yet: {}.", names.join(", "));
    ensure!(
        readme.contains(&line),
        "README.md does not say `{}`",
        line.trim()
    );
    for lab in repository.labs()? {
        let link = format!("| [{}]({}) |", lab.id, lab.folder);
        ensure!(readme.contains(&link), "README.md has no row `{link}`");
    }
    let diagnosis: toml::Table = repository.read("book/diagnosis.toml")?.parse()?;
    let walks = diagnosis["later"].as_table();
    for (id, there) in walks.context("`later` is a table")? {
        assert_eq!(there.as_str(), Some(name(id)?), "book/diagnosis.toml, {id}");
    }
    Ok(())
}

#[test]
fn chapter_recording_and_package_carry_the_labs_number() -> Result<()> {
    each_lab(|repository, lab| {
        let (front, _) = chapter(repository, lab)?;
        assert_eq!(front["lab"].as_str(), Some(lab.id.as_str()), "front matter");
        let manifest: toml::Table = repository.read(&lab.file("Cargo.toml"))?.parse()?;
        let package = manifest["package"]["name"].as_str();
        assert_eq!(package, Some(format!("lab-{}", lab.id).as_str()));
        let services = &manifest["package"]["metadata"]["lab"]["services"];
        assert_eq!(&front["services"], services, "services");
        let text = repository.read(&lab.file("recording.json"))?;
        let recording = Recording::parse(&text)?;
        assert_eq!(recording.lab, lab.id, "recording.json");
        for version in ["broken", "fixed"] {
            assert!(recording.run(version).is_some(), "no run of {version}");
        }
        let known = repository.half_fixes(lab)?;
        for run in &recording.runs {
            let name = run.version.as_str();
            let is_known = ["broken", "fixed"].contains(&name) || known.iter().any(|k| k == name);
            assert!(is_known, "a run of {name}, which is no version");
        }
        Ok(())
    })
}

#[test]
fn every_half_fix_is_a_module_has_a_snapshot_and_stands_in_the_chapter() -> Result<()> {
    each_lab(|repository, lab| {
        let modules = repository.read(&lab.file("src/half_fixes/mod.rs"))?;
        let versions = repository.read(&lab.file("src/lib.rs"))?;
        let (_, text) = chapter(repository, lab)?;
        let names = snapshots::names(repository, lab)?;
        for half_fix in repository.half_fixes(lab)? {
            let module = format!("pub mod {half_fix};");
            assert!(
                modules.contains(&module),
                "half_fixes/mod.rs lacks `{module}`"
            );
            let version = format!("half_fixes::{half_fix},");
            assert!(versions.contains(&version), "LAB lacks {version}");
            let directive = format!("{{{{#lab {} half-fix {half_fix}}}}}", lab.id);
            assert!(text.contains(&directive), "the chapter lacks {directive}");
            let snapshot = snapshots::of_half_fix(&half_fix);
            assert!(names.contains(&snapshot), "no snapshot {snapshot}");
            let source = repository.read(&lab.file(&format!("src/half_fixes/{half_fix}.rs")))?;
            for anchor in ["// ANCHOR: half-fix\n", "// ANCHOR_END: half-fix\n"] {
                assert_eq!(
                    source.matches(anchor).count(),
                    1,
                    "{anchor} in {half_fix}.rs"
                );
            }
        }
        Ok(())
    })
}

#[test]
fn every_snapshot_belongs_to_a_version() -> Result<()> {
    each_lab(|repository, lab| {
        let half_fixes = repository.half_fixes(lab)?;
        let mut versions: Vec<String> = half_fixes
            .iter()
            .map(|s| snapshots::of_half_fix(s))
            .collect();
        versions.extend(["broken", "fixed"].map(str::to_owned));
        versions.sort();
        let mut names = snapshots::names(repository, lab)?;
        names.sort();
        assert_eq!(names, versions);
        Ok(())
    })
}

#[test]
fn every_snapshot_lists_the_same_claims_and_every_claim_fails_somewhere() -> Result<()> {
    each_lab(|repository, lab| {
        let words = |claims: &snapshots::Claims| -> Vec<String> {
            claims.iter().map(|(_, words)| words.clone()).collect()
        };
        let fixed = snapshots::claims(repository, lab, "fixed")?;
        let mut bitten = BTreeSet::new();
        for name in snapshots::names(repository, lab)? {
            let claims = snapshots::claims(repository, lab, &name)?;
            assert_eq!(words(&claims), words(&fixed), "{name}.snap");
            let failing = claims.iter().filter(|(f, _)| *f == Finding::Fails);
            let failing: Vec<String> = failing.map(|(_, words)| words.clone()).collect();
            if name == "fixed" {
                let holding = claims.iter().filter(|(f, _)| *f == Finding::Holds).count();
                assert_eq!(holding, claims.len(), "fixed.snap");
            } else {
                assert!(!failing.is_empty(), "{name}.snap shows no failure");
            }
            bitten.extend(failing);
        }
        let all: BTreeSet<String> = words(&fixed).into_iter().collect();
        assert_eq!(bitten, all, "claims that a version fails, and all claims");
        Ok(())
    })
}

#[test]
fn there_are_three_graded_hints() -> Result<()> {
    each_lab(|repository, lab| {
        let hints = repository.read(&lab.file("hints.md"))?;
        let titles: Vec<&str> = hints.lines().filter(|l| l.starts_with('#')).collect();
        assert_eq!(
            titles,
            [
                "## 1. Where to look",
                "## 2. The mechanism",
                "## 3. The name of the tool"
            ]
        );
        assert!(!hints.contains("```"), "a hint is no code");
        Ok(())
    })
}

#[test]
fn the_exercise_is_shipped_unsolved() -> Result<()> {
    each_lab(|repository, lab| {
        let shipped = repository.shipped_exercise(lab)?;
        let fixed = repository.read(&lab.file("src/fixed.rs"))?;
        assert_eq!(
            exercise::state(&shipped, &fixed),
            State::NotStarted,
            "{shipped}"
        );
        let id = &lab.id;
        assert!(
            shipped.contains(&format!("cargo lab start {id}")),
            "{shipped}"
        );
        Ok(())
    })
}

#[test]
fn listings_stay_free_of_the_harness() -> Result<()> {
    each_lab(|repository, lab| {
        let mut files = vec!["src/broken.rs".to_owned(), "src/fixed.rs".to_owned()];
        let half_fixes = repository.half_fixes(lab)?;
        files.extend(
            half_fixes
                .iter()
                .map(|stem| format!("src/half_fixes/{stem}.rs")),
        );
        for file in files {
            let source = repository.read(&lab.file(&file))?;
            for word in [
                "labkit",
                "cfg(test)",
                "LAB_GATE",
                "#[expect",
                "#[allow",
                "BUG",
                "FIXME",
            ] {
                assert!(!source.contains(word), "{file} contains {word}");
            }
            for (number, line) in source.lines().enumerate() {
                let columns = line.chars().count();
                assert!(columns <= 72, "{file}:{} has {columns} columns", number + 1);
            }
        }
        Ok(())
    })
}

#[test]
fn evidence_says_how_it_was_made_and_is_shown() -> Result<()> {
    each_lab(|repository, lab| {
        let (_, text) = chapter(repository, lab)?;
        for name in repository.stems(&lab.file("evidence"), ".txt")? {
            let evidence = repository.read(&lab.file(&format!("evidence/{name}.txt")))?;
            let (head, body) = evidence
                .split_once("\n\n")
                .context("a header, then the output")?;
            for key in ["command", "tool", "machine", "date", "version"] {
                let start = format!("# {key}: ");
                let value = head.lines().find_map(|line| line.strip_prefix(&start));
                let given = value.is_some_and(|value| !value.trim().is_empty());
                assert!(given, "{name}.txt has no `{start}`");
            }
            let directive = format!("{{{{#lab {} evidence {name}}}}}", lab.id);
            let shown = text.contains(&directive);
            assert!(
                !shown || !body.trim().is_empty(),
                "{name}.txt is empty, and shown"
            );
        }
        Ok(())
    })
}

#[test]
fn every_lab_has_other_repairs_that_are_accepted() -> Result<()> {
    each_lab(|repository, lab| {
        let folder = format!("tests/repairs/{}", lab.id);
        let repairs = repository.stems(&folder, ".rs")?;
        assert!(
            !repairs.is_empty(),
            "{folder} holds no repair unlike fixed.rs"
        );
        Ok(())
    })
}

/// What folklore says is refuted by a version that fails a claim, or the page
/// has no right to say so.
#[test]
fn each_command_against_folklore_runs_a_version_that_fails() -> Result<()> {
    let repository = Repository::here();
    let labs = repository.labs()?;
    let page = repository.read("book/folklore.md")?;
    let mut commands = 0;
    for line in page.lines() {
        let Some(words) = line.strip_prefix("$ cargo lab prove ") else {
            continue;
        };
        let (id, version) = words.split_once(' ').context("a lab and a version")?;
        let lab = labs.iter().find(|lab| lab.id == id).context("a lab")?;
        let half_fixes = repository.half_fixes(lab)?;
        let name = match half_fixes.iter().any(|name| name == version) {
            true => snapshots::of_half_fix(version),
            false => version.to_owned(),
        };
        let claims = snapshots::claims(&repository, lab, &name)?;
        let fails = claims.iter().any(|(finding, _)| *finding == Finding::Fails);
        ensure!(fails, "`{line}` shows no failure");
        commands += 1;
    }
    let sentences = page.lines().filter(|line| line.starts_with("## ")).count();
    ensure!(commands >= sentences, "a sentence has no command");
    Ok(())
}
