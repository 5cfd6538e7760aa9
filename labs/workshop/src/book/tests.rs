//! A whole small book: built as it should be, and with one mistake at a time.

mod fixture;
mod served;

use fixture::{CHAPTER, Fixture};

/// The problems that begin with `start`, which is told with all of them when
/// there is none.
#[track_caller]
fn expect(fixture: &Fixture, start: &str) {
    let found = fixture.problems();
    assert!(
        found.iter().any(|p| p.starts_with(start)),
        "no `{start}` in {found:#?}"
    );
}

#[test]
fn a_book_without_mistakes_has_no_problems() {
    let fixture = Fixture::new();
    assert_eq!(fixture.problems(), Vec::<String>::new());
    let page = fixture.built("performance/01-small.html");
    assert!(
        page.contains("<title>It hangs: a small failure – Small Book</title>"),
        "{page}"
    );
    assert!(
        page.contains(r#"<meta name="description" content="What hangs &amp; why.">"#),
        "{page}"
    );
    assert!(page.contains(
        r#"<link rel="canonical" href="https://example.org/book/performance/01-small.html">"#
    ));
    assert!(page.contains("Edition 7.7.7") && page.contains("actix-web 4.9.9"));
    for figure in [
        "lab-card",
        "lab-live",
        "lab-diff",
        "lab-proof",
        "lab-half-fix",
        "lab-evidence",
        "lab-express",
        "lab-claims",
        "lab-contract",
        "lab-commands",
        "lab-hint",
    ] {
        assert!(page.contains(figure), "{figure}");
    }
    assert!(!page.contains("+++") && !page.contains("{{#"), "{page}");
    assert!(fixture.built("symptoms.html").contains("everything hangs"));
    assert!(fixture.built("checklist.html").contains("Mind the worker."));
    let first = fixture.built("index.html");
    assert!(first.contains("01 Small") && first.contains("Not yet: 02 Later."));
    assert!(first.contains("<td>It hangs</td>") && first.contains("02 Later (not yet)"));
    assert!(!first.contains(" min"), "no timings on a learner's page");
    assert!(
        fixture
            .built("sitemap.xml")
            .contains("https://example.org/book/symptoms.html")
    );
    assert!(!fixture.dest().join("theme").exists());
}

#[test]
fn figures_have_no_ids_that_the_print_page_would_repeat() {
    let fixture = Fixture::new();
    fixture.problems();
    let page = fixture.built("performance/01-small.html");
    let from = page.find("lab-live").unwrap();
    let figure = &page[from..from + page[from..].find("</figure>").unwrap()];
    assert!(!figure.contains(" id="), "{figure}");
}

#[test]
fn anatomy_missing_section() {
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "## What it costs\n\nA thread.\n\n", "");
    expect(
        &fixture,
        &fixture.at("## The proof", "section `What it costs` is missing"),
    );
}

#[test]
fn anatomy_order_and_strangers() {
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "## Predict", "## Guess");
    expect(&fixture, &fixture.at("## Guess", "`Guess` is no section"));
    fixture.edit(CHAPTER, "## Guess", "## Predict");
    fixture.edit(CHAPTER, "## What it costs\n\nA thread.\n\n", "");
    fixture.edit(
        CHAPTER,
        "## The proof",
        "## What it costs\n\nA thread.\n\n## The proof",
    );
    expect(
        &fixture,
        &fixture.at("## The proof", "`The proof` is out of order"),
    );
}

#[test]
fn budgets() {
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "Slow answers.", &"word ".repeat(81));
    expect(
        &fixture,
        &fixture.at(
            "## What you see",
            "`What you see` has 81 written words, its budget is 80",
        ),
    );
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "It looks right.", &"word ".repeat(90));
    expect(
        &fixture,
        &fixture.at("### `half`", "half-fix `half` has 90 written words"),
    );
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "How many?", &"word ".repeat(1600));
    expect(
        &fixture,
        "book/performance/01-small.md:1: the chapter has 16",
    );
}

