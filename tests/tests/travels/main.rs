//! The two services of the page "How a request travels" do what it says they
//! do, and the page shows all of both.

mod service;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use book_tests::Repository;
use service::{Answer, HOME, ROBOT, Request, Service, named};

const FOLDER: &str = "labs/how-a-request-travels";
const PAGE: &str = "book/how-a-request-travels.md";

/// What a page says: of this worker, its number, of all.
fn page(answer: &Answer) -> Result<[usize; 3]> {
    let numbers = answer.numbers()?;
    let counts: Result<[usize; 3], Vec<usize>> = numbers.try_into();
    counts.map_err(|numbers| anyhow::anyhow!("three numbers: {numbers:?}"))
}

// --- actix-web ---------------------------------------------------------------

#[test]
fn connections_are_dealt_out_in_turn_and_the_factory_runs_once_per_worker() -> Result<()> {
    let service = Service::actix()?;
    let pages = (0..8).map(|_| page(&service.ask(&HOME)?));
    let pages = pages.collect::<Result<Vec<_>>>()?;
    let workers: BTreeSet<usize> = pages.iter().map(|[_, worker, _]| *worker).collect();
    // The factory gives out numbers: a third run would have given out a 3.
    assert_eq!(workers, BTreeSet::from([1, 2]), "{pages:?}");
    for (n, [of_worker, worker, all]) in pages.iter().enumerate() {
        assert_eq!(*all, n + 1, "made outside, shared: {pages:?}");
        assert_eq!(*of_worker, n / 2 + 1, "made inside: {pages:?}");
        if n > 0 {
            assert_ne!(*worker, pages[n - 1][1], "in turn: {pages:?}");
        }
    }
    Ok(())
}

#[test]
fn a_connection_stays_with_its_worker() -> Result<()> {
    let service = Service::actix()?;
    let mut connection = service.connect()?;
    let pages = (0..5).map(|_| page(&connection.ask(&HOME)?));
    let pages = pages.collect::<Result<Vec<_>>>()?;
    let worker = pages[0][1];
    for (n, one) in pages.iter().enumerate() {
        assert_eq!(*one, [n + 1, worker, n + 1], "{pages:?}");
    }
    Ok(())
}

#[test]
fn the_last_layer_is_the_outermost_and_a_layer_can_answer_itself() -> Result<()> {
    let service = Service::actix()?;
    let refused = service.ask(&ROBOT)?;
    assert_eq!(refused.status, 403);
    assert!(refused.has_layer(), "{refused:?}");
    let nowhere = service.ask(&Request("GET /nowhere", &[], ""))?;
    assert_eq!(nowhere.status, 404);
    assert!(nowhere.has_layer(), "{nowhere:?}");
    let [_, _, all] = page(&service.ask(&HOME)?)?;
    assert_eq!(all, 1, "the handler did not see the robot");
    Ok(())
}

#[test]
fn an_extractor_that_fails_answers_before_the_handler() -> Result<()> {
    let service = Service::actix()?;
    for json in ["{", "{}", r#"{"name": 7}"#] {
        let refused = service.ask(&named(json))?;
        assert_eq!(refused.status, 400, "{json}: {refused:?}");
        // The handler would have said this.
        assert!(!refused.body.contains("a visitor has a name"));
        assert!(refused.has_layer(), "{refused:?}");
        assert_eq!(refused.cookies(), "");
    }
    Ok(())
}

