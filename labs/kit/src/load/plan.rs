//! What a load asks for, and where it is aimed.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use crate::deployment::Balancer;
use crate::exchange::{self, Request};
use crate::ground::Ground;
use crate::recording::Plan;

/// A lab's load.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// What the recording says of it.
    pub plan: Plan,
    /// The versions that the chapter's figure shows, broken first.
    pub versions: &'static [&'static str],
    /// The n-th request of the load.
    pub request: fn(u32) -> Request,
    /// Whether that request got the body that it should.
    pub right: fn(u32, &[u8]) -> bool,
    /// How many instances of the service there are.
    pub instances: usize,
    /// The sampled request, see [`LoadPlan::probing`].
    probe: Option<fn() -> Request>,
    /// What comes before the run, see [`LoadPlan::begin`].
    pub(super) begin: Option<Begin>,
    /// What the ground counts, see [`LoadPlan::counting`].
    pub(super) count: Option<fn(&Ground) -> u64>,
    /// What happens during the run, see [`LoadPlan::at`].
    pub(super) event: Option<(f64, Event)>,
}

/// Headers that go with every request of a load: a cookie, say.
pub type Headers = Vec<(String, String)>;

/// Something that happens to a load's ground.
pub type Event = fn(&Ground);

/// Prepares a load, with the instances' addresses.
pub type Begin =
    fn(Vec<SocketAddr>) -> Pin<Box<dyn Future<Output = anyhow::Result<Headers>> + Send>>;

impl LoadPlan {
    /// A load on one instance, without a preparation.
    #[must_use]
    pub fn new(
        plan: Plan,
        versions: &'static [&'static str],
        request: fn(u32) -> Request,
        right: fn(u32, &[u8]) -> bool,
    ) -> Self {
        Self {
            plan,
            versions,
            request,
            right,
            instances: 1,
            probe: None,
            begin: None,
            count: None,
            event: None,
        }
    }

    /// The same with this request sampled, which [`Plan::probe`] names.
    /// Without it the sampled request is a bare `GET`.
    #[must_use]
    pub fn probing(mut self, probe: fn() -> Request) -> Self {
        self.probe = Some(probe);
        self
    }

    pub(super) fn sampled(&self) -> anyhow::Result<Request> {
        let name = &self.plan.probe;
        let request = match self.probe {
            Some(probe) => probe(),
            None => exchange::get(name.strip_prefix("GET ").unwrap_or_default()),
        };
        anyhow::ensure!(
            request.name() == *name,
            "the sampled request is {}, not `{name}`",
            request.name()
        );
        Ok(request)
    }

    /// The same on several instances, which get the requests in turn.
    #[must_use]
    pub fn instances(mut self, instances: usize) -> Self {
        self.instances = instances;
        self
    }

    /// The same after a preparation, a login say; its headers go with every
    /// request, sampled ones included.
    #[must_use]
    pub fn begin(mut self, begin: Begin) -> Self {
        self.begin = Some(begin);
        self
    }

    /// The same, with a count that the run raises; [`Plan::counts`] names it.
    #[must_use]
    pub fn counting(mut self, count: fn(&Ground) -> u64) -> Self {
        self.count = Some(count);
        self
    }

    /// The same, with something that happens to the ground so many seconds
    /// after the start; [`Plan::load`] names it.
    #[must_use]
    pub fn at(mut self, seconds: f64, event: Event) -> Self {
        self.event = Some((seconds, event));
        self
    }
}

/// The instances under load, and what goes with every request.
#[derive(Debug, Clone)]
pub(super) struct Aim {
    pub(super) addrs: Arc<[SocketAddr]>,
    pub(super) balancer: Balancer,
    pub(super) headers: Arc<Headers>,
}

impl Aim {
    pub(super) fn addr(&self, n: u32) -> SocketAddr {
        let instances = self.addrs.len();
        self.addrs[self.balancer.choose(n as usize, 0, instances)]
    }

    pub(super) fn dress(&self, mut request: Request) -> Request {
        request.headers.extend(self.headers.iter().cloned());
        request
    }
}
