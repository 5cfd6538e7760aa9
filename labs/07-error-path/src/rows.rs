//! The experiment's table: one row for each class of error, and what its
//! answers and the log say of it.

use std::collections::{BTreeMap, BTreeSet};

use hyper::Method;
use labkit::client::Answer;
use labkit::control::Deadline;
use labkit::subject::Subject;
use labkit::tally::{counted, has_words, share, statuses};
use serde_json::Value;

/// What the client has to do about an error.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    /// Nothing, it is no error: 2xx.
    Nothing,
    /// Ask for something else: 4xx.
    Change,
    /// Ask again later: 503, or 429.
    Retry,
    /// Give up and report it: any other 5xx.
    Report,
}

/// A class of error, and the request that meets it.
pub(crate) struct Class {
    /// For people.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// A body of JSON, or of what claims to be.
    pub(crate) body: Option<&'static str>,
    pub(crate) then: Then,
    /// What the cause says of itself; none when there is nothing to say.
    pub(crate) causes: &'static [&'static str],
}

/// A class of error, and what became of its requests.
pub(crate) struct Row {
    pub(crate) class: Class,
    pub(crate) answers: Vec<Answer>,
}

/// What databases, serde, Rust and Node say of themselves.
const INSIDES: &[&str] = &[
    "no such table",
    "constraint",
    "record not found",
    "timed out waiting",
    "database is locked",
    "databaseerror",
    "sqlite",
    "diesel",
    "r2d2",
    "deserialize",
    "missing field",
    "at line ",
    "can not parse",
    "serde",
    "panicked",
    ".rs:",
    "::",
    "some(",
    "actix",
    "unexpected token",
    "in json at",
    "    at ",
    "&nbsp;at ",
    "node:",
    "node_modules",
    ".mjs",
    "x-powered-by",
];

/// What an answer shows of the service's insides, in its body or headers.
pub(crate) fn shown(answer: &Answer) -> Option<&'static str> {
    let text = answer.text() + &answer.headers().join("\n");
    let text = text.to_lowercase();
    let shown = INSIDES.iter().find(|inside| text.contains(**inside));
    shown.copied().map(str::trim)
}

/// Whether it carries the security headers.
pub(crate) fn is_safe(answer: &Answer) -> bool {
    answer.header("x-content-type-options") == Some("nosniff")
}

/// The id of the request, when the answer is a problem document.
pub(crate) fn id(answer: &Answer) -> Option<String> {
    let problem = "application/problem+json";
    let kind = answer.header("content-type")?;
    let body: Value = serde_json::from_slice(answer.body()).ok()?;
    let status = answer.status()?.as_u16();
    let right = kind.starts_with(problem) && body["status"] == status;
    let id = match &body["request_id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    (right && !id.is_empty()).then_some(id)
}

/// The id of the request, wherever it stands.
fn named(answer: &Answer) -> Option<String> {
    let header = || answer.header("x-request-id").map(str::to_owned);
    id(answer).or_else(header)
}

/// How many of the rows' requests have a line in the log each.
pub(crate) fn logged<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
    output: &[String],
) -> usize {
    let mut wanted = BTreeMap::new();
    for row in rows {
        for (status, count) in statuses(&row.answers) {
            let words = row.words(&status).map(str::to_owned);
            *wanted.entry(words).or_insert(0) += count;
        }
    }
    let found = wanted.iter().map(|(words, count)| {
        let words = words.each_ref().map(String::as_str);
        let lines =
            output.iter().filter(|line| has_words(line, &words));
        lines.count().min(*count)
    });
    found.sum()
}

/// Waits for the log, which may be a moment behind the answers: until it has
/// a line for each of the rows' requests and all that there is to say of them,
/// or until the deadline.
pub(crate) async fn are_complete(
    rows: &[Row],
    shop: &Subject,
    deadline: &Deadline,
) -> bool {
    let all: usize = rows.iter().map(|row| row.answers.len()).sum();
    let complete = |output: &[String]| {
        logged(rows, output) == all
            && rows.iter().all(|row| row.is_told_of(output))
    };
    shop.logs_by(deadline, complete).await
}

