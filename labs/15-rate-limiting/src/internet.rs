//! The way from a client to the service: clients with addresses, and the
//! proxies that write these down.

use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Call};
use tokio::task::JoinSet;

/// The proxy that every request passes last, as the service sees it.
pub const INNER: &str = "127.0.0.1";

/// A proxy that some requests pass before.
pub const OUTER: &str = "10.0.0.7";

/// Headers that services take an address from.
const OTHERS: [&str; 4] = [
    "x-real-ip",
    "x-client-ip",
    "cf-connecting-ip",
    "true-client-ip",
];

/// Whom an attempt to log in comes from, and by which way.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The client's address.
    address: &'a str,
    /// Whether it passes the outer proxy, too.
    far: bool,
    /// The number of the address that it claims to have.
    claims: Option<usize>,
}

impl<'a> Sender<'a> {
    /// A client that reaches the inner proxy.
    pub fn at(address: &'a str) -> Self {
        Self {
            address,
            far: false,
            claims: None,
        }
    }

    /// A client that reaches the outer one.
    pub fn far(address: &'a str) -> Self {
        let far = true;
        Self {
            far,
            ..Self::at(address)
        }
    }

    /// The same, with forged headers.
    pub fn claiming(self, n: usize) -> Self {
        let claims = Some(n);
        Self { claims, ..self }
    }

    /// An attempt with a wrong password.
    ///
    /// # Errors
    /// When there is no such instance.
    pub fn guess(
        &self,
        bench: &Bench,
        instance: usize,
        user: &str,
    ) -> Result<Call, Stopped> {
        self.attempt(bench, instance, user, "123456")
    }

    /// An attempt to log in, dressed by the proxies.
    ///
    /// # Errors
    /// When there is no such instance.
    pub fn attempt(
        &self,
        bench: &Bench,
        instance: usize,
        user: &str,
        password: &str,
    ) -> Result<Call, Stopped> {
        let shop = bench.instance(instance)?;
        let form = [("user", user), ("password", password)];
        let mut call = shop.post("/login").form(&form);
        let mut written = Vec::new();
        if let Some(n) = self.claims {
            let forged = forged(n);
            for name in OTHERS {
                call = call.header(name, &forged);
            }
            call = call.header("forwarded", &format!("for={forged}"));
            written.push(forged);
        }
        written.push(self.address.to_owned());
        if self.far {
            written.push(OUTER.to_owned());
        }
        // The proxy of the first instance adds to the line, as nginx
        // does. That of the second adds a line, as HAProxy does, and
        // listens for IPv6, where IPv4 is a part of it.
        if instance == 0 {
            return Ok(
                call.header("x-forwarded-for", &written.join(", "))
            );
        }
        let own = usize::from(self.claims.is_some());
        for (n, address) in written.iter().enumerate() {
            let mapped = n >= own && !address.contains(':');
            let prefix = if mapped { "::ffff:" } else { "" };
            call = call.header(
                "x-forwarded-for",
                &format!("{prefix}{address}"),
            );
        }
        Ok(call)
    }
}

/// An address that nobody has.
pub fn forged(n: usize) -> String {
    format!("203.0.113.{n}")
}

/// What became of attempts to log in with a wrong password.
#[derive(Debug, Default)]
pub struct Tally {
    /// So many there were.
    pub sent: usize,
    /// The password was looked at.
    pub tried: usize,
    /// No attempt was left.
    pub refused: usize,
    /// Of these, how many were told when to come back.
    told: usize,
    /// An error, or no answer, or a welcome.
    odd: Vec<String>,
}

impl Tally {
    /// Sends several guesses at once.
    ///
    /// # Errors
    /// When one of them cannot be sent.
    pub async fn of(
        guesses: impl Iterator<Item = Result<Call, Stopped>>,
    ) -> Result<Self, Stopped> {
        let mut tasks = JoinSet::new();
        for guess in guesses {
            tasks.spawn(guess?.unlogged());
        }
        let mut tally = Self::default();
        while let Some(answer) = tasks.join_next().await {
            tally.count(&answer.unwrap_or(Answer::Closed));
        }
        Ok(tally)
    }

    /// Counts an answer.
    pub fn count(&mut self, answer: &Answer) {
        self.sent += 1;
        if is_refusal(answer) {
            self.refused += 1;
            self.told += usize::from(tells_when(answer));
        } else if answer.is_client_error() {
            self.tried += 1;
        } else {
            let status = answer.status();
            self.odd.push(match status {
                Some(status) => status.as_u16().to_string(),
                None => answer.to_string(),
            });
        }
    }

    /// At most so many tried, and nothing else than a refusal for the rest.
    pub fn within(&self, most: usize) -> bool {
        self.tried <= most && self.odd.is_empty()
    }

    /// All who were refused know when to come back.
    pub fn told_all(&self) -> bool {
        self.told == self.refused
    }

    /// `10 of 30 tried, 20 refused, all told when to come back`.
    pub fn words(&self) -> String {
        let (tried, sent) = (self.tried, self.sent);
        let mut words = format!("{tried} of {sent} tried");
        if self.refused > 0 {
            words += &format!(", {} refused", self.refused);
        }
        if self.told < self.refused {
            words += &format!(", {} of them told when", self.told);
        }
        let mut odd = self.odd.clone();
        odd.sort();
        odd.dedup();
        for kind in odd {
            let same = |other: &&String| **other == kind;
            let count = self.odd.iter().filter(same).count();
            words += &format!(", {count} × {kind}");
        }
        words
    }
}

/// Whether no attempt was left.
pub fn is_refusal(answer: &Answer) -> bool {
    answer.status().is_some_and(|status| status.as_u16() == 429)
}

/// Whether it names a moment within the hour; a date stands for one.
fn tells_when(answer: &Answer) -> bool {
    let Some(when) = answer.header("retry-after") else {
        return false;
    };
    let seconds = when.parse().ok();
    seconds.is_some_and(|s: u32| (1..=3600).contains(&s))
        || when.ends_with(" GMT")
}
