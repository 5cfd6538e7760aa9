//! An order, as the shop window sends it.

use diesel::prelude::*;
use serde::Deserialize;

use crate::schema::orders;

/// An order.
#[derive(Debug, Clone, Deserialize, Insertable)]
#[diesel(table_name = orders)]
pub struct Order {
    /// Who orders.
    pub customer: String,
    /// What.
    pub item: i32,
}
