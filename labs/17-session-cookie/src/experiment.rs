//! A cookie is planted, copied, read and lost: whose session is it?

mod browser;
mod claims;
mod load;
mod set_cookie;
mod start;

use std::collections::BTreeSet;

use labkit::Ground;
use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit_redis::Redis;

use browser::Browser;
use claims::{
    ATTRIBUTES, INSTANCES, KEY, NEIGHBOURS, PLANTED, RESTART, RIGHTS,
    WORKS,
};
use set_cookie::SetCookie;
use start::Start;

pub use claims::CLAIMS;
pub use load::load;

const A: usize = 0;
const B: usize = 1;

const ALICE: [(&str, &str); 2] =
    [("user", "alice"), ("password", "apple")];
const BOB: [(&str, &str); 2] = [("user", "bob"), ("password", "berry")];
const MALLORY: [(&str, &str); 2] =
    [("user", "mallory"), ("password", "mango")];
const PIN: [(&str, &str); 1] = [("pin", "2718")];

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
    bench.start_instances(2).await?;
    let mut works = shows_its_page(bench).await?;

    bench.phase("somebody fills a basket at a shared computer");
    let mut alice = Browser::new();
    alice.post(bench, A, "/basket", &[("item", "tea")]).await?;
    bench.phase("and copies the cookie before alice logs in there");
    let mut planted = alice.copied();
    works &= logs_in(bench, &mut alice, ALICE).await?;
    let stranger = planted.get(bench, A, "/me").await?;
    let me = alice.get(bench, A, "/me").await?;
    bench.fact(format!(
        "the copy: {} · alice: {}",
        word(&stranger),
        word(&me)
    ));
    if !me.is_ok_with(b"alice") {
        if me.status().is_none()
            && let Some(ending) = bench.ending().await
        {
            bench.fact(format!("the service has ended: {ending}"));
        }
        bench.claim(WORKS, false);
        return Err(Stopped::new("nobody can log in"));
    }
    works &= keeps_the_basket(bench, &mut alice).await?;
    let mut let_in = stranger.is_success();

    bench
        .phase("mallory leaves her own session, and bob logs in there");
    let mut bob = Browser::new();
    works &= logs_in(bench, &mut bob, MALLORY).await?;
    let mut left = bob.copied();
    works &= logs_in(bench, &mut bob, BOB).await?;
    let mallory = left.get(bench, A, "/me").await?;
    let me = bob.get(bench, A, "/me").await?;
    bench.fact(format!(
        "mallory's cookie: {} · bob: {}",
        word(&mallory),
        word(&me)
    ));
    let is_bob = me.is_ok_with(b"bob");
    works &= is_bob;
    let_in |= mallory.is_ok_with(b"bob");
    bench.claim(PLANTED, is_bob && !let_in);

    raises_rights(bench, &mut alice, &mut bob).await?;
    works &= keeps_the_basket(bench, &mut alice).await?;
    works &= refuses_strangers(bench, &alice).await?;
    works &= logs_out(bench, &mut bob).await?;
    judges_cookies(bench, [alice.told(), bob.told()].concat());

    bench.phase("alice asks both instances");
    let found = asks_in_turn(bench, &mut alice).await?;
    bench.claim(INSTANCES, found);
    bench.phase("instance A restarts, and alice asks again");
    bench.restart(A).await?;
    let me = alice.get(bench, A, "/me").await?;
    bench.fact(format!("A {}", word(&me)));
    bench.claim(RESTART, me.is_ok_with(b"alice"));

    starts_with_keys(bench).await?;

    bench.phase("so, taken together");
    bench.fact(if works {
        "logins work, and baskets stay"
    } else {
        "something above did not work"
    });
    bench.claim(WORKS, works);
    Ok(())
}

/// A visitor gets a page with a form.
async fn shows_its_page(bench: &Bench) -> Result<bool, Stopped> {
    bench.phase("a visitor opens the shop's page");
    let page = Browser::new().get(bench, A, "/").await?;
    bench.answer(&page);
    let has_form = page.text().contains("/login");
    bench.fact(match has_form {
        true => "the page has a form to log in",
        false => "the page has no form to log in",
    });
    Ok(page.is_success() && has_form)
}

/// Whether the answer is what a form gets when all is well.
fn is_fine(answer: &Answer) -> bool {
    answer
        .status()
        .is_some_and(|s| s.is_success() || s.is_redirection())
}

async fn logs_in(
    bench: &Bench,
    browser: &mut Browser,
    form: [(&str, &str); 2],
) -> Result<bool, Stopped> {
    let answer = browser.post(bench, A, "/login", &form).await?;
    Ok(is_fine(&answer))
}

/// Whether the tea is still there, and the page knows alice.
async fn keeps_the_basket(
    bench: &Bench,
    alice: &mut Browser,
) -> Result<bool, Stopped> {
    let basket = alice.get(bench, A, "/basket").await?;
    let page = alice.get(bench, A, "/").await?;
    let greets = page.is_success() && page.text().contains("alice");
    let items = match basket.text().trim() {
        "" => "empty".to_owned(),
        items => items.lines().collect::<Vec<_>>().join(", "),
    };
    let greeted = if greets { "names" } else { "does not name" };
    bench.fact(format!(
        "alice's basket: {items} · the page {greeted} her"
    ));
    Ok(basket.is_success() && basket.text().trim() == "tea" && greets)
}

