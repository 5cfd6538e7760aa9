//! The tables of the shop, as diesel knows them.

diesel::table! {
    /// What items cost.
    prices (item) {
        /// The item's number.
        item -> Integer,
        /// Its price in cents.
        cents -> Integer,
    }
}
