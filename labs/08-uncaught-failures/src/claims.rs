//! What the service promises.

use labkit::Claim;

pub const ANSWERED: Claim = Claim {
    promise: "an order that fails is answered with an error",
    matters: "The customer does not learn that there is no order, and \
              the proxy in front may send it again.",
};
pub const HARMS_NOBODY: Claim = Claim {
    promise: "an order that fails harms no later one",
    matters: "One odd order closes the shop for everybody.",
};
pub const UNDER_WAY: Claim = Claim {
    promise: "orders under way survive another's failure",
    matters: "Customers who have done nothing wrong lose their orders.",
};
pub const TOTALS: Claim = Claim {
    promise: "the totals are those of the orders taken",
    matters: "The packing room waits for a parcel that nobody ordered, \
              and the sum is wrong from now on.",
};
pub const WITHOUT_MAIL: Claim = Claim {
    promise: "an order is taken while the mail server is down",
    matters: "The shop is closed whenever somebody else's server is.",
};
pub const SENT: Claim = Claim {
    promise: "every mail is sent, again only if it was refused",
    matters: "Some customers hear nothing of their orders, or hear of \
              them over and over.",
};
pub const TOGETHER: Claim = Claim {
    promise: "no order is taken without its mail",
    matters: "The customer is told that it failed, the parcel goes \
              out all the same, and no mail says so.",
};
pub const OUTLIVES: Claim = Claim {
    promise: "a mail is sent although the service was killed",
    matters: "With every deployment, some customers hear nothing of \
              their orders.",
};
pub const LOGGED: Claim = Claim {
    promise: "the log names every order that met a failure",
    matters: "Nobody finds out until the customers call, and then \
              nobody can tell whose order it was.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] = &[
    ANSWERED,
    HARMS_NOBODY,
    UNDER_WAY,
    TOTALS,
    WITHOUT_MAIL,
    SENT,
    TOGETHER,
    OUTLIVES,
    LOGGED,
];
