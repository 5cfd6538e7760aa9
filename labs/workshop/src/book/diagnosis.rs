//! From a symptom to the test that splits, and on to a chapter.
//!
//! The tree is written by hand, in the TOML file beside the page that has the
//! directive. What makes sure of each chapter comes from its front matter. A
//! branch ends at a chapter, or at a failure that is named as not written yet;
//! the checks here leave no other end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::front_matter::{ChapterFront, NotThis};
use super::html::{block, esc, inline, plain};
use super::indexes::Entry;
use super::problem::Problems;
use super::source::{Source, line_at};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tree {
    /// Failures that have a number and a name, and no chapter yet.
    #[serde(default)]
    later: BTreeMap<String, Spanned<String>>,
    /// Where a reader begins.
    family: Vec<Family>,
    /// What tells failures apart.
    #[serde(default)]
    test: Vec<Test>,
}

/// Symptoms that are looked for in one place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    title: Spanned<String>,
    ways: Vec<Way>,
}

/// A command or a look at something, and what may come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    name: Spanned<String>,
    /// A command.
    run: Option<String>,
    /// An observation, in words.
    look: Option<String>,
    ways: Vec<Way>,
}

/// What is seen, and where that leads: to a lab or to a test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    sees: Spanned<String>,
    lab: Option<Spanned<String>>,
    test: Option<Spanned<String>>,
}

/// Draws the tree beside `page`, and notes what is wrong with it.
///
/// # Errors
/// When there is no tree to draw.
pub fn draw(
    root: &Path,
    page: &Source,
    chapters: &[Entry<'_>],
    to_root: &str,
    problems: &mut Problems,
) -> Result<String, String> {
    let file = Path::new(&page.file).with_extension("toml");
    let file = file.to_string_lossy().replace('\\', "/");
    let text = std::fs::read_to_string(root.join(&file))
        .map_err(|_| format!("the tree of this page is {file}, and cannot be read"))?;
    let tree: Tree = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        problems.add(&file, line_at(&text, at), error.message());
        format!("{file} is no tree")
    })?;
    let drawing = Drawing {
        tree: &tree,
        chapters: chapters
            .iter()
            .filter_map(|entry| {
                let front = entry.page.front.as_ref()?.chapter()?;
                Some((front.lab.as_str(), (entry, front)))
            })
            .collect(),
        to_root,
    };
    let wrong = drawing.check(|at, what| problems.add(&file, line_at(&text, at), what));
    if wrong > 0 {
        // Half a tree would send somebody the wrong way.
        return Err(format!("{file} has mistakes"));
    }
    Ok(drawing.html())
}

struct Drawing<'a> {
    tree: &'a Tree,
    chapters: BTreeMap<&'a str, (&'a Entry<'a>, &'a ChapterFront)>,
    to_root: &'a str,
}

