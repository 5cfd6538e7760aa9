//! The report engine: the library with the CPU-heavy job in it.
//!
//! Handlers see one public method, so no repair can cut the work into
//! pieces. When `LAB_GATE` is set the engine reports there and waits before
//! it computes; that is how the experiment holds a report.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::Env;

/// What a wholesaler's report takes, on any machine. So the figure is about
/// what waits behind it, and not about whose processor is the faster one.
const WHOLESALE: Duration = Duration::from_millis(150);

/// Orders of a year from which the time of more is estimated.
const SAMPLE: usize = 20_000;

/// Renders yearly reports. It cannot be changed from here.
#[derive(Debug, Clone)]
pub struct ReportEngine {
    gate: Option<SocketAddr>,
}

impl ReportEngine {
    /// An engine for this environment.
    #[must_use]
    pub fn new(env: &Env) -> Self {
        Self { gate: env.gate }
    }

    /// Renders a customer's report, and computes all the while: a moment
    /// for a retail customer, far longer for a wholesaler (from 1000 up).
    ///
    /// # Panics
    /// When the customer has no orders, as customer 0 has none.
    pub fn render(&self, customer: u32) -> String {
        if let Some(gate) = self.gate {
            labkit::gate::enter(gate);
        }
        html(customer, &orders(customer))
    }
}

/// A customer's orders of the year, in cents, the same on every call.
fn orders(customer: u32) -> Vec<u32> {
    match customer {
        0 => Vec::new(),
        1..1000 => cents(customer, 400),
        _ => cents(customer, wholesale()),
    }
}

/// So many orders as this machine takes [`WHOLESALE`] for.
fn wholesale() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let begun = busy();
        html(1, &cents(1, SAMPLE));
        let took = (busy() - begun).as_secs_f64().max(1e-4);
        (SAMPLE as f64 * WHOLESALE.as_secs_f64() / took) as usize
    })
}

/// For how long this thread has computed. Waiting for a processor does not
/// count.
fn busy() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

fn cents(customer: u32, count: usize) -> Vec<u32> {
    let mut state = customer.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state % 50_000
    };
    (0..count).map(|_| next()).collect()
}

fn html(customer: u32, orders: &[u32]) -> String {
    let mut months = [(0_u32, 0_u64); 12];
    for (n, cents) in orders.iter().enumerate() {
        let month = &mut months[n % 12];
        month.0 += 1;
        month.1 += u64::from(*cents);
    }
    let total: u64 = months.iter().map(|(_, cents)| cents).sum();
    let average = total / orders.len() as u64;
    let mut sorted = orders.to_vec();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];

    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n\
         <title>Report {customer}</title>\n<h1>Report {customer}</h1>\n\
         <p>{} orders, {total} cents; average {average}, median {median}.</p>\n\
         <table>\n",
        orders.len()
    );
    for (month, (count, cents)) in months.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{count}</td><td>{cents}</td></tr>",
            month + 1
        );
    }
    page.push_str("</table>\n</html>\n");
    page
}