#[test]
fn required_figures_and_heading() {
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "{{#lab 01 diff}}", "");
    expect(
        &fixture,
        &fixture.at("## The fix", "`The fix` needs `{{#lab 01 diff}}`"),
    );
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "{{#lab 01 card}}", "");
    expect(
        &fixture,
        &fixture.at("# 01 Small", "`{{#lab 01 card}}` is missing"),
    );
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "# 01 Small", "# 01 Big");
    expect(
        &fixture,
        &fixture.at("# 01 Big", "the heading is `01 Big`, the lab is `01 Small`"),
    );
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "everything hangs", &"everything hangs ".repeat(60));
    expect(&fixture, &fixture.at("symptoms", "the incident card has"));
}

#[test]
fn directives() {
    for (wrong, why) in [
        ("{{#lab 01 chart}}", "unknown figure `chart`"),
        ("{{#lab 09 diff}}", "there is no lab 09"),
        ("{{#agendum}}", "unknown directive `agendum`"),
        ("{{#lab 01 diff now}}", "`diff` takes no argument"),
        (
            "{{#lab 01 evidence gone}}",
            "cannot read labs/01-small/evidence/gone.txt",
        ),
        (
            "{{#lab 01 half-fix gone}}",
            "cannot read labs/01-small/src/half_fixes/gone.rs",
        ),
        ("See {{#lab 01 diff}}", "a directive stands alone"),
        (
            "{{#include ../../labs/01-small/src/lib.rs:gone}}",
            "`../../labs/01-small/src/lib.rs` has no anchor `gone`",
        ),
        ("{{#include ../../gone.rs}}", "no file `../../gone.rs`"),
    ] {
        let fixture = Fixture::new();
        fixture.edit(CHAPTER, "A thread.", wrong);
        expect(&fixture, &fixture.at(wrong, why));
    }
}

/// A page for facilitators, with what it is made from.
fn facilitated() -> Fixture {
    let fixture = Fixture::new();
    let write = |file: &str, text: &str| {
        let path = fixture.root().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "book/people/labs.md",
        "+++\ntitle = \"t\"\ndescription = \"d\"\n+++\n# Lead\n\n{{#agenda short}}\n\n{{#facilitate}}\n",
    );
    write(
        "book/agenda.toml",
        "[[agenda]]\nname = \"short\"\n[[agenda.session]]\ntitle = \"All\"\nminutes = 42\n\
         labs = [\"01\"]\n\n[lab.01]\nask = \"Who waits?\"\ndemo = \"`top`\"\nnote = \"n\"\n",
    );
    fixture.edit(
        "book/SUMMARY.md",
        "[Symptoms]",
        "[Lead](people/labs.md)\n[Symptoms]",
    );
    fixture
}

#[test]
fn facilitators_get_an_agenda_and_a_section_for_each_lab() {
    let fixture = facilitated();
    fixture.edit(
        "book.toml",
        "[output.html.playground]",
        "[output.html.search.chapter]\n\"people\" = { enable = false }\n[output.html.playground]",
    );
    assert_eq!(fixture.problems(), Vec::<String>::new());
    let page = fixture.built("people/labs.html");
    for part in [
        "<td>Set-up</td>",
        "Together 42 of 42 minutes. Needs: nothing else.",
        "Who waits?",
        "<code>top</code>",
        "nobody waits",
        "<p>How many?</p>",
        "<p>Half.</p>",
        "<td><code>half</code></td><td>It looks right.</td><td>1</td>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("<details"), "{page}");
    let index = std::fs::read_dir(fixture.dest())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with("searchindex"))
        .unwrap();
    let index = fixture.built(&index);
    assert!(index.contains("01-small.html"), "{index}");
    assert!(!index.contains("people/"), "{index}");
}

#[test]
fn a_session_over_its_time_and_a_lab_without_notes_stop_the_build() {
    let fixture = facilitated();
    fixture.edit("book/agenda.toml", "minutes = 42", "minutes = 41");
    expect(
        &fixture,
        "book/agenda.toml:5: the session `All` of `short` takes 42 minutes and has 41",
    );
    let fixture = facilitated();
    fixture.edit("book/agenda.toml", "[lab.01]", "[lab.02]");
    expect(
        &fixture,
        "book/agenda.toml:1: nothing to ask, demo and note of 01 Small",
    );
}

