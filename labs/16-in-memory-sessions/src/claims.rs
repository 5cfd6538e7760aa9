//! What the service promises.

use labkit::Claim;

pub const LOGGED_IN: Claim = Claim {
    promise: "whoever logs in, and nobody else, is logged in",
    matters: "Users who have just logged in see the login form again, on \
              every request that reaches another process.",
};
pub const RESTART: Claim = Claim {
    promise: "restarting an instance logs nobody out",
    matters: "Every deploy throws users out, whatever they are doing.",
};
pub const LOGOUT: Claim = Claim {
    promise: "logging out ends the session, for a copied cookie too",
    matters: "Whoever copied the cookie at the shared computer goes on \
              as the user.",
};
pub const EXPIRY: Claim = Claim {
    promise: "a session that nobody uses ends by itself",
    matters: "A lost laptop stays logged in for good, and sessions pile up.",
};
pub const OUTAGE: Claim = Claim {
    promise: "nobody waits in vain while Redis does not answer",
    matters: "Every page of a logged-in user hangs for as long as Redis \
              is silent.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] =
    &[LOGGED_IN, RESTART, LOGOUT, EXPIRY, OUTAGE];
