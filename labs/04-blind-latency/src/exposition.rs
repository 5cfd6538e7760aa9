//! What `GET /metrics` says: Prometheus' text format, as far as it is needed.

use std::collections::BTreeMap;

/// The samples of one scrape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Exposition(Vec<Sample>);

#[derive(Debug, Clone, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Exposition {
    /// Reads what it can; a line that makes no sense is left out.
    pub fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(sample).collect())
    }

    /// How many requests of a route were counted.
    pub fn requests(&self, route: &str) -> f64 {
        let name = "http_request_duration_seconds_count";
        let samples = self.0.iter().filter(|s| s.name == name);
        samples.filter(|s| s.is_of(route)).map(|s| s.value).sum()
    }

    /// The largest value that a metric admits, of a route or of all: of a
    /// histogram the upper bound of its highest bucket that is not empty.
    pub fn worst(
        &self,
        metric: &str,
        route: Option<&str>,
    ) -> Option<f64> {
        let own = |s: &&Sample| route.is_none_or(|r| s.is_of(r));
        let samples: Vec<&Sample> = self.0.iter().filter(own).collect();
        let plain = samples.iter().filter(|s| {
            s.name == metric || s.name == format!("{metric}_max")
        });
        let plain = plain.map(|s| s.value);
        let buckets = buckets(&samples, &format!("{metric}_bucket"));
        plain
            .chain(buckets.iter().filter_map(|b| highest(b)))
            .max_by(f64::total_cmp)
    }

    /// How many observations lie above a bound of a histogram's buckets.
    pub fn above(&self, metric: &str, bound: f64, route: &str) -> u64 {
        let own = |s: &&Sample| s.is_of(route);
        let samples: Vec<&Sample> = self.0.iter().filter(own).collect();
        let histograms = buckets(&samples, &format!("{metric}_bucket"));
        let above = histograms.iter().map(|buckets| {
            let all = buckets.iter().map(|b| b.1).fold(0.0, f64::max);
            let below = buckets.iter().find(|b| b.0 >= bound);
            all - below.map_or(all, |b| b.1)
        });
        above.sum::<f64>() as u64
    }

    /// The routes that a metric tells apart.
    pub fn routes(&self, metric: &str) -> Vec<&str> {
        let samples =
            self.0.iter().filter(|s| s.name.starts_with(metric));
        let routes = samples.filter_map(|s| s.labels.get("route"));
        let mut routes: Vec<&str> =
            routes.map(String::as_str).collect();
        routes.sort_unstable();
        routes.dedup();
        routes
    }
}

impl Sample {
    /// Whatever the pattern's parameter is called: `/items/{item}` and
    /// `/items/:item` are of `/items/`. A sample without a route is of all.
    fn is_of(&self, route: &str) -> bool {
        let own = self.labels.get("route");
        own.is_none_or(|own| own.starts_with(route))
    }
}

/// Each histogram's buckets, upper bound and count up to it, in order.
fn buckets(samples: &[&Sample], name: &str) -> Vec<Vec<(f64, f64)>> {
    let mut found: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
    for sample in samples.iter().filter(|s| s.name == name) {
        let mut others = sample.labels.clone();
        let bound = others.remove("le").unwrap_or_default();
        // `+Inf` is a number to Rust, too.
        let Ok(bound) = bound.parse() else { continue };
        found.entry(others).or_default().push((bound, sample.value));
    }
    let mut found: Vec<_> = found.into_values().collect();
    for buckets in &mut found {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    found
}

fn highest(buckets: &[(f64, f64)]) -> Option<f64> {
    let all = buckets.last()?.1;
    let highest = buckets.iter().find(|b| b.1 >= all)?;
    (all > 0.0).then_some(highest.0)
}

/// `name{key="value",…} 1.5`
fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    let mut rest = rest.trim_start();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (key, after) = rest.split_once("=\"")?;
            let (value, after) = quoted(after)?;
            labels.insert(
                key.trim_start_matches(',').trim().into(),
                value,
            );
            rest = after;
        }
        rest = &rest[1..];
    }
    let value = rest.split_whitespace().next()?.parse().ok()?;
    let name = name.to_owned();
    Some(Sample {
        name,
        labels,
        value,
    })
}

/// Up to the closing quote, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}
