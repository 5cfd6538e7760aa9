//! The limiter: how often one client may ask.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Few enough to be watched. One comes back every six minutes.
const AN_HOUR: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Clients that are kept before those are forgotten that may ask freely
/// again. Without this, the map would grow with every new address.
const KEPT: usize = 10_000;

/// Counts the requests of each client.
///
/// A client is an address. What that means behind a proxy, and with several
/// instances, is the subject of lab 15.
#[derive(Debug)]
pub struct Limiter {
    buckets: DefaultKeyedRateLimiter<Option<IpAddr>>,
}

impl Limiter {
    /// Ten requests an hour for each client.
    #[must_use]
    pub fn hourly() -> Self {
        let buckets = RateLimiter::keyed(Quota::per_hour(AN_HOUR));
        Self { buckets }
    }

    /// Counts one request of `client`.
    ///
    /// # Errors
    /// When the quota is used up: with the time until the next request.
    pub fn count(
        &self,
        client: Option<IpAddr>,
    ) -> Result<(), Duration> {
        if self.buckets.len() > KEPT {
            self.buckets.retain_recent();
        }
        let counted = self.buckets.check_key(&client);
        counted.map_err(|until| {
            until.wait_time_from(self.buckets.clock().now())
        })
    }
}
