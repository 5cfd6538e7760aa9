//! What the mails say, when the request that asks for them is made up.

use labkit::bench::{Bench, Stopped};

use crate::claims::{ADDRESS, LINK};
use crate::experiment::USER;
use crate::mail::{self, EMAIL};
use crate::site::{self, URL};
use crate::visitor::{Request, Shop, Way};
use crate::wire::{form, proxied, with, words};

/// Where the link leads if somebody else asks for the mail.
pub async fn links(bench: &Bench, shop: &Shop) -> Result<(), Stopped> {
    bench.phase("somebody has a mail sent to a customer");
    let reset = || form("/reset", &[("email", EMAIL)]);
    let evil = |name| with(reset(), name, "evil.example");
    let forwarded = || with(reset(), "forwarded", "host=evil.example");
    let through = |request| proxied(request, "https", USER);
    let referred = with(reset(), "origin", "https://evil.example");
    let referred = with(referred, "referer", "https://evil.example/");
    let absolute =
        form("https://evil.example/reset", &[("email", EMAIL)]);
    let asked: [(&str, Way, Request); 8] = [
        ("host", Way::Https, evil("host")),
        ("x-forwarded-host", Way::Https, evil("x-forwarded-host")),
        ("forwarded", Way::Https, forwarded()),
        ("an absolute address", Way::Https, absolute),
        ("origin, referer", Way::Https, referred),
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
pub async fn addresses(
    bench: &Bench,
    shop: &Shop,
) -> Result<(), Stopped> {
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
