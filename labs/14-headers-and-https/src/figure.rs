//! The load behind the chapter's figure.

use labkit::client::Method;
use labkit::load::{Headers, LoadPlan};
use labkit::recording::{Load, Measure, Plan};
use labkit::upstream::StubUpstream;
use labkit::{Ground, exchange};

use crate::experiment::USER;
use crate::mail::EMAIL;
use crate::site::URL;

/// The proxy brings users, and one
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
fn as_the_proxy() -> Headers {
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
