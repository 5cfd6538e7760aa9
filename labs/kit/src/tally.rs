//! How an experiment counts answers, and finds them in a service's log.

use std::collections::BTreeMap;

use crate::exchange::Answer;

/// How often each status came; an answer without one counts as what became
/// of it.
#[must_use]
pub fn statuses(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut statuses = BTreeMap::new();
    for answer in answers {
        let status = answer.status().map(|s| s.as_u16().to_string());
        let status = status.unwrap_or_else(|| answer.to_string());
        *statuses.entry(status).or_insert(0) += 1;
    }
    statuses
}

/// `8 × 401, 4 × 429`, or `200` for a single answer.
#[must_use]
pub fn counted(answers: &[Answer]) -> String {
    let each: Vec<String> = statuses(answers)
        .into_iter()
        .map(|(status, count)| match answers.len() {
            1 => status,
            _ => format!("{count} × {status}"),
        })
        .collect();
    each.join(", ")
}

/// `no`, `yes`, or `3 of 5`.
#[must_use]
pub fn share(some: usize, all: usize) -> String {
    match some {
        0 => "no".to_owned(),
        _ if some == all => "yes".to_owned(),
        _ => format!("{some} of {all}"),
    }
}

/// Whether a line of a log has all of these words, whatever stands between
/// them: loggers differ in order, quotation marks and brackets. A path is one
/// word.
#[must_use]
pub fn has_words(line: &str, words: &[&str]) -> bool {
    let apart = |c: char| !(c.is_alphanumeric() || "/-_.".contains(c));
    let said = |word: &&str| line.split(apart).any(|w| w == *word);
    words.iter().all(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_whole_and_a_path_is_one() {
        let line = r#"INFO request{method=GET path="/api/orders"} status=401"#;
        assert!(has_words(line, &["GET", "/api/orders", "401"]));
        assert!(!has_words(line, &["/api"]));
        assert!(!has_words(line, &["40"]));
        assert!(has_words("GET /ping?x=1 200 - 0.2 ms", &["/ping", "200"]));
    }

    #[test]
    fn none_all_and_some_have_a_word_each() {
        let said = [share(0, 3), share(3, 3), share(2, 3)];
        assert_eq!(said, ["no", "yes", "2 of 3"]);
    }
}
