//! Which edition of the book a page belongs to.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::html::esc;

/// Edition, commit and the version of actix-web that the labs run on.
#[derive(Debug, Clone)]
pub struct Edition {
    version: String,
    commit: Option<String>,
    actix_web: Option<String>,
    repository: Option<String>,
}

#[derive(Deserialize, Default)]
struct Manifest {
    workspace: Option<Section>,
}

#[derive(Deserialize)]
struct Section {
    package: Option<Package>,
}

#[derive(Deserialize, Clone)]
struct Package {
    version: Option<String>,
    repository: Option<String>,
}

#[derive(Deserialize, Default)]
struct Lockfile {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
}

impl Edition {
    /// Reads it from the repository at `root`; what cannot be read is left
    /// out of the footer.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let text = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();
        let manifest: Manifest = toml::from_str(&text("Cargo.toml")).unwrap_or_default();
        let lock: Lockfile = toml::from_str(&text("Cargo.lock")).unwrap_or_default();
        let package = manifest.workspace.and_then(|w| w.package);
        Self {
            version: package
                .clone()
                .and_then(|p| p.version)
                .unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
            repository: package.and_then(|p| p.repository),
            commit: commit(root),
            actix_web: lock
                .package
                .into_iter()
                .find(|p| p.name == "actix-web")
                .map(|p| p.version),
        }
    }

    /// The footer of every page.
    #[must_use]
    pub fn footer(&self) -> String {
        let mut facts = vec![format!("Edition {}", esc(&self.version))];
        if let Some(commit) = &self.commit {
            let hash = commit.trim_end_matches('+');
            let changed = if commit.ends_with('+') {
                " with changes"
            } else {
                ""
            };
            facts.push(match &self.repository {
                Some(url) => format!(
                    r#"commit <a href="{}/tree/{hash}">{}</a>{changed}"#,
                    esc(url),
                    esc(hash)
                ),
                None => format!("commit {}{changed}", esc(hash)),
            });
        }
        if let Some(version) = &self.actix_web {
            facts.push(format!("actix-web {}", esc(version)));
        }
        format!(
            r#"<footer class="book-footer"><p>{}</p></footer>"#,
            facts.join(" · ")
        )
    }
}

/// The commit that is checked out, with `+` when files were changed since.
fn commit(root: &Path) -> Option<String> {
    let out = Command::new("git")
        .arg("-C")
        .arg(root)
        .args([
            "describe",
            "--always",
            "--dirty=+",
            "--abbrev=8",
            "--exclude=*",
        ])
        .output()
        .ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let text = text.trim();
    (out.status.success() && !text.is_empty()).then(|| text.to_owned())
}
