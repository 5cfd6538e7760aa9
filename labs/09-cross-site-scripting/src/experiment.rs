//! Visitors type text into every field. What does a browser make of the
//! pages that show it?

use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::{Claim, exchange};
use labkit_browser::dom::Script;
use labkit_browser::{Dom, Kind, protection};
use serde_json::Value;
use url::Url;

use crate::payload::{
    ADDRESSES, PLAIN, RICH, RICH_SCRIPTS, RICH_TEXT, SCRIPT_ADDRESSES,
};

const TYPED: Claim = Claim {
    promise: "text comes back as it was typed",
    matters: "People called O'Brien, prices below 10 < 20 and pasted \
              code arrive mutilated, or not at all.",
};
const PLAIN_TEXT: Claim = Claim {
    promise: "no script in a plain field runs on the ticket's page",
    matters: "Whoever opens the ticket runs the visitor's script, with \
              all rights of that person.",
};
const LINKS: Claim = Claim {
    promise: "a visitor's link leads to the web, and runs nothing",
    matters: "One click on a link in a ticket runs the visitor's script.",
};
const RICH_FIELD: Claim = Claim {
    promise: "formatted text keeps its format, and runs nothing",
    matters: "Tickets lose their lists and links, or run scripts.",
};
const SEARCH: Claim = Claim {
    promise: "what a search repeats is text, and runs nothing",
    matters: "A link to the search runs the script that it carries, in \
              the browser of whoever follows it.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] =
    &[TYPED, PLAIN_TEXT, LINKS, RICH_FIELD, SEARCH];

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;

    bench.phase("the first page");
    let home = bench.subject()?.get("/").unlogged().await;
    if home.status().is_none()
        && let Some(end) = bench.ending().await
    {
        bench.fact(format!("the service has ended: {end}"));
    }
    let form = Dom::of(&home).form("/tickets");
    let fields = ["name", "label", "site", "text"];
    let whole = form.is_some_and(|form| {
        fields.iter().all(|field| form.value(field).is_some())
    });
    bench.fact(if whole {
        "it has the form"
    } else {
        "it lacks the form"
    });
    bench.fact(format!("it has {}", protection(&home)));

    bench.phase("in the fields for the name and the label");
    let mut typed = whole;
    let mut quiet = true;
    for (what, text) in PLAIN {
        let page = ticket(bench, [text, text, "/", "x"]).await?;
        let run = scripts(&page);
        let back = comes_back(&page, text);
        let lost: Vec<&str> = back
            .iter()
            .filter(|(_, same)| !same)
            .map(|(place, _)| *place)
            .collect();
        let lost = match lost.len() {
            0 => "as typed".to_owned(),
            4 => "nowhere as typed".to_owned(),
            _ => format!("changed in {}", lost.join(", ")),
        };
        bench.fact(format!("{what}: {} · {lost}", counted(run)));
        quiet &= run == 0;
        typed &= back.iter().all(|(_, same)| *same);
    }
    bench.claim(PLAIN_TEXT, quiet);

    bench.phase("in the field for the address");
    let mut safe = true;
    for (what, text) in SCRIPT_ADDRESSES {
        let page = ticket(bench, ["x", "x", text, "x"]).await?;
        let open = link(&page).is_some_and(|href| !is_web(&href));
        let run = scripts(&page);
        let word = if open { "a link" } else { "no link" };
        bench.fact(format!("{what}: {} · {word}", counted(run)));
        safe &= !open && run == 0;
    }
    for (what, text) in ADDRESSES {
        let page = ticket(bench, ["x", "x", text, "x"]).await?;
        let there = link(&page)
            .is_some_and(|href| goes_to(&href) == goes_to(text));
        let run = scripts(&page);
        let word = if there { "leads there" } else { "leads astray" };
        bench.fact(format!("{what}: {} · {word}", counted(run)));
        safe &= there && run == 0;
    }
    bench.claim(LINKS, safe);

    bench.phase("in the field for formatted text");
    let page = ticket(bench, ["x", "x", "/", RICH]).await?;
    let kept = keeps_format(&page);
    bench.fact(if kept { "format kept" } else { "format lost" });
    let mut rich = kept;
    for (what, text) in RICH_SCRIPTS {
        let page = ticket(bench, ["x", "x", "/", text]).await?;
        let run = scripts(&page);
        bench.fact(format!("{what}: {}", counted(run)));
        rich &= run == 0;
    }
    bench.claim(RICH_FIELD, rich);

    bench.phase("in the search");
    let mut repeats = true;
    for (what, text) in PLAIN {
        let query: String =
            url::form_urlencoded::byte_serialize(text.as_bytes())
                .collect();
        let path = format!("/search?q={query}");
        let answer = bench.subject()?.get(&path).unlogged().await;
        let page = Dom::of(&answer);
        let run = scripts(&page);
        let same = answer.is_success() && page.text().contains(text);
        let word = if same { "as typed" } else { "not as typed" };
        bench.fact(format!(
            "{what}: {} · {} · {word}",
            kind(&page),
            counted(run)
        ));
        repeats &= same && run == 0;
        if what == "harmless" {
            bench.fact(format!("it comes as {}", stated(&answer)));
        }
    }
    bench.claim(SEARCH, repeats);
    bench.claim(TYPED, typed);
    Ok(())
}

