//! The TOML between `+++` lines on top of a page.
//!
//! A chapter's front matter feeds the page's title and description, its
//! incident card and the indexes; any other page has a title and a
//! description.

use serde::Deserialize;

use super::problem::Problems;

/// Front matter of a chapter or of any other page.
#[derive(Debug, Clone)]
pub enum Front {
    /// A chapter: it has a `lab` key.
    Chapter(Box<ChapterFront>),
    /// Any other page.
    Page(PageFront),
}

/// Front matter of a page without a lab.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageFront {
    /// For the browser's tab and search results.
    pub title: String,
    /// One or two sentences for search results.
    pub description: String,
}

/// Front matter of a chapter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChapterFront {
    /// The lab's number, two digits.
    pub lab: String,
    /// Symptom plus failure.
    pub title: String,
    /// One or two sentences for search results.
    pub description: String,
    /// What on-call says, and verbatim error strings.
    pub symptoms: Vec<String>,
    /// One command, and the line that decides.
    pub confirm: Confirm,
    /// What to do before the repair.
    pub first_aid: FirstAid,
    /// Failures that look alike.
    #[serde(default)]
    pub not_this: Vec<NotThis>,
    /// Versions and settings that the failure needs.
    pub applies_to: String,
    /// Minutes to talk through the chapter.
    pub minutes: u32,
    /// Minutes for the exercise.
    pub lab_minutes: u32,
    /// Services that the lab needs.
    #[serde(default)]
    pub services: Vec<String>,
    /// Codes of the notes that the chapter grew from, which the coverage names.
    #[serde(default)]
    pub seed: Vec<String>,
}

/// How to make sure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// The command.
    pub command: String,
    /// The line of its output that decides, in words.
    pub decides: String,
}

/// What to do now.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstAid {
    /// The action.
    pub action: String,
    /// What it may break.
    pub risk: String,
}

/// A failure that shows the same symptom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotThis {
    /// What tells it apart.
    pub symptom: String,
    /// Its lab, which need not exist yet.
    pub lab: String,
    /// Its name.
    pub name: String,
}

impl Front {
    /// The page's title.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Chapter(front) => &front.title,
            Self::Page(front) => &front.title,
        }
    }

    /// The page's description.
    #[must_use]
    pub fn description(&self) -> &str {
        match self {
            Self::Chapter(front) => &front.description,
            Self::Page(front) => &front.description,
        }
    }

    /// The chapter's front matter, when it is one.
    #[must_use]
    pub fn chapter(&self) -> Option<&ChapterFront> {
        match self {
            Self::Chapter(front) => Some(front),
            Self::Page(_) => None,
        }
    }
}

/// Reads the front matter of `text`; returns it with the offset at which the
/// page's Markdown begins. Lines in `problems` are lines of the file.
pub fn read(file: &str, text: &str, problems: &mut Problems) -> (Option<Front>, usize) {
    let Some((toml, body)) = split(text) else {
        problems.add(
            file,
            1,
            "no front matter: a page begins with a line `+++`, `title = \"...\"`, \
             `description = \"...\"` and a line `+++`",
        );
        return (None, 0);
    };
    match parse(toml) {
        Ok(front) => {
            if front.title().contains(['{', '}']) {
                problems.add(
                    file,
                    line_of(toml, "title"),
                    "a title cannot contain braces",
                );
            }
            (Some(front), body)
        }
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let line = 2 + toml[..at.min(toml.len())].matches('\n').count();
            problems.add(file, line, format!("front matter: {}", error.message()));
            (None, body)
        }
    }
}

/// The line of the file on which the front matter's `key` stands.
#[must_use]
pub fn line_of(text: &str, key: &str) -> usize {
    let found = text.lines().position(|line| {
        line.trim_start()
            .strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with(['=', '.']))
    });
    // Without the opening line the first line of TOML is the file's second.
    found.map_or(1, |n| n + if text.starts_with("+++") { 1 } else { 2 })
}

fn split(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix("+++\n")?;
    let end = rest.find("\n+++\n")?;
    Some((&rest[..=end], 4 + end + 5))
}

fn parse(toml: &str) -> Result<Front, toml::de::Error> {
    let table: toml::Table = toml::from_str(toml)?;
    // From the text again, so that errors have a place.
    if table.contains_key("lab") {
        toml::from_str(toml).map(|front| Front::Chapter(Box::new(front)))
    } else {
        toml::from_str(toml).map(Front::Page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let mut problems = Problems::default();
        read("book/x.md", text, &mut problems);
        problems.sorted().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let found = problems("+++\ntitle = \"t\"\ndescription = \"d\"\nauthor = \"a\"\n+++\n# T\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("book/x.md:4: front matter: unknown field `author`"),
            "{found:?}"
        );
    }

    #[test]
    fn a_page_without_front_matter_is_told_what_it_needs() {
        assert!(problems("# T\n")[0].starts_with("book/x.md:1: no front matter"));
    }

    #[test]
    fn broken_toml_has_a_line() {
        assert!(
            problems("+++\ntitle = \"t\"\ndescription =\n+++\n")[0].starts_with("book/x.md:3: ")
        );
    }

    #[test]
    fn the_body_begins_after_the_second_fence() {
        let text = "+++\ntitle = \"t\"\ndescription = \"d\"\n+++\n# T\n";
        let (front, body) = read("book/x.md", text, &mut Problems::default());
        assert!(front.is_some());
        assert_eq!(&text[body..], "# T\n");
    }
}
