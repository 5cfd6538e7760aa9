//! Every link leads somewhere, and nothing is loaded from elsewhere.
//!
//! Links in a page's Markdown are reported where they stand there; what is
//! dead only in the built page, where it stands in that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};

use super::directive;
use super::markdown;
use super::preprocessor::Page;
use super::problem::Problems;
use super::source::line_at;
use super::tags::tags;

/// A built page.
struct Built {
    html: String,
    ids: BTreeSet<String>,
}

/// Checks the site of `files` in `dir`; `shown` is how messages name `dir`.
///
/// # Errors
/// When a built page cannot be read.
pub fn check(
    dir: &Path,
    shown: &str,
    files: &BTreeSet<String>,
    pages: &[Page],
    problems: &mut Problems,
) -> Result<()> {
    let mut built = BTreeMap::new();
    for url in files.iter().filter(|url| url.ends_with(".html")) {
        let html = std::fs::read_to_string(dir.join(url))
            .with_context(|| format!("cannot read {}", dir.join(url).display()))?;
        let ids = tags(&html)
            .iter()
            .filter_map(|tag| tag.attribute("id").map(unescape))
            .collect();
        built.insert(url.as_str(), Built { html, ids });
    }
    let site = Index {
        files,
        built: &built,
        pages,
    };
    let mut known = BTreeSet::new();
    for page in pages {
        site.markdown(page, &mut known, problems);
        site.leftovers(page, problems);
    }
    for (url, page) in &built {
        site.html(shown, url, page, &known, problems);
    }
    Ok(())
}

struct Index<'a> {
    files: &'a BTreeSet<String>,
    built: &'a BTreeMap<&'a str, Built>,
    pages: &'a [Page],
}

impl Index<'_> {
    /// The links that an author wrote. Targets of dead ones go to `known`, so
    /// that they are not reported again for the built page.
    fn markdown(
        &self,
        page: &Page,
        known: &mut BTreeSet<(String, String)>,
        problems: &mut Problems,
    ) {
        for (at, link) in markdown::outline(page.source.body()).links {
            if is_elsewhere(&link) {
                continue;
            }
            let (path, fragment) = split(&link);
            let target = match join(&page.path, path) {
                Some(target) => target,
                None => {
                    problems.add(
                        &page.source.file,
                        page.source.line(at),
                        format!("the link `{link}` leads out of the book"),
                    );
                    continue;
                }
            };
            let url = match self.pages.iter().find(|p| p.path == target) {
                Some(page) => page.url.clone(),
                // mdBook turns the ending of any Markdown file into that of a page.
                None => match target.strip_suffix(".md") {
                    Some(stem) => format!("{stem}.html"),
                    None => target,
                },
            };
            if let Some(why) = self.dead(&url, fragment) {
                let line = page.source.line(at);
                problems.add(
                    &page.source.file,
                    line,
                    format!("dead link `{link}`: {why}"),
                );
                known.insert((page.url.clone(), url));
            }
        }
    }

    /// Directives that are still there after everything was replaced.
    fn leftovers(&self, page: &Page, problems: &mut Problems) {
        let Some(built) = self.built.get(page.url.as_str()) else {
            return;
        };
        let body = page.source.body();
        let meant = directive::escaped(body);
        if built.html.matches("{{#").count() > meant {
            // A directive that failed has been reported at its line already.
            let line = body.find("{{#").map_or(1, |at| page.source.line(at));
            problems.add(
                &page.source.file,
                line,
                "a directive is left over in the built page",
            );
        }
    }

    fn html(
        &self,
        shown: &str,
        url: &str,
        page: &Built,
        known: &BTreeSet<(String, String)>,
        problems: &mut Problems,
    ) {
        for tag in tags(&page.html) {
            let loads = match tag.name {
                "script" | "img" | "iframe" | "source" | "video" | "audio" => true,
                "link" => tag.attribute("rel").is_some_and(|rel| {
                    rel.split(' ')
                        .any(|r| matches!(r, "stylesheet" | "icon" | "preload"))
                }),
                "a" => false,
                _ => continue,
            };
            let Some(link) = tag.attribute("href").or_else(|| tag.attribute("src")) else {
                continue;
            };
            let link = unescape(link);
            let mut wrong = |what: String| {
                problems.add(&format!("{shown}/{url}"), line_at(&page.html, tag.at), what);
            };
            if is_elsewhere(&link) {
                if loads && !link.starts_with("data:") {
                    wrong(format!("`{link}` is loaded from elsewhere"));
                }
                continue;
            }
            if tag.name == "link" && !loads {
                continue;
            }
            let (path, fragment) = split(&link);
            let Some(target) = join(url, path) else {
                wrong(format!("the link `{link}` leads out of the site"));
                continue;
            };
            let told = known.contains(&(url.to_owned(), target.clone()))
                || matches!(url, "print.html" | "index.html")
                    && known.iter().any(|(_, dead)| *dead == target);
            if let Some(why) = self.dead(&target, fragment)
                && !told
            {
                wrong(format!("dead link `{link}`: {why}"));
            }
        }
    }

    /// Why an address of the site leads nowhere.
    fn dead(&self, url: &str, fragment: Option<&str>) -> Option<String> {
        let url = if url.is_empty() || url.ends_with('/') {
            format!("{url}index.html")
        } else {
            url.to_owned()
        };
        if !self.files.contains(&url) {
            return Some("there is no such page or file".to_owned());
        }
        let fragment = fragment.filter(|f| !f.is_empty())?;
        let page = self.built.get(url.as_str())?;
        (!page.ids.contains(fragment)).then(|| format!("{url} has no `#{fragment}`"))
    }
}

fn is_elsewhere(link: &str) -> bool {
    let scheme = link.split([':', '/', '#', '?']).next().unwrap_or("");
    link.starts_with("//") || (!scheme.is_empty() && link[scheme.len()..].starts_with(':'))
}

fn split(link: &str) -> (&str, Option<&str>) {
    let (path, fragment) = match link.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment)),
        None => (link, None),
    };
    (path.split('?').next().unwrap_or(path), fragment)
}

/// `path` as seen from the page at `from`; nothing when it leads out.
fn join(from: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop()?;
            }
            "." => {}
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_joined_from_their_page() {
        assert_eq!(join("a/b.md", "../c.md").as_deref(), Some("c.md"));
        assert_eq!(join("a/b.md", "c.md").as_deref(), Some("a/c.md"));
        assert_eq!(join("b.md", "../c.md"), None);
        assert_eq!(join("b.md", "").as_deref(), Some("b.md"));
    }

    #[test]
    fn schemes_are_told_from_paths() {
        assert!(is_elsewhere("https://x.org/a"));
        assert!(is_elsewhere("mailto:a@b"));
        assert!(!is_elsewhere("a/b.md#c:d"));
        assert!(!is_elsewhere("#x"));
    }
}
