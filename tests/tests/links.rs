//! The built book: no dead link, no missing file, nothing loaded from
//! elsewhere, no page without a head of its own, none that is too heavy.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, anyhow, ensure};
use book_tests::pages::{self, Place, Site};
use book_tests::{Copy, markup};

/// The book, built once for all tests here, with the copy that it was built in.
fn site() -> Result<&'static (Copy, Site)> {
    static SITE: LazyLock<Result<(Copy, Site)>> = LazyLock::new(build);
    SITE.as_ref().map_err(|error| anyhow!("{error:#}"))
}

fn build() -> Result<(Copy, Site)> {
    let copy = Copy::take()?;
    let folder = copy.target.join("book");
    let dest = folder.to_string_lossy().into_owned();
    copy.workshop(&["build", "-d", &dest])?.ok()?;
    let settings: toml::Table = copy.read("book.toml")?.parse()?;
    let address = settings["output"]["html"]["site-url"].as_str();
    let site = Site::read(&folder, address.context("book.toml has a site-url")?)?;
    Ok((copy, site))
}

#[test]
fn every_link_leads_somewhere() -> Result<()> {
    let (copy, site) = site()?;
    let mut dead = Vec::new();
    for (file, page) in &site.pages {
        for link in &page.links {
            if !site.has(&site.place(file, link)) {
                dead.push(format!("{file}: {link}"));
            }
        }
    }
    ensure!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
    for lab in copy.repository.labs()? {
        let ending = format!("/{}.html", lab.name);
        let page = site.pages.keys().find(|file| file.ends_with(&ending));
        let page = page.with_context(|| format!("no page *{ending}"))?;
        let links = &site.pages["index.html"].links;
        let linked = links.iter().any(|link| {
            matches!(site.place("index.html", link), Place::Here { file, .. } if file == *page)
        });
        ensure!(linked, "index.html does not link to {page}");
    }
    Ok(())
}

#[test]
fn nothing_is_loaded_from_elsewhere_and_everything_is_there() -> Result<()> {
    let (_, site) = site()?;
    let mut wrong = Vec::new();
    for (file, page) in &site.pages {
        for load in page.loads.iter().filter(|load| !load.starts_with("data:")) {
            match site.place(file, load) {
                // The published book names its own files in full on the page
                // for wrong addresses only.
                Place::Here { .. } if site.has(&site.place(file, load)) => {}
                place => wrong.push(format!("{file}: {load} ({place:?})")),
            }
        }
    }
    for file in site.files.iter().filter(|file| file.ends_with(".css")) {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let css = std::fs::read_to_string(site.folder.join(file))?;
        for url in markup::urls(&css) {
            let inside = url.starts_with("data:") || url.starts_with('#');
            let path = url.split(['?', '#']).next().unwrap_or_default();
            let there =
                !pages::is_elsewhere(&url) && site.files.contains(&pages::resolve(folder, path));
            if !inside && !there {
                wrong.push(format!("{file}: {url}"));
            }
        }
    }
    ensure!(
        wrong.is_empty(),
        "missing, or from elsewhere:\n{}",
        wrong.join("\n")
    );
    Ok(())
}

#[test]
fn no_directive_is_left_in_a_page() -> Result<()> {
    let (_, site) = site()?;
    for file in site.pages.keys() {
        let text = std::fs::read_to_string(site.folder.join(file))?;
        ensure!(!text.contains("{{#"), "{file} still has a directive");
        ensure!(!text.contains("+++\n"), "{file} still has front matter");
    }
    Ok(())
}

/// The text between `start` and `end` in `html`.
fn between<'a>(html: &'a str, start: &str, end: &str) -> Option<&'a str> {
    html.split_once(start)?
        .1
        .split_once(end)
        .map(|(text, _)| text)
}

/// The pages that the sitemap lists, by their files.
fn listed(site: &Site) -> Result<BTreeSet<String>> {
    let map = std::fs::read_to_string(site.folder.join("sitemap.xml"))?;
    let address = |part: &str| {
        let url = part.split_once("</loc>").map(|(url, _)| url);
        let file = url.and_then(|url| url.strip_prefix(&site.address));
        let file = file.with_context(|| format!("the sitemap lists {part}"))?;
        Ok(if file.is_empty() {
            "index.html".to_owned()
        } else {
            file.to_owned()
        })
    };
    map.split("<loc>").skip(1).map(address).collect()
}

#[test]
fn every_page_has_a_head_of_its_own() -> Result<()> {
    let (_, site) = site()?;
    let pages = listed(site)?;
    ensure!(pages.len() >= 6, "the sitemap lists {pages:?}");
    let (mut titles, mut descriptions) = (BTreeSet::new(), BTreeSet::new());
    for file in &pages {
        let html = std::fs::read_to_string(site.folder.join(file))
            .with_context(|| format!("the sitemap lists {file}"))?;
        let title = between(&html, "<title>", "</title>");
        let title = title.with_context(|| format!("{file} has no title"))?;
        ensure!(
            titles.insert(title.to_owned()),
            "{file}: `{title}` is another page's too"
        );
        let start = r#"<meta name="description" content=""#;
        let description = between(&html, start, "\"").unwrap_or_default();
        ensure!(
            description.len() > 20,
            "{file} has no description of its own"
        );
        ensure!(
            descriptions.insert(description.to_owned()),
            "{file}: its description is another page's too"
        );
        let canonical = between(&html, r#"<link rel="canonical" href=""#, "\"");
        let own = format!("{}{}", site.address, file.trim_end_matches("index.html"));
        ensure!(
            canonical == Some(&own),
            "{file}: its canonical link is {canonical:?}"
        );
    }
    ensure!(site.files.contains("404.html"), "there is no 404 page");
    Ok(())
}

#[test]
fn every_redirect_leads_to_a_page() -> Result<()> {
    let (copy, site) = site()?;
    let settings: toml::Table = copy.read("book.toml")?.parse()?;
    let redirects = settings["output"]["html"]["redirect"].as_table();
    let redirects = redirects.context("book.toml has redirects")?;
    let pages = listed(site)?;
    for (from, to) in redirects {
        let to = to.as_str().context("a redirect names a page")?;
        let from = from.trim_start_matches('/');
        ensure!(
            !pages.contains(from),
            "{from} is a page, and hidden by its redirect"
        );
        ensure!(site.files.contains(from), "{from} was not made");
        let Place::Here { file, fragment } = site.place(from, to) else {
            anyhow::bail!("{from} leads away, to {to}");
        };
        ensure!(
            pages.contains(&file),
            "{from} leads to {to}, which is no page"
        );
        let place = Place::Here { file, fragment };
        ensure!(
            site.has(&place),
            "{from} leads to a place that is not on the page: {to}"
        );
    }
    for lab in copy.repository.labs()? {
        let short = format!("/{}.html", lab.id);
        ensure!(
            redirects.contains_key(&short),
            "lab {} has no short address {short}",
            lab.id
        );
    }
    Ok(())
}

#[test]
fn no_page_is_too_heavy() -> Result<()> {
    let (_, site) = site()?;
    for file in listed(site)? {
        let bytes = site.weight(&file)?;
        ensure!(
            bytes > 10_000,
            "{file} weighs {bytes} bytes: something is not counted"
        );
        ensure!(
            bytes <= 150 * 1024,
            "{file} weighs {} KiB gzipped",
            bytes / 1024
        );
    }
    Ok(())
}
