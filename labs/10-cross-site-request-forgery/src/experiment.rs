//! Customers use the bank by its pages, and then open those of eve.

use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::{Claim, Ground, exchange};
use labkit_browser::{Browser, Page, protection};

use crate::attack::{
    Eve, NAME, NAME_BELOW, OTHER_PORT, OTHER_SITE, Outcome,
};
use crate::customer::{Customer, seen};

const WORKS: Claim = Claim {
    promise: "the bank's own forms do what they say",
    matters: "Customers cannot log in, pay or log out, or get an error \
              from a page that the bank itself has sent.",
};
const OTHER_SITES: Claim = Claim {
    promise: "a page of another site moves nobody's money",
    matters: "Whoever opens a link or a page of an attacker pays.",
};
const OTHER_PORTS: Claim = Claim {
    promise: "nor does a page on another port of the same host",
    matters: "One forgotten service beside the bank, or one page below \
              its domain that users write, can pay with their accounts.",
};
const LOGIN: Claim = Claim {
    promise: "no form of another page logs a customer in as somebody else",
    matters: "Customers use the attacker's account without knowing it, \
              and what they enter is there for the attacker to read.",
};
const UNDISTURBED: Claim = Claim {
    promise: "no form of another page ends a session or changes cookies",
    matters: "Any page can throw customers out, and a request that was \
              refused has an effect all the same.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] =
    &[WORKS, OTHER_SITES, OTHER_PORTS, LOGIN, UNDISTURBED];

/// What the service depends on: a secret.
pub async fn ground() -> anyhow::Result<Ground> {
    let mut ground = Ground::new();
    ground.env.session_key = Some(labkit::ground::session_key()?);
    Ok(ground)
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let home = format!("http://{}/", bench.subject()?.addr());
    let browser = Browser::watching(bench.subject()?.watch());
    let old = browser.clone().old();
    let new = |name, password, browser: &Browser| {
        Customer::new(name, password, browser.clone(), &home)
    };
    let mut alice = new("alice", "apple", &browser);
    let mut carol = new("carol", "cherry", &old);

    bench.phase("alice uses the bank");
    let mut works = uses(bench, &mut alice).await;
    if alice.has().await.is_none() {
        if let Some(ending) = bench.ending().await {
            bench.fact(format!("the service has ended: {ending}"));
        }
        bench.claim(WORKS, false);
        return Err(Stopped::new("nobody can log in"));
    }
    bench.phase("carol does, with an old browser");
    works &= uses(bench, &mut carol).await;
    bench.phase("alice comes by a link on another site");
    let page = Page::at(OTHER_SITE);
    let page = alice.browser.follow(&page, &home).await;
    let greeted = seen(&page).user.as_deref() == Some("alice");
    bench.fact(if greeted {
        "she is logged in"
    } else {
        "she is not logged in"
    });
    bench.claim(WORKS, works && greeted);

    let eve = Eve::prepares(new("eve", "elder", &browser), &home).await;
    let eve = eve.ok_or_else(|| Stopped::new("eve cannot log in"))?;
    // Whoever cannot log in is no victim.
    let mut victims = Vec::new();
    for mut customer in [alice, carol] {
        if customer.has().await.is_some() {
            victims.push(customer);
        }
    }
    let mut disturbed = false;
    for (url, claim) in
        [(OTHER_SITE, OTHER_SITES), (OTHER_PORT, OTHER_PORTS)]
    {
        bench.phase(&format!("pages at {url} send money to eve"));
        let mut moved = false;
        for victim in &mut victims {
            let outcome = eve.takes_money(victim, url).await;
            told(bench, victim, &outcome);
            moved |= outcome.harmed;
            disturbed |= outcome.disturbed;
        }
        if url == OTHER_PORT {
            let mut bob = new("bob", "berry", &browser);
            let (took, answer) =
                eve.takes_money_after_login(&mut bob).await;
            let answer = word(Some(&answer));
            let came = if took { "moved" } else { &answer };
            bench.fact(format!(
                "bob, logged in on a session of hers: {came}"
            ));
            moved |= took;
            moved |= page_below_takes_money(bench, &old, &eve).await?;
        }
        bench.claim(claim, !moved);
    }

    let mut is_eve = false;
    for url in [OTHER_SITE, OTHER_PORT] {
        bench.phase(&format!("pages at {url} log strangers in"));
        for browser in [&browser, &old] {
            let mut bob = new("bob", "berry", browser);
            bob.visits().await;
            let outcome = eve.logs_in(&mut bob, url).await;
            told(bench, &bob, &outcome);
            is_eve |= outcome.harmed;
            disturbed |= outcome.disturbed;
        }
    }
    bench.claim(LOGIN, !is_eve);

    for url in [OTHER_SITE, OTHER_PORT] {
        bench.phase(&format!("pages at {url} log customers out"));
        for victim in &mut victims {
            let outcome = eve.logs_out(victim, url).await;
            told(bench, victim, &outcome);
            disturbed |= outcome.harmed || outcome.disturbed;
        }
    }
    bench.claim(UNDISTURBED, !disturbed);

    bench.phase("what the claims leave open");
    if let Some(alice) = victims.first() {
        let bob = new("bob", "berry", &browser);
        leaves_open(bench, alice, bob, &eve).await;
    }
    Ok(())
}

/// The bank has a name, and a page below that name sends money to eve. Gives
/// whether it did. Where nobody can log in by that name, nobody is harmed.
async fn page_below_takes_money(
    bench: &Bench,
    browser: &Browser,
    eve: &Eve,
) -> Result<bool, Stopped> {
    let port = bench.subject()?.addr().port();
    let home = format!("http://{NAME}:{port}/");
    let below = format!("http://{NAME_BELOW}:{port}/");
    let browser = browser.clone();
    let mut carol = Customer::new("carol", "cherry", browser, &home);
    if !carol.logs_in().await {
        return Ok(false);
    }
    let (took, answer) =
        eve.sends_hers(&mut carol, &home, &below).await;
    let answer = word(Some(&answer));
    let came = if took { "moved" } else { &answer };
    bench.fact(format!(
        "carol at {NAME}, a page of {NAME_BELOW}: {came}"
    ));
    Ok(took)
}

/// What each attempt came to, on one line.
fn told(bench: &Bench, victim: &Customer, outcome: &Outcome) {
    let words = outcome.words.join(" · ");
    bench.fact(format!("{}: {words}", victim.name));
    if outcome.disturbed {
        bench.fact(format!(
            "{}: cookies or session changed",
            victim.name
        ));
    }
}

/// Whether a customer can do all that the bank is for.
async fn uses(bench: &Bench, customer: &mut Customer) -> bool {
    let guess = customer.tries("pear").await;
    if !customer.logs_in().await {
        bench.fact(format!("{} cannot log in", customer.name));
        return false;
    }
    let before = customer.has().await;
    let sent = customer.sends("bob", 10).await;
    let after = customer.has().await;
    let too_much = customer.sends("bob", 1000).await;
    let unknown = customer.sends("mallory", 1).await;
    let end = customer.has().await;
    let out = customer.logs_out().await;
    let back = customer.logs_in().await;
    let refused = [&guess, &too_much, &unknown];
    let words = refused.map(|answer| word(answer.as_ref()));
    let [guess, too_much, unknown] = &words;
    bench.fact(format!(
        "wrong password {guess} · login 200 · 10 to bob {} · has {}",
        word(sent.as_ref()),
        after.map_or_else(|| "?".to_owned(), |has| has.to_string())
    ));
    bench.fact(format!(
        "too much {too_much} · to nobody {unknown} · logout {}",
        if out { "200" } else { "in vain" }
    ));
    let all_refused = refused.iter().all(|answer| {
        answer.as_ref().is_some_and(Answer::is_client_error)
    });
    let paid = before == Some(100) && after == Some(90) && end == after;
    all_refused && paid && out && back
}

/// Clients that no promise speaks of: one that hides where it comes from,
/// and one that says nothing of it.
async fn leaves_open(
    bench: &Bench,
    alice: &Customer,
    bob: Customer,
    eve: &Eve,
) {
    let mut hidden = alice.clone();
    let page = hidden.visits().await.without_referrer();
    let sent = hidden.sends_from(&page, "bob", 1).await;
    bench.fact(format!(
        "Sec-Fetch-Site: same-origin, Origin: null: {}",
        word(sent.as_ref())
    ));
    bench.fact(format!("the page has {}", protection(page.answer())));
    let page = Page::at(OTHER_SITE);
    let mut copy = alice.clone();
    let page = copy.browser.submit(&page, &eve.own_transfer()).await;
    bench.fact(format!(
        "the answer to eve's has {}",
        protection(page.answer())
    ));
    let mut tabs = alice.clone();
    let older = tabs.visits().await;
    tabs.visits().await;
    let sent = tabs.sends_from(&older, "bob", 1).await;
    bench.fact(format!(
        "a form in a tab, after another was opened: {}",
        word(sent.as_ref())
    ));
    let mut silent = alice.clone();
    silent.browser = silent.browser.oldest();
    let own = silent.sends("bob", 1).await;
    let page = Page::at(OTHER_PORT);
    let mut copy = silent.clone();
    let transfer =
        copy.browser.submit(&page, &eve.own_transfer()).await;
    let logout = silent.browser.submit(&page, &eve.own_logout()).await;
    bench.fact(format!(
        "neither header: own form {} · eve's {} · eve's logout {}",
        word(own.as_ref()),
        word(Some(transfer.answer())),
        word(Some(logout.answer()))
    ));
    let mut stranger = bob;
    stranger.browser = stranger.browser.oldest();
    let page = Page::at(OTHER_PORT);
    let mut copy = stranger.clone();
    let login = copy.browser.submit(&page, &eve.own_login()).await;
    let (_, answer) = eve.takes_money_after_login(&mut stranger).await;
    bench.fact(format!(
        "eve's login {} · bob, logged in on a session of hers: {}",
        word(Some(login.answer())),
        word(Some(&answer))
    ));
}

/// The status, or what there is in its place.
fn word(answer: Option<&Answer>) -> String {
    match answer {
        Some(answer) => match answer.status() {
            Some(status) => status.as_u16().to_string(),
            None => answer.to_string(),
        },
        None => "no form".to_owned(),
    }
}

/// The load behind the chapter's figure: the first page, and more of it.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET / by strangers".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "200 visits/s".into(),
                request: "GET /".into(),
                per_second: 200.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: None,
        },
        &["broken", "fixed"],
        |_| exchange::get("/"),
        |_, body| body.starts_with(b"<!doctype html>"),
    )
}
