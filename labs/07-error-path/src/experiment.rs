//! Every class of error once: what does the client learn, and what the log?

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hyper::Method;
use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::control::Deadline;
use labkit::exchange::{self, Request};
use labkit::subject::Subject;
use labkit::{Ground, GroundFuture};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::claims::DONE;
use crate::judge::judge;
use crate::rows::{self, Class, Row, Then};
use crate::schema::customers;

/// The tills'.
pub const TOKEN: (&str, &str) = ("authorization", "Bearer maple-4711");

/// What Ada has bought.
const ORDERS: &str = "/customers/1/orders";

/// How long the service waits for a connection. It says that it gives up,
/// so it is short.
const LIMIT: Duration = Duration::from_millis(150);

/// More customers at once than the pool has connections.
const AT_ONCE: i32 = 6;

/// The register's file.
pub fn ground() -> GroundFuture {
    Box::pin(async {
        let mut ground = Ground::new();
        ground.sqlite("customers.db")?;
        Ok(ground)
    })
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.env().timeout = LIMIT;
    bench.start().await?;
    let mut rows = Vec::new();
    let mut done = works(bench, &mut rows).await?;
    the_clients_fault(bench, &mut rows).await?;
    table_is_missing(bench, &mut rows).await?;
    // What the log lacks after the next phase is not on its way.
    let early = rows.len();
    let deadline = Deadline::start(bench.subject()?.watch());
    done &= nothing_is_free(bench, &mut rows).await?;

    bench.phase("what is known of each");
    let shop = bench.subject()?;
    let last = Deadline::start(shop.watch());
    if rows::are_complete(&rows[..early], shop, &deadline).await {
        rows::are_complete(&rows, shop, &last).await;
    }
    judge(bench, &rows, &shop.output());
    bench.claim(DONE, done);
    Ok(())
}

/// Asks, and notes the row.
async fn ask(
    shop: &Subject,
    class: Class,
    token: bool,
    rows: &mut Vec<Row>,
) -> Answer {
    let mut call = shop.request(class.method.clone(), class.path);
    if token {
        call = call.header(TOKEN.0, TOKEN.1);
    }
    if let Some(body) = class.body {
        call = call.body("application/json", body);
    }
    let answer = call.unlogged().await;
    let answers = vec![answer.clone()];
    rows.push(Row { class, answers });
    answer
}

/// The service does what it is there for.
async fn works(
    bench: &mut Bench,
    rows: &mut Vec<Row>,
) -> Result<bool, Stopped> {
    bench.phase("a customer is registered, and buys");
    let class = |name, method, path, body| Class {
        name,
        method,
        path,
        body,
        then: Then::Nothing,
        causes: &[],
    };
    let ping = class("health check", Method::GET, "/ping", None);
    let ada = r#"{"number": 1, "email": "ada@example.org"}"#;
    let new = class("new", Method::POST, "/customers", Some(ada));
    let known = class("known", Method::GET, "/customers/1", None);
    let bought = class("orders", Method::GET, ORDERS, None);

    let shop = bench.subject()?;
    let ping = ask(shop, ping, false, rows).await;
    let new = ask(shop, new, true, rows).await;
    let order = "insert into orders values (501, 1, 2490)";
    connect(bench)?.batch_execute(order).map_err(unusable)?;
    let shop = bench.subject()?;
    let known = ask(shop, known, true, rows).await;
    let bought = ask(shop, bought, true, rows).await;

    let order = json!({ "number": 501, "customer": 1, "cents": 2490 });
    Ok(ping.is_ok_with(b"pong")
        && new.is_success()
        && is_json(&known, &customer(1, "ada@example.org"))
        && is_json(&bought, &json!([order])))
}

