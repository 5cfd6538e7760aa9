//! What a customer sends to the shop, and what comes back.

use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use serde_json::Value;
use url::form_urlencoded;

/// Where the form leads that is filled in so.
pub fn path(fields: &[(&str, &str)]) -> String {
    if fields.is_empty() {
        return "/items".to_owned();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(fields).finish();
    format!("/items?{query}")
}

/// Asks for a list.
pub async fn list(
    bench: &Bench,
    fields: &[(&str, &str)],
) -> Result<Answer, Stopped> {
    let answer = bench.subject()?.get(&path(fields)).unlogged().await;
    some(answer, "GET /items")
}

/// Sends a wish.
pub async fn send(
    bench: &Bench,
    email: &str,
    wish: &str,
) -> Result<Answer, Stopped> {
    let form = [("email", email), ("wish", wish)];
    let call = bench.subject()?.post("/wishes").form(&form);
    some(call.unlogged().await, "POST /wishes")
}

/// What the wishes are for; nothing when they are not shown.
pub async fn wishlist(bench: &Bench) -> Result<Vec<String>, Stopped> {
    let answer = bench.subject()?.get("/wishes").unlogged().await;
    let answer = some(answer, "GET /wishes")?;
    Ok(serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// Every answer is awaited, so one that does not come ends the run.
fn some(answer: Answer, request: &str) -> Result<Answer, Stopped> {
    match answer {
        Answer::None => {
            Err(Stopped::new(format!("no answer to {request}")))
        }
        answer => Ok(answer),
    }
}

/// The list in an answer, when it is one.
pub fn shown(answer: &Answer) -> Option<Value> {
    let list = serde_json::from_slice(answer.body()).ok();
    list.filter(|list: &Value| answer.is_success() && list.is_array())
}

/// The status, and how long the list is.
pub fn word(answer: &Answer) -> String {
    let Some(status) = answer.status() else {
        return answer.to_string();
    };
    match shown(answer).as_ref().and_then(Value::as_array) {
        Some(list) => format!("{} ({})", status.as_u16(), list.len()),
        None => status.as_u16().to_string(),
    }
}
