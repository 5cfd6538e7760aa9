//! Listings: a half-fix with what it fails, evidence, Express.

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::{read, shown};
use crate::book::highlight;
use crate::book::html::{block, esc};
use crate::book::includes;
use crate::book::snapshot::{Outcome, Snapshot};
use crate::workspace::Lab;

/// The telling part of a half-fix, and the claims that it fails.
pub fn half_fix(lab: &Lab, name: &str) -> Result<String> {
    let path = format!("src/half_fixes/{name}.rs");
    let source = read(lab, &path)?;
    let code = match includes::anchored(&source, "half-fix") {
        Some(code) if !code.trim().is_empty() => code,
        Some(_) => bail!("{}: the anchor `half-fix` is empty", shown(lab, &path)),
        None => bail!("{} has no anchor `half-fix`", shown(lab, &path)),
    };
    let snapshot = Snapshot::read(lab, &format!("half-fix-{name}"))?;
    let mut claims = String::new();
    for (outcome, words) in snapshot.failed() {
        let said = if outcome == Outcome::Fails {
            "✗ fails"
        } else {
            "– not reached"
        };
        let _ = writeln!(claims, "<li><b>{said}:</b> {}</li>", esc(words));
    }
    if claims.is_empty() {
        bail!("half-fix-{name}.snap has no claim that fails");
    }
    let code = highlight::pre(&dedent(&code), "rust");
    Ok(block(&format!(
        "<figure class=\"lab-listing lab-half-fix\">\n\
         <figcaption><b>Half-fix</b> <code>{}</code></figcaption>\n\
         <pre class=\"lab-code\"><code>{code}</code></pre>\n\
         <ul class=\"lab-verdict\">\n{claims}</ul>\n\
         </figure>",
        esc(&shown(lab, &path))
    )))
}

/// What a tool printed, under the header that says which and where.
pub fn evidence(lab: &Lab, name: &str) -> Result<String> {
    let path = format!("evidence/{name}.txt");
    let text = read(lab, &path)?;
    let (mut facts, mut rest) = (Vec::new(), text.as_str());
    while let Some(line) = rest.strip_prefix("# ").and_then(|r| r.split_once('\n')) {
        let Some((key, value)) = line.0.split_once(": ") else {
            bail!("{}: a header line is `# key: value`", shown(lab, &path));
        };
        facts.push((key.trim(), value.trim()));
        rest = line.1;
    }
    let output = rest.trim_matches('\n');
    let fact = |wanted: &str| {
        facts
            .iter()
            .find(|(key, _)| *key == wanted)
            .map(|(_, v)| *v)
    };
    let Some(command) = fact("command") else {
        bail!("{} has no `# command: ` in its header", shown(lab, &path));
    };
    if output.trim().is_empty() {
        bail!("{} says nothing after its header", shown(lab, &path));
    }
    let others: Vec<_> = facts
        .iter()
        .filter(|(key, _)| *key != "command")
        .map(|(key, value)| {
            format!(
                r#"<span><span class="lab-key">{}</span> {}</span>"#,
                esc(key),
                esc(value)
            )
        })
        .collect();
    Ok(block(&format!(
        "<figure class=\"lab-listing lab-evidence\">\n\
         <figcaption>{}</figcaption>\n\
         <pre class=\"lab-code\"><code>{}</code></pre>\n\
         <p class=\"lab-made\">{}</p>\n\
         </figure>",
        super::command(command),
        highlight::pre(output, "text"),
        others.join(" ")
    )))
}

/// The same failure, or its repair, in Express.
pub fn express(lab: &Lab, name: &str) -> Result<String> {
    let path = format!("express/{name}.mjs");
    let code = read(lab, &path)?;
    if code.trim().is_empty() {
        bail!("{} is empty", shown(lab, &path));
    }
    Ok(block(&format!(
        "<figure class=\"lab-listing lab-express\">\n\
         <figcaption><b>{}</b> <code>{}</code></figcaption>\n\
         <pre class=\"lab-code\"><code>{}</code></pre>\n\
         </figure>",
        esc(&title(name)),
        esc(&shown(lab, &path)),
        highlight::pre(&code, "mjs")
    )))
}

fn title(name: &str) -> String {
    let mut chars = name.replace(['_', '-'], " ").chars().collect::<Vec<_>>();
    if let Some(first) = chars.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    chars.into_iter().collect()
}

/// `code` without the indentation that all of its lines share.
fn dedent(code: &str) -> String {
    let indent = code
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = code
        .lines()
        .map(|line| line.get(indent..).unwrap_or(""))
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}
