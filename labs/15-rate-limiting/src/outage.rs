//! Redis falls silent under both instances, and comes back.

use std::time::Duration;

use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Call};
use labkit::tap::TapProxy;
use tokio::task::JoinSet;

use crate::experiment::{A, B, proxies, welcomes};
use crate::internet::{Sender, Tally};
use crate::{PER_ACCOUNT, PER_CLIENT};

/// What a wait for Redis may take where the service is to give up. Three
/// of them are less than the deadline.
const SHORT: Duration = Duration::from_millis(75);

/// More than one client may try, and one account may be tried.
const WAVE: usize = 13;

/// Gives whether logins are answered and guesses limited.
pub async fn run(
    bench: &mut Bench,
    tap: &TapProxy,
) -> Result<bool, Stopped> {
    bench.phase("both restart with a short limit, and bob logs in");
    bench.env().timeout = SHORT;
    bench.env().trusted_proxies = Some(proxies());
    bench.restart(A).await?;
    bench.restart(B).await?;
    let mut works = logs_in(bench, A, "bob", "berry").await?;
    works &= logs_in(bench, B, "bob", "berry").await?;

    tap.pause();
    let mut limited = true;
    bench.phase("Redis falls silent, one client guesses at both");
    for (instance, letter) in [(A, 'A'), (B, 'B')] {
        let tally = wave(|n| {
            let user = format!("person{n}");
            let sender = Sender::at("198.51.100.77");
            sender.attempt(bench, instance, &user, "123456")
        });
        let tally = tally.await?;
        bench.fact(format!("{letter}: {}", tally.words()));
        limited &= tally.within(PER_CLIENT.get() as usize);
    }
    bench.phase("13 clients guess the password of frank at A");
    let tally = wave(|n| {
        let address = format!("192.0.2.{}", 100 + n);
        Sender::at(&address).attempt(bench, A, "frank", "123456")
    });
    let tally = tally.await?;
    bench.fact(tally.words());
    limited &= tally.within(PER_ACCOUNT.get() as usize);

    bench.phase("grace logs in at A, heidi at B");
    works &= logs_in(bench, A, "grace", "grape").await?;
    works &= logs_in(bench, B, "heidi", "huckleberry").await?;

    bench.phase("Redis refuses connections, erin logs in");
    tap.refuse(true);
    tap.cut();
    tap.resume();
    works &= logs_in(bench, A, "erin", "elderberry").await?;

    bench.phase("Redis is back, dave logs in");
    tap.refuse(false);
    works &= logs_in(bench, B, "dave", "date").await?;
    let named = |line: &str| line.to_lowercase().contains("redis");
    let told = bench.instance(A)?.says(named).await;
    bench.fact(match told {
        true => "the log of A tells of Redis",
        false => "the log of A does not tell of Redis",
    });
    Ok(works && limited)
}

/// Whether a customer with an address of his own is let in.
async fn logs_in(
    bench: &Bench,
    instance: usize,
    user: &str,
    password: &str,
) -> Result<bool, Stopped> {
    let address = format!("2001:db8:{:x}:2::1", user.len());
    let sender = Sender::far(&address);
    let attempt = sender.attempt(bench, instance, user, password)?;
    let answer: Answer = attempt.send().answer().await;
    Ok(welcomes(&answer, user))
}

/// Sends several guesses at once.
async fn wave(
    guess: impl Fn(usize) -> Result<Call, Stopped>,
) -> Result<Tally, Stopped> {
    let mut tasks = JoinSet::new();
    for n in 0..WAVE {
        tasks.spawn(guess(n)?.unlogged());
    }
    let mut tally = Tally::default();
    while let Some(answer) = tasks.join_next().await {
        tally.count(&answer.unwrap_or(Answer::Closed));
    }
    Ok(tally)
}
