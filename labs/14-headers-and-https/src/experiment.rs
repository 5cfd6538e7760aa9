//! Browsers, strangers and a proxy come to the shop: what are they served,
//! what protects them, and whom does the service believe?

use hyper::Method;
use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::upstream::{Reply, StubUpstream};

use crate::browser::{self, Page};
use crate::by_http;
use crate::claims::{PROTECTED, PROXIED, SMUGGLED, STAY, WORKS};
use crate::hearsay;
use crate::mail::{self, EMAIL};
use crate::protection;
use crate::visitor::{Request, Shop, Way};
use crate::wire::{
    SECRET, as_staff, form, get, proxied, request, words,
};

/// A user, as the proxy sees him.
pub const USER: &str = "203.0.113.7";

/// More than the form may have.
const TOO_LONG: usize = 17 << 10;

/// Answers of the service, for what all of them have to say.
#[derive(Default)]
pub struct Seen {
    /// Those by HTTPS.
    pub https: Vec<Answer>,
    /// Those by HTTP.
    pub http: Vec<Answer>,
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let shop = Shop::open(bench).await?;
    let mut seen = Seen::default();
    page(bench, &shop).await?;
    every_kind(bench, &shop, &mut seen).await?;
    by_http::by_http(bench, &shop, &mut seen).await?;
    by_http::moved(bench, &shop, &mut seen).await?;
    through_the_proxy(bench, &shop, &mut seen).await?;
    stay(bench, &seen);
    hearsay::links(bench, &shop).await?;
    hearsay::addresses(bench, &shop).await
}

/// What works of the page, and what of that which is not the page's own.
async fn page(bench: &Bench, shop: &Shop) -> Result<(), Stopped> {
    bench
        .phase("a browser opens the page by HTTPS, and sends its form");
    let answer = shop.ask(Way::Https, get("/")).await;
    bench.fact(words(&answer));
    for line in protection::headers(&answer) {
        bench.fact(line);
    }
    let page = Page::of(&answer);
    let script = page.script_runs(shop).await;
    let style = page.style_applies(shop).await;
    let sent = match page.form(EMAIL) {
        Some(form) => mail::send(bench, shop, Way::Https, form).await?,
        None => mail::Sent::nothing(),
    };
    let form = sent.answer.is_success() && sent.is_right();
    bench.fact(format!(
        "script {} · style {} · form {}",
        works(script),
        works(style),
        works(form)
    ));
    bench.claim(WORKS, script && style && form);

    bench
        .phase("somebody who has seen others smuggles scripts into it");
    let mut nonces = Vec::new();
    for _ in 0..4 {
        let other = Page::of(&shop.ask(Way::Https, get("/")).await);
        nonces.extend(other.nonces().into_iter().map(str::to_owned));
    }
    let mut smuggled = page.smuggled(&nonces);
    if !nonces.is_empty() && !browser::unguessable(&nonces) {
        smuggled.push("a script with a nonce that can be guessed");
    }
    bench.fact(match &smuggled[..] {
        [] => "nothing of it works".to_owned(),
        some => format!("this works: {}", some.join(", ")),
    });
    bench.claim(SMUGGLED, smuggled.is_empty());
    Ok(())
}

fn works(it: bool) -> &'static str {
    if it { "works" } else { "does not" }
}

/// One answer of each kind.
async fn every_kind(
    bench: &Bench,
    shop: &Shop,
    seen: &mut Seen,
) -> Result<(), Stopped> {
    bench.phase("answers of every kind, by HTTPS");
    let accounts = bench.ground::<StubUpstream>()?;
    let long = "x".repeat(TOO_LONG);
    let good = || form("/reset", &[("email", EMAIL)]);
    let asked: [(&str, Request); 7] = [
        ("GET /", get("/")),
        ("GET /orders, staff", as_staff(get("/orders"))),
        ("GET /orders", get("/orders")),
        ("GET /nothing", get("/nothing")),
        (
            "POST /reset, no form",
            request(Method::POST, "/reset", "{}"),
        ),
        ("POST /reset, too long", form("/reset", &[("email", &long)])),
        ("POST /reset, no mails", good()),
    ];
    let mut all = true;
    for (name, request) in asked {
        let down = name.ends_with("no mails");
        accounts.answer(Reply::Status(if down { 503 } else { 202 }));
        let answer = shop.ask(Way::Https, request).await;
        let lacks = protection::lacks(&answer);
        bench.fact(match (answer.status(), &lacks[..]) {
            (None, _) => format!("{name}: {answer}"),
            (Some(status), []) => {
                format!("{name}: {}, protected", status.as_u16())
            }
            (Some(status), some) => format!(
                "{name}: {}, not protected: {}",
                status.as_u16(),
                some.join(", ")
            ),
        });
        all &= answer.status().is_some() && lacks.is_empty();
        seen.https.push(answer);
    }
    accounts.answer(Reply::Status(202));
    bench.claim(PROTECTED, all);
    if let Some(head) = shop.garbled().await {
        bench.fact(format!("what is no request: {}", head.join(", ")));
    }
    Ok(())
}

/// Users of the proxy, who speak HTTPS to it.
async fn through_the_proxy(
    bench: &Bench,
    shop: &Shop,
    seen: &mut Seen,
) -> Result<(), Stopped> {
    bench.phase("the proxy brings what its users ask by HTTPS");
    let page =
        shop.ask(Way::Proxy, proxied(get("/"), "https", USER)).await;
    bench.fact(format!("GET /: {}", words(&page)));
    let orders = proxied(as_staff(get("/orders")), "https", USER);
    let orders = shop.ask(Way::Proxy, orders).await;
    bench.fact(format!("GET /orders, staff: {}", words(&orders)));
    let reset = form("/reset", &[("email", EMAIL)]);
    let reset = proxied(reset, "https", USER);
    let sent = mail::send(bench, shop, Way::Proxy, reset).await?;
    bench.fact(format!(
        "POST /reset: {}, {}",
        words(&sent.answer),
        match sent.page() {
            Some(page) => format!("with a link to {page}"),
            None => "no mail".to_owned(),
        }
    ));
    let served = page.is_success()
        && orders.is_success()
        && orders.text().contains(SECRET)
        && sent.is_right();
    bench.claim(PROXIED, served);
    seen.https.extend([page, orders, sent.answer]);
    Ok(())
}

/// What all the answers said of staying with HTTPS.
fn stay(bench: &Bench, seen: &Seen) {
    bench.phase("what the answers so far say of staying with HTTPS");
    let Seen { https, http } = seen;
    let stays = https.iter().filter(|a| protection::stays(a)).count();
    let speaks =
        http.iter().filter(|a| protection::speaks_of_staying(a));
    let speaks = speaks.count();
    bench.fact(format!(
        "{stays} of {} say it by HTTPS, {speaks} of {} by HTTP",
        https.len(),
        http.len()
    ));
    bench.claim(STAY, stays == https.len() && speaks == 0);
}
