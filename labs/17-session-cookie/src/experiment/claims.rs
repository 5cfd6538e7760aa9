//! What the service promises.

use labkit::Claim;

/// An id from before a login is nobody's after it.
pub const PLANTED: Claim = Claim {
    promise: "whoever planted the cookie is not let in by a login",
    matters: "Whoever used the shared computer before goes on as the \
              user who logged in there.",
};
/// The same where rights are raised.
pub const RIGHTS: Claim = Claim {
    promise: "rights that are raised reach no copy of the cookie",
    matters: "A cookie that was copied while it was worth little opens \
              everything once its owner has typed the PIN.",
};
/// What the attributes of the cookie are for.
pub const ATTRIBUTES: Claim = Claim {
    promise: "scripts, plain HTTP and other sites get no cookie",
    matters: "One script that does not belong to the page, or one link \
              without TLS, hands the session to somebody else.",
};
/// What the prefix of its name is for.
pub const NEIGHBOURS: Claim = Claim {
    promise: "no neighbouring host can read or set the cookie",
    matters: "Whoever runs a page under the same domain chooses which \
              session a visitor of the shop is in.",
};
/// All instances open each other's cookies.
pub const INSTANCES: Claim = Claim {
    promise: "a login counts on every instance",
    matters: "Users who have just logged in are strangers to the next \
              instance.",
};
/// So does the next process.
pub const RESTART: Claim = Claim {
    promise: "a restart logs nobody out",
    matters: "Every deploy throws users out, whatever they are doing.",
};
/// There is no key to fall back on.
pub const KEY: Claim = Claim {
    promise: "without a proper key the service does not start",
    matters: "The cookies are sealed with a key that others know or \
              guess, and nobody notices.",
};
/// The work still gets done.
pub const WORKS: Claim = Claim {
    promise: "a login works, and keeps what the session held",
    matters: "Users cannot log in, or find an empty basket when they \
              have done so.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] = &[
    PLANTED, RIGHTS, ATTRIBUTES, NEIGHBOURS, INSTANCES, RESTART, KEY,
    WORKS,
];
