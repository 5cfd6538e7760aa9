//! The models do what the table says, over real sockets on loopback. The
//! book's tests put the same table through Chromium.
//!
//! `harness = false`, because the control service is this executable.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::{Context as _, Result, ensure};
use labkit::client::Answer;
use labkit::{Lab, run, subject};
use labkit_browser::dom::Script;
use labkit_browser::{Browser, Dom, Fetch, Form, Kind, Mode, Page};
use libtest_mimic::{Arguments, Trial};
use serde::{Deserialize, Serialize};
use url::Url;

const TABLE: &str = include_str!("cases.json");

static LAB: Lab = Lab {
    id: "00",
    title: "labkit-browser itself",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: &[],
    versions: &[],
    exercise: None,
    ground: labkit::ground::none,
    experiment: |_| unreachable!("no experiment"),
    load: || unreachable!("no load"),
};

#[derive(Deserialize)]
struct Table {
    requests: Vec<Case>,
    documents: Vec<Document>,
}

#[derive(Clone, Deserialize)]
struct Case {
    name: String,
    steps: Vec<Step>,
    seen: Vec<String>,
}

#[derive(Clone, Deserialize)]
struct Step {
    #[serde(rename = "do")]
    what: String,
    to: Option<String>,
    #[serde(default)]
    answer: Said,
    method: Option<String>,
    #[serde(default)]
    fields: Vec<(String, String)>,
    enctype: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    body: Option<String>,
    credentials: Option<String>,
    mode: Option<String>,
    line: Option<String>,
}

/// What the server is to answer; it stands in the address.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct Said {
    status: Option<u16>,
    headers: Vec<(String, String)>,
    set: Vec<String>,
    to: Option<String>,
    #[serde(skip_serializing)]
    then: Option<Box<Said>>,
}

#[derive(Clone, Deserialize)]
struct Document {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    nosniff: bool,
    body: String,
    made: Made,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Made {
    kind: String,
    scripts: usize,
    handlers: usize,
    links: usize,
    text: String,
}

/// Two ports of one host, and three other names.
const HOSTS: [(char, &str); 5] = [
    ('A', "127.0.0.1"),
    ('B', "127.0.0.1"),
    ('C', "localhost"),
    ('D', "a.b.localhost"),
    ('E', "b.localhost"),
];

/// The servers, and what they have seen.
#[derive(Clone, Default)]
struct World {
    origins: Vec<(char, String)>,
    seen: Arc<Mutex<Vec<String>>>,
}

const NAMES: [(&str, &str); 10] = [
    ("sec-fetch-site", "site"),
    ("sec-fetch-mode", "mode"),
    ("sec-fetch-dest", "dest"),
    ("sec-fetch-user", "user"),
    ("origin", "origin"),
    ("referer", "referer"),
    ("access-control-request-method", "asks"),
    ("access-control-request-headers", "with"),
    ("content-type", "type"),
    ("cookie", "cookie"),
];

impl World {
    fn start() -> Result<Self> {
        let mut world = Self::default();
        let mut listeners = Vec::new();
        for (letter, host) in HOSTS {
            let listener = TcpListener::bind(("127.0.0.1", 0))?;
            let port = listener.local_addr()?.port();
            world
                .origins
                .push((letter, format!("http://{host}:{port}")));
            listeners.push((letter, listener));
        }
        for (letter, listener) in listeners {
            let data = web::Data::new((letter, world.clone()));
            std::thread::spawn(move || {
                let app = move || {
                    App::new()
                        .app_data(data.clone())
                        .default_service(web::to(serve))
                };
                let server = HttpServer::new(app).workers(1).disable_signals();
                actix_web::rt::System::new()
                    .block_on(async move { server.listen(listener)?.run().await })
            });
        }
        Ok(world)
    }

    fn saw(&self, line: String) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(line);
    }

    fn origin(&self, letter: char) -> &str {
        let mut origins = self.origins.iter();
        let found = origins.find(|(own, _)| *own == letter);
        found.map_or("", |(_, origin)| origin)
    }

