//! Who may log in, and who may do more.

use serde::{Deserialize, Serialize};

/// What the login form sends.
#[derive(Debug, Clone, Deserialize)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// What the form for the staff sends.
#[derive(Debug, Clone, Deserialize)]
pub struct Pin {
    /// The PIN.
    pub pin: String,
}

/// The user whom a session belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The user's name.
    pub name: String,
    /// Whether this session may see everybody's orders.
    pub orders: bool,
}

const USERS: [(&str, &str); 3] =
    [("alice", "apple"), ("bob", "berry"), ("mallory", "mango")];
const STAFF: [(&str, &str); 1] = [("alice", "2718")];

impl Login {
    /// The account, if the password is right, without further rights.
    /// This stands for the table of users, which holds hashes.
    #[must_use]
    pub fn account(&self) -> Option<Account> {
        USERS
            .contains(&(&self.user, &self.password))
            .then(|| Account {
                name: self.user.clone(),
                orders: false,
            })
    }
}

impl Account {
    /// The account with the rights of the staff, if that is its PIN.
    #[must_use]
    pub fn unlocked(&self, form: &Pin) -> Option<Self> {
        STAFF.contains(&(&self.name, &form.pin)).then(|| Self {
            name: self.name.clone(),
            orders: true,
        })
    }
}
