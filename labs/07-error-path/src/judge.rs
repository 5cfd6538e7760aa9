//! The table of all answers, and what it says of the claims.

use std::collections::BTreeSet;

use labkit::bench::Bench;

use crate::claims::{
    EXPLAINED, LOGGED, ONE_FORM, SAFE, SHOWS_NOTHING, TELLS,
};
use crate::rows::{self, Row};

/// The table, and the claims about all of the answers.
pub fn judge(bench: &Bench, rows: &[Row], output: &[String]) {
    for row in rows {
        bench.fact(row.line(output));
    }
    let errors = || rows.iter().filter(|row| row.is_error());
    let all: usize = errors().map(|row| row.answers.len()).sum();
    let named: usize = errors().map(|row| row.named(output)).sum();
    let answers = errors().flat_map(|row| &row.answers);
    let ids: BTreeSet<String> = answers.filter_map(rows::id).collect();
    bench
        .fact(format!("{} of {all} errors lack the form", all - named));
    bench.claim(ONE_FORM, named == all && ids.len() == all);

    let untold: Vec<&str> = rows
        .iter()
        .filter(|row| !row.is_told())
        .map(|row| row.class.name)
        .collect();
    bench.fact(match untold[..] {
        [] => "every status says what to do".to_owned(),
        _ => format!("wrong status: {}", untold.join(", ")),
    });
    bench.claim(TELLS, untold.is_empty());

    let answers = || rows.iter().flat_map(|row| &row.answers);
    let all = answers().count();
    let shows =
        answers().filter(|answer| rows::shown(answer).is_some());
    let shows = shows.count();
    bench.fact(format!("{shows} of {all} answers show the insides"));
    bench.claim(SHOWS_NOTHING, shows == 0);

    let safe = answers().filter(|answer| rows::is_safe(answer)).count();
    bench.fact(format!("{} of {all} answers lack nosniff", all - safe));
    bench.claim(SAFE, safe == all);

    let unlogged = all - rows::logged(rows, output);
    bench.fact(format!("{unlogged} of {all} requests are not logged"));
    bench.claim(LOGGED, unlogged == 0);

    let causes = rows.iter().map(|row| row.causes(output));
    let (failed, explained) = causes.fold((0, 0), |sum, causes| {
        (sum.0 + causes.0, sum.1 + causes.1)
    });
    let unexplained = failed - explained;
    bench.fact(format!(
        "{unexplained} of {failed} failures are not explained"
    ));
    bench.claim(EXPLAINED, unexplained == 0 && failed > 0);
}
