//! The tree of diagnosis: whoever begins at a symptom ends at a chapter, or at
//! a failure that is named as not written yet, and never at nothing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use book_tests::pages::{Place, Site};
use book_tests::{Copy, Repository};

const TREE: &str = "book/diagnosis.toml";

fn tables<'a>(of: &'a toml::Table, key: &str) -> Result<Vec<&'a toml::Table>> {
    let list = of.get(key).and_then(toml::Value::as_array);
    let list = list.with_context(|| format!("no list `{key}`"))?;
    let tables = list.iter().map(toml::Value::as_table);
    tables
        .collect::<Option<_>>()
        .with_context(|| format!("`{key}` holds tables"))
}

fn text<'a>(of: &'a toml::Table, key: &str) -> Option<&'a str> {
    of.get(key).and_then(toml::Value::as_str)
}

/// Every way from a symptom to an end: what is done and seen on it, and the
/// number of the lab that it ends at.
fn walks(tree: &toml::Table) -> Result<Vec<(Vec<String>, String)>> {
    let tests = tables(tree, "test")?;
    let tests: BTreeMap<&str, &toml::Table> = tests
        .into_iter()
        .filter_map(|test| Some((text(test, "name")?, test)))
        .collect();
    let mut open: Vec<(Vec<String>, &toml::Table)> = Vec::new();
    for family in tables(tree, "family")? {
        let title = text(family, "title").context("a family has a title")?;
        for way in tables(family, "ways")? {
            open.push((vec![title.to_owned()], way));
        }
    }
    let mut ends = Vec::new();
    while let Some((mut walk, way)) = open.pop() {
        ensure!(walk.len() < 30, "this leads nowhere: {walk:?}");
        walk.push(text(way, "sees").context("what is seen?")?.to_owned());
        if let Some(lab) = text(way, "lab") {
            ends.push((walk, lab.to_owned()));
            continue;
        }
        let name = text(way, "test").with_context(|| format!("a dead end: {walk:?}"))?;
        let test = tests.get(name);
        let test = test.with_context(|| format!("no test `{name}` after {walk:?}"))?;
        let asked: Vec<&str> = ["look", "run"]
            .iter()
            .filter_map(|k| text(test, k))
            .collect();
        ensure!(!asked.is_empty(), "`{name}` asks nothing");
        walk.extend(asked.into_iter().map(str::to_owned));
        let ways = tables(test, "ways")?;
        ensure!(ways.len() > 1, "`{name}` splits nothing");
        open.extend(ways.into_iter().map(|way| (walk.clone(), way)));
    }
    Ok(ends)
}

#[test]
fn every_walk_ends_and_every_lab_is_reached() -> Result<()> {
    let repository = Repository::here();
    let tree: toml::Table = repository.read(TREE)?.parse()?;
    let labs = repository.labs()?;
    let labs: BTreeSet<&str> = labs.iter().map(|lab| lab.id.as_str()).collect();
    let later = tree["later"].as_table().context("`later` is a table")?;
    let walks = walks(&tree)?;
    let mut reached = BTreeSet::new();
    for (walk, lab) in &walks {
        let known = labs.contains(lab.as_str()) || later.contains_key(lab);
        ensure!(known, "{walk:?} ends at lab {lab}, which nobody knows");
        reached.insert(lab.as_str());
    }
    for lab in &labs {
        ensure!(reached.contains(lab), "no walk ends at lab {lab}");
        ensure!(!later.contains_key(*lab), "lab {lab} is here, not later");
    }
    let symptoms: BTreeSet<&str> = walks.iter().map(|(walk, _)| walk[1].as_str()).collect();
    ensure!(symptoms.len() >= 10, "these are all symptoms: {symptoms:?}");
    Ok(())
}