    fn filled(&self, text: &str) -> String {
        let origins = self.origins.iter();
        origins.fold(text.to_owned(), |text, (letter, origin)| {
            text.replace(&format!("{{{letter}}}"), origin)
        })
    }

    fn lettered(&self, text: &str) -> String {
        let origins = self.origins.iter();
        origins.fold(text.to_owned(), |text, (letter, origin)| {
            text.replace(origin, &letter.to_string())
        })
    }

    fn address(&self, to: &str, answer: &Said) -> Result<String> {
        let mut said = answer.clone();
        for (_, value) in &mut said.headers {
            *value = self.filled(value);
        }
        if let Some(next) = &said.to {
            let then = said.then.clone().unwrap_or_default();
            said.to = Some(self.address(next, &then)?);
        }
        let letter = to.chars().next().context("an origin")?;
        let mut url = Url::parse(&format!("{}{}", self.origin(letter), &to[1..]))?;
        let json = serde_json::to_string(&said)?;
        url.query_pairs_mut().append_pair("answer", &json);
        Ok(url.into())
    }
}

async fn serve(
    data: web::Data<(char, World)>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let (letter, world) = &**data;
    let mut line = format!("{} {letter}{}", request.method(), request.path());
    for (name, short) in NAMES {
        let Some(value) = request.headers().get(name) else {
            continue;
        };
        let value = String::from_utf8_lossy(value.as_bytes());
        let shown = if name == "referer" {
            value.split('?').next().unwrap_or_default()
        } else {
            &value
        };
        let _ = write!(line, " {short}={}", world.lettered(shown));
    }
    let url = request.full_url();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut said = Said::default();
    for (name, value) in pairs {
        if name == "answer" {
            said = serde_json::from_str(&value).unwrap_or_default();
        } else {
            let _ = write!(line, " ?{name}={value}");
        }
    }
    if !body.is_empty() {
        let body = String::from_utf8_lossy(&body);
        let _ = write!(line, " body={}", serde_json::Value::from(body.as_ref()));
    }
    world.saw(line);
    let status = said.status.and_then(|status| status.try_into().ok());
    let mut response = HttpResponse::build(status.unwrap_or_default());
    for (name, value) in said.headers {
        response.append_header((name, value));
    }
    for line in said.set {
        response.append_header(("set-cookie", line));
    }
    if let Some(to) = said.to {
        response.append_header(("location", to));
    }
    response.finish()
}

async fn step(world: &World, browser: &mut Browser, page: Page, step: &Step) -> Result<Page> {
    let url = match &step.to {
        Some(to) => world.address(to, &step.answer)?,
        None => String::new(),
    };
    Ok(match step.what.as_str() {
        "visit" => browser.visit(&url).await,
        "link" => browser.follow(&page, &url).await,
        "form" => {
            let mut fields = Vec::new();
            let at = Url::parse(&url)?;
            let answer = at.query_pairs().next().map(|(_, value)| value.into_owned());
            let is_get = step.method.as_deref() == Some("get");
            if let Some(answer) = answer.as_deref().filter(|_| is_get) {
                fields.push(("answer", answer));
            }
            fields.extend(step.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())));
            let mut form = if is_get {
                Form::get(&url, &fields)
            } else {
                Form::post(&url, &fields)
            };
            if step.enctype.is_some() {
                form = form.as_plain_text();
            }
            browser.submit(&page, &form).await
        }
        "fetch" => {
            let method = step.method.as_deref().unwrap_or("GET").parse()?;
            let mut fetch = Fetch::new(method, &url);
            for (name, value) in &step.headers {
                fetch = fetch.header(name, value);
            }
            if let (Some(kind), Some(body)) = (&step.kind, &step.body) {
                fetch = fetch.body(kind, body.clone());
            }
            fetch = match step.credentials.as_deref() {
                Some("include") => fetch.with_credentials(),
                Some("omit") => fetch.without_credentials(),
                _ => fetch,
            };
            fetch = match step.mode.as_deref() {
                Some("no-cors") => fetch.mode(Mode::NoCors),
                Some("same-origin") => fetch.mode(Mode::SameOrigin),
                _ => fetch,
            };
            let fetched = browser.fetch(&page, &fetch).await;
            let status = fetched.read().and_then(Answer::status);
            world.saw(match status {
                Some(status) => format!("read {}", status.as_u16()),
                None => "unreadable".to_owned(),
            });
            page
        }
        "image" => {
            browser.fetch(&page, &Fetch::image(&url)).await;
            page
        }
        "script_cookie" => {
            browser.set_document_cookie(&page, step.line.as_deref().unwrap_or_default());
            page
        }
        "cookie" => {
            world.saw(format!(
                "document.cookie: {}",
                browser.document_cookie(&page)
            ));
            page
        }
        other => anyhow::bail!("no step {other}"),
    })
}

