//! The built book: pages, what they link to and what they load.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::markup;

/// A built book.
pub struct Site {
    /// Its folder.
    pub folder: PathBuf,
    /// The whole address at which it will be published.
    pub address: String,
    /// Every file in it, by its path in the folder.
    pub files: BTreeSet<String>,
    /// Every page.
    pub pages: BTreeMap<String, Page>,
}

/// One page.
#[derive(Debug, Default)]
pub struct Page {
    /// The ids in it.
    pub ids: BTreeSet<String>,
    /// Where its links lead, as written.
    pub links: Vec<String>,
    /// What the browser loads for it, as written.
    pub loads: Vec<String>,
    /// The folder that its addresses are relative to.
    base: String,
}

/// Where an address leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Another site, or no site at all: `mailto:`, `data:`.
    Elsewhere,
    /// A file of the book, by its path, and a place in it.
    Here {
        /// The path in the folder.
        file: String,
        /// The id in it.
        fragment: Option<String>,
    },
}

impl Site {
    /// Reads a built book.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(folder: &Path, address: &str) -> Result<Self> {
        let mut files = BTreeSet::new();
        list(folder, folder, &mut files)?;
        let mut pages = BTreeMap::new();
        for file in files.iter().filter(|file| file.ends_with(".html")) {
            let text = fs::read_to_string(folder.join(file))
                .with_context(|| format!("cannot read {file}"))?;
            pages.insert(file.clone(), Page::parse(&text, file, address));
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            address: address.to_owned(),
            files,
            pages,
        })
    }

    /// The bytes of a page, its style sheets and its scripts, gzipped.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn weight(&self, file: &str) -> Result<usize> {
        let mut files = BTreeSet::from([file.to_owned()]);
        for load in self
            .pages
            .get(file)
            .into_iter()
            .flat_map(|page| &page.loads)
        {
            if let Place::Here { file, .. } = self.place(file, load)
                && (file.ends_with(".css") || file.ends_with(".js"))
            {
                files.insert(file);
            }
        }
        let mut bytes = 0;
        for name in files {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            gzip.write_all(&fs::read(self.folder.join(name))?)?;
            bytes += gzip.finish()?.len();
        }
        Ok(bytes)
    }

    /// Where `link` of the page `file` leads.
    #[must_use]
    pub fn place(&self, file: &str, link: &str) -> Place {
        let own = link.strip_prefix(&self.address);
        if own.is_none() && is_elsewhere(link) {
            return Place::Elsewhere;
        }
        let (path, fragment) = match own.unwrap_or(link).split_once('#') {
            Some((path, fragment)) => (path, Some(fragment)),
            None => (own.unwrap_or(link), None),
        };
        let path = path.split('?').next().unwrap_or_default();
        let base = self.pages.get(file).map_or("", |page| &page.base);
        let base = if own.is_some() { "" } else { base };
        let file = match path {
            "" if own.is_none() => file.to_owned(),
            path => resolve(base, path),
        };
        let file = if file.is_empty() || file.ends_with('/') {
            format!("{file}index.html")
        } else {
            file
        };
        Place::Here {
            file,
            fragment: fragment.filter(|f| !f.is_empty()).map(decoded),
        }
    }

    /// Whether the book has this place.
    #[must_use]
    pub fn has(&self, place: &Place) -> bool {
        let Place::Here { file, fragment } = place else {
            return true;
        };
        match (self.pages.get(file), fragment) {
            (Some(page), Some(id)) => page.ids.contains(id),
            _ => self.files.contains(file),
        }
    }
}

impl Page {
    fn parse(text: &str, file: &str, address: &str) -> Self {
        let page = markup::read(text);
        // A page for wrong addresses is served at any of them.
        let base = match page.base {
            Some(base) => base.strip_prefix(address).unwrap_or_default().to_owned(),
            None => file
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder)
                .to_owned(),
        };
        Self {
            ids: page.ids,
            links: page.links,
            loads: page.loads,
            base,
        }
    }
}

/// Whether an address names another host or another scheme.
#[must_use]
pub fn is_elsewhere(address: &str) -> bool {
    let scheme = address.split(['/', '?', '#']).next().unwrap_or_default();
    address.starts_with("//") || scheme.contains(':')
}

/// `path` as seen from the folder `base`.
#[must_use]
pub fn resolve(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    let folder = path.ends_with('/') || path.ends_with("/.") || path == "." || path == "..";
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut out = decoded(&parts.join("/"));
    if folder && !out.is_empty() {
        out.push('/');
    }
    out
}

/// The text behind `%20` and its like.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = text_of(tail, *first);
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn text_of(tail: &[u8], first: u8) -> Option<u8> {
    let digits = tail.get(..2).filter(|_| first == b'%')?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn list(root: &Path, folder: &Path, files: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.insert(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_resolved_as_a_browser_does() {
        assert_eq!(resolve("performance", "../index.html"), "index.html");
        assert_eq!(
            resolve("performance", "01-a%20b.html"),
            "performance/01-a b.html"
        );
        assert_eq!(resolve("a/b", ".."), "a/");
        assert!(is_elsewhere("https://example.org/"));
        assert!(is_elsewhere("//example.org/x.js"));
        assert!(is_elsewhere("mailto:someone@example.org"));
        assert!(!is_elsewhere("page.html#a:b"));
    }

    #[test]
    fn a_page_is_read_by_its_tags() {
        let page = Page::parse(
            r#"<link rel="shortcut icon" href="i.svg"><link rel="canonical" href="https://c.example/">
            <style>b { src: url(f.woff2) }</style><p id=one style="background: url(p.png)">
            <a href="x.html?a&amp;b#c">x</a><script>"<a href=no id=no>"</script><script src=s.js></script>"#,
            "performance/01.html",
            "https://book.example/",
        );
        assert_eq!(page.ids.iter().collect::<Vec<_>>(), ["one"]);
        assert_eq!(page.links, ["x.html?a&b#c"]);
        assert_eq!(page.loads, ["i.svg", "f.woff2", "p.png", "s.js"]);
        assert_eq!(page.base, "performance");
    }
}
