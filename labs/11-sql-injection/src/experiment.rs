//! Customers with odd names, and one who writes SQL: who finds what, and
//! what is in the database afterwards?

use labkit::bench::{Bench, Stopped};
use labkit::{Claim, Ground, GroundFuture};
use labkit_postgres::Postgres;
use serde_json::Value;

use crate::raid;
use crate::state::State;
use crate::stock::{self, STOCK, Sort};
use crate::visit::{list, path, send, shown, wishlist, word};

const FOUND: Claim = Claim {
    promise: "every item is found by its own name",
    matters: "What has a quote in its name, or a word of SQL, cannot be \
              bought.",
};
const NARROWED: Claim = Claim {
    promise: "a list is narrowed and sorted as asked",
    matters: "The form does not do what it says.",
};
const LITERAL: Claim = Claim {
    promise: r"%, _ and \ are looked for as they stand",
    matters: "A search for 80% finds everything with an 80 in it, and \
              one for % reads the whole table.",
};
const KEPT: Claim = Claim {
    promise: "a wish is kept word for word",
    matters: "Mrs O'Neill cannot wish for anything.",
};
const REFUSED: Claim = Claim {
    promise: "what no field can hold is refused with a 4xx",
    matters: "Anybody can make the service fail, and the alarm goes off \
              for nothing.",
};
const OFFERED: Claim = Claim {
    promise: "no order is taken that is not offered",
    matters: "The order of a list tells what the list does not show: \
              what the shop paid, or a password, letter by letter.",
};
const READS: Claim = Claim {
    promise: "a search reads nothing but what it looks for",
    matters: "Whoever can search can read every table of the shop.",
};
const WRITES: Claim = Claim {
    promise: "a wish neither reads nor changes anything else",
    matters: "Whoever can wish can set prices, and empty the database.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] = &[
    FOUND, NARROWED, LITERAL, KEPT, REFUSED, OFFERED, READS, WRITES,
];

/// What everything costs less than.
const ANY: i32 = i32::MAX;