#[test]
fn retyped_rust() {
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "A thread.", "```rust\nfn retyped() {}\n```");
    expect(&fixture, &fixture.at("fn retyped", "retyped Rust"));
}

#[test]
fn files_of_the_lab() {
    let fixture = Fixture::new();
    fixture.edit(
        "labs/01-small/src/half_fixes/half.rs",
        "// ANCHOR: half-fix\n",
        "",
    );
    expect(
        &fixture,
        &fixture.at(
            "{{#lab 01 half-fix half}}",
            "labs/01-small/src/half_fixes/half.rs has no anchor",
        ),
    );
    let fixture = Fixture::new();
    fixture.edit(
        "labs/01-small/tests/snapshots/fixed.snap",
        "✓ holds: nobody waits",
        "✗ fails: nobody waits",
    );
    expect(
        &fixture,
        "labs/01-small/tests/snapshots/fixed.snap:1: a claim does not hold for fixed",
    );
    let fixture = Fixture::new();
    fixture.edit(
        "labs/01-small/tests/snapshots/broken.snap",
        "nobody waits",
        "none waits",
    );
    expect(
        &fixture,
        "labs/01-small/tests/snapshots/broken.snap:1: its claims are not those of fixed.snap",
    );
    let fixture = Fixture::new();
    fixture.edit(
        "labs/01-small/recording.json",
        "\"schema\":1",
        "\"schema\":99",
    );
    expect(
        &fixture,
        &fixture.at(
            "{{#lab 01 panel}}",
            "in labs/01-small/recording.json: this recording has schema 99",
        ),
    );
    let fixture = Fixture::new();
    fixture.edit(
        "labs/01-small/hints.md",
        "## 3. The name of the tool\n\nA pool.\n",
        "",
    );
    expect(
        &fixture,
        &fixture.at("{{#lab 01 hints}}", "labs/01-small/hints.md has 2 hints"),
    );
}

#[test]
fn a_subject_without_its_chapter_stops_the_build() {
    for (from, to, why) in [
        (
            r#"chapters = ["01", "02"]"#,
            r#"chapters = ["02"]"#,
            "no subject names chapter 01",
        ),
        (
            r#"chapters = ["01", "02"]"#,
            r#"chapters = ["01"]"#,
            "no subject names chapter 02",
        ),
        (
            "02 = ",
            "03 = ",
            "`It hangs` names chapter 02, which is neither written nor in `[later]`",
        ),
        (
            "02 = ",
            "01 = \"Small\"\n02 = ",
            "chapter 01 is written, so it is not in `[later]`",
        ),
        (
            r#"["C1"]"#,
            r#"["C2"]"#,
            "chapter 01 answers C1, and no subject of it has that code",
        ),
    ] {
        let fixture = Fixture::new();
        fixture.edit("book/coverage.toml", from, to);
        let place = "book/introduction.md:8: book/coverage.toml: ";
        expect(&fixture, &format!("{place}{why}"));
    }
}

#[test]
fn front_matter_and_the_lab_agree() {
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "minutes = 20", "minutes = 20\nauthor = \"me\"");
    expect(
        &fixture,
        &fixture.at("author", "front matter: unknown field `author`"),
    );
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "lab_minutes = 5", "lab_minutes = 50");
    expect(
        &fixture,
        &fixture.at("lab = ", "lab_minutes is 50 here, minutes is 5"),
    );
    let fixture = Fixture::new();
    fixture.edit(
        "book/SUMMARY.md",
        "- [01 Small](performance/01-small.md)\n",
        "",
    );
    expect(&fixture, "book/SUMMARY.md:1: lab 01-small has no chapter");
}

