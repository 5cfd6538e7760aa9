//! A built book as a server sees it: which files there are, and which inline
//! scripts each page may run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::tags::tags;

/// The files of a built book.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Site {
    /// The folder that holds them.
    pub dir: PathBuf,
    /// Every file by its address, with the Content-Security-Policy of a page.
    pub files: BTreeMap<String, Option<String>>,
}

impl Site {
    /// Reads the site in `dir`.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(dir: &Path) -> Result<Self> {
        let mut names = BTreeSet::new();
        walk(dir, "", &mut names)?;
        let mut files = BTreeMap::new();
        for name in names {
            let policy = if name.ends_with(".html") {
                let html = std::fs::read_to_string(dir.join(&name))
                    .with_context(|| format!("cannot read {name}"))?;
                Some(policy(&html, name == "toc.html"))
            } else {
                None
            };
            files.insert(name, policy);
        }
        Ok(Self {
            dir: dir.to_path_buf(),
            files,
        })
    }

    /// The addresses of all files.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        self.files.keys().cloned().collect()
    }
}

fn walk(dir: &Path, prefix: &str, names: &mut BTreeSet<String>) -> Result<()> {
    let entries =
        std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.insert(name);
        }
    }
    Ok(())
}

/// The policy of a page: its own files, and its own inline scripts by hash.
///
/// mdBook writes a few inline scripts; a hash lets these run and no other.
/// The figures place their labels by `style` attributes, which cannot run
/// anything. Only the table of contents may stand in a frame: that is how a
/// page shows it without JavaScript.
fn policy(html: &str, framed: bool) -> String {
    let mut hashes = BTreeSet::new();
    for tag in tags(html) {
        let data = tag
            .attribute("type")
            .is_some_and(|kind| kind == "application/json");
        if tag.name != "script" || data || tag.attribute("src").is_some() {
            continue;
        }
        let end = html[tag.end..]
            .find("</script")
            .map_or(html.len(), |n| tag.end + n);
        let digest = Sha256::digest(&html.as_bytes()[tag.end..end]);
        hashes.insert(format!("'sha256-{}'", STANDARD.encode(digest)));
    }
    let hashes: Vec<String> = hashes.into_iter().collect();
    let ancestors = if framed { "'self'" } else { "'none'" };
    format!(
        "default-src 'none'; script-src 'self' {}; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; frame-src 'self'; base-uri 'self'; form-action 'none'; \
         frame-ancestors {ancestors}",
        hashes.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_allowed_by_hash_and_data_needs_none() {
        let policy = policy(
            "<script>alert(1)</script><script src=\"x.js\"></script>\
             <script type=\"application/json\">{}</script>",
            false,
        );
        assert_eq!(policy.matches("sha256-").count(), 1, "{policy}");
        assert!(
            policy.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("script-src 'self' 'unsafe"));
    }
}