/// Texts that are looked for, and that mean something in a pattern.
const PATTERNS: [&str; 10] = [
    "%", "_", r"\", "80%", "B_C", r"k\s", "l_mp", r"\%", "l.mp", "(",
];

/// Wishes like any other. The last one is sent once more.
const HONEST: [(&str, &str); 5] = [
    ("o'neill@example.org", "O'Neill's teapot"),
    ("eve@example.org", r"a 100% linen\cotton table_cloth"),
    ("eve@example.org", "\"select\" oak; a drop-leaf -- or two"),
    ("eve@example.org", "Crème /* brûlée */ dish, $1 or $$2"),
    ("eve@example.org", "O'Neill's teapot"),
];

/// Who sends a wish that cannot be kept.
const EVE: &str = "eve@example.org";

/// A PostgreSQL with items, customers and no wishes.
pub fn ground() -> GroundFuture {
    Box::pin(async {
        let postgres = Postgres::shared().await?;
        let database = postgres.database(stock::SCHEMA).await?;
        stock::fill(&database).await?;
        let mut ground = Ground::new();
        database.lay(&mut ground);
        Ok(ground)
    })
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    names(bench).await?;
    lists(bench).await?;
    patterns(bench).await?;
    wishes(bench).await?;
    impossible(bench).await?;
    raid::orders(bench, OFFERED).await?;
    raid::searches(bench, READS).await?;
    raid::wishes(bench, WRITES).await
}

async fn names(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("customers look for each item by its name");
    let mut missed = Vec::new();
    for item in STOCK {
        let answer = list(bench, &[("name", item.name)]).await?;
        if shown(&answer) != Some(stock::found(item.name, ANY)) {
            missed.push(format!("{}: {}", item.name, word(&answer)));
        }
    }
    let shouted = list(bench, &[("name", "LAMP")]).await?;
    if shown(&shouted) != Some(stock::found("lamp", ANY)) {
        missed.push(format!("LAMP: {}", word(&shouted)));
    }
    let all = STOCK.len() + 1;
    bench.fact(format!(
        "{} of {all} answered rightly",
        all - missed.len()
    ));
    for missed in &missed {
        bench.fact(missed);
    }
    bench.claim(FOUND, missed.is_empty());
    Ok(())
}

async fn lists(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("customers narrow and sort the list");
    let all = |sort| stock::list(|_| true, sort);
    let mut wrong = Vec::new();
    let mut asked: Vec<(Vec<(&str, &str)>, Value)> = vec![
        (vec![], all(Sort::Name)),
        (vec![("name", ""), ("below", "")], all(Sort::Name)),
        (vec![("below", "2500")], stock::found("", 2500)),
        (
            vec![("name", "lamp"), ("below", "3900")],
            stock::found("lamp", 3900),
        ),
        (
            vec![("name", "lamp"), ("below", "3901")],
            stock::found("lamp", 3901),
        ),
        (
            vec![("name", "lamp"), ("sort", "cents")],
            stock::list(|s| s.name.contains("lamp"), Sort::Cents),
        ),
    ];
    for sort in Sort::ALL {
        asked.push((vec![("sort", sort.name())], all(sort)));
    }
    for (fields, expected) in &asked {
        let answer = list(bench, fields).await?;
        if shown(&answer).as_ref() != Some(expected) {
            let what = match answer.is_success() {
                true => "is not the list that was asked for".to_owned(),
                false => word(&answer),
            };
            wrong.push(format!("{} {what}", path(fields)));
        }
    }
    let right = asked.len() - wrong.len();
    bench.fact(format!("{right} of {} answered rightly", asked.len()));
    for wrong in &wrong {
        bench.fact(wrong);
    }
    let page = bench.subject()?.get("/").unlogged().await;
    if !page.text().contains("<form") {
        wrong.push("the page has no form".to_owned());
        bench.fact("the page has no form");
    }
    bench.claim(NARROWED, wrong.is_empty());
    Ok(())
}

async fn patterns(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("customers look for what means something in a pattern");
    let mut holds = true;
    let mut words = Vec::new();
    for text in PATTERNS {
        let answer = list(bench, &[("name", text)]).await?;
        holds &= shown(&answer) == Some(stock::found(text, ANY));
        words.push(format!("{text} {}", word(&answer)));
    }
    bench.fact(words.join(" · "));
    bench.claim(LITERAL, holds);
    Ok(())
}

async fn wishes(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("customers wish for something, one of them twice");
    let again = HONEST.last().copied();
    let mut taken = 0;
    for (email, wish) in HONEST.into_iter().chain(again) {
        let answer = send(bench, email, wish).await?;
        taken += usize::from(answer.is_success());
    }
    let mut expected =
        HONEST.map(|(e, w)| (e.to_owned(), w.to_owned()));
    expected.sort();
    let kept = State::read(bench.ground()?).await?.wishes == expected;
    let mut shown = wishlist(bench).await?;
    shown.sort();
    let mut wishes = HONEST.map(|(_, wish)| wish.to_owned());
    wishes.sort();
    bench.fact(format!("{taken} of 6 answered with a 2xx"));
    bench.fact(match kept && shown == wishes {
        true => "each is there once, word for word",
        false => "not each is there once, word for word",
    });
    bench.claim(KEPT, taken == 6 && kept && shown == wishes);
    Ok(())
}

async fn impossible(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("somebody sends what no field can hold");
    let mut answers = Vec::new();
    for (title, field, value) in [
        ("a NUL in name", "name", "la\0mp"),
        ("a NUL in below", "below", "2500\0"),
        ("a NUL in sort", "sort", "name\0"),
        ("below=cheap", "below", "cheap"),
        ("below=1e3", "below", "1e3"),
    ] {
        answers.push((title, list(bench, &[(field, value)]).await?));
    }
    let nul = send(bench, EVE, "a\0b").await?;
    answers.push(("a NUL in wish", nul));
    let nul = send(bench, "a\0b", "a teapot").await?;
    answers.push(("a NUL in email", nul));
    let words: Vec<String> = answers
        .iter()
        .map(|(title, answer)| format!("{title}: {}", word(answer)))
        .collect();
    bench.fact(words.join(" · "));
    let all = answers.iter().all(|(_, a)| a.is_client_error());
    bench.claim(REFUSED, all);
    Ok(())
}
