//! The catalogue's tables.

use diesel::table;

/// What a new catalogue is told.
pub const CATALOGUE: &str = "
    pragma journal_mode = wal;
    create table items (
        slug text primary key not null,
        name text not null,
        cents integer not null
    );
    create table reviews (
        id integer primary key not null,
        item text not null,
        stars integer not null,
        words text not null
    );
    create index reviews_of on reviews (item, id);";

table! {
    /// What the shop sells.
    items (slug) {
        /// Its name in the address.
        slug -> Text,
        /// Its name on the page.
        name -> Text,
        /// Its price.
        cents -> Integer,
    }
}

table! {
    /// What customers say of it.
    reviews (id) {
        /// The newest has the highest.
        id -> Integer,
        /// The item's slug.
        item -> Text,
        /// One to five.
        stars -> Integer,
        /// The review.
        words -> Text,
    }
}
