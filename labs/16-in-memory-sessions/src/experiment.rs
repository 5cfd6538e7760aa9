//! Two instances, two workers each, and every request may reach another
//! one: who is still logged in?

use std::time::Duration;

use deadpool_redis::redis;
use labkit::Ground;
use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Jar};
use labkit::tap::TapProxy;
use labkit_redis::Redis;

use crate::claims::{EXPIRY, LOGGED_IN, LOGOUT, OUTAGE, RESTART};
use crate::customer::{Customer, word};

pub const INSTANCES: usize = 2;
pub const A: usize = 0;
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
pub const ATTEMPTS: usize = 10;

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
