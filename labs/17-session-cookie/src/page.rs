//! The shop's page.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::Account;

/// What the shop sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Item {
    /// Tea.
    Tea,
    /// Coffee.
    Coffee,
    /// Cocoa.
    Cocoa,
}

impl Item {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tea => "tea",
            Self::Coffee => "coffee",
            Self::Cocoa => "cocoa",
        }
    }
}

const LOGIN: &str = r#"<form method="post" action="/login">
<label>Name <input name="user" autocomplete="username"></label>
<label>Password <input name="password" type="password"></label>
<button>Log in</button></form>"#;

const UNLOCK: &str = r#"<form method="post" action="/unlock">
<label>PIN <input name="pin" type="password"></label>
<button>Unlock the orders</button></form>"#;

const LOGOUT: &str = r#"<form method="post" action="/logout">
<button>Log out</button></form>"#;

const FILL: &str = r#"<form method="post" action="/basket">
<select name="item"><option>tea<option>coffee<option>cocoa</select>
<button>Add</button></form>"#;

/// The page. Names are those of accounts, and items those of the shop, so
/// nothing in it comes from a form.
#[must_use]
pub fn home(account: Option<&Account>, basket: &[Item]) -> String {
    let who = match account {
        None => LOGIN.to_owned(),
        Some(Account { name, orders: true }) => format!(
            "<p>{name} is logged in, and may see \
             <a href=\"/orders\">all orders</a>.</p>\n{LOGOUT}"
        ),
        Some(Account { name, .. }) => {
            format!("<p>{name} is logged in.</p>\n{UNLOCK}\n{LOGOUT}")
        }
    };
    let items = basket.iter().fold(String::new(), |mut list, item| {
        // Writing to a string cannot fail.
        let _ = write!(list, "<li>{}", item.name());
        list
    });
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <title>Shop</title>\n<h1>Shop</h1>\n{who}\n\
         <h2>Basket</h2>\n<ul>{items}</ul>\n{FILL}\n</html>\n"
    )
}
