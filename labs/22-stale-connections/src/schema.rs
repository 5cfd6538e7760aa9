//! The tables of the shop, as diesel knows them.

diesel::table! {
    /// What customers have ordered.
    orders (id) {
        /// The order's number.
        id -> BigInt,
        /// Who ordered.
        customer -> Text,
        /// What.
        item -> Integer,
    }
}
