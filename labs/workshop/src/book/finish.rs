//! What a built page needs and mdBook has no place for: its own description
//! and canonical link, a skip link, landmarks, and the footer.
//!
//! Done on the finished HTML, since mdBook's template would have to be copied
//! to change it, and then followed from release to release.

use std::path::Path;

use anyhow::{Context, Result};

use super::build::Base;
use super::edition::Edition;
use super::html::{esc, plain};
use super::preprocessor::Page;

/// Finishes every page of the book in `dir`; `site_url` is where it will be
/// published, with a slash at its end, and `base` where this build stands.
///
/// # Errors
/// When a page cannot be read or written.
pub fn finish(
    dir: &Path,
    pages: &[Page],
    site_url: &str,
    base: Base,
    edition: &Edition,
) -> Result<()> {
    let footer = edition.footer();
    for page in pages {
        let description = page.source.front.as_ref().map(|f| plain(f.description()));
        write(
            dir,
            &page.url,
            base,
            &footer,
            description.as_deref(),
            Some(&canonical(site_url, &page.url)),
        )?;
    }
    // mdBook writes the first page a second time, as index.html.
    if let Some(first) = pages.first().filter(|page| page.url != "index.html") {
        let description = first.source.front.as_ref().map(|f| plain(f.description()));
        write(
            dir,
            "index.html",
            base,
            &footer,
            description.as_deref(),
            Some(&canonical(site_url, &first.url)),
        )?;
    }
    for extra in ["404.html", "print.html"] {
        if dir.join(extra).is_file() {
            write(dir, extra, base, &footer, None, None)?;
        }
    }
    sitemap(dir, pages, site_url)
}

fn canonical(site_url: &str, url: &str) -> String {
    let path = url.strip_suffix("index.html").unwrap_or(url);
    format!("{site_url}{path}")
}

fn write(
    dir: &Path,
    url: &str,
    base: Base,
    footer: &str,
    description: Option<&str>,
    canonical: Option<&str>,
) -> Result<()> {
    let path = dir.join(url);
    let html = std::fs::read_to_string(&path)
        .with_context(|| format!("mdBook did not write {}", path.display()))?;
    let mut html = page(&html, footer, description, canonical);
    if base == Base::Local {
        replace_once(&mut html, "</head>", &server_meta(dir));
        // The style sheet keeps room for the buttons that live.js will add.
        replace_once(&mut html, "<html ", "<html data-live ");
    }
    std::fs::write(&path, html).with_context(|| format!("cannot write {}", path.display()))
}

/// Tells a page's scripts that its server runs labs, and which build of the
/// book this is. A published page has no such server.
fn server_meta(dir: &Path) -> String {
    // A build in progress has the process id behind its name.
    let build = dir.file_stem().unwrap_or_default().to_string_lossy();
    format!(
        "<meta name=\"lab-api\" content=\"/_lab\" data-build=\"{}\">\n    </head>",
        esc(&build)
    )
}

/// The finished form of one page.
fn page(html: &str, footer: &str, description: Option<&str>, canonical: Option<&str>) -> String {
    let mut html = html.to_owned();
    if let Some(description) = description {
        let new = format!(
            r#"<meta name="description" content="{}">"#,
            esc(description)
        );
        replace_tag(&mut html, r#"<meta name="description""#, &new);
    }
    if let Some(canonical) = canonical {
        let link = format!(
            "<link rel=\"canonical\" href=\"{}\">\n    </head>",
            esc(canonical)
        );
        replace_once(&mut html, "</head>", &link);
    }
    // Two headings of the first level are one too many.
    if let Some(at) = html.find(r#"<h1 class="menu-title">"#)
        && let Some(end) = html[at..].find("</h1>")
    {
        html.replace_range(at + end..at + end + 5, "</div>");
        html.replace_range(at..at + 3, "<div");
    }
    replace_once(
        &mut html,
        r#"<div id="mdbook-menu-bar" class="#,
        r#"<div id="mdbook-menu-bar" role="banner" class="#,
    );
    // With a <base>, a bare fragment would lead to another page.
    if !html.contains("<base ") {
        replace_once(
            &mut html,
            "<body>",
            "<body>\n    <a class=\"skip\" href=\"#mdbook-content\">Skip to the page</a>",
        );
        replace_once(
            &mut html,
            r#"<div id="mdbook-content" class="content">"#,
            r#"<div id="mdbook-content" class="content" tabindex="-1">"#,
        );
    }
    replace_once(&mut html, "</main>", &format!("</main>\n{footer}"));
    html
}

fn replace_once(html: &mut String, from: &str, to: &str) {
    if let Some(at) = html.find(from) {
        html.replace_range(at..at + from.len(), to);
    }
}

fn replace_tag(html: &mut String, start: &str, to: &str) {
    if let Some(at) = html.find(start)
        && let Some(end) = html[at..].find('>')
    {
        html.replace_range(at..=at + end, to);
    }
}

fn sitemap(dir: &Path, pages: &[Page], site_url: &str) -> Result<()> {
    let urls: String = pages
        .iter()
        .map(|page| {
            format!(
                "<url><loc>{}</loc></url>\n",
                esc(&canonical(site_url, &page.url))
            )
        })
        .collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{urls}</urlset>\n"
    );
    std::fs::write(dir.join("sitemap.xml"), xml).context("cannot write sitemap.xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<head><meta name=\"description\" content=\"book\"></head><body>\
        <div id=\"mdbook-menu-bar\" class=\"menu-bar sticky\"><h1 class=\"menu-title\">B</h1></div>\
        <div id=\"mdbook-content\" class=\"content\"><main><h1>T</h1></main></div></body>";

    #[test]
    fn a_page_gets_its_own_description_canonical_and_footer() {
        let html = page(
            PAGE,
            "<footer>f</footer>",
            Some("a \"b\""),
            Some("https://x/y.html"),
        );
        assert!(html.contains(r#"content="a &quot;b&quot;""#), "{html}");
        assert!(
            html.contains(r#"<link rel="canonical" href="https://x/y.html">"#),
            "{html}"
        );
        assert!(html.contains("</main>\n<footer>f</footer>"), "{html}");
        assert_eq!(html.matches("<h1").count(), 1, "{html}");
        assert_eq!(html.matches("</h1>").count(), 1, "{html}");
    }

    #[test]
    fn the_index_is_canonical_as_a_folder() {
        assert_eq!(canonical("https://x/", "index.html"), "https://x/");
        assert_eq!(canonical("https://x/", "a/b.html"), "https://x/a/b.html");
    }
}
