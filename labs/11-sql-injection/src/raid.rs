//! The attack, field by field, and what the database says of it.

use labkit::Claim;
use labkit::bench::{Bench, Stopped};
use serde_json::json;

use crate::attack::{LIMITS, NAMES, ORDERS, QUESTIONS, WISHES};
use crate::state::State;
use crate::stock;
use crate::visit::{list, send, shown, wishlist, word};

/// Who sends the wishes that are SQL.
const MALLORY: &str = "mallory@example.org";

/// Sorts by what is not offered.
pub async fn orders(
    bench: &Bench,
    claim: Claim,
) -> Result<(), Stopped> {
    bench.phase("somebody sorts by what is not offered");
    let before = State::read(bench.ground()?).await?;
    let mut taken = 0;
    for order in ORDERS {
        let answer = list(bench, &[("sort", order)]).await?;
        bench.fact(format!("sort={order} → {}", word(&answer)));
        taken += usize::from(!answer.is_client_error());
    }
    let mut lists = Vec::new();
    for question in QUESTIONS {
        let answer = list(bench, &[("sort", question)]).await?;
        taken += usize::from(!answer.is_client_error());
        lists.push(shown(&answer));
    }
    let told = match &lists[..] {
        [Some(yes), Some(no)] => yes != no,
        _ => false,
    };
    bench.fact(match told {
        true => "the order of a list tells how a password hash begins",
        false => "no order tells how a password hash begins",
    });
    let after = State::read(bench.ground()?).await?;
    let changes = after.changes(&before);
    let all = ORDERS.len() + QUESTIONS.len();
    let refused = all - taken;
    bench.fact(match changes.is_empty() {
        true => format!("{refused} of {all} are refused with a 4xx"),
        false => format!(
            "{refused} of {all} are refused with a 4xx, and {}",
            changes.join(", ")
        ),
    });
    bench.claim(claim, taken == 0 && changes.is_empty());
    Ok(())
}

/// Looks for SQL, in the name and in the limit.
pub async fn searches(
    bench: &Bench,
    claim: Claim,
) -> Result<(), Stopped> {
    bench.phase("somebody looks for SQL");
    let before = State::read(bench.ground()?).await?;
    let names = NAMES.iter().map(|text| ("name", *text));
    let limits = LIMITS.iter().map(|text| ("below", *text));
    let mut secrets = 0;
    let mut found = 0;
    for (field, text) in names.chain(limits) {
        let answer = list(bench, &[(field, text)]).await?;
        let told = stock::is_told(&answer.text());
        let tail = if told { ", some secret" } else { "" };
        let text = text.replace('\n', r"\n");
        bench.fact(format!("{field}={text} → {}{tail}", word(&answer)));
        secrets += usize::from(told);
        found +=
            usize::from(shown(&answer).is_some_and(|l| l != json!([])));
    }
    let after = State::read(bench.ground()?).await?;
    let changes = after.changes(&before);
    let all = NAMES.len() + LIMITS.len();
    bench.fact(match changes.is_empty() {
        true => format!("{found} of {all} find something"),
        false => format!(
            "{found} of {all} find something, and {}",
            changes.join(", ")
        ),
    });
    let holds = found == 0 && secrets == 0 && changes.is_empty();
    bench.claim(claim, holds);
    Ok(())
}

/// Wishes for SQL, and sends it as an address.
pub async fn wishes(
    bench: &Bench,
    claim: Claim,
) -> Result<(), Stopped> {
    bench.phase("somebody wishes for SQL");
    let wishes = WISHES.iter().map(|text| ("wish", MALLORY, *text));
    let senders =
        WISHES.iter().map(|text| ("email", *text, "a teapot"));
    let (mut bad, mut secrets) = (0, 0);
    for (field, email, wish) in wishes.chain(senders) {
        let before = State::read(bench.ground()?).await?;
        let answer = send(bench, email, wish).await?;
        let after = State::read(bench.ground()?).await?;
        let mut changes = after.changes(&before);
        let lost =
            before.wishes.iter().any(|w| !after.wishes.contains(w));
        if lost || after.wishes.len() > before.wishes.len() + 1 {
            changes.push("other wishes have changed".to_owned());
        }
        let now = told(bench).await?;
        if now > secrets {
            changes.push("a password hash is on show".to_owned());
        }
        secrets = now;
        bad += usize::from(!changes.is_empty());
        let text = if field == "wish" { wish } else { email };
        let status = word(&answer);
        bench.fact(match changes.is_empty() {
            true => format!("{field}={text} → {status}"),
            false => {
                let changes = changes.join(", ");
                format!("{field}={text} → {status}, {changes}")
            }
        });
    }
    let all = 2 * WISHES.len();
    bench.fact(format!("{bad} of {all} do more than wish"));
    bench.claim(claim, bad == 0);
    Ok(())
}

/// How many wishes tell a secret.
async fn told(bench: &Bench) -> Result<usize, Stopped> {
    let shown = wishlist(bench).await?;
    Ok(shown.iter().filter(|wish| stock::is_told(wish)).count())
}
