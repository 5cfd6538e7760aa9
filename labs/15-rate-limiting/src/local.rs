//! A limit in the memory of this process.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// After so many attempts, those who have all of theirs again are
/// forgotten.
const TIDY: usize = 1000;

/// A limit of attempts an hour, for each name. Whoever shares it counts
/// together.
#[derive(Debug)]
pub struct LocalLimit {
    limiter: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
    asked: AtomicUsize,
}

impl LocalLimit {
    /// Allows `most` attempts at once. They come back one by one, all of
    /// them within an hour.
    #[must_use]
    pub fn per_hour(most: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::keyed(Quota::per_hour(most)),
            clock: DefaultClock::default(),
            asked: AtomicUsize::new(0),
        }
    }

    /// Takes one of the attempts that `name` has.
    ///
    /// # Errors
    /// When there is none left: how long it takes until there is.
    pub fn check(&self, name: &str) -> Result<(), Duration> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if asked % TIDY == TIDY - 1 {
            self.limiter.retain_recent();
        }
        let checked = self.limiter.check_key(&name.to_owned());
        checked.map_err(|until| until.wait_time_from(self.clock.now()))
    }
}
