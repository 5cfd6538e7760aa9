//! What customers ask for, and whether they got it.

use std::time::Duration;

use labkit::bench::Stopped;
use labkit::client::{Answer, Call, Method};
use labkit::control::Deadline;
use labkit::exchange::{self, Request};
use labkit::subject::Subject;
use labkit_postgres::Database;
use serde_json::json;

use crate::sessions;

/// How many times its limit a request may take in all: it waits for
/// several things.
const STEPS: u32 = 6;

/// An order.
pub fn ask_for_order(customer: &str, item: i32) -> Request {
    let order = json!({ "customer": customer, "item": item });
    exchange::request(Method::POST, "/orders").with_json(&order)
}

/// A list.
pub fn ask_for_list(customer: &str) -> Request {
    exchange::get(&format!("/orders/{customer}"))
}

/// What becomes of a request that has to give up on its own.
pub fn patiently(
    shop: &Subject,
    request: Request,
    limit: Duration,
) -> impl Future<Output = Answer> + Send + use<> {
    let (addr, watch) = (shop.addr(), shop.watch().clone());
    async move {
        let late = async {
            let deadline = Deadline::start(&watch);
            tokio::time::sleep(limit * STEPS).await;
            deadline.passed().await;
        };
        tokio::select! {
            biased;
            answer = exchange::exchange(addr, request) => answer,
            () = late => Answer::None,
        }
    }
}

/// An order, to be sent.
pub fn order(shop: &Subject, customer: &str, item: i32) -> Call {
    let order = json!({ "customer": customer, "item": item });
    shop.post("/orders").json(&order)
}

/// A list, to be asked for.
pub fn list(shop: &Subject, customer: &str) -> Call {
    shop.get(&format!("/orders/{customer}"))
}

/// Whether `answer` is a list of these items.
pub fn lists(answer: &Answer, items: &[i32]) -> bool {
    let listed = serde_json::from_slice::<Vec<i32>>(answer.body());
    answer.is_success() && listed.is_ok_and(|listed| listed == items)
}

/// Whether `answer` is a number for an order.
pub fn is_taken(answer: &Answer) -> bool {
    let number = serde_json::from_slice::<i64>(answer.body());
    answer.is_success() && number.is_ok()
}

/// Whether the customer knows where he stands: he got what he asked for, or
/// an error.
pub fn is_told(answer: &Answer) -> bool {
    answer.is_success() || answer.is_server_error()
}

/// Whether the customer may believe `answer` to an order of which the
/// database has so many.
pub fn is_honest(answer: &Answer, orders: usize) -> bool {
    match answer {
        _ if is_taken(answer) => orders == 1,
        _ => answer.is_server_error() && orders <= 1,
    }
}

/// Whether the service takes an order of `customer` and lists what the
/// database has, if it is asked a few times: a time limit that is short for
/// the experiment may be too short for one new connection.
pub async fn served(
    shop: &Subject,
    database: &Database,
    customer: &str,
    limit: Duration,
    tries: usize,
) -> Result<bool, Stopped> {
    let mut taken = false;
    // The list comes after the order.
    for _ in 0..=tries {
        let request = if taken {
            ask_for_list(customer)
        } else {
            ask_for_order(customer, 7)
        };
        let answer = patiently(shop, request, limit).await;
        if answer.status().is_none() {
            return Ok(false);
        }
        if taken {
            let items = sessions::items(database, customer).await?;
            if lists(&answer, &items) {
                return Ok(true);
            }
        }
        if is_taken(&answer) {
            taken = true;
        } else {
            sessions::pause().await;
        }
    }
    Ok(false)
}