#[test]
fn the_error_of_a_handler_is_an_answer_to_the_layers() -> Result<()> {
    let service = Service::actix()?;
    let refused = service.ask(&named(r#"{"name": ""}"#))?;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.body, "a visitor has a name");
    assert!(refused.has_layer(), "{refused:?}");
    Ok(())
}

#[test]
fn the_session_is_sealed_in_the_cookie_and_known_to_every_worker() -> Result<()> {
    let service = Service::actix()?;
    let answer = service.ask(&named(r#"{"name": "Ada Lovelace"}"#))?;
    assert_eq!(answer.status, 204, "{answer:?}");
    let cookie = answer.header("set-cookie").context("a cookie")?;
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"), "`cookie_secure(false)` says so");
    // The name in base64, at each of the three places that it may have.
    for part in ["QWRhIExvdmVsYWN", "FkYSBMb3ZlbGFj", "BZGEgTG92ZWxhY2"] {
        assert!(!cookie.contains(part), "{cookie}");
    }
    let cookies = answer.cookies();
    for _ in 0..2 {
        let home = service.ask(&Request("GET /", &[("Cookie", &cookies)], ""))?;
        assert!(home.body.contains("Hello, Ada Lovelace<"), "{home:?}");
    }
    let altered = cookies.replace("id=", "id=x");
    let home = service.ask(&Request("GET /", &[("Cookie", &altered)], ""))?;
    assert!(home.body.contains("Hello, stranger<"), "{home:?}");
    Ok(())
}

#[test]
fn the_template_escapes() -> Result<()> {
    let service = Service::actix()?;
    let answer = service.ask(&named(r#"{"name": "<b>"}"#))?;
    let cookies = answer.cookies();
    let home = service.ask(&Request("GET /", &[("Cookie", &cookies)], ""))?;
    assert!(home.body.contains("Hello, &#60;b&#62;<"), "{home:?}");
    assert_eq!(
        home.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    Ok(())
}

// --- Express -----------------------------------------------------------------

fn has_node() -> bool {
    let there = Command::new("node").arg("--version").output();
    let there = there.is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: there is no Node");
    }
    there
}

/// Runs `check` on the service in Express, if there is a Node.
fn with_express(check: impl FnOnce(&Service) -> Result<()>) -> Result<()> {
    if !has_node() {
        return Ok(());
    }
    let file = Repository::here().root.join(FOLDER).join("service.mjs");
    let mut node = Command::new("node");
    node.arg(file);
    check(&Service::start(node)?)
}

/// The same with its lines changed.
fn with_changed_express(
    changes: &[(&str, &str)],
    check: impl FnOnce(&Service) -> Result<()>,
) -> Result<()> {
    if !has_node() {
        return Ok(());
    }
    let root = Repository::here().root;
    let mut text = fs::read_to_string(root.join(FOLDER).join("service.mjs"))?;
    for (from, to) in changes {
        ensure!(
            text.matches(from).count() == 1,
            "service.mjs has no `{from}`"
        );
        text = text.replace(from, to);
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("service.mjs");
    fs::write(&file, text)?;
    let link = |from: &Path, name: &str| symlink(from, folder.path().join(name));
    link(&root.join("labs/node_modules"), "node_modules")?;
    link(&root.join(FOLDER).join("views"), "views")?;
    let mut node = Command::new("node");
    node.arg(file);
    check(&Service::start(node)?)
}

#[test]
fn express_state_exists_once() -> Result<()> {
    with_express(|service| {
        let pages = (0..6).map(|_| service.ask(&HOME)?.numbers());
        let pages = pages.collect::<Result<Vec<_>>>()?;
        assert_eq!(pages.concat(), [1, 2, 3, 4, 5, 6]);
        Ok(())
    })
}

#[test]
fn express_meets_its_layers_from_the_first_to_the_last() -> Result<()> {
    with_express(|service| {
        let refused = service.ask(&ROBOT)?;
        assert_eq!(refused.status, 403);
        assert!(refused.has_layer(), "{refused:?}");
        let nowhere = service.ask(&Request("GET /nowhere", &[], ""))?;
        assert_eq!(nowhere.status, 404);
        assert!(nowhere.has_layer(), "{nowhere:?}");
        assert_eq!(service.ask(&HOME)?.numbers()?, [1]);
        Ok(())
    })?;
    let later = [
        ("app.use(noSniffing);\n", ""),
        (
            "app.use(noRobots);\n",
            "app.use(noRobots);\napp.use(noSniffing);\n",
        ),
    ];
    with_changed_express(&later, |service| {
        let refused = service.ask(&ROBOT)?;
        assert_eq!(refused.status, 403);
        assert!(!refused.has_layer(), "{refused:?}");
        Ok(())
    })
}

#[test]
fn express_parses_json_and_leaves_its_shape_to_the_handler() -> Result<()> {
    with_express(|service| {
        let refused = service.ask(&named("{"))?;
        assert_eq!(refused.status, 400, "{refused:?}");
        for json in ["{}", r#"{"name": 7}"#, r#"{"name": ""}"#] {
            let refused = service.ask(&named(json))?;
            assert_eq!(refused.status, 422, "{json}: {refused:?}");
            assert_eq!(refused.body, "a visitor has a name");
        }
        let untyped = service.ask(&Request("POST /name", &[], "name=Ada"))?;
        assert_eq!(untyped.status, 422, "{untyped:?}");
        Ok(())
    })
}

#[test]
fn express_finds_its_error_handler_by_four_parameters_and_by_its_place() -> Result<()> {
    let refused = |service: &Service| service.ask(&named(r#"{"name": ""}"#));
    with_express(|service| {
        // The handler is async: what it throws is a rejected promise.
        let refused = refused(service)?;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.body, "a visitor has a name");
        Ok(())
    })?;
    let three = [(
        "failed(error, request, response, next)",
        "failed(error, request, response)",
    )];
    let early = [
        ("app.use(failed);\n", ""),
        (
            "app.get('/', home);\n",
            "app.use(failed);\napp.get('/', home);\n",
        ),
    ];
    for changes in [&three[..], &early[..]] {
        with_changed_express(changes, |service| {
            let refused = refused(service)?;
            assert_ne!(refused.body, "a visitor has a name", "{refused:?}");
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn the_session_of_express_is_signed_in_the_cookie_and_can_be_read() -> Result<()> {
    with_express(|service| {
        let answer = service.ask(&named(r#"{"name": "<b>"}"#))?;
        assert_eq!(answer.status, 204, "{answer:?}");
        let cookies = answer.cookies();
        // base64 of {"name":"<b>"}
        assert!(cookies.contains("eyJuYW1lIjoiPGI+In0="), "{cookies}");
        assert!(!answer.head.contains("samesite"), "{answer:?}");
        let home = service.ask(&Request("GET /", &[("Cookie", &cookies)], ""))?;
        assert!(home.body.contains("Hello, &lt;b&gt;<"), "{home:?}");
        let altered = cookies.replace("eyJ", "eyK");
        let home = service.ask(&Request("GET /", &[("Cookie", &altered)], ""))?;
        assert!(home.body.contains("Hello, stranger<"), "{home:?}");
        Ok(())
    })
}

// --- The page ----------------------------------------------------------------

#[test]
fn the_page_shows_all_of_both_services() -> Result<()> {
    let repository = Repository::here();
    let text = repository.read(PAGE)?;
    for file in ["service.rs", "service.mjs"] {
        let source = repository.read(&format!("{FOLDER}/{file}"))?;
        let mut outside = Vec::new();
        let mut anchor: Option<&str> = None;
        for line in source.lines() {
            if let Some(name) = line.strip_prefix("// ANCHOR: ") {
                let include = format!("{{{{#include ../{FOLDER}/{file}:{name}}}}}");
                assert_eq!(text.matches(&include).count(), 1, "{include}");
                anchor = Some(name);
            } else if let Some(name) = line.strip_prefix("// ANCHOR_END: ") {
                assert_eq!(anchor.take(), Some(name), "{file}");
            } else if anchor.is_none() {
                outside.push(line);
            }
        }
        // Only comments and imports stand outside of the anchors.
        for line in outside {
            let known = ["//", "use ", "import "]
                .iter()
                .any(|s| line.starts_with(s));
            assert!(
                known || line.is_empty(),
                "{file}: `{line}` is not on the page"
            );
        }
    }
    assert!(text.contains(&format!("{{{{#include ../{FOLDER}/views/home.ejs}}}}")));
    Ok(())
}
