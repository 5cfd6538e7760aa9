//! The load behind the chapter's figure: reports are rendered, and visitors
//! come. What they see is the same for all versions. What the metrics know
//! of it is counted.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;

use labkit::exchange;
use labkit::load::{Headers, LoadPlan};
use labkit::recording::{Load, Measure, Plan};

use crate::exposition::Exposition;

/// A wait above this one counts; a bound of the listings' histograms.
const LONG: f64 = 0.1;

/// Where the service under load listens.
static SERVICE: Mutex<Option<SocketAddr>> = Mutex::new(None);

/// The load.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /ping from outside, reports meanwhile".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /ping".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: LONG * 1e3,
            load: Load {
                label: "3 reports/s".into(),
                request: "GET /report/{customer}".into(),
                per_second: 3.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: Some("waits over 100 ms in /metrics".into()),
        },
        &["broken", "average", "fixed"],
        |n| exchange::get(&format!("/report/{}", 1000 + n)),
        |_, body| body.ends_with(b"</html>\n"),
    )
    .begin(|addrs| {
        if let Ok(mut service) = SERVICE.lock() {
            *service = addrs.first().copied();
        }
        Box::pin(async { Ok(Headers::new()) })
    })
    .counting(|_| waits().unwrap_or_default())
}

/// How many waits of `/ping` the service itself knows of: pings that it took
/// long for, and times when a worker came late.
fn waits() -> Option<u64> {
    let service = (*SERVICE.lock().ok()?)?;
    let mut stream = TcpStream::connect(service).ok()?;
    let head = "GET /metrics HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let metrics = Exposition::read(answer.split_once("\r\n\r\n")?.1);
    let pings =
        metrics.above("http_request_duration_seconds", LONG, "/ping");
    Some(pings + metrics.above("worker_lag_seconds", LONG, ""))
}