impl Drawing<'_> {
    fn test(&self, name: &str) -> Option<&Test> {
        self.tree.test.iter().find(|t| t.name.get_ref() == name)
    }

    /// Everything that is wrong, each with its offset; returns how much.
    fn check(&self, mut report: impl FnMut(usize, String)) -> usize {
        let mut count = 0;
        let mut wrong = |at: usize, what: String| {
            count += 1;
            report(at, what);
        };
        self.tests(&mut wrong);
        let mut ends = BTreeSet::new();
        let mut entered: BTreeMap<&str, usize> = BTreeMap::new();
        for way in self.ways() {
            let at = way.sees.span().start;
            match (&way.lab, &way.test) {
                (Some(lab), None) => {
                    ends.insert(lab.get_ref().as_str());
                    let known = self.chapters.contains_key(lab.get_ref().as_str())
                        || self.tree.later.contains_key(lab.get_ref());
                    if !known {
                        wrong(
                            lab.span().start,
                            format!(
                                "a dead end: lab {0} has no chapter, and `[later]` does not name it",
                                lab.get_ref()
                            ),
                        );
                    }
                }
                (None, Some(test)) => {
                    *entered.entry(test.get_ref()).or_default() += 1;
                    if self.test(test.get_ref()).is_none() {
                        wrong(
                            test.span().start,
                            format!("a dead end: there is no test `{}`", test.get_ref()),
                        );
                    }
                }
                _ => wrong(
                    at,
                    "what is seen leads to one `lab` or one `test`".to_owned(),
                ),
            }
        }
        for test in &self.tree.test {
            let (at, name) = (test.name.span().start, test.name.get_ref());
            match entered.get(name.as_str()) {
                None => wrong(at, format!("no branch leads to the test `{name}`")),
                Some(1) => {}
                Some(n) => wrong(at, format!("{n} branches lead to the test `{name}`")),
            }
        }
        // Each test has one way in, so what no family reaches is a circle.
        let reached = self.reached();
        for test in &self.tree.test {
            let (at, name) = (test.name.span().start, test.name.get_ref().as_str());
            if entered.get(name) == Some(&1) && !reached.contains(name) {
                wrong(at, format!("the test `{name}` is part of a circle"));
            }
        }
        for (lab, (entry, _)) in &self.chapters {
            if !ends.contains(lab) {
                wrong(0, format!("no branch ends at {}", entry.name));
            }
        }
        for (lab, name) in &self.tree.later {
            let at = name.span().start;
            if self.chapters.contains_key(lab.as_str()) {
                wrong(
                    at,
                    format!("lab {lab} has a chapter: it is no longer one for `[later]`"),
                );
            } else if !ends.contains(lab.as_str()) {
                wrong(at, format!("no branch ends at {lab} {}", name.get_ref()));
            }
        }
        self.names(&mut wrong);
        count
    }

    /// Each test splits, by a command or an observation.
    fn tests(&self, wrong: &mut impl FnMut(usize, String)) {
        let mut names = BTreeSet::new();
        for test in &self.tree.test {
            let (at, name) = (test.name.span().start, test.name.get_ref());
            if !names.insert(name) {
                wrong(at, format!("two tests are named `{name}`"));
            }
            let said = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.trim().is_empty());
            if !said(&test.run) && !said(&test.look) {
                wrong(
                    at,
                    format!(
                        "the test `{name}` names neither a command, `run`, nor an observation, `look`"
                    ),
                );
            }
            if test.ways.len() < 2 {
                wrong(
                    at,
                    format!("the test `{name}` splits nothing: it has one way"),
                );
            }
            let mut seen = BTreeSet::new();
            for way in &test.ways {
                if !seen.insert(way.sees.get_ref()) {
                    wrong(
                        way.sees.span().start,
                        format!("two ways of the test `{name}` see the same"),
                    );
                }
            }
        }
        for family in self.tree.family.iter().filter(|f| f.ways.is_empty()) {
            let title = family.title.get_ref();
            wrong(family.title.span().start, format!("`{title}` is empty"));
        }
        for way in self.ways().filter(|w| w.sees.get_ref().trim().is_empty()) {
            wrong(way.sees.span().start, "what decides here?".to_owned());
        }
    }

    /// A failure that is not written yet has one name everywhere.
    fn names(&self, wrong: &mut impl FnMut(usize, String)) {
        for (entry, front) in self.chapters.values() {
            for other in &front.not_this {
                let Some(name) = self.tree.later.get(&other.lab) else {
                    continue;
                };
                if *name.get_ref() != other.name {
                    wrong(
                        name.span().start,
                        format!("{} calls {} `{}`", entry.name, other.lab, other.name),
                    );
                }
            }
        }
    }

    fn ways(&self) -> impl Iterator<Item = &Way> {
        let families = self.tree.family.iter().flat_map(|f| &f.ways);
        families.chain(self.tree.test.iter().flat_map(|t| &t.ways))
    }

    /// The tests that some family leads to.
    fn reached(&self) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&Way> = self.tree.family.iter().flat_map(|f| &f.ways).collect();
        while let Some(way) = next.pop() {
            let test = way.test.as_ref().and_then(|t| self.test(t.get_ref()));
            if let Some(test) = test
                && reached.insert(test.name.get_ref().as_str())
            {
                next.extend(&test.ways);
            }
        }
        reached
    }

    fn html(&self) -> String {
        let mut out = String::new();
        for family in &self.tree.family {
            let _ = write!(out, "\n## {}\n", family.title.get_ref());
            let mut list = String::new();
            self.list(&family.ways, &mut list);
            out.push_str(&block(&list));
        }
        out.push_str("\n## Make sure\n");
        for (lab, (entry, front)) in &self.chapters {
            let _ = write!(out, "\n### {} {{#make-sure-{lab}}}\n", entry.name);
            out.push_str(&block(&self.sure(entry, front)));
        }
        out
    }

    fn list(&self, ways: &[Way], out: &mut String) {
        out.push_str("<ul class=\"lab-tree\">\n");
        for way in ways {
            let sees = inline(way.sees.get_ref());
            let _ = write!(out, "<li><b>{sees}</b>");
            if let Some(lab) = &way.lab {
                let _ = write!(out, ": {}", self.end(lab.get_ref()));
            } else if let Some(test) = way.test.as_ref().and_then(|t| self.test(t.get_ref())) {
                out.push_str(if plain(way.sees.get_ref()).ends_with(['.', '?']) {
                    " "
                } else {
                    ". "
                });
                if let Some(look) = &test.look {
                    let _ = write!(out, "{} ", inline(look));
                }
                if let Some(run) = &test.run {
                    let run = esc(run);
                    let _ = write!(out, "Run <code class=\"lab-command\">{run}</code>");
                }
                out.push('\n');
                self.list(&test.ways, out);
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n");
    }

    /// Where a branch ends.
    fn end(&self, lab: &str) -> String {
        match self.chapters.get(lab) {
            Some((entry, _)) => format!(
                "<a href=\"{}{}\">{}</a> (<a href=\"#make-sure-{lab}\">make sure</a>)",
                self.to_root,
                esc(entry.path),
                inline(entry.name)
            ),
            None => {
                let name = self.tree.later.get(lab).map_or("", |name| name.get_ref());
                format!("{} {} (not yet)", esc(lab), inline(name))
            }
        }
    }

    /// What a chapter's front matter says of telling it from others.
    fn sure(&self, entry: &Entry<'_>, front: &ChapterFront) -> String {
        let mut rows = String::new();
        let mut row = |term: &str, text: String| {
            let _ = writeln!(rows, "<div><dt>{term}</dt><dd>{text}</dd></div>");
        };
        const OR: &str = r#"<span class="card-or"> · </span>"#;
        let symptoms: Vec<_> = front.symptoms.iter().map(|s| inline(s)).collect();
        row("You see", symptoms.join(OR));
        row(
            "Confirm in one minute",
            format!(
                r#"<code class="lab-command">{}</code> <span>{}</span>"#,
                esc(&front.confirm.command),
                inline(&front.confirm.decides)
            ),
        );
        if !front.not_this.is_empty() {
            let others: Vec<_> = front.not_this.iter().map(|n| self.other(n)).collect();
            row("Not this?", others.join(OR));
        }
        row(
            "Then",
            format!(
                "<a href=\"{}{}\">first aid, and the chapter</a>",
                self.to_root,
                esc(entry.path)
            ),
        );
        format!("<div class=\"lab-card\">\n<dl>\n{rows}</dl>\n</div>")
    }

    fn other(&self, other: &NotThis) -> String {
        let symptom = inline(&other.symptom);
        let name = format!("{} {}", esc(&other.lab), inline(&other.name));
        match self.chapters.get(other.lab.as_str()) {
            Some((entry, _)) => format!(
                "{symptom}: <a href=\"{}{}\">{name}</a>",
                self.to_root,
                esc(entry.path)
            ),
            None => format!("{symptom}: {name} (not yet)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = r#"
[later]
21 = "A pool that waits for itself"

[[family]]
title = "No answer"
ways = [
    { sees = "Some requests hang", test = "busy" },
    { sees = "Only pages with the database hang", lab = "21" },
]

[[test]]
name = "busy"
run = "top -H"
ways = [
    { sees = "one thread is `busy`", lab = "01" },
    { sees = "no thread is", lab = "03" },
]
"#;

    fn chapter(lab: &str, other: &str) -> Source {
        let text = format!(
            "+++\nlab = \"{lab}\"\ntitle = \"t\"\ndescription = \"d\"\nsymptoms = [\"it hangs\"]\n\
             confirm = {{ command = \"top -H -p 1\", decides = \"it is busy\" }}\n\
             first_aid = {{ action = \"a\", risk = \"r\" }}\nnot_this = [{other}]\n\
             applies_to = \"all\"\nminutes = 1\nlab_minutes = 1\n+++\n# T\n"
        );
        let mut problems = Problems::default();
        let page = Source::read("book/part/x.md", &text, &mut problems);
        assert_eq!(problems.sorted(), []);
        page
    }

    fn drawn(tree: &str) -> (Result<String, String>, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("book")).unwrap();
        std::fs::write(root.path().join("book/diagnosis.toml"), tree).unwrap();
        let mut problems = Problems::default();
        let text = "+++\ntitle = \"t\"\ndescription = \"d\"\n+++\n{{#diagnosis}}\n";
        let page = Source::read("book/diagnosis.md", text, &mut problems);
        let pool = r#"{ symptom = "it waits", lab = "21", name = "A pool that waits for itself" }"#;
        let chapters = [
            (chapter("01", pool), "01 Busy", "part/01-busy.md"),
            (chapter("03", ""), "03 Locked", "part/03-locked.md"),
        ];
        let entries: Vec<Entry<'_>> = chapters
            .iter()
            .map(|(page, name, path)| Entry { page, name, path })
            .collect();
        let out = draw(root.path(), &page, &entries, "", &mut problems);
        let problems = problems.sorted();
        (out, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_tree_leads_from_symptoms_through_tests_to_chapters() {
        let (html, problems) = drawn(TREE);
        assert_eq!(problems, Vec::<String>::new());
        let html = html.unwrap();
        for part in [
            "## No answer\n",
            "<li><b>Some requests hang</b>. Run <code class=\"lab-command\">top -H</code>\n",
            "<li><b>one thread is <code>busy</code></b>: <a href=\"part/01-busy.md\">01 Busy</a>",
            "<a href=\"#make-sure-01\">make sure</a>",
            "<li><b>Only pages with the database hang</b>: 21 A pool that waits for itself (not yet)",
            "### 03 Locked {#make-sure-03}\n",
            "<dd>it hangs</dd>",
            "<code class=\"lab-command\">top -H -p 1</code> <span>it is busy</span>",
            "it waits: 21 A pool that waits for itself (not yet)",
        ] {
            assert!(html.contains(part), "{part}\n{html}");
        }
        assert!(!html.contains("<details"), "{html}");
    }

    #[test]
    fn every_mistake_has_its_line_and_no_half_a_tree_is_drawn() {
        let lines =
            |tree: &str, word: &str| 1 + tree.lines().position(|line| line.contains(word)).unwrap();
        for (from, to, word, why) in [
            (
                "lab = \"21\" }",
                "lab = \"22\" }",
                "lab = \"22\"",
                "a dead end: lab 22 has no chapter",
            ),
            (
                "test = \"busy\"",
                "test = \"idle\"",
                "test = \"idle\"",
                "a dead end: there is no test `idle`",
            ),
            (
                "test = \"busy\"",
                "lab = \"01\"",
                "name = \"busy\"",
                "no branch leads to the test `busy`",
            ),
            (
                "lab = \"21\" }",
                "test = \"busy\" }",
                "name = \"busy\"",
                "2 branches lead to the test `busy`",
            ),
            (
                "lab = \"21\" }",
                "lab = \"03\" }",
                "21 = ",
                "no branch ends at 21 A pool",
            ),
            (
                "21 = \"A pool that waits for itself\"",
                "03 = \"A lock\"\n21 = \"A pool that waits for itself\"",
                "03 = ",
                "lab 03 has a chapter",
            ),
            (
                "21 = \"A pool that waits for itself\"",
                "21 = \"A deadlock\"",
                "21 = ",
                "01 Busy calls 21 `A pool that waits for itself`",
            ),
            (
                "run = \"top -H\"",
                "",
                "name = \"busy\"",
                "the test `busy` names neither a command",
            ),
            (
                "run = \"top -H\"",
                "run = \" \"",
                "name = \"busy\"",
                "the test `busy` names neither a command",
            ),
            (
                "    { sees = \"no thread is\", lab = \"03\" },\n",
                "",
                "name = \"busy\"",
                "the test `busy` splits nothing",
            ),
            (
                "\"no thread is\"",
                "\"one thread is `busy`\"",
                "lab = \"03\"",
                "two ways of the test `busy` see the same",
            ),
            (
                "\"no thread is\"",
                "\"\"",
                "lab = \"03\"",
                "what decides here?",
            ),
            (
                ", lab = \"03\" }",
                " }",
                "\"no thread is\"",
                "what is seen leads to one `lab` or one `test`",
            ),
            (
                ", lab = \"03\" }",
                ", lab = \"03\", test = \"busy\" }",
                "\"no thread is\"",
                "what is seen leads to one",
            ),
            (
                "run = \"top -H\"",
                "type = \"top -H\"",
                "type = ",
                "unknown field `type`",
            ),
        ] {
            let tree = TREE.replacen(from, to, 1);
            assert_ne!(tree, TREE, "{from}");
            let (out, problems) = drawn(&tree);
            assert!(out.is_err(), "{to}: {problems:?}");
            let wanted = format!("book/diagnosis.toml:{}: {why}", lines(&tree, word));
            let found = problems.iter().any(|problem| problem.starts_with(&wanted));
            assert!(found, "{wanted}: {problems:?}");
        }
    }

    #[test]
    fn every_chapter_is_reached_and_no_test_leads_back_to_itself() {
        let (_, problems) = drawn(&TREE.replace("lab = \"03\"", "lab = \"01\""));
        assert_eq!(
            problems,
            ["book/diagnosis.toml:1: no branch ends at 03 Locked"]
        );
        let circle = format!(
            "{TREE}\n[[test]]\nname = \"round\"\nlook = \"Look.\"\nways = [\n\
             {{ sees = \"a\", test = \"round\" }},\n{{ sees = \"b\", lab = \"01\" }},\n]\n"
        );
        let (_, problems) = drawn(&circle);
        assert_eq!(
            problems,
            ["book/diagnosis.toml:21: the test `round` is part of a circle"]
        );
    }

    #[test]
    fn a_page_without_a_tree_is_told_which_file_it_needs() {
        let root = tempfile::tempdir().unwrap();
        let mut problems = Problems::default();
        let page = Source::read("book/diagnosis.md", "", &mut problems);
        let error = draw(root.path(), &page, &[], "", &mut problems).unwrap_err();
        assert!(error.contains("book/diagnosis.toml"), "{error}");
    }
}
