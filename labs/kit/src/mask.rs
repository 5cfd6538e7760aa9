//! Headers in canonical form: what varies from run to run is masked.

use hyper::header::HeaderMap;

/// Headers whose value varies from run to run.
const VARYING: [&str; 4] = ["date", "age", "x-request-id", "etag"];

/// Headers whose value is a list in no particular order.
const LISTS: [&str; 4] = [
    "access-control-expose-headers",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "vary",
];

/// `name: value` lines, lower case, sorted, lists sorted, varying values and
/// cookie values masked.
#[must_use]
pub fn headers(headers: &HeaderMap) -> Vec<String> {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| {
            let name = name.as_str();
            let value = String::from_utf8_lossy(value.as_bytes());
            format!("{name}: {}", masked(name, &value))
        })
        .collect();
    lines.sort();
    lines
}

fn masked(name: &str, value: &str) -> String {
    if VARYING.contains(&name) {
        return "[varies]".to_owned();
    }
    if LISTS.contains(&name) {
        let mut items: Vec<String> = value
            .split(',')
            .map(|item| item.trim().to_lowercase())
            .collect();
        items.sort();
        return items.join(", ");
    }
    if name == "set-cookie" {
        // The value is sealed and its length varies; name and attributes are facts.
        let (pair, attributes) = value.split_once(';').unwrap_or((value, ""));
        let cookie = pair.split_once('=').map_or(pair, |(name, _)| name);
        let separator = if attributes.is_empty() { "" } else { ";" };
        return format!("{cookie}=[sealed]{separator}{attributes}");
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_answer_gives_the_same_lines() {
        let mut map = HeaderMap::new();
        for (name, value) in [
            ("Vary", "Origin, Accept"),
            ("Date", "Mon, 23 Nov 2026 10:00:00 GMT"),
            ("Set-Cookie", "id=abc%2B; HttpOnly; Path=/"),
        ] {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        assert_eq!(
            headers(&map),
            [
                "date: [varies]",
                "set-cookie: id=[sealed]; HttpOnly; Path=/",
                "vary: accept, origin"
            ]
        );
    }
}
