//! What every customer has.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The accounts. This stands for a table of the database.
#[derive(Debug)]
pub struct Bank(Mutex<BTreeMap<&'static str, u32>>);

/// Why no money is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no such account.
    Unknown,
    /// There is not so much in it.
    TooLittle,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "no such account",
            Self::TooLittle => "not enough money",
        })
    }
}

impl Bank {
    /// Everybody begins with 100.
    #[must_use]
    pub fn open() -> Self {
        let names = ["alice", "bob", "carol", "eve"];
        Self(Mutex::new(names.map(|name| (name, 100)).into()))
    }

    /// What `name` has; nothing for whom the bank does not know.
    #[must_use]
    pub fn balance(&self, name: &str) -> u32 {
        self.accounts().get(name).copied().unwrap_or_default()
    }

    /// Moves money, all of it or none.
    ///
    /// # Errors
    /// When there is no such account, or too little in it.
    pub fn transfer(
        &self,
        from: &str,
        to: &str,
        amount: u32,
    ) -> Result<(), Refused> {
        let mut accounts = self.accounts();
        let left = *accounts.get(from).ok_or(Refused::Unknown)?;
        let left =
            left.checked_sub(amount).ok_or(Refused::TooLittle)?;
        if !accounts.contains_key(to) {
            return Err(Refused::Unknown);
        }
        if let Some(balance) = accounts.get_mut(from) {
            *balance = left;
        }
        if let Some(balance) = accounts.get_mut(to) {
            *balance = balance.saturating_add(amount);
        }
        Ok(())
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<&'static str, u32>> {
        // No operation on the map leaves it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