/// The page without tags, blanks as one.
fn plain(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    let out = out.replace("&quot;", "\"").replace("&#39;", "'");
    let out = out.replace("&lt;", "<");
    let out = out.replace("&gt;", ">").replace("&amp;", "&");
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As `plain` gives it back: without the marks of code, quotes made typographic
/// or not.
fn bare(text: &str) -> String {
    let text = text.replace('`', "");
    text.replace(['\'', '’', '‘', '"', '“', '”'], "")
}

#[test]
fn the_page_shows_every_walk_and_what_makes_sure() -> Result<()> {
    let copy = Copy::take()?;
    let folder = copy.target.join("book");
    let dest = folder.to_string_lossy().into_owned();
    copy.workshop(&["build", "-d", &dest])?.ok()?;
    let html = std::fs::read_to_string(folder.join("diagnosis.html"))?;
    let main = html.split_once("<main>").context("a main part")?.1;
    let main = main.split_once("</main>").context("its end")?.0;
    ensure!(!main.contains("<details"), "on paper nothing is folded");
    let shown = bare(&plain(main));
    let tree: toml::Table = copy.read(TREE)?.parse()?;
    for (walk, lab) in walks(&tree)? {
        for step in walk {
            let step = bare(&step);
            ensure!(shown.contains(&step), "the page lacks `{step}`");
        }
        let later = tree["later"].get(&lab).and_then(toml::Value::as_str);
        if let Some(name) = later {
            let end = format!("{lab} {name} (not yet)");
            ensure!(shown.contains(&end), "the page lacks `{end}`");
        }
    }
    let address = copy.read("book.toml")?.parse::<toml::Table>()?;
    let address = address["output"]["html"]["site-url"]
        .as_str()
        .unwrap_or_default();
    let site = Site::read(&folder, address)?;
    for lab in copy.repository.labs()? {
        let ending = format!("/{}.md", lab.name);
        let files = copy.repository.book_files()?;
        let file = files.iter().find(|file| file.ends_with(&ending));
        let file = file.with_context(|| format!("no chapter {ending}"))?;
        let page = file.trim_start_matches("book/").replace(".md", ".html");
        let linked = site.pages["diagnosis.html"].links.iter().any(|link| {
            matches!(site.place("diagnosis.html", link), Place::Here { file, .. } if file == page)
        });
        ensure!(linked, "diagnosis.html does not link to {page}");
        let text = copy.read(file)?;
        let front = text.split("+++\n").nth(1).context("front matter")?;
        let front: toml::Table = front.parse()?;
        let mut wanted: Vec<&toml::Value> =
            vec![&front["confirm"]["command"], &front["confirm"]["decides"]];
        wanted.extend(front["symptoms"].as_array().into_iter().flatten());
        let others = front.get("not_this").and_then(toml::Value::as_array);
        wanted.extend(others.into_iter().flatten().map(|other| &other["symptom"]));
        for value in wanted {
            let words = bare(value.as_str().unwrap_or_default());
            ensure!(
                shown.contains(&words),
                "{file} says `{words}`, the page does not"
            );
        }
    }
    Ok(())
}

#[test]
fn a_mistake_in_the_tree_stops_the_build_and_has_its_line() -> Result<()> {
    let copy = Copy::take()?;
    let tree = copy.read(TREE)?;
    let dest = copy.target.join("book").to_string_lossy().into_owned();
    for (from, to, why) in [
        (
            "lab = \"01\" },",
            "lab = \"98\" },",
            "a dead end: lab 98 has no chapter",
        ),
        (
            "test = \"threads\" },",
            "lab = \"01\" },",
            "no branch leads to the test `threads`",
        ),
        (
            "[later]\n",
            "[later]\n01 = \"Blocking\"\n",
            "lab 01 has a chapter",
        ),
    ] {
        ensure!(tree.contains(from), "{TREE} has no `{from}`");
        copy.write(TREE, &tree.replacen(from, to, 1))?;
        let ran = copy.workshop(&["build", "-d", &dest])?.exits(1)?;
        ran.says(&format!("{TREE}:"))?.says(why)?;
    }
    Ok(())
}
