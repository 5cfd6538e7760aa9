//! The load behind the chapter's figure.

use hyper::Method;
use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::upstream::StubUpstream;
use serde_json::Value;

use crate::orders::{parcel, path, price};

/// The load behind the chapter's figure: the board asks for its totals, and
/// the third of the orders that come meanwhile weighs 40 kg.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /totals while orders come, one of 40 kg".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /totals".into(),
            probes_per_second: 20.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "5 orders/s, one of 40 kg".into(),
                request: "PUT /orders/{number}".into(),
                per_second: 5.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: Some("mails sent".into()),
        },
        &["broken", "catch_panic_alone", "fixed"],
        |n| {
            let grams = if n == 2 { 40_000 } else { 900 };
            let number = format!("L-{}", 5000 + n);
            exchange::request(Method::PUT, &path(&number))
                .with_json(&parcel("DE", grams))
        },
        |_, body| {
            serde_json::from_slice(body)
                .is_ok_and(|v: Value| v == price())
        },
    )
    .counting(|ground| {
        let mails = ground.get::<StubUpstream>();
        mails.map_or(0, |mails| mails.arrivals().len() as u64)
    })
}
