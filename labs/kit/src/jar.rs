//! A cookie jar without rules: what came is sent back.
//!
//! Enough for experiments about sessions. One that is about what browsers do
//! with cookies needs a browser.

use std::collections::BTreeMap;

use crate::exchange::Answer;

/// The cookies that one user holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Jar(BTreeMap<String, String>);

impl Jar {
    /// An empty jar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what an answer sets, and drops what it deletes.
    pub fn take(&mut self, answer: &Answer) {
        let Answer::Response { headers, .. } = answer else {
            return;
        };
        for line in headers.get_all("set-cookie") {
            let line = String::from_utf8_lossy(line.as_bytes());
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let gone = value.is_empty()
                || parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0"));
            if gone {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The value of the header `cookie`, when there is a cookie.
    #[must_use]
    pub fn header(&self) -> Option<String> {
        let pairs: Vec<String> = self.0.iter().map(|(n, v)| format!("{n}={v}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Whether there is no cookie.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderMap, HeaderValue, SET_COOKIE};

    fn answer(lines: &[&'static str]) -> Answer {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SET_COOKIE, HeaderValue::from_static(line));
        }
        Answer::Response {
            status: hyper::StatusCode::OK,
            headers,
            body: hyper::body::Bytes::new(),
        }
    }

    #[test]
    fn what_came_is_sent_back_until_it_is_deleted() {
        let mut jar = Jar::new();
        jar.take(&answer(&["id=a=b; Path=/; HttpOnly", "theme=dark"]));
        assert_eq!(jar.header().as_deref(), Some("id=a=b; theme=dark"));
        jar.take(&answer(&["id=; Max-Age=0", "theme=x; max-age=0"]));
        assert!(jar.is_empty() && jar.header().is_none());
    }
}
