//! Agendas that fit and agendas that do not.

use super::*;
use crate::book::source::Source;

const PLAN: &str = r#"
[[agenda]]
name = "day"
[[agenda.session]]
title = "Morning"
minutes = 154
labs = ["01", "03"]
[[agenda.session]]
title = "Afternoon"
minutes = 48
labs = ["04"]

[lab.01]
ask = "a"
demo = "d"
note = "n"
[lab.03]
ask = "a"
demo = "d"
note = "n"
[lab.04]
ask = "a"
demo = "d"
note = "n"
"#;

fn source(text: &str) -> Source {
    let mut problems = Problems::default();
    let page = Source::read("book/people/page.md", text, &mut problems);
    assert_eq!(problems.sorted(), []);
    page
}

fn chapter(lab: &str, minutes: u32) -> Source {
    let services = if lab == "03" { "[\"redis\"]" } else { "[]" };
    source(&format!(
        "+++\nlab = \"{lab}\"\ntitle = \"t\"\ndescription = \"d\"\nsymptoms = []\n\
         confirm = {{ command = \"c\", decides = \"d\" }}\n\
         first_aid = {{ action = \"a\", risk = \"r\" }}\n\
         applies_to = \"all\"\nminutes = 1\nlab_minutes = {minutes}\nservices = {services}\n+++\n# T\n"
    ))
}

/// The tables of `day`, and what is wrong.
fn drawn(plan: &str) -> (Result<String, String>, Vec<String>) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("book")).unwrap();
    std::fs::write(root.path().join("book/agenda.toml"), plan).unwrap();
    let page = Page {
        source: source("+++\ntitle = \"t\"\ndescription = \"d\"\n+++\n# T\n"),
        name: "Page".into(),
        path: "people/page.md".into(),
        url: "people/page.html".into(),
    };
    let chapters = [chapter("01", 30), chapter("03", 45), chapter("04", 30)];
    let names = ["01 One", "03 Three", "04 Four"];
    let entries: Vec<Entry<'_>> = chapters
        .iter()
        .zip(names)
        .map(|(page, name)| Entry {
            page,
            name,
            path: "part/x.md",
        })
        .collect();
    let mut problems = Problems::default();
    let out = read(root.path(), &page, &entries, &mut problems)
        .and_then(|plan| plan.tables("day", &entries, "../"));
    let problems = problems.sorted();
    (out, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn sessions_have_set_up_breaks_reviews_and_slack() {
    let (out, problems) = drawn(PLAN);
    assert_eq!(problems, Vec::<String>::new());
    let out = out.unwrap();
    for part in [
        "### Morning {#day-1}\n",
        "| 0:00 h | Set-up | 20 |\n| 0:20 h | [01 One](../part/x.md) | 30 |\n\
         | 0:50 h | Review of 01 | 10 |\n| 1:00 h | Break | 10 |\n\
         | 1:10 h | [03 Three](../part/x.md) | 45 |\n| 1:55 h | Review of 03 | 10 |\n\
         | 2:05 h | Slack | 23 |\n\nTogether 148 of 154 minutes. Needs: redis.",
        "### Afternoon {#day-2}\n",
        "| 0:00 h | [04 Four](../part/x.md) | 30 |\n| 0:30 h | Review of 04 | 10 |\n\
         | 0:40 h | Slack | 8 |\n\nTogether 48 of 48 minutes. Needs: nothing else.",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
}

#[test]
fn every_mistake_stops_the_build_at_its_line() {
    for (from, to, line, why) in [
        (
            "minutes = 154",
            "minutes = 147",
            6,
            "the session `Morning` of `day` takes 148 minutes and has 147",
        ),
        (
            "minutes = 48",
            "minutes = 47",
            10,
            "the session `Afternoon` of `day` takes 48 minutes and has 47",
        ),
        ("[\"04\"]", "[\"05\"]", 11, "lab 05 has no chapter"),
        ("[\"04\"]", "[\"01\"]", 11, "lab 01 is twice in `day`"),
        (
            "[lab.04]\nask = \"a\"\ndemo = \"d\"\nnote = \"n\"\n",
            "",
            1,
            "nothing to ask, demo and note of 04 Four: add `[lab.04]`",
        ),
        (
            "[lab.04]\nask = \"a\"",
            "[lab.04]\nask = \" \"",
            22,
            "say something",
        ),
        ("[lab.04]", "[lab.05]", 22, "lab 05 has no chapter"),
        (
            "[lab.04]\nask",
            "[lab.04]\nasks",
            22,
            "unknown field `asks`",
        ),
    ] {
        let plan = PLAN.replacen(from, to, 1);
        assert_ne!(plan, PLAN, "{from}");
        let (out, problems) = drawn(&plan);
        assert!(out.is_err(), "{to}");
        let wanted = format!("book/agenda.toml:{line}: {why}");
        let found = problems.iter().any(|problem| problem.starts_with(&wanted));
        assert!(found, "{wanted}: {problems:?}");
    }
}

#[test]
fn an_agenda_that_is_not_there_is_named() {
    let (out, _) = drawn(&PLAN.replace("\"day\"", "\"night\""));
    let error = out.unwrap_err();
    assert!(error.contains("no agenda `day` in [\"night\"]"), "{error}");
}
