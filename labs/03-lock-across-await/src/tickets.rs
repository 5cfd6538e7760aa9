//! Who has a ticket, and for which seat.

use std::collections::BTreeMap;

use labkit::client::Answer;

use crate::experiment::{BUYERS, field};

/// The tickets that were sold: how often each seat.
pub struct Tickets(BTreeMap<u64, usize>);

impl Tickets {
    pub fn of(answers: &[Answer]) -> Self {
        let mut tickets = BTreeMap::new();
        let sold = answers.iter().filter(|a| a.is_success());
        for seat in sold.map(|a| field(a, "seat").unwrap_or_default()) {
            *tickets.entry(seat).or_default() += 1;
        }
        Self(tickets)
    }

    pub fn count(&self) -> usize {
        self.0.values().sum()
    }

    /// How often the seat is sold that is sold most often.
    pub fn most(&self) -> usize {
        self.0.values().copied().max().unwrap_or_default()
    }

    pub fn are_all_seats(&self) -> bool {
        let seats = crate::SEATS.map(u64::from);
        self.count() == BUYERS && self.0.keys().copied().eq(seats)
    }

    /// How many buyers have one, and whether for a seat of their own.
    pub fn fact(&self, buyers: usize) -> String {
        let (count, most) = (self.count(), self.most());
        let have = if count == 1 { "has" } else { "have" };
        let seats = match (count, most) {
            (2.., 1) => ", each for another seat",
            (_, 2..) => ", some for the same seat",
            _ => "",
        };
        format!("{count} of {buyers} buyers {have} a ticket{seats}")
    }
}
