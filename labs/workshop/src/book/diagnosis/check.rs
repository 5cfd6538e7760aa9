//! What is wrong with a tree: every branch ends, and every chapter is reached.

use std::collections::{BTreeMap, BTreeSet};

use super::{Drawing, Way};

impl Drawing<'_> {
    /// Everything that is wrong, each with its offset; returns how much.
    pub(super) fn check(&self, mut report: impl FnMut(usize, String)) -> usize {
        let mut count = 0;
        let mut wrong = |at: usize, what: String| {
            count += 1;
            report(at, what);
        };
        self.tests(&mut wrong);
        let mut ends = BTreeSet::new();
        let mut entered: BTreeMap<&str, usize> = BTreeMap::new();
        for way in self.ways() {
            let at = way.sees.span().start;
            match (&way.lab, &way.test) {
                (Some(lab), None) => {
                    ends.insert(lab.get_ref().as_str());
                    let known = self.chapters.contains_key(lab.get_ref().as_str())
                        || self.tree.later.contains_key(lab.get_ref());
                    if !known {
                        wrong(
                            lab.span().start,
                            format!(
                                "a dead end: lab {0} has no chapter, and `[later]` does not name it",
                                lab.get_ref()
                            ),
                        );
                    }
                }
                (None, Some(test)) => {
                    *entered.entry(test.get_ref()).or_default() += 1;
                    if self.test(test.get_ref()).is_none() {
                        wrong(
                            test.span().start,
                            format!("a dead end: there is no test `{}`", test.get_ref()),
                        );
                    }
                }
                _ => wrong(
                    at,
                    "what is seen leads to one `lab` or one `test`".to_owned(),
                ),
            }
        }
        for test in &self.tree.test {
            let (at, name) = (test.name.span().start, test.name.get_ref());
            match entered.get(name.as_str()) {
                None => wrong(at, format!("no branch leads to the test `{name}`")),
                Some(1) => {}
                Some(n) => wrong(at, format!("{n} branches lead to the test `{name}`")),
            }
        }
        // Each test has one way in, so what no family reaches is a circle.
        let reached = self.reached();
        for test in &self.tree.test {
            let (at, name) = (test.name.span().start, test.name.get_ref().as_str());
            if entered.get(name) == Some(&1) && !reached.contains(name) {
                wrong(at, format!("the test `{name}` is part of a circle"));
            }
        }
        for (lab, (entry, _)) in &self.chapters {
            if !ends.contains(lab) {
                wrong(0, format!("no branch ends at {}", entry.name));
            }
        }
        for (lab, name) in &self.tree.later {
            let at = name.span().start;
            if self.chapters.contains_key(lab.as_str()) {
                wrong(
                    at,
                    format!("lab {lab} has a chapter: it is no longer one for `[later]`"),
                );
            } else if !ends.contains(lab.as_str()) {
                wrong(at, format!("no branch ends at {lab} {}", name.get_ref()));
            }
        }
        self.names(&mut wrong);
        count
    }

    /// Each test splits, by a command or an observation.
    fn tests(&self, wrong: &mut impl FnMut(usize, String)) {
        let mut names = BTreeSet::new();
        for test in &self.tree.test {
            let (at, name) = (test.name.span().start, test.name.get_ref());
            if !names.insert(name) {
                wrong(at, format!("two tests are named `{name}`"));
            }
            let said = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.trim().is_empty());
            if !said(&test.run) && !said(&test.look) {
                wrong(
                    at,
                    format!(
                        "the test `{name}` names neither a command, `run`, nor an observation, `look`"
                    ),
                );
            }
            if test.ways.len() < 2 {
                wrong(
                    at,
                    format!("the test `{name}` splits nothing: it has one way"),
                );
            }
            let mut seen = BTreeSet::new();
            for way in &test.ways {
                if !seen.insert(way.sees.get_ref()) {
                    wrong(
                        way.sees.span().start,
                        format!("two ways of the test `{name}` see the same"),
                    );
                }
            }
        }
        for family in self.tree.family.iter().filter(|f| f.ways.is_empty()) {
            let title = family.title.get_ref();
            wrong(family.title.span().start, format!("`{title}` is empty"));
        }
        for way in self.ways().filter(|w| w.sees.get_ref().trim().is_empty()) {
            wrong(way.sees.span().start, "what decides here?".to_owned());
        }
    }

    /// A failure that is not written yet has one name everywhere.
    fn names(&self, wrong: &mut impl FnMut(usize, String)) {
        for (entry, front) in self.chapters.values() {
            for other in &front.not_this {
                let Some(name) = self.tree.later.get(&other.lab) else {
                    continue;
                };
                if *name.get_ref() != other.name {
                    wrong(
                        name.span().start,
                        format!("{} calls {} `{}`", entry.name, other.lab, other.name),
                    );
                }
            }
        }
    }

    fn ways(&self) -> impl Iterator<Item = &Way> {
        let families = self.tree.family.iter().flat_map(|f| &f.ways);
        families.chain(self.tree.test.iter().flat_map(|t| &t.ways))
    }

    /// The tests that some family leads to.
    fn reached(&self) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&Way> = self.tree.family.iter().flat_map(|f| &f.ways).collect();
        while let Some(way) = next.pop() {
            let test = way.test.as_ref().and_then(|t| self.test(t.get_ref()));
            if let Some(test) = test
                && reached.insert(test.name.get_ref().as_str())
            {
                next.extend(&test.ways);
            }
        }
        reached
    }
}
