//! Committed transcripts, compared with insta.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Once;

use insta::Settings;
use similar::{ChangeTag, TextDiff};

use crate::lab::{Lab, Version};
use crate::run::Outcome;

/// Lines of a difference that are shown.
const SHOWN: usize = 14;

fn folder(lab: &Lab) -> PathBuf {
    Path::new(lab.dir).join("tests/snapshots")
}

/// The transcript that is committed for a version, if there is one.
#[must_use]
pub fn body_of(lab: &Lab, version: &Version) -> Option<String> {
    let file = folder(lab).join(format!("{}.snap", version.snapshot_name()));
    let text = std::fs::read_to_string(file).ok()?;
    let (_, rest) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
    Some(rest.to_owned())
}

/// Compares an outcome with the version's committed transcript; insta writes
/// it when INSTA_UPDATE says so.
///
/// # Errors
/// The difference, and the command that accepts it.
pub fn check(lab: &Lab, version: &Version, outcome: &Outcome) -> Result<(), String> {
    let name = version.snapshot_name();
    let text = outcome.transcript.text();
    let before = body_of(lab, version);
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(folder(lab));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.remove_input_file();
    let same = quietly(|| settings.bind(|| insta::assert_snapshot!(name.as_str(), text)));
    if same {
        return Ok(());
    }
    let accept = format!(
        "To accept it: INSTA_UPDATE=always cargo test -p lab-{}, then read git diff.",
        lab.id
    );
    let Some(before) = before else {
        return Err(format!(
            "there is no tests/snapshots/{name}.snap yet.\n{accept}\n{text}"
        ));
    };
    Err(format!(
        "`{}` answered differently from tests/snapshots/{name}.snap\n\
         (- committed, + this run)\n{}{accept}",
        version.name,
        difference(&before, &text)
    ))
}

fn difference(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old.trim(), new.trim());
    let changed = diff
        .iter_all_changes()
        .filter(|c| c.tag() != ChangeTag::Equal);
    let mut lines: Vec<String> = changed
        .map(|c| format!("  {} {}\n", c.tag(), c.value().trim_end()))
        .collect();
    if lines.len() > SHOWN {
        let more = lines.len() - SHOWN;
        lines.truncate(SHOWN);
        lines.push(format!("  … and {more} more lines\n"));
    }
    lines.concat()
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `assertion` and says whether it passed, without a word of a panic:
/// insta's own message names a tool that learners do not have.
fn quietly(assertion: impl FnOnce()) -> bool {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    QUIET.set(true);
    let passed = panic::catch_unwind(AssertUnwindSafe(assertion)).is_ok();
    QUIET.set(false);
    passed
}