/// Sends a ticket, and opens its page.
async fn ticket(
    bench: &Bench,
    [name, label, site, text]: [&str; 4],
) -> Result<Dom, Stopped> {
    let desk = bench.subject()?;
    let fields = [
        ("name", name),
        ("label", label),
        ("site", site),
        ("text", text),
    ];
    let sent = desk.post("/tickets").form(&fields).unlogged().await;
    let Some(path) = sent.header("location") else {
        return Ok(Dom::of(&sent));
    };
    Ok(Dom::of(&desk.get(path).unlogged().await))
}

/// How many scripts of the visitor would run; the page may have its own.
fn scripts(page: &Dom) -> usize {
    let found = page.scripts();
    let own = |script: &&Script| {
        let text = match script {
            Script::Inline(text)
            | Script::Source(text)
            | Script::Handler(_, text)
            | Script::Link(text) => text,
        };
        text.contains("alert")
    };
    found.iter().filter(own).count()
}

fn counted(scripts: usize) -> String {
    match scripts {
        1 => "1 script".to_owned(),
        n => format!("{n} scripts"),
    }
}

/// Whether the text stands at its four places as it was typed.
fn comes_back(page: &Dom, text: &str) -> [(&'static str, bool); 4] {
    let name = page.by_id("name");
    let label = page.by_id("label");
    let data = page.by_id("data").map(|element| element.text());
    let data: Value = data
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    [
        ("text", name.is_some_and(|found| found.text() == text)),
        (
            "title",
            name.and_then(|found| found.attribute("title"))
                == Some(text),
        ),
        (
            "label",
            label.and_then(|found| found.attribute("data-label"))
                == Some(text),
        ),
        ("data", data["name"] == text && data["label"] == text),
    ]
}

/// Where the link to the site leads, if it is one.
fn link(page: &Dom) -> Option<String> {
    let site = page.by_id("site")?;
    site.attribute("href").map(str::to_owned)
}

/// Where a browser goes from there.
fn goes_to(href: &str) -> Option<Url> {
    let base = Url::parse("http://127.0.0.1/").ok();
    Url::options().base_url(base.as_ref()).parse(href).ok()
}

/// Whether that is a page of the web.
fn is_web(href: &str) -> bool {
    goes_to(href)
        .is_some_and(|url| ["http", "https"].contains(&url.scheme()))
}

/// Whether the honest ticket has all that its writer gave it.
fn keeps_format(page: &Dom) -> bool {
    let Some(text) = page.by_id("text") else {
        return false;
    };
    let inside = text.descendants();
    let has = |name: &str, count: usize| {
        inside.iter().filter(|found| found.name == name).count()
            == count
    };
    let leads = inside.iter().any(|found| {
        found.attribute("href") == Some("https://shop.example/help")
    });
    text.text().trim() == RICH_TEXT
        && leads
        && [
            ("p", 1),
            ("b", 1),
            ("i", 1),
            ("a", 1),
            ("ul", 1),
            ("li", 2),
        ]
        .iter()
        .all(|(name, count)| has(name, *count))
}

/// What a browser takes the answer for.
fn kind(page: &Dom) -> &'static str {
    match page.kind() {
        Kind::Html => "html",
        Kind::Xml => "xml",
        Kind::Text => "text",
        Kind::Other => "download",
    }
}

/// The type that the answer states, and whether it is to be believed.
fn stated(answer: &Answer) -> String {
    let kind = answer.header("content-type").unwrap_or("no type");
    let options = answer.header("x-content-type-options");
    format!("{kind}, {}", options.unwrap_or("to be guessed"))
}

/// The load behind the chapter's figure: what rendering costs.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET / of the help desk".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "200 tickets/s".into(),
                request: "POST /tickets".into(),
                per_second: 200.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: None,
        },
        &["broken", "fixed"],
        |_| {
            let fields = [
                ("name", "alice"),
                ("label", "new"),
                ("site", "/"),
                ("text", RICH),
            ];
            exchange::request(labkit::client::Method::POST, "/tickets")
                .with_form(&fields)
        },
        |_, _| true,
    )
}
