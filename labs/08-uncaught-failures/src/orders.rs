//! Orders as the board sends them, and what it hears of them.

use hyper::Method;
use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Call};
use labkit::subject::Subject;
use labkit::upstream::StubUpstream;
use serde_json::{Value, json};

use crate::upload::Upload;

/// What every parcel here costs that the tariff knows: `DE`, 900 grams.
pub const FREIGHT: usize = 490;

/// The customer's address.
const EMAIL: &str = "ada@example.org";

/// Sends a good order, and gives whether it is taken.
pub async fn place(
    bench: &Bench,
    number: &str,
) -> Result<bool, Stopped> {
    let order = put(bench.subject()?, number, &good());
    Ok(is_taken(&order.send().answer().await))
}

pub fn put(shop: &Subject, number: &str, parcel: &Value) -> Call {
    shop.request(Method::PUT, &path(number)).json(parcel)
}

/// What the board shows.
pub async fn totals(shop: &Subject) -> Value {
    json_of(&shop.get("/totals").send().unlogged().await)
}

/// `None` when nobody listens any more.
pub async fn half_sent(shop: &Subject, number: &str) -> Option<Upload> {
    Upload::begin(shop, &path(number), &good()).await.ok()
}

pub fn path(number: &str) -> String {
    format!("/orders/{number}")
}

pub fn parcel(country: &str, grams: u32) -> Value {
    json!({ "email": EMAIL, "country": country, "grams": grams })
}

pub fn good() -> Value {
    parcel("DE", 900)
}

pub fn price() -> Value {
    json!({ "freight": FREIGHT })
}

pub fn is_taken(answer: &Answer) -> bool {
    answer.is_success() && json_of(answer) == price()
}

pub fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or_default()
}

/// Whether the log names the order, now or before the deadline.
pub async fn names(shop: &Subject, number: &str) -> bool {
    shop.says(|line| line.contains(number)).await
}

/// How often the mail server was asked to confirm the order.
pub fn sent(mails: &StubUpstream, number: &str) -> usize {
    let mail = json!({ "number": number, "email": EMAIL });
    let arrivals = mails.arrivals();
    arrivals.iter().filter(|a| a.json() == mail).count()
}

/// Waits until it was asked that often.
pub async fn is_sent(
    mails: &StubUpstream,
    number: &str,
    times: usize,
    shop: &Subject,
) -> bool {
    loop {
        let so_far = mails.arrivals().len();
        if sent(mails, number) >= times {
            return true;
        }
        if mails.arrived(so_far + 1, shop).await.is_err() {
            return false;
        }
    }
}
