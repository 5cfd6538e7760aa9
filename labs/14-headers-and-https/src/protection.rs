//! What an answer tells the browser for its user's protection.

use labkit::client::Answer;

use crate::browser::EVIL;
use crate::browser::Page;
use crate::policy::Policies;

/// Referrer policies that give other sites the origin at most.
const DISCREET: [&str; 4] = [
    "no-referrer",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
];

/// A year.
const LONG: u64 = 31_536_000;

/// What an answer lacks of what protects its user.
pub fn lacks(answer: &Answer) -> Vec<&'static str> {
    let header = |name| answer.header(name).unwrap_or_default();
    let is = |name, wanted: &str| {
        header(name).trim().eq_ignore_ascii_case(wanted)
    };
    let policies = Policies::of(answer);
    let framed = if policies.speaks_of_frames() {
        policies.framed_by(EVIL)
    } else {
        let name = "x-frame-options";
        !is(name, "deny") && !is(name, "sameorigin")
    };
    // The last one that a browser knows counts.
    let referrer = header("referrer-policy").rsplit(',').next();
    let discreet =
        DISCREET.contains(&referrer.unwrap_or_default().trim());
    let holes = !Page::of(answer).smuggled(&[]).is_empty();
    let all = [
        ("nosniff", !is("x-content-type-options", "nosniff")),
        ("frames", framed),
        ("referrer", !discreet),
        ("policy", holes),
    ];
    let lacking = all.into_iter().filter(|(_, lacking)| *lacking);
    lacking.map(|(name, _)| name).collect()
}

/// Whether it tells browsers to stay with HTTPS, for a year or more.
pub fn stays(answer: &Answer) -> bool {
    let Some(value) = answer.header("strict-transport-security") else {
        return false;
    };
    let age = value.split(';').find_map(|directive| {
        let (name, value) = directive.trim().split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("max-age");
        let value = value.trim().trim_matches('"');
        named.then(|| value.parse::<u64>().ok()).flatten()
    });
    age.is_some_and(|age| age >= LONG)
}

/// Whether it says anything of that.
pub fn speaks_of_staying(answer: &Answer) -> bool {
    answer.header("strict-transport-security").is_some()
}

/// Its headers in canonical form, without those that the connection and
/// the clock make, each nonce masked.
pub fn headers(answer: &Answer) -> Vec<String> {
    const OTHERS: [&str; 5] = [
        "connection:",
        "content-length:",
        "date:",
        "keep-alive:",
        "transfer-encoding:",
    ];
    let lines = answer.headers().into_iter();
    let lines = lines
        .filter(|l| !OTHERS.iter().any(|other| l.starts_with(other)));
    lines.map(|line| masked(&line)).collect()
}

/// `'nonce-[varies]'` for every nonce.
fn masked(line: &str) -> String {
    let mut parts = line.split("'nonce-");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once('\'').map_or("", |(_, rest)| rest);
        out.push_str("'nonce-[varies]'");
        out.push_str(rest);
    }
    out
}
