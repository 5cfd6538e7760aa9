//! What the service promises.

use labkit::Claim;

pub const A_SEAT_EACH: Claim = Claim {
    promise: "buyers who come together get a seat each",
    matters: "The sale opens, everybody clicks Buy, and nobody gets a \
              seat of their own.",
};
pub const OTHERS_ANSWERED: Claim = Claim {
    promise: "while buyers pay, everybody else is answered",
    matters: "The whole site hangs, health checks included, while the \
              payment provider takes its time.",
};
pub const NO_QUEUE: Claim = Claim {
    promise: "no buyer waits for another buyer's payment",
    matters: "One slow payment holds up every buyer behind it.",
};
pub const NOT_REFUSED: Claim = Claim {
    promise: "nobody is refused while a seat is free",
    matters: "Buyers are sent away from a half empty house.",
};
pub const NOT_OVERSOLD: Claim = Claim {
    promise: "nobody pays for a seat that is not there",
    matters: "Two people with tickets stand in front of one seat.",
};
pub const BACK_ON_SALE: Claim = Claim {
    promise: "a seat that is not paid for stays on sale",
    matters: "With every buyer who gives up, a seat stays empty that \
              somebody else wanted.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] = &[
    A_SEAT_EACH,
    OTHERS_ANSWERED,
    NO_QUEUE,
    NOT_REFUSED,
    NOT_OVERSOLD,
    BACK_ON_SALE,
];
