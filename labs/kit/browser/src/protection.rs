//! The headers by which an answer protects its reader.

use labkit::client::Answer;

const HEADERS: [(&str, &str); 3] = [
    ("content-security-policy", "a policy"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "X-Frame-Options"),
];

/// Which of these headers an answer has, in words.
#[must_use]
pub fn protection(answer: &Answer) -> String {
    let has = |(name, _): &(&str, &str)| answer.header(name).is_some();
    let found: Vec<&str> = HEADERS
        .into_iter()
        .filter(has)
        .map(|(_, word)| word)
        .collect();
    if found.is_empty() {
        return "no protecting header".to_owned();
    }
    found.join(", ")
}
