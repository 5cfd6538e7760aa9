//! What the service promises.

use labkit::Claim;

pub const EVERYBODY: Claim = Claim {
    promise: "everybody gets the price when many ask at once",
    matters: "Customers see an error while the database has almost \
              nothing to do.",
};
pub const ROOM: Claim = Claim {
    promise: "meanwhile an operator can log in to the database",
    matters: "Nobody can look at the database just when it matters, and \
              other services of the role are shut out, too.",
};
pub const AT_ONCE: Claim = Claim {
    promise: "a request does not wait for a new connection",
    matters: "Every customer waits for a handshake, a login and a new \
              process of the server before the query begins.",
};
pub const TOLD: Claim = Claim {
    promise: "a request that gets no turn in time is told so",
    matters: "When the database is stuck, the customers wait for ever, \
              and all that stands in front of the service waits, too.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] = &[EVERYBODY, ROOM, AT_ONCE, TOLD];
