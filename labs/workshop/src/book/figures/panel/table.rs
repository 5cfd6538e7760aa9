//! The panel's table: the same runs in numbers, and the key to the marks.

use std::fmt::Write as _;

use labkit::recording::{Measure, Plan};

use super::{Mark, Series, value};
use crate::book::html::esc;

/// Draws the table. The roles are spelt out because on a phone the rows are
/// laid out as blocks, which takes a table's meaning away in some browsers.
pub fn draw(plan: &Plan, series: &[Series<'_>]) -> String {
    let mut heads = vec![
        "requests".to_owned(),
        "failed".to_owned(),
        "timed out".to_owned(),
        "p50".to_owned(),
        "p99".to_owned(),
        "worst".to_owned(),
        "work done".to_owned(),
        "work/s".to_owned(),
        "sent late, p99".to_owned(),
    ];
    heads.extend(plan.counts.clone());
    let mut html = String::from(
        "<div class=\"table-wrapper\"><table class=\"lab-table\" role=\"table\">\n\
         <thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\">version</th>",
    );
    for head in &heads {
        let _ = write!(
            html,
            r#"<th scope="col" role="columnheader">{}</th>"#,
            esc(head)
        );
    }
    html.push_str("</tr></thead>\n<tbody role=\"rowgroup\">\n");
    for s in series {
        let sum = &s.run.summary;
        let work = &s.run.work;
        let mut cells = vec![
            sum.requests.to_string(),
            sum.failed.to_string(),
            sum.timed_out.to_string(),
            value(plan.measure, sum.p50),
            value(plan.measure, sum.p99),
            value(plan.measure, sum.max),
            format!("{} of {}", work.done, work.sent),
            format!("{:.1}", work.per_second),
            value(Measure::LatencyMs, s.run.generator_late_p99_ms),
        ];
        if plan.counts.is_some() {
            cells.push(s.run.counted.map_or_else(String::new, |n| n.to_string()));
        }
        let _ = write!(
            html,
            r#"<tr role="row" data-version="{}"><th scope="row" role="rowheader">{}{}</th>"#,
            esc(&s.run.version),
            key(s.mark, &s.class),
            esc(&s.name)
        );
        for (head, cell) in heads.iter().zip(cells) {
            let _ = write!(
                html,
                r#"<td role="cell" data-label="{}">{cell}</td>"#,
                esc(head)
            );
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>");
    html
}

/// The mark of a series, as large as a letter.
fn key(mark: &Mark, class: &str) -> String {
    format!(
        r#"<svg class="key" viewBox="-7 -7 14 14" aria-hidden="true" focusable="false"><path class="marks {} s-{class}" d="M{} {}{}"></path></svg>"#,
        mark.name, mark.dx, mark.dy, mark.stroke
    )
}
