//! Colour for a terminal; none when the output is a file or NO_COLOR is set.

use std::io::IsTerminal;

/// Whether standard output wants colour.
#[must_use]
pub fn wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && std::io::stdout().is_terminal()
}

/// Colours the lines of a transcript or a verdict by what they start with.
#[must_use]
pub fn paint(text: &str, colour: bool) -> String {
    if !colour {
        return text.to_owned();
    }
    let line = |line: &str| {
        let code = match line.chars().next() {
            Some('✗' | '!') => "1;31",
            Some('✓') => "32",
            Some('–') => "33",
            Some('#') => "1",
            _ => return line.to_owned(),
        };
        format!("\u{1b}[{code}m{line}\u{1b}[0m")
    };
    let mut painted: Vec<String> = text.lines().map(line).collect();
    if text.ends_with('\n') {
        painted.push(String::new());
    }
    painted.join("\n")
}
