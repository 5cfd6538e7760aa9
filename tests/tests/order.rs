//! Lab 06: no layer of the repair can be left out, and none can be moved
//! without a client or the log seeing it, except as the lab declares.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context as _, Result, bail, ensure};
use book_tests::variants::{self, Verdict};
use book_tests::{Copy, snapshots};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// A call in the chain that builds the app.
struct Link {
    bytes: Range<usize>,
    /// The layer's name; none for a route.
    layer: Option<String>,
}

/// The `wrap` and `service` calls of a source, in its order: a layer that
/// comes later stands further out.
struct Chain<'a> {
    source: &'a str,
    links: Vec<Link>,
}

impl<'a> Chain<'a> {
    fn of(source: &'a str) -> Result<Self> {
        let file = syn::parse_file(source).context("no Rust")?;
        let mut finder = Finder(Vec::new());
        finder.visit_file(&file);
        let links = finder.0;
        Ok(Self { source, links })
    }

    /// The places of the layers among the links.
    fn layers(&self) -> Vec<usize> {
        let links = self.links.iter().enumerate();
        let layers = links.filter(|(_, link)| link.layer.is_some());
        layers.map(|(place, _)| place).collect()
    }

    fn name(&self, place: usize) -> &str {
        self.links[place].layer.as_deref().unwrap_or_default()
    }

    /// The source with the link at `places[n]` in the n-th place, or with
    /// nothing there.
    fn with(&self, places: &[Option<usize>]) -> String {
        let mut source = self.source.to_owned();
        for (link, place) in self.links.iter().zip(places).rev() {
            let text = place.map_or("", |place| &self.source[self.links[place].bytes.clone()]);
            source.replace_range(link.bytes.clone(), text);
        }
        source
    }

    /// The source without each layer.
    fn without(&self) -> BTreeMap<String, String> {
        let all: Vec<usize> = (0..self.links.len()).collect();
        let removed = self.layers().into_iter().map(|layer| {
            let places: Vec<_> = all.iter().map(|p| (*p != layer).then_some(*p)).collect();
            let name = format!("without {}", self.name(layer));
            (name, self.with(&places))
        });
        removed.collect()
    }

    /// The source with each layer in each other place, by the order that
    /// results, outermost first; and with the routes after the layers.
    fn moved(&self) -> BTreeMap<String, String> {
        let layers = self.layers();
        let mut moved = BTreeMap::new();
        for from in 0..layers.len() {
            for to in 0..layers.len() {
                let mut order = layers.clone();
                let layer = order.remove(from);
                order.insert(to, layer);
                if order == layers {
                    continue;
                }
                let names: Vec<&str> = order.iter().rev().map(|p| self.name(*p)).collect();
                let mut order = order.into_iter();
                let places: Vec<_> = (0..self.links.len())
                    .map(|p| match layers.contains(&p) {
                        true => order.next(),
                        false => Some(p),
                    })
                    .collect();
                moved.insert(names.join(" > "), self.with(&places));
            }
        }
        let routes = (0..self.links.len()).filter(|p| !layers.contains(p));
        let last: Vec<_> = layers.iter().copied().chain(routes).map(Some).collect();
        moved.insert("services last".to_owned(), self.with(&last));
        moved
    }
}

struct Finder(Vec<Link>);

impl<'ast> Visit<'ast> for Finder {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        // Inside out, which is the order of the source.
        visit::visit_expr_method_call(self, call);
        let layer = match call.method.to_string().as_str() {
            "wrap" => Some(call.args.first().map(name).unwrap_or_default()),
            "service" => None,
            _ => return,
        };
        let from = call.dot_token.span.byte_range().start;
        let to = call.paren_token.span.close().byte_range().end;
        self.0.push(Link {
            bytes: from..to,
            layer,
        });
    }
}

/// `auth` of `from_fn(auth)`, `cors` of `cors()`.
fn name(layer: &syn::Expr) -> String {
    if let syn::Expr::Call(call) = layer {
        return name(call.args.first().unwrap_or(&call.func));
    }
    layer.span().source_text().unwrap_or_default()
}

