//! The panel, drawn from recordings made up here.

use labkit::recording::{Load, Measure, Plan, Provenance, Recording, Run, Sample, Summary, Work};

use super::*;

fn run(version: &str, values: &[(f64, f64, u16)]) -> Run {
    let samples: Vec<Sample> = values.iter().copied().map(Sample::from).collect();
    Run {
        version: version.into(),
        summary: Summary::of(&samples),
        samples,
        work: Work {
            sent: 10,
            done: 9,
            per_second: 2.5,
        },
        counted: None,
        generator_late_p99_ms: 0.4,
    }
}

fn recording(measure: Measure) -> Recording {
    Recording {
        schema: 1,
        lab: "01".into(),
        made: Provenance {
            cpu: "A CPU <fast>".into(),
            cores: 2,
            memory_gib: 8,
            os: "Linux".into(),
            rustc: "rustc 1.95.0".into(),
            actix_web: "4.18.1".into(),
            profile: "dev".into(),
            date: "2026-11-23".into(),
            commit: "abc1234".into(),
        },
        plan: Plan {
            title: "GET /ping while reports are rendered".into(),
            measure,
            seconds: 10.0,
            probe: "GET /ping".into(),
            probes_per_second: 40.0,
            timeout_ms: 1000.0,
            budget_ms: 50.0,
            load: Load {
                label: "6 reports/s".into(),
                request: "GET /report/1".into(),
                per_second: 6.0,
                clients: None,
                from: 3.0,
                to: 8.0,
            },
            counts: None,
        },
        runs: vec![
            run(
                "broken",
                &[(0.0, 2.0, 200), (4.0, 800.0, 200), (5.0, 1000.0, 0)],
            ),
            run("async_block", &[(0.0, 2.5, 200), (4.0, 600.0, 503)]),
            run(
                "fixed",
                &[(0.0, 2.0, 200), (4.0, 3.0, 200), (5.0, 4.0, 200)],
            ),
        ],
    }
}

fn lab() -> Lab {
    Lab {
        id: "01".into(),
        slug: "x".into(),
        dir: "labs/01-x".into(),
        package: "lab-01".into(),
        title: "X".into(),
        services: vec![],
        minutes: 1,
        contract: String::new(),
        tries: vec![],
    }
}

#[test]
fn every_request_is_a_mark_or_a_tick_of_the_rug() {
    let html = figure(&lab(), &recording(Measure::LatencyMs)).unwrap();
    let path = |class: &str| {
        let from = html
            .find(class)
            .unwrap_or_else(|| panic!("{class}: {html}"));
        let d = &html[from..];
        let from = d.find("d=\"").unwrap() + 3;
        d[from..].split('"').next().unwrap().to_owned()
    };
    assert_eq!(path("marks cross s-broken").matches('M').count(), 2);
    assert_eq!(path("marks dot s-fixed").matches('M').count(), 3);
    assert_eq!(path("marks dash s-other-1").matches('M').count(), 1);
    assert_eq!(path("lost s-broken").matches('M').count(), 1);
    assert!(
        html.contains("1 timed out") && html.contains("1 failed"),
        "{html}"
    );
}

#[test]
fn the_figure_says_in_text_what_it_shows() {
    let html = figure(&lab(), &recording(Measure::LatencyMs)).unwrap();
    assert!(
        html.contains("of 3 requests 0 failed and 1 timed out"),
        "{html}"
    );
    assert!(html.contains("cargo lab load 01 --record"));
    assert!(
        html.contains("A CPU &lt;fast&gt;, 2 cores, 8 GiB"),
        "{html}"
    );
    assert!(html.contains("dev build"));
    assert!(html.contains("9 of 10"));
    assert!(
        !html.contains(" id=\""),
        "an id would be there twice on the print page"
    );
}

#[test]
fn counts_have_a_linear_axis() {
    let html = figure(&lab(), &recording(Measure::Count)).unwrap();
    assert!(html.contains(r#"data-axis="linear""#), "{html}");
    assert!(html.contains("budget 50<"), "{html}");
}

#[test]
fn a_long_run_keeps_the_worst_of_each_column() {
    let mut recording = recording(Measure::LatencyMs);
    let mut many: Vec<_> = (0..5000)
        .map(|n| (f64::from(n) / 500.0, 2.0, 200))
        .collect();
    many[2500].1 = 999.0;
    recording.runs[0] = run("broken", &many);
    let html = figure(&lab(), &recording).unwrap();
    let series = series(&recording);
    let scale = scale::Scale::new(&recording.plan, &series);
    let worst = format!(
        "M{:.0} {:.0}",
        scale.x(5.0) + CROSS.dx,
        scale.y(999.0) + CROSS.dy
    );
    assert!(html.contains(&worst), "{worst}");
}

#[test]
fn what_a_run_counts_has_a_column_of_its_own() {
    let mut recording = recording(Measure::LatencyMs);
    assert!(!figure(&lab(), &recording).unwrap().contains("opened"));
    recording.plan.counts = Some("connections <opened>".into());
    for (run, n) in recording.runs.iter_mut().zip([4711, 12, 7]) {
        run.counted = Some(n);
    }
    let html = figure(&lab(), &recording).unwrap();
    assert!(html.contains("connections &lt;opened&gt;</th>"), "{html}");
    assert!(html.contains(">4711</td>"), "{html}");
}

#[test]
fn losses_from_end_to_end_have_their_words_on_top() {
    let mut recording = recording(Measure::LatencyMs);
    let label = |recording: &Recording| figure(&lab(), recording).unwrap();
    assert!(label(&recording).contains("lost-label s-broken left"));
    recording.runs[0] = run("broken", &[(0.0, 2.0, 401), (9.9, 2.0, 401)]);
    let html = label(&recording);
    assert!(
        html.contains("lost-label s-broken right over\" style=\"right:0.00%"),
        "{html}"
    );
    recording.runs[0] = run("broken", &[(9.0, 2.0, 401), (9.9, 2.0, 401)]);
    assert!(label(&recording).contains("lost-label s-broken right\" style"));
}
