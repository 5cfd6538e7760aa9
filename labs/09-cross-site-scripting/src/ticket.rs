//! What customers write to the shop.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

/// A ticket, as it was typed.
#[derive(Debug, Clone, Deserialize)]
pub struct Ticket {
    /// Who writes.
    pub name: String,
    /// A word by which the shop finds it again.
    pub label: String,
    /// Where it happened.
    pub site: String,
    /// What happened: HTML from the editor on the page.
    pub text: String,
}

/// All tickets. This stands for a table of the database.
#[derive(Debug, Default)]
pub struct Tickets(Mutex<Vec<Ticket>>);

impl Tickets {
    /// Keeps a ticket, and gives its number.
    pub fn add(&self, ticket: Ticket) -> usize {
        let mut tickets = self.lock();
        tickets.push(ticket);
        tickets.len()
    }

    /// The ticket of that number.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Ticket> {
        self.lock().get(number.checked_sub(1)?).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ticket>> {
        // Adding to the list leaves it whole, or ends the process.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
