//! The built book: no dead link, no missing file, nothing loaded from
//! elsewhere.

use anyhow::{Context as _, Result, ensure};
use book_tests::pages::{self, Place, Site};
use book_tests::{Copy, markup};

/// Builds the book and reads it, with the copy that must outlive it.
fn site() -> Result<(Copy, Site)> {
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
    let (_copy, site) = site()?;
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
    let (_copy, site) = site()?;
    for file in site.pages.keys() {
        let text = std::fs::read_to_string(site.folder.join(file))?;
        ensure!(!text.contains("{{#"), "{file} still has a directive");
        ensure!(!text.contains("+++\n"), "{file} still has front matter");
    }
    Ok(())
}