/// Alice types her PIN, after somebody has copied her cookie. Bob tries.
async fn raises_rights(
    bench: &Bench,
    alice: &mut Browser,
    bob: &mut Browser,
) -> Result<(), Stopped> {
    bench.phase("alice's cookie is copied, then she types her PIN");
    let mut copy = alice.copied();
    let before = alice.get(bench, A, "/orders").await?;
    alice.post(bench, A, "/unlock", &PIN).await?;
    let copied = copy.get(bench, A, "/orders").await?;
    let after = alice.get(bench, A, "/orders").await?;
    bob.post(bench, A, "/unlock", &PIN).await?;
    let other = bob.get(bench, A, "/orders").await?;
    bench.fact(format!(
        "orders for alice: {}, then {} · for the copy: {} · for bob: {}",
        opened(&before),
        opened(&after),
        opened(&copied),
        opened(&other)
    ));
    let refused = [before, copied, other];
    let refused = refused.iter().all(Answer::is_client_error);
    bench.claim(RIGHTS, after.is_success() && refused);
    Ok(())
}

/// Nobody is logged in without a cookie, with one that is made up, or by
/// a wrong password.
async fn refuses_strangers(
    bench: &Bench,
    alice: &Browser,
) -> Result<bool, Stopped> {
    bench.phase("somebody else asks who that is");
    let nobody = Browser::new().get(bench, A, "/me").await?;
    let shop = bench.instance(A)?;
    let forged = shop.get("/me").header("cookie", &alice.altered());
    let forged = forged.unlogged().await;
    let guess = [("user", "alice"), ("password", "pear")];
    let guessed = shop.post("/login").form(&guess).unlogged().await;
    bench.fact(format!(
        "no cookie {} · altered cookie {} · wrong password {}",
        word(&nobody),
        word(&forged),
        word(&guessed)
    ));
    let answers = [nobody, forged, guessed];
    Ok(answers.iter().all(Answer::is_client_error))
}

async fn logs_out(
    bench: &Bench,
    bob: &mut Browser,
) -> Result<bool, Stopped> {
    bench.phase("bob logs out");
    let answer = bob.post(bench, A, "/logout", &[]).await?;
    let me = bob.get(bench, A, "/me").await?;
    bench.fact(format!("bob: {}", word(&me)));
    Ok(is_fine(&answer) && me.is_client_error())
}

/// Reads the attributes of every cookie that was set.
fn judges_cookies(bench: &Bench, told: Vec<SetCookie>) {
    bench.phase("what the browsers were told about cookies");
    let lines: BTreeSet<String> =
        told.iter().map(SetCookie::to_string).collect();
    for line in &lines {
        bench.fact(format!("set-cookie: {line}"));
    }
    let any = |is: fn(&SetCookie) -> bool| told.iter().any(is);
    let yes = |is: bool| if is { "yes" } else { "no" };
    let neighbours = any(SetCookie::is_for_neighbours);
    bench.fact(format!(
        "a neighbouring host can read or set it: {}",
        yes(neighbours)
    ));
    bench.claim(NEIGHBOURS, !told.is_empty() && !neighbours);
    let scripts = any(SetCookie::is_for_scripts);
    let plain = any(SetCookie::is_for_plain_http);
    let sites = any(SetCookie::is_for_other_sites);
    bench.fact(format!(
        "scripts read it: {} · it travels over plain HTTP: {} · forms \
         on other sites send it: {}",
        yes(scripts),
        yes(plain),
        yes(sites)
    ));
    let open = scripts || plain || sites;
    bench.claim(ATTRIBUTES, !told.is_empty() && !open);
}

async fn asks_in_turn(
    bench: &Bench,
    alice: &mut Browser,
) -> Result<bool, Stopped> {
    let (mut words, mut all) = (Vec::new(), true);
    for (name, instance) in [("B", B), ("A", A), ("B", B), ("A", A)] {
        let me = alice.get(bench, instance, "/me").await?;
        words.push(format!("{name} {}", word(&me)));
        all &= me.is_ok_with(b"alice");
    }
    bench.fact(words.join(" · "));
    Ok(all)
}

/// Starts further instances: without a key, and with two that are short.
async fn starts_with_keys(bench: &mut Bench) -> Result<(), Stopped> {
    bench.phase("further instances start, with other keys");
    let proper = bench.env().session_key.clone().unwrap_or_default();
    let half = proper[..proper.len() / 2].to_owned();
    let keys = [
        ("no SESSION_KEY", None),
        ("changeme", Some("changeme".to_owned())),
        ("half of the key", Some(half)),
    ];
    let (mut n, mut refused) = (2, true);
    for (name, key) in keys {
        let start = start::with_key(bench, key, &mut n).await?;
        bench.fact(format!("{name}: {}", start.words()));
        refused &= start == Start::Refused;
    }
    bench.claim(KEY, refused);
    Ok(())
}

/// The name that a service greets with, or the status.
fn word(answer: &Answer) -> String {
    match answer.status() {
        Some(status) if status.is_success() => answer.text(),
        Some(status) => status.as_u16().to_string(),
        None => answer.to_string(),
    }
}

fn opened(answer: &Answer) -> String {
    match answer.status() {
        Some(status) if status.is_success() => "open".to_owned(),
        Some(status) => status.as_u16().to_string(),
        None => answer.to_string(),
    }
}
