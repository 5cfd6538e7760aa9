//! What the shop sells: parcels.

use diesel::Insertable;
use serde::Deserialize;

use crate::schema::orders;

/// An order as the checkout sends it.
#[derive(Debug, Clone, Deserialize)]
pub struct Order {
    /// The customer's address.
    pub email: String,
    /// Where the parcel goes, two letters.
    pub country: String,
    /// What it weighs.
    pub grams: u32,
}

/// An order as it is stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = orders)]
pub struct Placed {
    /// The checkout's number.
    pub number: String,
    /// The customer's address.
    pub email: String,
    /// Where the parcel goes.
    pub country: String,
    /// What it weighs.
    pub grams: i64,
    /// What it costs, in cents.
    pub freight: i32,
}

impl Order {
    /// The order with its number and its price.
    #[must_use]
    pub fn placed(self, number: String, freight: i32) -> Placed {
        Placed {
            number,
            email: self.email,
            country: self.country,
            grams: i64::from(self.grams),
            freight,
        }
    }
}
