//! The text of recording.json.

use anyhow::{Result, ensure};
use labkit::recording::Recording;

/// The recording as its file holds it: readable, and one line per run's
/// samples, which are most of it.
pub(super) fn text(recording: &Recording) -> Result<String> {
    const EMPTY: &str = "\"samples\": []";
    let mut head = recording.clone();
    for run in &mut head.runs {
        run.samples.clear();
    }
    let head = serde_json::to_string_pretty(&head)?;
    let mut parts = head.split(EMPTY);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (run, part) in recording.runs.iter().zip(parts) {
        text.push_str("\"samples\": ");
        text.push_str(&serde_json::to_string(&run.samples)?);
        text.push_str(part);
    }
    text.push('\n');
    ensure!(
        Recording::parse(&text)?.runs.len() == recording.runs.len(),
        "the recording does not read back as it was written"
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use labkit::recording::{Load, Measure, Plan, Provenance, Run, SCHEMA, Sample, Summary, Work};

    use super::*;

    fn recording() -> Recording {
        let samples = vec![
            Sample {
                t: 0.0,
                value: 1.5,
                status: 200,
            },
            Sample {
                t: 0.01,
                value: 1000.0,
                status: 0,
            },
        ];
        let run = |version: &str| Run {
            version: version.to_owned(),
            summary: Summary::of(&samples),
            samples: samples.clone(),
            work: Work {
                sent: 2,
                done: 2,
                per_second: 1.0,
            },
            counted: None,
            generator_late_p99_ms: 0.5,
        };
        let load = Load {
            label: "12 reports/s".into(),
            request: "GET /report/{n}".into(),
            per_second: 12.0,
            clients: None,
            from: 1.0,
            to: 2.0,
        };
        Recording {
            schema: SCHEMA,
            lab: "01".into(),
            made: Provenance {
                cpu: "a \"samples\": [] cpu".into(),
                cores: 2,
                memory_gib: 8,
                os: "Linux".into(),
                rustc: "rustc 1.95.0".into(),
                actix_web: "4.18.0".into(),
                profile: "dev".into(),
                date: "2026-11-23".into(),
                commit: "abc".into(),
            },
            plan: Plan {
                title: "GET /ping".into(),
                measure: Measure::LatencyMs,
                seconds: 3.0,
                probe: "GET /ping".into(),
                probes_per_second: 100.0,
                timeout_ms: 1000.0,
                budget_ms: 50.0,
                load,
                counts: None,
            },
            runs: vec![run("broken"), run("fixed")],
        }
    }

    #[test]
    fn a_recording_is_small_and_reads_back() {
        let recording = recording();
        let text = text(&recording).unwrap();
        assert_eq!(Recording::parse(&text).unwrap(), recording);
        assert!(
            text.contains("\"samples\": [[0.0,1.5,200],[0.01,1000.0,0]],\n"),
            "{text}"
        );
    }
}
