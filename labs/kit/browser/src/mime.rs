//! What a browser takes an answer for: its content type, and what it finds
//! when there is none.

use labkit::client::Answer;

/// What a browser makes of an answer that it navigates to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Parsed as HTML.
    Html,
    /// XHTML, SVG and other XML: scripts run there, too.
    Xml,
    /// Shown as it is.
    Text,
    /// Shown by other means, or offered as a download.
    Other,
}

/// So many bytes are looked at.
const LOOKED_AT: usize = 1024;

/// What HTML without a content type begins with.
const MARKS: [&str; 15] = [
    "<!doctype html",
    "<script",
    "<html",
    "<head",
    "<iframe",
    "<h1",
    "<div",
    "<font",
    "<table",
    "<a",
    "<style",
    "<title",
    "<b",
    "<p",
    "<!--",
];

impl Kind {
    pub(crate) fn of(answer: &Answer) -> Self {
        let stated = answer.header("content-type").unwrap_or_default();
        let nosniff = answer
            .header("x-content-type-options")
            .and_then(|value| value.split(',').next())
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("nosniff"));
        let attached = answer
            .header("content-disposition")
            .is_some_and(|value| !value.trim().to_ascii_lowercase().starts_with("inline"));
        if attached {
            return Self::Other;
        }
        let essence = stated.split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        let unknown = ["*/*", "unknown/unknown", "application/unknown"];
        if !essence.contains('/') || unknown.contains(&essence.as_str()) {
            return if nosniff {
                Self::Text
            } else {
                sniff(answer.body())
            };
        }
        match essence.as_str() {
            "text/html" => Self::Html,
            "text/xml" | "application/xml" => Self::Xml,
            kind if kind.ends_with("+xml") => Self::Xml,
            "text/plain"
            | "application/json"
            | "text/css"
            | "text/javascript"
            | "application/javascript" => Self::Text,
            kind if kind.ends_with("+json") => Self::Text,
            kind if kind.starts_with("text/") => Self::Text,
            _ => Self::Other,
        }
    }
}

/// What bytes look like, by the table of Chromium.
fn sniff(bytes: &[u8]) -> Kind {
    let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let start = text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
    // The standard wants the name to end there; Chromium does not.
    if MARKS.iter().any(|mark| start.starts_with(mark)) {
        return Kind::Html;
    }
    if start.starts_with("<?xml") {
        return Kind::Xml;
    }
    // Bytes that no text has.
    let binary = |byte: &u8| matches!(byte, 0x00..=0x08 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    if bytes.iter().any(binary) || start.starts_with("%pdf-") {
        return Kind::Other;
    }
    Kind::Text
}
