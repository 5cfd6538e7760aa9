//! What the service promises.

use labkit::Claim;

pub const CLIENT: Claim = Claim {
    promise: "one client tries 10 passwords an hour at most",
    matters: "One machine guesses as fast as the service answers, and \
              finds the weak passwords of all customers.",
};
pub const TOLD: Claim = Claim {
    promise: "whoever is refused learns when to come back",
    matters: "Programs that mean well try again at once, and people \
              give up.",
};
pub const ACCOUNT: Claim = Claim {
    promise: "an account is tried 5 times an hour at most",
    matters: "Whoever rents a thousand addresses gets a thousand times \
              as many guesses at one customer's password.",
};
pub const OWNER: Claim = Claim {
    promise: "meanwhile its owner gets in from where she was before",
    matters: "Anybody who knows a customer's name can lock her out, for \
              as long as he likes.",
};
pub const OTHERS: Claim = Claim {
    promise: "everybody else logs in meanwhile",
    matters: "One attacker locks out all customers, or an office \
              that shares an address.",
};
pub const OVER: Claim = Claim {
    promise: "who was refused is let in when the hour is over",
    matters: "Somebody who mistyped a password is locked out until an \
              operator deletes a key by hand.",
};
pub const OUTAGE: Claim = Claim {
    promise: "without Redis, logins are answered, guesses limited",
    matters: "When Redis fails, either nobody can log in, or everybody \
              can guess without a limit.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] =
    &[CLIENT, TOLD, ACCOUNT, OWNER, OTHERS, OVER, OUTAGE];
