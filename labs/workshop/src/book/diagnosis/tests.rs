//! Trees as somebody may write them.

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