/// A value of 4094 bytes is no good to read.
fn short(line: &str) -> String {
    let (mut out, mut run) = (String::new(), 0);
    for c in line.chars().chain(['\0']) {
        if c == 'x' {
            run += 1;
            continue;
        }
        match run {
            0..50 => out.push_str(&"x".repeat(run)),
            _ => {
                let _ = write!(out, "x*{run}");
            }
        }
        run = 0;
        out.push(c);
    }
    out.pop();
    out
}

fn requests(case: &Case) -> Result<()> {
    run::runtime().block_on(async {
        let world = World::start()?;
        let mut browser = Browser::new();
        let mut page = Page::at("http://127.0.0.1:1/");
        for one in &case.steps {
            page = step(&world, &mut browser, page, one).await?;
        }
        let seen = world.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen: Vec<String> = seen.iter().map(|line| short(line)).collect();
        ensure!(
            seen == case.seen,
            "the model:\n  {}\nChromium:\n  {}",
            seen.join("\n  "),
            case.seen.join("\n  ")
        );
        Ok(())
    })
}

fn documents(document: &Document) -> Result<()> {
    let mut headers = hyper::HeaderMap::new();
    if let Some(kind) = &document.kind {
        headers.insert("content-type", kind.parse()?);
    }
    if document.nosniff {
        headers.insert("x-content-type-options", "nosniff".parse()?);
    }
    let dom = Dom::of(&Answer::Response {
        status: hyper::StatusCode::OK,
        headers,
        body: document.body.clone().into(),
    });
    let scripts = dom.scripts();
    let count = |wanted: fn(&Script) -> bool| scripts.iter().filter(|s| wanted(s)).count();
    let made = Made {
        kind: match dom.kind() {
            Kind::Html => "html",
            Kind::Xml => "xml",
            Kind::Text => "text",
            Kind::Other => "other",
        }
        .to_owned(),
        scripts: count(|s| matches!(s, Script::Inline(_) | Script::Source(_))),
        handlers: count(|s| matches!(s, Script::Handler(..))),
        links: count(|s| matches!(s, Script::Link(_))),
        text: dom.text(),
    };
    ensure!(
        made == document.made,
        "the model: {made:?}\nChromium:  {:?}",
        document.made
    );
    Ok(())
}

fn main() -> ExitCode {
    if let Some(code) = subject::dispatch(&LAB) {
        return ExitCode::from(code);
    }
    let table: Table = match serde_json::from_str(TABLE) {
        Ok(table) => table,
        Err(error) => {
            eprintln!("cases.json: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = Vec::new();
    for case in table.requests {
        let name = format!("requests: {}", case.name);
        trials.push(Trial::test(name, move || {
            requests(&case).map_err(|error| format!("{error:#}").into())
        }));
    }
    for document in table.documents {
        let name = format!("documents: {}", document.name);
        trials.push(Trial::test(name, move || {
            documents(&document).map_err(|error| format!("{error:#}").into())
        }));
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    labkit::server::end_all();
    conclusion.exit_code()
}