#[test]
fn every_layer_and_every_place_of_it_is_needed_or_declared_neutral() -> Result<()> {
    let copy = Copy::bare()?;
    let lab = copy.lab("06")?;
    let fixed = copy.read(&lab.file("src/fixed.rs"))?;
    let chain = Chain::of(&fixed)?;
    let without = chain.without();
    let moved = chain.moved();
    let mut all = vec![("as it is", &fixed)];
    let changed = without.iter().chain(&moved);
    all.extend(changed.map(|(what, source)| (what.as_str(), source)));
    // A version's name is a module's.
    let named = all.iter().enumerate().map(|(n, (what, source))| {
        let name = format!("order_{n:02}");
        (*what, name, (*source).clone())
    });
    let named: Vec<_> = named.collect();
    let sources = named.iter().map(|(_, n, s)| (n.clone(), s.clone()));
    let verdicts = variants::judge(&copy, &lab, &sources.collect())?;
    let promised = snapshots::body(&copy.repository, &lab, "fixed")?;

    let mut unseen = BTreeSet::new();
    for (what, name, _) in &named {
        let verdict = verdicts.get(name).context("a verdict on each")?;
        let Verdict::Ran { holds, text } = verdict else {
            bail!("{what} does not compile");
        };
        let same = text.trim() == promised.trim();
        // A transcript that differs in a line without a claim is no failed
        // claim, and no neutral move.
        ensure!(*holds == same, "{what} is seen by no claim:\n{text}");
        if *holds {
            unseen.insert((*what).to_owned());
        }
    }
    ensure!(unseen.remove("as it is"), "fixed.rs is red");
    for what in without.keys() {
        ensure!(!unseen.contains(what), "nobody sees fixed.rs {what}");
    }

    let neutral: toml::Table = copy.read(&lab.file("neutral.toml"))?.parse()?;
    let neutral = neutral["neutral"].as_array().context("a list")?;
    let declared = neutral.iter().filter_map(|n| n["order"].as_str());
    let declared: BTreeSet<String> = declared.map(str::to_owned).collect();
    assert_eq!(
        unseen, declared,
        "moves that nobody sees, and those of neutral.toml"
    );
    Ok(())
}

#[test]
fn the_chapter_lists_the_neutral_moves() -> Result<()> {
    let repository = book_tests::Repository::here();
    let lab = repository.labs()?.into_iter().find(|lab| lab.id == "06");
    let lab = lab.context("no lab 06")?;
    let files = repository.book_files()?;
    let ending = format!("/{}.md", lab.name);
    let file = files.iter().find(|file| file.ends_with(&ending));
    let text = repository.read(file.context("no chapter of lab 06")?)?;
    let neutral: toml::Table = repository.read(&lab.file("neutral.toml"))?.parse()?;
    for neutral in neutral["neutral"].as_array().context("a list")? {
        let says = neutral["says"].as_str().context("a sentence")?;
        ensure!(text.contains(says), "the chapter lacks `{says}`");
    }
    Ok(())
}

#[test]
fn a_chain_is_taken_apart_and_put_together() -> Result<()> {
    let source = "fn f() { App::new().service(p).wrap(a()).wrap(from_fn(b)); }";
    let chain = Chain::of(source)?;
    let without: Vec<_> = chain.without().into_iter().collect();
    let expected = [
        (
            "without a",
            "fn f() { App::new().service(p).wrap(from_fn(b)); }",
        ),
        ("without b", "fn f() { App::new().service(p).wrap(a()); }"),
    ];
    assert_eq!(without, expected.map(|(n, s)| (n.into(), s.into())));
    let moved: Vec<_> = chain.moved().into_iter().collect();
    let expected = [
        (
            "a > b",
            "fn f() { App::new().service(p).wrap(from_fn(b)).wrap(a()); }",
        ),
        (
            "services last",
            "fn f() { App::new().wrap(a()).wrap(from_fn(b)).service(p); }",
        ),
    ];
    assert_eq!(moved, expected.map(|(n, s)| (n.into(), s.into())));
    Ok(())
}
