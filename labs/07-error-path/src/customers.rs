//! What the register holds.

use diesel::{Insertable, Queryable};
use serde::{Deserialize, Serialize};

use crate::schema::{customers, orders};

/// A customer of the shop.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Queryable,
    Insertable,
)]
#[diesel(table_name = customers)]
pub struct Customer {
    /// The number on the card.
    pub number: i32,
    /// The address.
    pub email: String,
}

/// What a customer has bought.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Queryable,
    Insertable,
)]
#[diesel(table_name = orders)]
pub struct Order {
    /// The number on the receipt.
    pub number: i32,
    /// Whose it is.
    pub customer: i32,
    /// What it cost.
    pub cents: i32,
}
