//! The tree as a page: a list for each family, and what makes sure of each
//! chapter.

use std::fmt::Write as _;

use super::{Drawing, Way};
use crate::book::front_matter::{ChapterFront, NotThis};
use crate::book::html::{block, esc, inline, plain};
use crate::book::indexes::Entry;

impl Drawing<'_> {
    pub(super) fn html(&self) -> String {
        let mut out = String::new();
        for family in &self.tree.family {
            let _ = write!(out, "\n## {}\n", family.title.get_ref());
            let mut list = String::new();
            self.list(&family.ways, &mut list);
            out.push_str(&block(&list));
        }
        out.push_str("\n## Make sure\n");
        for (lab, (entry, front)) in &self.chapters {
            let _ = write!(out, "\n### {} {{#make-sure-{lab}}}\n", entry.name);
            out.push_str(&block(&self.sure(entry, front)));
        }
        out
    }

    fn list(&self, ways: &[Way], out: &mut String) {
        out.push_str("<ul class=\"lab-tree\">\n");
        for way in ways {
            let sees = inline(way.sees.get_ref());
            let _ = write!(out, "<li><b>{sees}</b>");
            if let Some(lab) = &way.lab {
                let _ = write!(out, ": {}", self.end(lab.get_ref()));
            } else if let Some(test) = way.test.as_ref().and_then(|t| self.test(t.get_ref())) {
                out.push_str(if plain(way.sees.get_ref()).ends_with(['.', '?']) {
                    " "
                } else {
                    ". "
                });
                if let Some(look) = &test.look {
                    let _ = write!(out, "{} ", inline(look));
                }
                if let Some(run) = &test.run {
                    let run = esc(run);
                    let _ = write!(out, "Run <code class=\"lab-command\">{run}</code>");
                }
                out.push('\n');
                self.list(&test.ways, out);
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n");
    }

    /// Where a branch ends.
    fn end(&self, lab: &str) -> String {
        match self.chapters.get(lab) {
            Some((entry, _)) => format!(
                "<a href=\"{}{}\">{}</a> (<a href=\"#make-sure-{lab}\">make sure</a>)",
                self.to_root,
                esc(entry.path),
                inline(entry.name)
            ),
            None => {
                let name = self.tree.later.get(lab).map_or("", |name| name.get_ref());
                format!("{} {} (not yet)", esc(lab), inline(name))
            }
        }
    }

    /// What a chapter's front matter says of telling it from others.
    fn sure(&self, entry: &Entry<'_>, front: &ChapterFront) -> String {
        let mut rows = String::new();
        let mut row = |term: &str, text: String| {
            let _ = writeln!(rows, "<div><dt>{term}</dt><dd>{text}</dd></div>");
        };
        const OR: &str = r#"<span class="card-or"> · </span>"#;
        let symptoms: Vec<_> = front.symptoms.iter().map(|s| inline(s)).collect();
        row("You see", symptoms.join(OR));
        row(
            "Confirm in one minute",
            format!(
                r#"<code class="lab-command">{}</code> <span>{}</span>"#,
                esc(&front.confirm.command),
                inline(&front.confirm.decides)
            ),
        );
        if !front.not_this.is_empty() {
            let others: Vec<_> = front.not_this.iter().map(|n| self.other(n)).collect();
            row("Not this?", others.join(OR));
        }
        row(
            "Then",
            format!(
                "<a href=\"{}{}\">first aid, and the chapter</a>",
                self.to_root,
                esc(entry.path)
            ),
        );
        format!("<div class=\"lab-card\">\n<dl>\n{rows}</dl>\n</div>")
    }

    fn other(&self, other: &NotThis) -> String {
        let symptom = inline(&other.symptom);
        let name = format!("{} {}", esc(&other.lab), inline(&other.name));
        match self.chapters.get(other.lab.as_str()) {
            Some((entry, _)) => format!(
                "{symptom}: <a href=\"{}{}\">{name}</a>",
                self.to_root,
                esc(entry.path)
            ),
            None => format!("{symptom}: {name} (not yet)"),
        }
    }
}
