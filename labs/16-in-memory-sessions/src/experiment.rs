//! Two instances, two workers each, and every request may reach another
//! one: who is still logged in?

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use deadpool_redis::redis;
use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Jar};
use labkit::load::{Headers, LoadPlan};
use labkit::recording::{Load, Measure, Plan};
use labkit::tap::TapProxy;
use labkit::{Claim, Ground, exchange};
use labkit_redis::Redis;

const LOGGED_IN: Claim = Claim {
    promise: "whoever logs in, and nobody else, is logged in",
    matters: "Users who have just logged in see the login form again, on \
              every request that reaches another process.",
};
const RESTART: Claim = Claim {
    promise: "restarting an instance logs nobody out",
    matters: "Every deploy throws users out, whatever they are doing.",
};
const LOGOUT: Claim = Claim {
    promise: "logging out ends the session, for a copied cookie too",
    matters: "Whoever copied the cookie at the shared computer goes on \
              as the user.",
};
const EXPIRY: Claim = Claim {
    promise: "a session that nobody uses ends by itself",
    matters: "A lost laptop stays logged in for good, and sessions pile up.",
};
const OUTAGE: Claim = Claim {
    promise: "nobody waits in vain while Redis does not answer",
    matters: "Every page of a logged-in user hangs for as long as Redis \
              is silent.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] =
    &[LOGGED_IN, RESTART, LOGOUT, EXPIRY, OUTAGE];

const INSTANCES: usize = 2;
const A: usize = 0;
const B: usize = 1;
const WORKERS: usize = 2;

/// Enough requests that each of the four workers gets two.
const VISITS: usize = 8;
/// Enough that each of them gets one.
const ONE_EACH: usize = 4;

/// The life of the longest session that is no lasting one.
const MONTH: i64 = 31 * 24 * 60 * 60;

/// What a wait for Redis may take where the service is to give up. Two of
/// them, one for an idle connection and one for a new one, are less than
/// the deadline.
const SHORT: Duration = Duration::from_millis(75);

/// With so little time, a busy machine may need a second attempt.
const ATTEMPTS: usize = 10;

/// What the service depends on: Redis, and a secret that all instances
/// know.
pub async fn ground() -> anyhow::Result<Ground> {
    let mut ground = Ground::new();
    Redis::shared().await?.lay(&mut ground);
    ground.env.session_key = Some(labkit::ground::session_key()?);
    Ok(ground)
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    let tap = tap(bench).await?;
    bench.start_instances(INSTANCES).await?;

    let mut alice = Customer::new("alice", "apple", A);
    bench.phase("alice logs in");
    if !alice.logs_in(bench).await? {
        if let Some(ending) = bench.ending().await {
            bench.fact(format!("the service has ended: {ending}"));
        }
        bench.claim(LOGGED_IN, false);
        return Err(Stopped::new("nobody can log in"));
    }
    bench.phase("somebody else asks who that is");
    let refused = strangers_are_refused(bench, &alice).await?;
    bench.phase("alice asks 8 times who she is");
    let found = alice.visits(bench, VISITS).await?;
    if !refused {
        bench.fact("and not everybody else was refused");
    }
    bench.claim(LOGGED_IN, found.times == VISITS && refused);

    bench.phase("instance A restarts, and alice asks again");
    bench.restart(A).await?;
    let found = alice.visits(bench, ONE_EACH).await?;
    bench.claim(RESTART, found.times == ONE_EACH);

    bench.phase("bob logs in, his cookie is copied, he logs out");
    let mut bob = Customer::new("bob", "berry", B);
    bob.logs_in(bench).await?;
    let copied = bob.jar.clone();
    bob.logs_out(bench).await?;
    bench.phase("somebody uses the copied cookie");
    bob.jar = copied;
    let found = bob.visits(bench, ONE_EACH).await?;
    bench.claim(LOGOUT, found.refused == ONE_EACH);

    bench.phase("carol logs in, and does not come back for a month");
    let mut carol = Customer::new("carol", "cherry", A);
    carol.logs_in(bench).await?;
    a_month_passes(bench).await?;
    let found = carol.visits(bench, ONE_EACH).await?;
    bench.claim(EXPIRY, found.refused == ONE_EACH);

    outage(bench, &tap).await
}

/// Puts a tap between the service and Redis.
async fn tap(bench: &mut Bench) -> Result<TapProxy, Stopped> {
    let redis = bench.ground::<Redis>()?;
    let tap = TapProxy::to(redis.server().addr())
        .await
        .map_err(anyhow::Error::from)?;
    let url = redis.url_through(tap.addr())?;
    bench.env().redis_url = Some(url);
    Ok(tap)
}

/// Nobody is logged in without a cookie, with one that is made up, or by
/// a wrong password.
async fn strangers_are_refused(
    bench: &Bench,
    alice: &Customer,
) -> Result<bool, Stopped> {
    let shop = bench.instance(B)?;
    let nobody = shop.get("/me").unlogged().await;
    let made_up = altered(&alice.jar);
    let forger =
        shop.get("/me").header("cookie", &made_up).unlogged().await;
    let guess = [("user", "alice"), ("password", "pear")];
    let guesser = shop.post("/login").form(&guess).unlogged().await;
    bench.fact(format!(
        "no cookie {} · altered cookie {} · wrong password {}",
        word(&nobody),
        word(&forger),
        word(&guesser)
    ));
    let answers = [nobody, forger, guesser];
    Ok(answers.iter().all(Answer::is_client_error))
}

/// The cookies with one character changed in the middle of each value.
fn altered(jar: &Jar) -> String {
    let cookies = jar.header().unwrap_or_default();
    let altered = cookies.split("; ").map(|cookie| {
        let (name, value) = cookie.split_once('=').unwrap_or_default();
        let middle = value.len() / 2;
        let change = |(n, letter)| match (n == middle, letter) {
            (false, letter) => letter,
            (true, 'x') => 'y',
            (true, _) => 'x',
        };
        let value: String =
            value.chars().enumerate().map(change).collect();
        format!("{name}={value}")
    });
    altered.collect::<Vec<_>>().join("; ")
}

/// Whatever expires within a month is gone from Redis; the rest stays.
async fn a_month_passes(bench: &Bench) -> Result<(), Stopped> {
    let (expired, left) = expire(bench.ground::<Redis>()?).await?;
    bench.fact(match expired + left {
        0 => "there are no keys in Redis".to_owned(),
        all => {
            format!("of {all} keys in Redis, {expired} have expired")
        }
    });
    Ok(())
}

async fn expire(redis: &Redis) -> anyhow::Result<(usize, usize)> {
    let mut admin = redis.admin().await?;
    let keys: Vec<Vec<u8>> =
        redis::cmd("KEYS").arg("*").query_async(&mut admin).await?;
    let (mut expired, mut left) = (0, 0);
    for key in keys {
        let seconds: i64 =
            redis::cmd("TTL").arg(&key).query_async(&mut admin).await?;
        if (0..=MONTH).contains(&seconds) {
            redis::cmd("DEL")
                .arg(&key)
                .query_async::<()>(&mut admin)
                .await?;
            expired += 1;
        } else {
            left += 1;
        }
    }
    Ok((expired, left))
}

/// Redis falls silent under an instance with a short time limit, and
/// comes back.
async fn outage(
    bench: &mut Bench,
    tap: &TapProxy,
) -> Result<(), Stopped> {
    bench.phase("instance A restarts with a short limit, dave logs in");
    bench.env().timeout = SHORT;
    bench.restart(A).await?;
    let mut dave = Customer::new("dave", "date", A);
    let works = dave.logs_in_at_last(bench).await?;
    bench.fact(if works {
        "dave is logged in"
    } else {
        "dave cannot log in"
    });

    bench.phase("Redis falls silent, dave asks each worker who he is");
    tap.pause();
    let mut in_vain = asks_in_vain(bench, &dave).await?;
    if !in_vain {
        bench.phase("and once more");
        in_vain = asks_in_vain(bench, &dave).await?;
    }
    if !in_vain {
        bench.phase("Redis answers again, on new connections");
        tap.cut();
        tap.resume();
        in_vain = !dave.logs_in_at_last(bench).await?;
        bench.fact(if in_vain {
            "dave cannot log in"
        } else {
            "dave logs in"
        });
    }
    bench.claim(OUTAGE, works && !in_vain);
    Ok(())
}

/// Asks each worker of instance A; gives whether one kept silent.
async fn asks_in_vain(
    bench: &Bench,
    dave: &Customer,
) -> Result<bool, Stopped> {
    let shop = bench.instance(A)?;
    let visit = shop.get("/me").cookies(&dave.jar);
    let mut visits = visit.each_of(WORKERS);
    let answers = visits.answers().await;
    let answered =
        answers.iter().filter(|a| a.status().is_some()).count();
    let mut words: Vec<_> = answers.iter().map(word).collect();
    words.sort();
    let count = format!("{answered} of {WORKERS} answered");
    bench.fact(match words.is_empty() {
        true => count,
        false => format!("{count}: {}", words.join(", ")),
    });
    Ok(answered < WORKERS)
}

/// A customer with a browser, somewhere behind the load balancer.
struct Customer {
    user: &'static str,
    password: &'static str,
    jar: Jar,
    /// The instance that the first request goes to.
    first: usize,
    sent: usize,
}

impl Customer {
    fn new(
        user: &'static str,
        password: &'static str,
        first: usize,
    ) -> Self {
        let jar = Jar::new();
        Self {
            user,
            password,
            jar,
            first,
            sent: 0,
        }
    }

    /// Where the balancer sends the next request.
    fn next(&mut self, bench: &Bench) -> usize {
        let balancer = bench.deployment().balancer;
        let instance =
            balancer.choose(self.sent, self.first, INSTANCES);
        self.sent += 1;
        instance
    }

    /// Gives whether that succeeds.
    async fn logs_in(
        &mut self,
        bench: &Bench,
    ) -> Result<bool, Stopped> {
        let shop = bench.instance(self.next(bench))?;
        let login = shop.post("/login").cookies(&self.jar);
        let answer = login.form(&self.form()).send().answer().await;
        self.jar.take(&answer);
        Ok(answer.is_success())
    }

    fn form(&self) -> [(&'static str, &'static str); 2] {
        [("user", self.user), ("password", self.password)]
    }

    /// Tries more than once, always at the same instance.
    async fn logs_in_at_last(
        &mut self,
        bench: &Bench,
    ) -> Result<bool, Stopped> {
        let shop = bench.instance(self.first)?;
        for _ in 0..ATTEMPTS {
            let login = shop.post("/login").form(&self.form());
            let answer = login.unlogged().await;
            self.jar.take(&answer);
            match answer {
                answer if answer.is_success() => return Ok(true),
                Answer::None => return Ok(false),
                _ => {}
            }
        }
        Ok(false)
    }

    async fn logs_out(&mut self, bench: &Bench) -> Result<(), Stopped> {
        let shop = bench.instance(self.next(bench))?;
        let logout = shop.post("/logout").cookies(&self.jar);
        let answer = logout.send().answer().await;
        self.jar.take(&answer);
        Ok(())
    }

    /// Asks so many times who is logged in, until an answer stays away.
    async fn visits(
        &mut self,
        bench: &Bench,
        count: usize,
    ) -> Result<Found, Stopped> {
        let mut found = Found::default();
        let mut words = Vec::new();
        for _ in 0..count {
            let instance = self.next(bench);
            let shop = bench.instance(instance)?;
            let visit = shop.get("/me").cookies(&self.jar);
            let answer = visit.unlogged().await;
            self.jar.take(&answer);
            found.count(&answer, self.user);
            let letter = if instance == A { 'A' } else { 'B' };
            words.push(format!("{letter} {}", word(&answer)));
            if answer.status().is_none() {
                break;
            }
        }
        bench.fact(words.join(" · "));
        bench.fact(if found.answered < words.len() {
            format!("visit {} has no answer", words.len())
        } else {
            let (user, times) = (self.user, found.times);
            format!("{user} is logged in {times} of {count} times")
        });
        Ok(found)
    }
}

/// What a customer's visits found.
#[derive(Default)]
struct Found {
    answered: usize,
    /// How often the customer was greeted by name.
    times: usize,
    /// How often nobody was logged in.
    refused: usize,
}

impl Found {
    fn count(&mut self, answer: &Answer, user: &str) {
        self.answered += usize::from(answer.status().is_some());
        self.times += usize::from(answer.is_ok_with(user.as_bytes()));
        self.refused += usize::from(answer.is_client_error());
    }
}

/// The name that a service greets with, or the status.
fn word(answer: &Answer) -> String {
    match answer.status() {
        Some(status) if status.is_success() => answer.text(),
        Some(status) => status.as_u16().to_string(),
        None => answer.to_string(),
    }
}

/// The load behind the chapter's figure: a user who is logged in asks who
/// she is, and does so more often for a while.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /me with a session, on two instances in turn"
                .into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /me".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "200 visits/s".into(),
                request: "GET /me".into(),
                per_second: 200.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: None,
        },
        &["broken", "store_outside_the_factory", "fixed"],
        |_| exchange::get("/me"),
        |_, body| body == b"alice",
    )
    .instances(INSTANCES)
    .begin(|instances| Box::pin(log_in(instances)))
}

/// Logs alice in at the first instance.
async fn log_in(instances: Vec<SocketAddr>) -> anyhow::Result<Headers> {
    let form = [("user", "alice"), ("password", "apple")];
    let login = exchange::request("POST".parse()?, "/login");
    let addr = *instances.first().context("no instance")?;
    let answer = exchange::exchange(addr, login.with_form(&form)).await;
    let mut jar = Jar::new();
    jar.take(&answer);
    let cookies = jar.header().context("a login sets no cookie")?;
    Ok(vec![("cookie".to_owned(), cookies)])
}
