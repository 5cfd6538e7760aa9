//! What a customer sees of an item.

use diesel::pg::Pg;
use diesel::prelude::*;
use serde::Serialize;

use crate::schema::items;

/// An item in a list.
#[derive(Debug, Serialize, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = items, check_for_backend(Pg))]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its price in cents.
    pub cents: i32,
    /// Its weight.
    pub grams: i32,
}
