//! The server, asked over a real socket.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use super::fixture::Fixture;
use crate::book::{Refresh, Shelf, serve};
use crate::live::Runs;

/// A server of the small book, for as long as `ask` runs.
fn with_server(hosts: &[String], ask: impl FnOnce(SocketAddr) + Send + 'static) {
    let fixture = Fixture::new();
    let shelf = Arc::new(Shelf::new(fixture.root()));
    assert!(matches!(shelf.refresh().unwrap(), Refresh::Built(_)));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    actix_web::rt::System::new().block_on(async {
        let runs = Runs::new(fixture.root());
        let server = serve(shelf, runs, listener, hosts).unwrap();
        let handle = server.handle();
        let running = actix_web::rt::spawn(server);
        let asked = actix_web::rt::task::spawn_blocking(move || ask(address)).await;
        handle.stop(false).await;
        running.await.unwrap().unwrap();
        asked.unwrap();
    });
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(request.replace('\n', "\r\n").as_bytes())
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(
        address,
        &format!("GET {path} HTTP/1.1\nHost: localhost\nConnection: close\n\n"),
    )
}

#[test]
fn pages_are_served_with_their_policy() {
    with_server(&[], |address| {
        let page = get(address, "/performance/01-small.html");
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let head = page.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        assert!(head.contains("referrer-policy: no-referrer"), "{head}");
        assert!(head.contains("frame-ancestors 'none'"), "{head}");
        let scripts = head
            .split("script-src")
            .nth(1)
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        assert!(
            scripts.contains("'sha256-") && !scripts.contains("unsafe"),
            "{scripts}"
        );
        assert!(get(address, "/").contains("Small Book"));
        assert!(get(address, "/toc.html").contains("frame-ancestors 'self'"));
        assert!(get(address, "/no-such-page").starts_with("HTTP/1.1 404"));
        assert!(get(address, "/no-such-page").contains("Gone"));
    });
}

/// What chapter 14 asks of a service, the workshop's own does: refusals have
/// the headers, too. Chapters 10 and 15 have their tests below: only pages of
/// this server may start a run, and there is one at a time.
#[test]
fn every_answer_carries_the_security_headers() {
    with_server(&[], |address| {
        let json = "Content-Type: application/json\nContent-Length: 2";
        let all = [
            ("200", "GET / HTTP/1.1\nHost: localhost".to_owned()),
            ("404", "GET /none HTTP/1.1\nHost: localhost".to_owned()),
            ("405", "PUT / HTTP/1.1\nHost: localhost".to_owned()),
            ("421", "GET / HTTP/1.1\nHost: evil.example".to_owned()),
            (
                "403",
                format!(
                    "POST /_lab/run HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\n{json}"
                ),
            ),
        ];
        for (status, request) in all {
            let body = if request.contains("Length: 2") {
                "{}"
            } else {
                ""
            };
            let answer = ask(address, &format!("{request}\nConnection: close\n\n{body}"));
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{answer}"
            );
            let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
            for header in [
                "x-content-type-options: nosniff",
                "referrer-policy: no-referrer",
                "x-frame-options: ",
                "content-security-policy: ",
                "cross-origin-resource-policy: same-origin",
            ] {
                assert!(head.contains(header), "{status} lacks {header}: {head}");
            }
        }
    });
}

#[test]
fn a_path_that_climbs_finds_nothing() {
    with_server(&[], |address| {
        for path in [
            "/../book.toml",
            "/..%2f..%2fbook.toml",
            "/%2e%2e/%2e%2e/Cargo.toml",
            "//etc/passwd",
            "/performance/../../Cargo.toml",
            "/..\\..\\Cargo.toml",
        ] {
            let answer = get(address, path);
            assert!(!answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
            assert!(!answer.contains("[workspace"), "{path}: {answer}");
        }
    });
}

#[test]
fn other_hosts_and_methods_are_refused() {
    with_server(&["book.test".to_owned()], |address| {
        let to = |host: &str| {
            ask(
                address,
                &format!("GET / HTTP/1.1\nHost: {host}\nConnection: close\n\n"),
            )
        };
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io:80",
        ] {
            let answer = to(host);
            assert!(answer.starts_with("HTTP/1.1 421"), "{host}: {answer}");
            assert!(answer.contains("--allow-host"), "{answer}");
            assert!(answer.contains("nosniff"), "{answer}");
        }
        for host in ["127.0.0.1:3000", "localhost", "[::1]:3000", "book.test"] {
            assert!(to(host).starts_with("HTTP/1.1 200"), "{host}");
        }
        let twice = "GET / HTTP/1.1\nHost: localhost\nHost: evil.example\nConnection: close\n\n";
        assert!(!ask(address, twice).starts_with("HTTP/1.1 200"));
        let post = "POST / HTTP/1.1\nHost: localhost\nContent-Length: 0\nConnection: close\n\n";
        assert!(ask(address, post).starts_with("HTTP/1.1 405"));
    });
}

