//! The experiment's matrix: one row for each kind of request, and what its
//! answers and the log say of it.

use hyper::Method;
use labkit::client::Answer;
use labkit::tally::{counted, has_words, share, statuses};

/// Where the shop's page is.
pub(crate) const PAGE: &str = "https://shop.example";

/// One kind of request, and what became of it. No two kinds share method,
/// path and status, by which the log tells them apart.
pub(crate) struct Row {
    /// For people.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Whether a page of another origin asks.
    pub(crate) by_page: bool,
    pub(crate) answers: Vec<Answer>,
}

impl Row {
    /// How many of its answers carry the security headers.
    pub(crate) fn safe(&self) -> usize {
        let nosniff = |answer: &&Answer| {
            answer.header("x-content-type-options") == Some("nosniff")
        };
        self.answers.iter().filter(nosniff).count()
    }

    /// How many of its requests have a line in the log.
    pub(crate) fn logged(&self, output: &[String]) -> usize {
        let statuses = statuses(&self.answers);
        let lines = statuses.iter().map(|(status, count)| {
            let wanted =
                [self.method.as_str(), self.path, status.as_str()];
            let lines =
                output.iter().filter(|line| has_words(line, &wanted));
            lines.count().min(*count)
        });
        lines.sum()
    }

    /// The row as the transcript has it.
    pub(crate) fn line(&self, output: &[String]) -> String {
        let all = self.answers.len();
        let mut line =
            format!("{}: {}", self.name, counted(&self.answers));
        if self.by_page {
            let read =
                self.answers.iter().filter(|a| readable(a, PAGE));
            line += &format!(" | cors {}", share(read.count(), all));
        }
        let safe = share(self.safe(), all);
        let logged = share(self.logged(output), all);
        line + &format!(" | nosniff {safe} | log {logged}")
    }
}

/// Whether a browser goes on after this answer to the preflight of a page
/// of that origin.
pub(crate) fn permits(answer: &Answer, origin: &str) -> bool {
    let headers = answer.header("access-control-allow-headers");
    let mut headers = headers.unwrap_or_default().split(',');
    answer.is_success()
        && readable(answer, origin)
        && headers
            .any(|h| h.trim().eq_ignore_ascii_case("authorization"))
}

/// Whether a browser lets a page of that origin read this answer.
pub(crate) fn readable(answer: &Answer, origin: &str) -> bool {
    let allowed = answer.header("access-control-allow-origin");
    allowed == Some(origin) || allowed == Some("*")
}

/// Whether the page learns from this refusal what to do: why it was refused,
/// and when it may ask again.
pub(crate) fn explained(answer: &Answer) -> bool {
    let wait = "retry-after";
    let exposed = answer.header("access-control-expose-headers");
    let mut exposed = exposed.unwrap_or_default().split(',');
    let tells = answer.header(wait).is_some()
        && exposed.any(|h| {
            h.trim() == "*" || h.trim().eq_ignore_ascii_case(wait)
        });
    let limited = answer.status().is_some_and(|status| status == 429);
    readable(answer, PAGE) && (tells || !limited)
}
