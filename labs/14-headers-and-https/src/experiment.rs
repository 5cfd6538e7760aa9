//! Browsers, strangers and a proxy come to the shop: what are they served,
//! what protects them, and whom does the service believe?

use hyper::Method;
use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::upstream::{Reply, StubUpstream};
use labkit::{Ground, GroundFuture};

use crate::browser::{self, Page};
use crate::claims::{
    ADDRESS, HTTPS_ONLY, LINK, MOVED, PROTECTED, PROXIED, SMUGGLED,
    STAY, WORKS,
};
use crate::mail::{self, EMAIL};
use crate::protection;
use crate::site::{self, URL};
use crate::visitor::{Request, Shop, Way};
use crate::wire::{as_staff, form, get, proxied, request, with, words};

pub use crate::claims::CLAIMS;

/// A user, as the proxy sees him.
const USER: &str = "203.0.113.7";

/// What nobody gets by HTTP.
const SECRET: &str = "A-1001";

/// A page of the orders.
const ORDERS: &str = "/orders?page=2&from=a%2Fb";

/// More than the form may have.
const TOO_LONG: usize = 17 << 10;

/// What the service depends on.
pub fn ground() -> GroundFuture {
    Box::pin(site::ground())
}

/// Answers of the service, for what all of them have to say.
#[derive(Default)]
struct Seen {
    https: Vec<Answer>,
    http: Vec<Answer>,
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let shop = Shop::open(bench).await?;
    let mut seen = Seen::default();
    page(bench, &shop).await?;
    every_kind(bench, &shop, &mut seen).await?;
    by_http(bench, &shop, &mut seen).await?;
    moved(bench, &shop, &mut seen).await?;
    through_the_proxy(bench, &shop, &mut seen).await?;
    stay(bench, &seen);
    links(bench, &shop).await?;
    addresses(bench, &shop).await
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

/// Strangers with the staff's password ask for the orders by HTTP, and say
/// that it is HTTPS. So does a user of the proxy.
async fn by_http(
    bench: &Bench,
    shop: &Shop,
    seen: &mut Seen,
) -> Result<(), Stopped> {
    bench.phase("strangers ask by HTTP, with the staff's password");
    let orders = || as_staff(get(ORDERS));
    let to_proxy = format!("for={USER};proto=https;host=shop.example");
    let claim = |name, value| with(orders(), name, value);
    let asked: [(&str, Way, Request); 7] = [
        ("as it is", Way::Http, orders()),
        (
            "x-forwarded-proto",
            Way::Http,
            claim("x-forwarded-proto", "https"),
        ),
        ("forwarded", Way::Http, claim("forwarded", &to_proxy)),
        (
            "from the proxy, it says",
            Way::Http,
            proxied(orders(), "https", "127.0.0.1"),
        ),
        (
            "x-forwarded-ssl, x-real-ip",
            Way::Http,
            with(
                claim("x-forwarded-ssl", "on"),
                "x-real-ip",
                "127.0.0.1",
            ),
        ),
        (
            "an absolute address",
            Way::Http,
            as_staff(get(&format!("{URL}{ORDERS}"))),
        ),
        (
            "through the proxy, forwarded",
            Way::Proxy,
            proxied(claim("forwarded", &to_proxy), "http", USER),
        ),
    ];
    let mut refused = true;
    for (name, way, request) in asked {
        let answer = shop.ask(way, request).await;
        let told =
            answer.is_success() || answer.text().contains(SECRET);
        bench.fact(format!("{name}: {}", words(&answer)));
        refused &= answer.status().is_some() && !told;
        seen.http.push(answer);
    }
    let reset = form("/reset", &[("email", EMAIL)]);
    let reset = with(reset, "x-forwarded-proto", "https");
    let sent = mail::send(bench, shop, Way::Http, reset).await?;
    let told = sent.answer.is_success() || sent.is_right();
    bench.fact(format!(
        "a form, x-forwarded-proto: {}, {}",
        words(&sent.answer),
        if sent.is_right() { "a mail" } else { "no mail" }
    ));
    bench.claim(HTTPS_ONLY, refused && !told);
    Ok(())
}

/// Where a redirect leads whoever comes by HTTP.
async fn moved(
    bench: &Bench,
    shop: &Shop,
    seen: &mut Seen,
) -> Result<(), Stopped> {
    bench.phase("browsers follow the way from HTTP");
    let mut right = true;
    let evil = |name, request| with(request, name, "evil.example");
    let asked: [(&str, &str, Request); 4] = [
        ("GET /", "/", get("/")),
        ("orders", ORDERS, get(ORDERS)),
        ("host of somebody else", "/", evil("host", get("/"))),
        (
            "x-forwarded-host of somebody else",
            "/",
            evil("x-forwarded-host", get("/")),
        ),
    ];
    for (name, path, request) in asked {
        let answer = shop.ask(Way::Http, request).await;
        bench.fact(format!("{name}: {}", words(&answer)));
        let to = browser::redirected("GET", &answer);
        right &= to == Some(("GET".to_owned(), format!("{URL}{path}")));
        seen.http.push(answer);
    }
    let reset = form("/reset", &[("email", EMAIL)]);
    let answer = shop.ask(Way::Http, reset).await;
    let next = browser::redirected("POST", &answer);
    let mailed = match &next {
        Some((method, to)) if *to == format!("{URL}/reset") => {
            let next = match method.as_str() {
                "POST" => form("/reset", &[("email", EMAIL)]),
                _ => get("/reset"),
            };
            let sent =
                mail::send(bench, shop, Way::Https, next).await?;
            let mailed = sent.answer.is_success() && sent.is_right();
            bench.fact(format!(
                "a form: {}, then {method}: {}",
                words(&answer),
                words(&sent.answer)
            ));
            mailed
        }
        _ => {
            bench.fact(format!("a form: {}", words(&answer)));
            false
        }
    };
    seen.http.push(answer);
    bench.claim(MOVED, right && mailed);
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

/// Where the link leads if somebody else asks for the mail.
async fn links(bench: &Bench, shop: &Shop) -> Result<(), Stopped> {
    bench.phase("somebody has a mail sent to a customer");
    let reset = || form("/reset", &[("email", EMAIL)]);
    let evil = |name| with(reset(), name, "evil.example");
    let forwarded = || with(reset(), "forwarded", "host=evil.example");
    let through = |request| proxied(request, "https", USER);
    let absolute =
        form("https://evil.example/reset", &[("email", EMAIL)]);
    let asked: [(&str, Way, Request); 7] = [
        ("host", Way::Https, evil("host")),
        ("x-forwarded-host", Way::Https, evil("x-forwarded-host")),
        ("forwarded", Way::Https, forwarded()),
        ("an absolute address", Way::Https, absolute),
        ("host, through the proxy", Way::Proxy, through(evil("host"))),
        (
            "x-forwarded-host, through the proxy",
            Way::Proxy,
            through(evil("x-forwarded-host")),
        ),
        (
            "forwarded, through the proxy",
            Way::Proxy,
            through(forwarded()),
        ),
    ];
    let mut right = true;
    for (name, way, request) in asked {
        let sent = mail::send(bench, shop, way, request).await?;
        let page = sent.page();
        bench.fact(format!(
            "{name}: {}",
            page.map_or_else(|| words(&sent.answer), str::to_owned)
        ));
        // Who refuses sends no wrong link.
        right &= page.is_none_or(|page| page == format!("{URL}/reset"));
        right &= sent.answer.status().is_some();
    }
    bench.claim(LINK, right);
    Ok(())
}

/// Which address the mail names.
async fn addresses(bench: &Bench, shop: &Shop) -> Result<(), Stopped> {
    bench.phase("who has asked for the mail, by the mail itself");
    const MADE_UP: &str = "6.6.6.6";
    let reset = || form("/reset", &[("email", EMAIL)]);
    let through = |list: &str| proxied(reset(), "https", list);
    let stranger = site::STRANGER.to_string();
    let long = format!("{MADE_UP}, {USER}, 10.1.2.3");
    let ours = format!("10.9.9.9, {USER}");
    let lines = with(reset(), "x-forwarded-for", MADE_UP);
    let lines = proxied(lines, "https", USER);
    let forwarded = with(through(USER), "forwarded", "for=6.6.6.6");
    let made_up = with(reset(), "x-forwarded-for", MADE_UP);
    let asked: [(&str, Way, Request, &str); 7] = [
        ("a stranger", Way::Https, reset(), &stranger),
        ("a stranger, made up", Way::Https, made_up, &stranger),
        ("a user of the proxy", Way::Proxy, through(USER), USER),
        ("the same, made up", Way::Proxy, lines, USER),
        ("the same, forwarded", Way::Proxy, forwarded, USER),
        ("of two proxies, made up", Way::Proxy, through(&long), USER),
        ("the same as a proxy", Way::Proxy, through(&ours), USER),
    ];
    let mut right = true;
    for (name, way, request, address) in asked {
        let sent = mail::send(bench, shop, way, request).await?;
        let named = sent.asked_from();
        bench.fact(format!("{name}: {}", named.unwrap_or("no mail")));
        right &= named == Some(address);
    }
    bench.claim(ADDRESS, right);
    Ok(())
}

/// The load behind the chapter's figure: the proxy brings users, and one
/// who asks for mails with somebody else's host.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET / while mails are asked for in another's name"
                .into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /".into(),
            probes_per_second: 20.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "20 forms/s, with another host".into(),
                request: "POST /reset".into(),
                per_second: 20.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: Some("links to evil.example".into()),
        },
        &["broken", "fixed"],
        |_| {
            exchange::request(Method::POST, "/reset")
                .with_form(&[("email", EMAIL)])
                .with_header("host", "evil.example")
        },
        |_, body| !body.is_empty(),
    )
    .begin(|_| Box::pin(async { Ok(as_the_proxy()) }))
    .counting(wrong_links)
}

/// What the proxy adds to every request.
fn as_the_proxy() -> labkit::load::Headers {
    [("x-forwarded-proto", "https"), ("x-forwarded-for", USER)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

/// How many mails have a link to somebody else.
fn wrong_links(ground: &Ground) -> u64 {
    let Some(accounts) = ground.get::<StubUpstream>() else {
        return 0;
    };
    let mails = accounts.arrivals();
    let wrong = mails.iter().filter(|mail| {
        let page = mail.json()["page"].as_str().map(str::to_owned);
        page.is_some_and(|page| !page.starts_with(URL))
    });
    wrong.count() as u64
}
