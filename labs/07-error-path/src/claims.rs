//! What the service promises.

use labkit::Claim;

pub const ONE_FORM: Claim = Claim {
    promise: "every error has one form, and names its request",
    matters: "A till cannot read an error that is plain text today and \
              empty tomorrow, and support cannot find it in the log.",
};
pub const TELLS: Claim = Claim {
    promise: "a status says whether to change, retry or report",
    matters: "The till sends what can never work again and again, and \
              the alarm goes off because two customers share an address.",
};
pub const SHOWS_NOTHING: Claim = Claim {
    promise: "no answer shows what the service is made of",
    matters: "Whoever probes the service reads the names of its tables \
              and libraries in its answers.",
};
pub const SAFE: Claim = Claim {
    promise: "every answer carries the security headers",
    matters: "The refusals, which anybody can provoke, go out without \
              them.",
};
pub const LOGGED: Claim = Claim {
    promise: "every request leaves a line in the log",
    matters: "The requests that were refused are missing from the log, \
              and they are the ones that an attack is made of.",
};
pub const EXPLAINED: Claim = Claim {
    promise: "the log has the cause of a failure, under its id",
    matters: "A customer reports a failure, and nobody can find out \
              what happened.",
};
pub const DONE: Claim = Claim {
    promise: "what is asked rightly is done, and nothing else is",
    matters: "Customers are missing from the register, or stand in it \
              although the till was told that they do not.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] = &[
    ONE_FORM,
    TELLS,
    SHOWS_NOTHING,
    SAFE,
    LOGGED,
    EXPLAINED,
    DONE,
];