/// Everything that the client can do wrong.
async fn the_clients_fault(
    bench: &mut Bench,
    rows: &mut Vec<Row>,
) -> Result<(), Stopped> {
    bench.phase("everything is asked that a client can do wrong");
    let class = |name, method, path, body| Class {
        name,
        method,
        path,
        body,
        then: Then::Change,
        causes: &["constraint", "not found", "notfound"],
    };
    let get = |name, path| class(name, Method::GET, path, None);
    let post = |name, body| {
        class(name, Method::POST, "/customers", Some(body))
    };
    let known_address = r#"{"number": 2, "email": "ada@example.org"}"#;
    let known_number = r#"{"number": 1, "email": "bob@example.org"}"#;
    let shop = bench.subject()?;
    ask(shop, get("no token", "/customers/1"), false, rows).await;
    for class in [
        get("no such path", "/nowhere"),
        class("no such method", Method::DELETE, "/customers", None),
        get("no number", "/customers/ada"),
        post("no JSON", "number=2"),
        post("no email", r#"{"number": 2}"#),
        post("no address", r#"{"number": 2, "email": "bob"}"#),
        post("known address", known_address),
        post("known number", known_number),
        get("no such customer", "/customers/404"),
    ] {
        ask(shop, class, true, rows).await;
    }
    Ok(())
}

/// A migration has run too early: the program still reads the table.
async fn table_is_missing(
    bench: &mut Bench,
    rows: &mut Vec<Row>,
) -> Result<(), Stopped> {
    bench.phase("a migration has renamed the table of orders");
    let rename = "alter table orders rename to receipts";
    connect(bench)?.batch_execute(rename).map_err(unusable)?;
    let class = Class {
        name: "missing table",
        method: Method::GET,
        path: ORDERS,
        body: None,
        then: Then::Report,
        causes: &["no such table"],
    };
    ask(bench.subject()?, class, true, rows).await;
    Ok(())
}

/// Somebody writes to the file for long, so that every connection of the
/// pool waits. Gives whether the register then holds the customers that it
/// should.
async fn nothing_is_free(
    bench: &mut Bench,
    rows: &mut Vec<Row>,
) -> Result<bool, Stopped> {
    bench.phase("a long import holds the file, and six customers come");
    let mut import = connect(bench)?;
    import.batch_execute("begin immediate").map_err(unusable)?;
    let shop = bench.subject()?;
    let mut arrivals = JoinSet::new();
    for number in 11..11 + AT_ONCE {
        let sent =
            exchange::exchange(shop.addr(), registration(number));
        arrivals.spawn(async move { (number, sent.await) });
    }
    let refused = answers(shop, &mut arrivals).await;
    let count = refused.len();
    bench.fact(format!("{count} of {AT_ONCE} are answered meanwhile"));

    bench.phase("the import is done");
    import.batch_execute("commit").map_err(unusable)?;
    let late = answers(shop, &mut arrivals).await;
    let count = late.iter().filter(|(_, a)| a.is_success()).count();
    bench.fact(format!("{count} of the others are registered"));

    let taken = refused.iter().chain(&late);
    let taken = taken.filter(|(_, answer)| answer.is_success());
    let mut expected: Vec<i32> = taken.map(|(n, _)| *n).collect();
    expected.push(1);
    expected.sort_unstable();
    let stored: Vec<i32> = customers::table
        .select(customers::number)
        .order(customers::number)
        .load(&mut import)
        .map_err(unusable)?;
    let class = Class {
        name: "no connection",
        method: Method::POST,
        path: "/customers",
        body: None,
        then: Then::Retry,
        causes: &["timed out", "timeout", "locked"],
    };
    let answers: Vec<Answer> =
        refused.into_iter().map(|(_, answer)| answer).collect();
    let some = !answers.is_empty();
    rows.push(Row { class, answers });
    Ok(some && stored == expected)
}

/// The answers that come before the deadline. Every one starts it anew; the
/// rest stays under way.
async fn answers(
    shop: &Subject,
    arrivals: &mut JoinSet<(i32, Answer)>,
) -> Vec<(i32, Answer)> {
    let mut answers = Vec::new();
    let mut deadline = Deadline::start(shop.watch());
    loop {
        let next = tokio::select! {
            biased;
            next = arrivals.join_next() => next,
            () = deadline.passed() => return answers,
        };
        match next {
            Some(answer) => answers.extend(answer),
            None => return answers,
        }
        deadline.progress();
    }
}

/// A connection of our own to the register's file.
fn connect(bench: &mut Bench) -> Result<SqliteConnection, Stopped> {
    let file = bench.env().database_url()?.to_owned();
    let mut connection = SqliteConnection::establish(&file)
        .map_err(|e| Stopped::new(format!("no {file}: {e}")))?;
    let patience = "pragma busy_timeout = 5000";
    connection.batch_execute(patience).map_err(unusable)?;
    Ok(connection)
}

fn unusable(error: diesel::result::Error) -> Stopped {
    Stopped::new(format!("the register's file: {error}"))
}

fn customer(number: i32, email: &str) -> Value {
    json!({ "number": number, "email": email })
}

fn is_json(answer: &Answer, expected: &Value) -> bool {
    let got = serde_json::from_slice::<Value>(answer.body());
    answer.is_success() && got.is_ok_and(|got| got == *expected)
}

pub fn registration(number: i32) -> Request {
    exchange::request(Method::POST, "/customers")
        .with_header(TOKEN.0, TOKEN.1)
        .with_json(&customer(number, &format!("c{number}@example.org")))
}
