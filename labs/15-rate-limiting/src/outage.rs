//! Redis falls silent under an instance, and comes back.

use std::time::Duration;

use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::tap::TapProxy;

use crate::experiment::{A, OFFICE, proxies, welcomes};
use crate::internet::{Sender, Tally};
use crate::{PER_ACCOUNT, PER_CLIENT};

/// What a wait for Redis may take where the service is to give up. Three
/// of them are less than the deadline.
const SHORT: Duration = Duration::from_millis(75);

/// Attempts of the office, two for everybody.
const ATTEMPTS: usize = 12;

/// More than one client may try, and one account may be tried.
const WAVE: usize = 12;

/// Gives whether logins are answered and guesses limited.
pub async fn run(
    bench: &mut Bench,
    tap: &TapProxy,
) -> Result<bool, Stopped> {
    bench.phase("instance A restarts, with a short limit for Redis");
    bench.env().timeout = SHORT;
    bench.env().trusted_proxies = Some(proxies());
    bench.restart(A).await?;
    // Whatever it asks of Redis when it starts, it has got.
    bench.instance(A)?.get("/ping").send().answer().await;

    bench.phase("Redis falls silent, one client guesses at A");
    tap.pause();
    let guesses = (0..WAVE).map(|n| {
        let user = format!("person{n}");
        Sender::at("198.51.100.77").guess(bench, A, &user)
    });
    let tally = Tally::of(guesses).await?;
    bench.fact(tally.words());
    let mut limited = tally.within(PER_CLIENT.get() as usize);

    bench.phase("12 clients guess the password of frank at A");
    let guesses = (0..WAVE).map(|n| {
        let address = format!("192.0.2.{}", 100 + n);
        Sender::at(&address).guess(bench, A, "frank")
    });
    let tally = Tally::of(guesses).await?;
    bench.fact(tally.words());
    limited &= tally.within(PER_ACCOUNT.get() as usize);

    bench.phase("grace logs in");
    let mut works = logs_in(bench, "grace", "grape").await?;

    bench.phase("Redis refuses connections, erin logs in");
    tap.refuse(true);
    tap.cut();
    tap.resume();
    works &= logs_in(bench, "erin", "elderberry").await?;

    bench
        .phase("Redis is back, the office logs in until one is let in");
    tap.refuse(false);
    works &= one_gets_in(bench).await?;
    let named = |line: &str| line.to_lowercase().contains("redis");
    let told = bench.instance(A)?.says(named).await;
    bench.fact(match told {
        true => "the log of A tells of Redis",
        false => "the log of A does not tell of Redis",
    });
    Ok(works && limited)
}

/// Every customer has an address of their own.
fn address(user: &str) -> String {
    let first = user.bytes().next().unwrap_or_default();
    format!("2001:db8:7:{first:x}::1")
}

/// Whether a customer is let in.
async fn logs_in(
    bench: &Bench,
    user: &str,
    password: &str,
) -> Result<bool, Stopped> {
    let address = address(user);
    let sender = Sender::far(&address);
    let attempt = sender.attempt(bench, A, user, password)?;
    let answer = attempt.send().answer().await;
    Ok(welcomes(&answer, user))
}

/// Whether one of several is let in. With so short a limit, a busy machine
/// may need several attempts, and each may count.
async fn one_gets_in(bench: &Bench) -> Result<bool, Stopped> {
    let mut let_in = false;
    for (user, password) in OFFICE.into_iter().cycle().take(ATTEMPTS) {
        let address = address(user);
        let sender = Sender::far(&address);
        let attempt = sender.attempt(bench, A, user, password)?;
        let answer = attempt.unlogged().await;
        let_in = welcomes(&answer, user);
        if let_in || answer == Answer::None {
            break;
        }
    }
    bench.fact(match let_in {
        true => "one is let in",
        false => "nobody is let in",
    });
    Ok(let_in)
}
