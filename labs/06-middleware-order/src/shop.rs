//! The shop behind the API: who has which token, and who has ordered what.

use std::collections::HashMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// A customer, as a token names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Customer {
    /// The number in the shop's books.
    pub number: u32,
}

/// An order, as the API gives it out.
#[derive(Debug, Clone, Serialize)]
pub struct Order {
    /// Its number.
    pub number: u32,
    /// What was ordered.
    pub what: &'static str,
    /// What it cost.
    pub cents: u32,
}

/// The shop's customers and their orders.
#[derive(Debug)]
pub struct Shop {
    /// By the digest of the token: who reads the shop's memory or its
    /// database finds no token that works.
    customers: HashMap<[u8; 32], Customer>,
}

impl Shop {
    /// The shop of the lab: Alice and Bob.
    #[must_use]
    pub fn open() -> Self {
        let tokens = [("maple-4711", 1), ("birch-0815", 2)];
        let customers = tokens
            .into_iter()
            .map(|(token, number)| (digest(token), Customer { number }))
            .collect();
        Self { customers }
    }

    /// Whose token this is.
    #[must_use]
    pub fn customer(&self, token: &str) -> Option<Customer> {
        self.customers.get(&digest(token)).copied()
    }

    /// What a customer has ordered.
    #[must_use]
    pub fn orders(&self, customer: Customer) -> Vec<Order> {
        let all = [
            (1, 1001, "teapot", 2490),
            (2, 1002, "kettle", 3990),
            (1, 1003, "two cups", 1380),
        ];
        let own = all
            .into_iter()
            .filter(|(whose, ..)| *whose == customer.number);
        own.map(|(_, number, what, cents)| Order {
            number,
            what,
            cents,
        })
        .collect()
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
