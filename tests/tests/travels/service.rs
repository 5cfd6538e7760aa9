//! One of the page's two services at work, and a client that keeps its
//! connections.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use book_tests::{Running, ran};

/// A start of Node on a busy machine.
const START: Duration = Duration::from_secs(60);

/// One of the two, at work.
pub struct Service {
    addr: String,
    _running: Running,
}

/// A connection that is kept.
pub struct Connection(BufReader<TcpStream>);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// A request: method and path, headers, body.
pub struct Request<'a>(pub &'a str, pub &'a [(&'a str, &'a str)], pub &'a str);

pub const HOME: Request<'static> = Request("GET /", &[], "");
pub const ROBOT: Request<'static> = Request("GET /", &[("User-Agent", "robot")], "");

pub fn named(json: &str) -> Request<'_> {
    Request("POST /name", &[("Content-Type", "application/json")], json)
}

impl Service {
    pub fn start(mut command: Command) -> Result<Self> {
        ran::clean(&mut command)
            .env("PORT", "0")
            .env("SESSION_KEY", "how a request travels ".repeat(4));
        let mut running = Running::start(command)?;
        let line = running.line_with("listening on ", START)?;
        let addr = line.rsplit(' ').next().unwrap_or_default().to_owned();
        Ok(Self {
            addr,
            _running: running,
        })
    }

    pub fn actix() -> Result<Self> {
        Self::start(Command::new(env!("CARGO_BIN_EXE_how-a-request-travels")))
    }

    pub fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(&self.addr)?;
        stream.set_read_timeout(Some(START))?;
        Ok(Connection(BufReader::new(stream)))
    }

    /// Asks on a connection of its own.
    pub fn ask(&self, request: &Request<'_>) -> Result<Answer> {
        self.connect()?.ask(request)
    }
}

impl Connection {
    pub fn ask(&mut self, Request(line, headers, body): &Request<'_>) -> Result<Answer> {
        let mut text = format!("{line} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in *headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.0.get_mut().write_all(text.as_bytes())?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            ensure!(self.0.read_line(&mut head)? > 0, "closed after {head:?}");
        }
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        let mut answer = Answer {
            status,
            head,
            body: String::new(),
        };
        let length = answer.header("content-length");
        let length = length.map_or(Ok(0), str::parse::<usize>)?;
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes)?;
        answer.body = String::from_utf8(bytes)?;
        Ok(answer)
    }
}

impl Answer {
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.filter(move |(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    pub fn header<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.headers(name).next()
    }

    pub fn has_layer(&self) -> bool {
        self.header("x-content-type-options") == Some("nosniff")
    }

    /// The numbers on the page, in order.
    pub fn numbers(&self) -> Result<Vec<usize>> {
        ensure!(self.status == 200, "{self:?}");
        let line = self.body.split("<p>").nth(1).context("a paragraph")?;
        let words = line.split(|c: char| !c.is_ascii_digit());
        let words = words.filter(|word| !word.is_empty());
        Ok(words
            .map(str::parse::<usize>)
            .collect::<Result<Vec<_>, _>>()?)
    }

    /// What a browser would send back.
    pub fn cookies(&self) -> String {
        let pairs = self.headers("set-cookie");
        let pairs = pairs.filter_map(|cookie| cookie.split(';').next());
        pairs.collect::<Vec<_>>().join("; ")
    }
}
