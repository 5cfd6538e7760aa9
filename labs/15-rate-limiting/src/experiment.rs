//! One client with forged headers, a botnet, an office, and a Redis that
//! falls silent: who still gets to try a password?

use labkit::Ground;
use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Jar};
use labkit::tap::TapProxy;
use labkit_redis::Redis;

use crate::PER_CLIENT;
use crate::claims::{
    ACCOUNT, CLIENT, OTHERS, OUTAGE, OVER, OWNER, TOLD,
};
use crate::internet::{INNER, OUTER, Sender, Tally, forged};
use crate::keys;
use crate::outage;
use crate::wire::Wire;

pub const A: usize = 0;
pub const B: usize = 1;
pub const INSTANCES: usize = 2;

/// Three times what one client may try.
const GUESSES: usize = 30;
/// A few more than it may.
const A_FEW_MORE: usize = 12;
/// The attacker, who also has an account of his own.
pub const ATTACKER: &str = "198.51.100.66";
const HOME: &str = "198.51.100.10";

/// Messages after which the connection to Redis breaks, one after the
/// other: more than any repair needs.
const BREAKS: i64 = 8;

pub const OFFICE: [(&str, &str); 6] = [
    ("bob", "berry"),
    ("carol", "cherry"),
    ("dave", "date"),
    ("erin", "elderberry"),
    ("frank", "fig"),
    ("grace", "grape"),
];

/// What the service depends on: Redis, and proxies that it knows.
pub async fn ground() -> anyhow::Result<Ground> {
    let mut ground = Ground::new();
    Redis::shared().await?.lay(&mut ground);
    ground.env.trusted_proxies = Some(proxies());
    // Who types at it is a client, and nobody plays the inner proxy.
    ground.by_hand(|env| env.trusted_proxies = Some(OUTER.to_owned()));
    Ok(ground)
}

/// The proxies in front of the service.
pub fn proxies() -> String {
    format!("{INNER},{OUTER}")
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    let redis = bench.ground::<Redis>()?.clone();
    let server = redis.server().addr();
    let tap =
        TapProxy::to(server).await.map_err(anyhow::Error::from)?;
    let wire = Wire::to(server).await.map_err(anyhow::Error::from)?;
    bench.start_instances(INSTANCES).await?;

    let mut browser = Jar::new();
    let page = first_visit(bench, &mut browser).await?;
    let (mut client, told) = forger(bench).await?;
    client &= network(bench).await?;
    let (account, told_too) = botnet(bench).await?;
    bench.claim(TOLD, told && told_too);
    bench.claim(ACCOUNT, account);
    let (owner, guests) = home(bench, &browser).await?;
    bench.claim(OWNER, owner);
    bench.claim(OTHERS, page && everybody_else(bench).await?);
    client &= guests;

    bench.phase("instance B moves to where no proxy stands before it");
    bench.env().trusted_proxies = Some(OUTER.to_owned());
    bench.restart(B).await?;
    client &= stranger(bench).await?;
    bench.claim(CLIENT, client);

    bench.phase("instance A restarts, on a wire to Redis that breaks");
    bench.env().trusted_proxies = Some(proxies());
    bench.env().redis_url = Some(redis.url_through(wire.addr())?);
    bench.restart(A).await?;
    breaks(bench, &wire).await?;
    bench.claim(OVER, keys::over(bench, &redis).await?);

    bench.env().redis_url = Some(redis.url_through(tap.addr())?);
    let works = outage::run(bench, &tap).await?;
    bench.claim(OUTAGE, works);
    Ok(())
}

/// Gives whether there is a page with a form. Without a login there is
/// nothing to judge.
async fn first_visit(
    bench: &Bench,
    browser: &mut Jar,
) -> Result<bool, Stopped> {
    bench.phase("alice opens the page and logs in, from home");
    let page = bench.instance(A)?.get("/").send().answer().await;
    let attempt =
        Sender::at(HOME).attempt(bench, A, "alice", "apple")?;
    let answer = attempt.send().answer().await;
    browser.take(&answer);
    if !welcomes(&answer, "alice") {
        if let Some(ending) = bench.ending().await {
            bench.fact(format!("the service has ended: {ending}"));
        }
        bench.claim(OTHERS, false);
        return Err(Stopped::new("nobody can log in"));
    }
    let form = page.text().contains("<form");
    Ok(page.is_success() && form)
}

/// Sends a wrong password, to the instances in turn, and counts what
/// becomes of it.
async fn guess(
    bench: &Bench,
    tally: &mut Tally,
    sender: Sender<'_>,
    user: &str,
) -> Result<(), Stopped> {
    let instance = tally.sent % INSTANCES;
    let guess = sender.guess(bench, instance, user)?;
    let answer = guess.unlogged().await;
    tally.count(&answer);
    answered(&answer)
}

/// Nothing can be counted of a service that is silent.
fn answered(answer: &Answer) -> Result<(), Stopped> {
    match answer {
        Answer::None => Err(Stopped::new("a login has no answer")),
        _ => Ok(()),
    }
}

pub fn welcomes(answer: &Answer, user: &str) -> bool {
    answer.is_ok_with(format!("welcome, {user}").as_bytes())
}

