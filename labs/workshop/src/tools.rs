//! Programs that the workshop itself uses.

use std::path::Path;

use crate::process;

pub use labkit::service::on_path;

/// The first line that `program arguments` prints.
#[must_use]
pub fn first_line(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = process::command(program).args(arguments).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
