//! Who may log in.

use serde::Deserialize;

/// What the login form sends.
#[derive(Debug, Clone, Deserialize)]
pub struct Login {
    /// The customer's name.
    pub user: String,
    /// The password.
    pub password: String,
}

const CUSTOMERS: [(&str, &str); 4] = [
    ("alice", "apple"),
    ("bob", "berry"),
    ("carol", "cherry"),
    ("eve", "elder"),
];

impl Login {
    /// Whether there is such a customer, with that password. This stands
    /// for the table of customers, which holds hashes of passwords.
    #[must_use]
    pub fn is_right(&self) -> bool {
        CUSTOMERS.contains(&(&self.user, &self.password))
    }
}