#[test]
fn runs_are_started_by_pages_of_this_server_only() {
    with_server(&[], |address| {
        let own = format!("http://{address}");
        let post = |headers: &str, body: &str| {
            let length = body.len();
            ask(
                address,
                &format!(
                    "POST /_lab/runs HTTP/1.1\nHost: {address}\nConnection: close\n\
                     Content-Length: {length}\n{headers}\n\n{body}"
                ),
            )
        };
        let json = "Content-Type: application/json";
        let wish = r#"{"lab":"01","version":"broken"}"#;
        for origin in [
            "http://127.0.0.1:1".to_owned(),
            own.replace("127.0.0.1", "localhost"),
            "http://evil.example".to_owned(),
            "null".to_owned(),
        ] {
            let answer = post(&format!("Origin: {origin}\n{json}"), wish);
            assert!(answer.starts_with("HTTP/1.1 403"), "{origin}: {answer}");
        }
        for site in ["cross-site", "same-site", "none"] {
            let headers = format!("Origin: {own}\nSec-Fetch-Site: {site}\n{json}");
            assert!(post(&headers, wish).starts_with("HTTP/1.1 403"), "{site}");
        }
        assert!(post(json, wish).starts_with("HTTP/1.1 403"));
        // From this origin, but no lab, no version, no JSON, or far too much.
        let from_here = format!("Origin: {own}\n{json}");
        for wrong in [
            r#"{"lab":"99","version":"broken"}"#,
            r#"{"lab":"01","version":"../../bin/sh"}"#,
        ] {
            let answer = post(&from_here, wrong);
            assert!(answer.starts_with("HTTP/1.1 404"), "{wrong}: {answer}");
        }
        let plain = format!("Origin: {own}\nContent-Type: text/plain");
        assert!(post(&plain, wish).starts_with("HTTP/1.1 4"));
        assert!(post(&from_here, &" ".repeat(5000)).starts_with("HTTP/1.1 4"));
        // Reading needs a run's id, and starts nothing.
        assert!(get(address, "/_lab/runs/0123").starts_with("HTTP/1.1 404"));
        assert!(!get(address, "/_lab/runs").starts_with("HTTP/1.1 2"));
        assert!(!get(address, "/_lab/../book.toml").starts_with("HTTP/1.1 200"));
    });
}

#[test]
fn a_rebuild_keeps_the_last_good_book() {
    let fixture = Fixture::new();
    let shelf = Shelf::new(fixture.root());
    assert!(matches!(shelf.refresh().unwrap(), Refresh::Built(_)));
    assert!(matches!(shelf.refresh().unwrap(), Refresh::Same));
    let good = shelf.site().unwrap();
    fixture.edit(super::CHAPTER, "A thread.", "[a](gone.md)");
    assert!(matches!(shelf.refresh().unwrap(), Refresh::Faulty(problems) if problems.len() == 1));
    assert_eq!(shelf.site().unwrap().dir, good.dir);
    fixture.edit(super::CHAPTER, "[a](gone.md)", "Two threads.");
    assert!(matches!(shelf.refresh().unwrap(), Refresh::Built(_)));
    assert_ne!(shelf.site().unwrap().dir, good.dir);
    // The next start finds what this one has built.
    let next = Shelf::new(fixture.root());
    assert!(matches!(next.refresh().unwrap(), Refresh::Found));
    // The learner's own file is no part of the book.
    std::fs::write(
        fixture.root().join("labs/01-small/src/exercise.rs"),
        "// mine",
    )
    .unwrap();
    assert!(matches!(shelf.refresh().unwrap(), Refresh::Same));
}
