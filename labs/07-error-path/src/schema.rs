//! The tables of the register.

use diesel::table;

/// What the database is told at every start.
pub const TABLES: &str = "
    create table if not exists customers (
        number integer primary key not null,
        email text not null unique
    );
    create table if not exists orders (
        number integer primary key not null,
        customer integer not null,
        cents integer not null
    )";

table! {
    /// Who has bought here.
    customers (number) {
        /// The number on the customer's card.
        number -> Integer,
        /// The customer's address.
        email -> Text,
    }
}

table! {
    /// What was bought.
    orders (number) {
        /// The number on the receipt.
        number -> Integer,
        /// Whose it is.
        customer -> Integer,
        /// What it cost.
        cents -> Integer,
    }
}
