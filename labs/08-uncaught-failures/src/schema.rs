//! The table of orders.

use diesel::table;

/// What the database is told at every start.
pub const ORDERS: &str = "
    create table if not exists orders (
        number text primary key not null,
        email text not null,
        country text not null,
        grams bigint not null,
        freight integer not null
    )";

table! {
    /// The orders that were taken.
    orders (number) {
        /// The checkout's number, such as `A-1001`.
        number -> Text,
        /// The customer's address.
        email -> Text,
        /// Where the parcel goes, two letters.
        country -> Text,
        /// What it weighs.
        grams -> BigInt,
        /// What it costs, in cents.
        freight -> Integer,
    }
}
