//! The report engine: the library with the CPU-heavy job in it.
//!
//! When `LAB_GATE` is set the engine reports there and waits before it
//! computes; that is how the experiment holds a report.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::Env;

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

    /// Renders a customer's report, and computes all the while: longer for a
    /// wholesaler, whose numbers begin at 1000.
    #[must_use]
    pub fn render(&self, customer: u32) -> String {
        if let Some(gate) = self.gate {
            labkit::gate::enter(gate);
        }
        html(customer, &orders(customer))
    }
}

/// A customer's orders of the year, in cents, the same on every call.
fn orders(customer: u32) -> Vec<u32> {
    let count = if customer < 1000 { 100_000 } else { 400_000 };
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
    let mut sorted = orders.to_vec();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];

    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n\
         <title>Report {customer}</title>\n<h1>Report {customer}</h1>\n\
         <p>{} orders, {total} cents, median {median}.</p>\n<table>\n",
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
