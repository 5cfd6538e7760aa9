//! How a version is deployed, where that is part of the lab.
//!
//! Some tempting repairs change no line of code: a balancer that keeps users
//! on one instance, a higher limit at the database. Such a half-fix is the
//! broken service under another deployment, which the experiment carries out.

/// The deployment of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployment {
    /// How requests are dealt out to instances.
    pub balancer: Balancer,
    /// How many connections the database allows the service's role to have;
    /// `None` for as many as the lab's design says.
    pub connection_limit: Option<u32>,
}

/// How a load balancer chooses an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balancer {
    /// Each request goes to the next instance.
    Alternating,
    /// A user stays with the instance that answered first.
    Sticky,
}

impl Deployment {
    /// What all versions get that say nothing else.
    pub const DEFAULT: Self = Self {
        balancer: Balancer::Alternating,
        connection_limit: None,
    };
}

impl Balancer {
    /// The instance, of `instances`, for the n-th request of a user whose
    /// first request went to `first`.
    #[must_use]
    pub fn choose(self, n: usize, first: usize, instances: usize) -> usize {
        match self {
            Self::Alternating => (first + n) % instances,
            Self::Sticky => first,
        }
    }
}
