//! Those who come by HTTP: what they get, and where they are sent.

use labkit::bench::{Bench, Stopped};

use crate::browser;
use crate::claims::{HTTPS_ONLY, MOVED};
use crate::experiment::{Seen, USER};
use crate::mail::{self, EMAIL};
use crate::site::URL;
use crate::visitor::{Request, Shop, Way};
use crate::wire::{
    ORDERS, SECRET, as_staff, form, get, proxied, with, words,
};

/// Strangers with the staff's password ask for the orders by HTTP, and say
/// that it is HTTPS. So does a user of the proxy.
pub async fn by_http(
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
pub async fn moved(
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