/// One attacker tries a password on many accounts, and logs in to his own
/// meanwhile. Gives whether he is limited, and learns when to come back.
async fn forger(bench: &Bench) -> Result<(bool, bool), Stopped> {
    bench.phase(
        "one client tries a password on 30 accounts, forging headers",
    );
    let mut tally = Tally::default();
    let mut own = 0;
    for n in 0..GUESSES {
        let sender = Sender::at(ATTACKER).claiming(n);
        if n % 5 == 4 {
            let attempt =
                sender.attempt(bench, n % 2, "mallory", "melon")?;
            let answer = attempt.unlogged().await;
            answered(&answer)?;
            own += usize::from(answer.is_success());
        }
        guess(bench, &mut tally, sender, &format!("user{n}")).await?;
    }
    bench.fact(tally.words());
    bench.fact(format!("meanwhile he logs in as himself {own} times"));
    let sender = Sender::at(ATTACKER).claiming(GUESSES);
    let attempt = sender.attempt(bench, A, "dave", "date")?;
    let found = attempt.unlogged().await;
    bench.fact(match found.is_success() {
        true => "then he finds dave's password",
        false => "dave's password, found too late, does not let him in",
    });
    let limited = tally.within(most()) && found.is_client_error();
    Ok((limited, tally.refused > 0 && tally.told_all()))
}

fn most() -> usize {
    PER_CLIENT.get() as usize
}

/// Another one has a network of his own.
async fn network(bench: &Bench) -> Result<bool, Stopped> {
    bench.phase("one client has all addresses of an IPv6 network");
    let guesses = (1..=A_FEW_MORE).map(|n| {
        let address = format!("2001:db8:66:1::{n:x}");
        let user = format!("guest{n}");
        Sender::far(&address).guess(bench, n % INSTANCES, &user)
    });
    let tally = Tally::of(guesses).await?;
    bench.fact(tally.words());
    Ok(tally.within(most()))
}

/// Many addresses, two guesses each. Gives the same.
async fn botnet(bench: &Bench) -> Result<(bool, bool), Stopped> {
    bench.phase("five clients guess the password of alice, twice each");
    let mut tally = Tally::default();
    for n in 0..10 {
        let address = format!("192.0.2.{}", n / 2 + 1);
        guess(bench, &mut tally, Sender::at(&address), "alice").await?;
    }
    bench.fact(tally.words());
    let sender = Sender::at("192.0.2.6");
    let attempt = sender.attempt(bench, B, "alice", "apple")?;
    let found = attempt.unlogged().await;
    bench.fact(match found.is_success() {
        true => "then a sixth finds it",
        false => "the right one, from a sixth, does not let him in",
    });
    let limited = tally.within(5) && found.is_client_error();
    Ok((limited, tally.told_all()))
}

/// The owner comes home, where somebody else lives, too. Gives whether
/// she gets in, and whether the other one is limited.
async fn home(
    bench: &Bench,
    browser: &Jar,
) -> Result<(bool, bool), Stopped> {
    bench.phase("alice logs in, from home");
    let attempt =
        Sender::at(HOME).attempt(bench, B, "alice", "apple")?;
    let answer = attempt.cookies(browser).send().answer().await;
    bench.phase("somebody in her home guesses her password");
    let guesses = (0..A_FEW_MORE)
        .map(|n| Sender::at(HOME).guess(bench, n % INSTANCES, "alice"));
    let tally = Tally::of(guesses).await?;
    bench.fact(tally.words());
    let owner = welcomes(&answer, "alice");
    Ok((owner, tally.within(most())))
}

/// An office that shares an address, and two customers who do not.
async fn everybody_else(bench: &Bench) -> Result<bool, Stopped> {
    bench.phase("an office of six with one address logs in");
    let mut names = Vec::new();
    let office = Sender::far("198.51.100.200");
    for (n, (user, password)) in OFFICE.into_iter().enumerate() {
        let attempt =
            office.attempt(bench, n % INSTANCES, user, password)?;
        let answer = attempt.unlogged().await;
        answered(&answer)?;
        if welcomes(&answer, user) {
            names.push(user);
        }
    }
    bench.fact(match names.is_empty() {
        true => "nobody is let in".to_owned(),
        false => format!("let in: {}", names.join(", ")),
    });
    bench.phase("heidi mistypes her password, and logs in");
    let mut typo = Tally::default();
    let heidi = Sender::far("2001:db8:7:7::7");
    guess(bench, &mut typo, heidi, "heidi").await?;
    let attempt = heidi.attempt(bench, B, "heidi", "huckleberry")?;
    let answer = attempt.send().answer().await;
    let let_in = welcomes(&answer, "heidi") && typo.tried == 1;
    Ok(let_in && names.len() == OFFICE.len())
}

/// Somebody connects to the instance itself.
async fn stranger(bench: &Bench) -> Result<bool, Stopped> {
    bench.phase("one client connects to B itself, forging headers");
    let guesses = (0..A_FEW_MORE).map(|n| {
        let address = forged(n);
        let sender = Sender::at(&address).claiming(n);
        sender.guess(bench, B, &format!("name{n}"))
    });
    let tally = Tally::of(guesses).await?;
    bench.fact(tally.words());
    Ok(tally.within(most()))
}

/// The connection to Redis breaks after one message, after two, and so
/// on; each time somebody else is logging in.
async fn breaks(bench: &Bench, wire: &Wire) -> Result<(), Stopped> {
    bench.phase(
        "eight clients log in, it breaks one message later each",
    );
    for n in 1..=BREAKS {
        wire.break_after(n);
        let address = format!("198.51.100.{}", 100 + n);
        let sender = Sender::at(&address);
        let user = format!("unlucky{n}");
        answered(&sender.guess(bench, A, &user)?.unlogged().await)?;
        wire.mend();
    }
    Ok(())
}
