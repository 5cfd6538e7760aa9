//! What cargo and the compiler say, in cargo's JSON messages.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One line of cargo's standard output.
#[derive(Debug, Deserialize)]
#[serde(tag = "reason")]
pub enum Message {
    /// Something is built, or was already.
    #[serde(rename = "compiler-artifact")]
    Artifact {
        /// The target that it belongs to.
        target: Target,
        /// The program, when the target is one.
        executable: Option<PathBuf>,
    },
    /// The compiler speaks.
    #[serde(rename = "compiler-message")]
    Said {
        /// What it says.
        message: Diagnostic,
    },
    /// Anything else.
    #[serde(other)]
    Other,
}

/// A cargo target.
#[derive(Debug, Deserialize)]
pub struct Target {
    /// Its name, `lab-01` or `proof`.
    pub name: String,
    /// What it is: `bin`, `test`, `lib`.
    pub kind: Vec<String>,
}

/// A warning or an error.
#[derive(Debug, Deserialize)]
pub struct Diagnostic {
    level: String,
    message: String,
    rendered: Option<String>,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Debug, Deserialize)]
struct Span {
    file_name: PathBuf,
    is_primary: bool,
    expansion: Option<Box<Expansion>>,
}

#[derive(Debug, Deserialize)]
struct Expansion {
    span: Span,
}

impl Span {
    /// The file that somebody wrote this in: for what a macro made, the one
    /// that calls the macro.
    fn file(&self) -> &Path {
        match &self.expansion {
            Some(expansion) => expansion.span.file(),
            None => &self.file_name,
        }
    }
}

/// Why a build failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the compiler said, or cargo when it did not come so far.
    pub text: String,
    /// The files that the errors point at, as the compiler names them:
    /// relative to the workspace.
    pub files: Vec<PathBuf>,
}

impl Diagnostic {
    /// Whether it is an error with something to say. The count of errors at
    /// the end is one that has not.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level.starts_with("error") && !self.message.starts_with("aborting due to")
    }
}

impl Failure {
    /// From the errors; from cargo's own words when there are none.
    #[must_use]
    pub fn new(errors: &[Diagnostic], cargo: &str) -> Self {
        if errors.is_empty() {
            return Self {
                text: words(cargo),
                files: Vec::new(),
            };
        }
        let text = errors
            .iter()
            .map(|error| {
                error
                    .rendered
                    .as_deref()
                    .unwrap_or(&error.message)
                    .trim_end()
            })
            .collect::<Vec<_>>()
            .join("\n\n");
        let mut files: Vec<PathBuf> = errors
            .iter()
            .flat_map(|error| &error.spans)
            .filter(|span| span.is_primary)
            .map(|span| span.file().to_path_buf())
            .collect();
        files.sort();
        files.dedup();
        Self { text, files }
    }

    /// Whether every error lies in `place`, a file or a folder below `root`.
    #[must_use]
    pub fn only_in(&self, root: &Path, place: &Path) -> bool {
        !self.files.is_empty()
            && self
                .files
                .iter()
                .all(|named| root.join(named).starts_with(place))
    }
}

/// What cargo wrote, from its first error on.
fn words(cargo: &str) -> String {
    let lines: Vec<&str> = cargo.lines().collect();
    let first = lines
        .iter()
        .position(|line| line.trim_start().starts_with("error"));
    lines
        .get(first.unwrap_or(0)..)
        .unwrap_or_default()
        .join("\n")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(level: &str, message: &str, file: &str) -> Diagnostic {
        serde_json::from_value(serde_json::json!({
            "level": level,
            "message": message,
            "rendered": format!("{level}: {message}\n"),
            "spans": [{"file_name": file, "is_primary": true}],
        }))
        .unwrap()
    }

    #[test]
    fn the_count_of_errors_is_no_error() {
        assert!(diagnostic("error", "cannot find value", "a.rs").is_error());
        assert!(!diagnostic("error", "aborting due to 1 previous error", "a.rs").is_error());
        assert!(!diagnostic("warning", "unused", "a.rs").is_error());
        assert!(!diagnostic("failure-note", "for more information", "a.rs").is_error());
    }

    #[test]
    fn a_failure_knows_its_files() {
        let root = Path::new("/repo");
        let mine = diagnostic("error", "one", "labs/01-x/src/exercise.rs");
        let failure = Failure::new(&[mine], "");
        let exercise = root.join("labs/01-x/src/exercise.rs");
        assert!(failure.only_in(root, &exercise));
        assert!(failure.only_in(root, &root.join("labs/01-x")));
        assert!(!failure.only_in(root, &root.join("labs/kit/src/lib.rs")));
        assert_eq!(failure.text, "error: one");
    }

    #[test]
    fn an_error_in_a_macro_belongs_to_its_caller() {
        let call = serde_json::json!({"file_name": "a.rs", "is_primary": false});
        let span = serde_json::json!({
            "file_name": "/rustc/std.rs",
            "is_primary": true,
            "expansion": {"span": call},
        });
        let span: Span = serde_json::from_value(span).unwrap();
        assert_eq!(span.file(), Path::new("a.rs"));
    }

    #[test]
    fn without_an_error_of_the_compiler_cargo_is_quoted() {
        let said = "   Compiling a v0.1.0\nerror: no network\n\nCaused by:\n  offline\n";
        let failure = Failure::new(&[], said);
        assert_eq!(failure.text, "error: no network\n\nCaused by:\n  offline");
        assert!(!failure.only_in(Path::new("/"), Path::new("/x.rs")));
    }

    #[test]
    fn messages_of_other_kinds_are_read_over() {
        let line = r#"{"reason":"build-script-executed","out_dir":"/x"}"#;
        assert!(matches!(
            serde_json::from_str(line).unwrap(),
            Message::Other
        ));
    }
}
