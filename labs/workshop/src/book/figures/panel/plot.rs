//! The drawing itself: band, budget, marks, and the rug of lost requests.

use std::fmt::Write as _;

use labkit::recording::{Plan, Sample, TIMED_OUT};

use super::scale::{HEIGHT, Scale, WIDTH};
use super::{Series, value};
use crate::book::html::esc;

/// Up to this many requests of a run each get a mark; above, the worst of
/// each column does, so that no spike is thinned away.
const EVERY: usize = 1500;
/// Columns of a thinned run.
const COLUMNS: usize = 1000;
/// Height of a row of the rug and its distance to the next.
const RUG: (f64, f64) = (13.0, 17.0);

/// Up to here, in per cent of the width, there is room for words behind.
const ROOM: f64 = 74.0;

/// Draws the plot with its labels.
pub fn draw(plan: &Plan, series: &[Series<'_>]) -> String {
    let scale = Scale::new(plan, series);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">"
    );
    let load = &plan.load;
    let _ = write!(
        svg,
        r#"<rect class="band" x="{:.1}" y="0" width="{:.1}" height="{HEIGHT}"></rect>"#,
        scale.x(load.from),
        scale.x(load.to) - scale.x(load.from)
    );
    let grid: String = scale
        .ticks()
        .iter()
        .map(|(v, _)| format!("M0 {:.1}H{WIDTH}", scale.y(*v)))
        .collect();
    let _ = write!(
        svg,
        "<path class=\"grid\" d=\"{grid}\"></path>\n<path class=\"budget\" d=\"M0 {:.1}H{WIDTH}\"></path>\n",
        scale.y(plan.budget_ms)
    );
    // Broken is drawn last: it is what the reader came to see.
    for s in series.iter().rev() {
        let _ = writeln!(
            svg,
            r#"<path class="marks {} s-{}" d="{}"></path>"#,
            s.mark.name,
            s.class,
            marks(&scale, s)
        );
    }
    let mut labels = labels(&scale, plan);
    rug(&mut svg, &mut labels, &scale, series);
    svg.push_str("</svg>");
    format!(
        "<div class=\"plot\" role=\"img\" aria-label=\"{}\">\n\
         <div class=\"ylab\" aria-hidden=\"true\">{}</div>\n\
         <div class=\"area\" data-axis=\"{}\" data-seconds=\"{}\" data-low=\"{}\" data-high=\"{}\">\n{svg}\n{labels}</div>\n\
         <div class=\"xlab\" aria-hidden=\"true\">{}</div>\n\
         </div>",
        esc(&sentence(plan, series)),
        values_axis(&scale),
        scale.axis(),
        scale.seconds(),
        scale.low,
        scale.high,
        seconds_axis(&scale),
    )
}

fn marks(scale: &Scale, series: &Series<'_>) -> String {
    let samples = &series.run.samples;
    let shown: Vec<Sample> = if samples.len() <= EVERY {
        samples.clone()
    } else {
        thinned(scale, samples)
    };
    let mut d = String::new();
    for sample in shown.iter().filter(|s| s.ok()) {
        let x = scale.x(sample.t) + series.mark.dx;
        let y = scale.y(sample.value) + series.mark.dy;
        let _ = write!(d, "M{x:.0} {y:.0}{}", series.mark.stroke);
    }
    d
}

/// The worst sample of each column.
fn thinned(scale: &Scale, samples: &[Sample]) -> Vec<Sample> {
    let mut worst: Vec<Option<Sample>> = vec![None; COLUMNS];
    for sample in samples {
        let column = (scale.x(sample.t) / WIDTH * COLUMNS as f64) as usize;
        let slot = &mut worst[column.min(COLUMNS - 1)];
        if slot.is_none_or(|before| sample.value > before.value) {
            *slot = Some(*sample);
        }
    }
    worst.into_iter().flatten().collect()
}

/// A tick per request that was refused, cut off or timed out; one row for
/// each version that has some.
fn rug(svg: &mut String, labels: &mut String, scale: &Scale, series: &[Series<'_>]) {
    let mut row = 0.0;
    for s in series {
        let lost: Vec<&Sample> = s.run.samples.iter().filter(|sample| !sample.ok()).collect();
        let Some(last) = lost.iter().map(|sample| sample.t).reduce(f64::max) else {
            continue;
        };
        let top = 3.0 + row * RUG.1;
        let d: String = lost
            .iter()
            .map(|sample| format!("M{:.0} {top}v{}", scale.x(sample.t), RUG.0))
            .collect();
        let _ = writeln!(svg, r#"<path class="lost s-{}" d="{d}"></path>"#, s.class);
        let timed_out = lost
            .iter()
            .filter(|sample| sample.status == TIMED_OUT)
            .count();
        let text = match lost.len() - timed_out {
            0 => format!("{timed_out} timed out"),
            failed if timed_out == 0 => format!("{failed} failed"),
            failed => format!("{timed_out} timed out, {failed} failed"),
        };
        let at = scale.x(last) / WIDTH * 100.0;
        let first = lost.iter().map(|sample| sample.t).fold(f64::MAX, f64::min);
        let first = scale.x(first) / WIDTH * 100.0;
        // Words need a quarter of the width: behind the ticks, before them, or
        // else on top of them.
        let (class, side, distance) = if at <= ROOM {
            ("left", "left", at)
        } else if first >= 100.0 - ROOM {
            ("right", "right", 100.0 - first)
        } else {
            ("right over", "right", 0.0)
        };
        let _ = writeln!(
            labels,
            r#"<span class="lost-label s-{} {class}" style="{side}:{distance:.2}%;top:{:.2}%">{text}</span>"#,
            s.class,
            top / HEIGHT * 100.0
        );
        row += 1.0;
    }
}

fn labels(scale: &Scale, plan: &Plan) -> String {
    let load = &plan.load;
    format!(
        "<span class=\"phase\" style=\"left:{:.2}%;width:{:.2}%\"><span>{}</span></span>\n\
         <span class=\"budget-label\" style=\"top:{:.2}%\">budget {}</span>\n",
        scale.x(load.from) / WIDTH * 100.0,
        (scale.x(load.to) - scale.x(load.from)) / WIDTH * 100.0,
        esc(&load.label),
        scale.y(plan.budget_ms) / HEIGHT * 100.0,
        value(plan.measure, plan.budget_ms)
    )
}

fn values_axis(scale: &Scale) -> String {
    scale
        .ticks()
        .iter()
        .map(|(v, label)| {
            format!(
                r#"<span style="top:{:.2}%">{label}</span>"#,
                scale.y(*v) / HEIGHT * 100.0
            )
        })
        .collect()
}

fn seconds_axis(scale: &Scale) -> String {
    scale
        .seconds_ticks()
        .iter()
        .map(|t| {
            let unit = if *t == 0.0 { " s" } else { "" };
            format!(
                r#"<span style="left:{:.2}%">{t}{unit}</span>"#,
                scale.x(*t) / WIDTH * 100.0
            )
        })
        .collect()
}

/// The figure in one sentence per version.
fn sentence(plan: &Plan, series: &[Series<'_>]) -> String {
    let mut text = format!("{}.", plan.title.trim_end_matches('.'));
    for s in series {
        let sum = &s.run.summary;
        let _ = write!(
            text,
            " {}: median {}, 99th percentile {}, worst {}; of {} requests {} failed and {} timed out.",
            s.name,
            value(plan.measure, sum.p50),
            value(plan.measure, sum.p99),
            value(plan.measure, sum.max),
            sum.requests,
            sum.failed,
            sum.timed_out
        );
    }
    text
}