impl Row {
    /// Whether the status of every answer says what to do.
    pub(crate) fn is_told(&self) -> bool {
        self.answers.iter().all(|answer| {
            let retry = answer
                .status()
                .is_some_and(|status| status == 503 || status == 429);
            match self.class.then {
                Then::Nothing => answer.is_success(),
                Then::Change => answer.is_client_error() && !retry,
                Then::Retry => retry,
                Then::Report => answer.is_server_error() && !retry,
            }
        })
    }

    /// How many answers have the form of an error, and the id of a request
    /// that the log knows. No two requests have the same.
    pub(crate) fn named(&self, output: &[String]) -> usize {
        let ids: BTreeSet<String> =
            self.answers.iter().filter_map(id).collect();
        let known = |id: &&String| {
            output.iter().any(|line| has_words(line, &[id.as_str()]))
        };
        ids.iter().filter(known).count()
    }

    /// How many of its requests have a line in the log.
    fn logged(&self, output: &[String]) -> usize {
        logged([self], output)
    }

    /// Whether it is about an error.
    pub(crate) fn is_error(&self) -> bool {
        !matches!(self.class.then, Then::Nothing)
    }

    /// Whether the log has all that it should have of this row's requests,
    /// beside their own lines.
    fn is_told_of(&self, output: &[String]) -> bool {
        self.answers.iter().all(|answer| {
            let Some(id) = named(answer) else { return true };
            let failed = answer.is_server_error();
            output.iter().any(|line| {
                has_words(line, &[id.as_str()])
                    && (!failed || self.explains(line, &id))
            })
        })
    }

    /// What its line in the log has.
    fn words<'a>(&'a self, status: &'a str) -> [&'a str; 3] {
        [self.class.method.as_str(), self.class.path, status]
    }

    /// How many of its requests failed, and for how many of these the log
    /// has the cause under the id.
    pub(crate) fn causes(&self, output: &[String]) -> (usize, usize) {
        let failed: Vec<&Answer> = self
            .answers
            .iter()
            .filter(|answer| answer.is_server_error())
            .collect();
        let explained = failed.iter().filter(|answer| {
            named(answer).is_some_and(|id| {
                output.iter().any(|line| self.explains(line, &id))
            })
        });
        (failed.len(), explained.count())
    }

    fn explains(&self, line: &str, id: &str) -> bool {
        let says = line.to_lowercase();
        let mut causes = self.class.causes.iter();
        has_words(line, &[id])
            && causes.any(|cause| says.contains(cause))
    }

    /// The row as the transcript has it.
    pub(crate) fn line(&self, output: &[String]) -> String {
        let all = self.answers.len();
        let kind = self.answers.first().map_or("", kind);
        let safe = self.answers.iter().filter(|a| is_safe(a)).count();
        let mut line = format!(
            "{}: {}{kind}",
            self.class.name,
            counted(&self.answers)
        );
        if self.is_error() {
            let named = self.named(output);
            line += &format!(" | id {}", share(named, all));
        }
        line += &format!(
            " | nosniff {} | log {}",
            share(safe, all),
            share(self.logged(output), all),
        );
        match self.causes(output) {
            (0, _) => {}
            (failed, explained) if failed == explained => {
                line += ", with cause";
            }
            _ => line += ", no cause",
        }
        if let Some(shown) = self.answers.iter().find_map(shown) {
            line += &format!(" | shows \"{shown}\"");
        }
        line
    }
}

/// What the body is said to be.
fn kind(answer: &Answer) -> &str {
    if answer.status().is_none() {
        return "";
    }
    let kind = answer.header("content-type").unwrap_or_default();
    match kind.split(';').next().unwrap_or(kind) {
        "" => ", no type",
        "application/problem+json" => " problem",
        "application/json" => " json",
        "text/plain" => " text",
        "text/html" => " html",
        _ => ", another type",
    }
}