#[test]
fn links() {
    for (wrong, why) in [
        ("[a](gone.md)", "dead link `gone.md`"),
        (
            "[a](../symptoms.md#gone)",
            "dead link `../symptoms.md#gone`: symptoms.html has no `#gone`",
        ),
        ("[a](#gone)", "dead link `#gone`"),
        (
            "[a](../../labs/01-small/src/lib.rs)",
            "the link `../../labs/01-small/src/lib.rs` leads out of the book",
        ),
    ] {
        let fixture = Fixture::new();
        fixture.edit(CHAPTER, "A thread.", wrong);
        expect(&fixture, &fixture.at(wrong, why));
    }
}

#[test]
fn links_in_raw_html_and_loads_from_elsewhere() {
    let fixture = Fixture::new();
    fixture.edit(
        CHAPTER,
        "A thread.",
        "<p><a href=\"gone.html\">a</a> <img alt=\"\" src=\"https://example.org/x.png\"></p>",
    );
    let found = fixture.problems().join("\n");
    assert!(found.contains("performance/01-small.html:"), "{found}");
    assert!(found.contains("dead link `gone.html`"), "{found}");
    assert!(
        found.contains("`https://example.org/x.png` is loaded from elsewhere"),
        "{found}"
    );
}

#[test]
fn what_mdbook_only_logs() {
    let fixture = Fixture::new();
    fixture.edit(CHAPTER, "A thread.", "<b>A thread.");
    expect(
        &fixture,
        "book/performance/01-small.md:1: mdBook says WARN: unclosed HTML tag",
    );
    let fixture = Fixture::new();
    fixture.edit("book.toml", "site-url", "no-such-key = true\nsite-url");
    expect(&fixture, "book.toml:10: Failed");
    let fixture = Fixture::new();
    fixture.edit("book.toml", "https://example.org/book/", "/book/");
    expect(&fixture, "book.toml:10: site-url is the whole address");
}

#[test]
fn a_chapter_that_is_missing_is_a_problem_and_no_panic() {
    let fixture = Fixture::new();
    fixture.edit("book/SUMMARY.md", "symptoms.md", "gone.md");
    expect(&fixture, "book/SUMMARY.md:1: ");
}

#[test]
fn an_escaped_directive_is_shown() {
    let fixture = Fixture::new();
    fixture.edit(
        CHAPTER,
        "A thread.",
        "Write `\\{{#lab 01 card}}` to get one.",
    );
    assert_eq!(fixture.problems(), Vec::<String>::new());
    assert!(
        fixture
            .built("performance/01-small.html")
            .contains("<code>{{#lab 01 card}}</code>")
    );
}

#[test]
fn a_folder_with_something_else_is_not_emptied() {
    let fixture = Fixture::new();
    let dest = fixture.root().join("precious");
    std::fs::create_dir(&dest).unwrap();
    std::fs::write(dest.join("thesis.txt"), "years").unwrap();
    let workspace = crate::workspace::Workspace::open(fixture.root()).unwrap();
    let error = super::build(&workspace, &dest, super::Base::Local).unwrap_err();
    assert!(error.to_string().contains("would be emptied"), "{error}");
    assert!(dest.join("thesis.txt").is_file());
}

#[test]
fn plain_mdbook_gets_the_same_figures() {
    use mdbook_preprocessor::Preprocessor as _;
    let fixture = Fixture::new();
    let workspace = crate::workspace::Workspace::open(fixture.root()).unwrap();
    let labs = super::Labs::new(&workspace);
    assert!(labs.supports_renderer("html").unwrap());
    assert!(!labs.supports_renderer("epub").unwrap());
    let mdbook = mdbook_driver::MDBook::load(fixture.root()).unwrap();
    let context = mdbook_preprocessor::PreprocessorContext::new(
        fixture.root().to_path_buf(),
        mdbook.config.clone(),
        "html".into(),
    );
    // As it comes over the pipe, and goes back.
    let input = serde_json::to_string(&(context, mdbook.book)).unwrap();
    let (context, book) = mdbook_preprocessor::parse_input(input.as_bytes()).unwrap();
    let problems = super::problems_of(&labs);
    let book = labs.run(&context, book).unwrap();
    assert_eq!(problems(), vec![]);
    assert!(serde_json::to_string(&book).unwrap().contains("lab-live"));
}
