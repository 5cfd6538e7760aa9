//! The tables of the shop, as diesel knows them.

diesel::table! {
    /// What the shop has.
    items (id) {
        /// The item's number.
        id -> Integer,
        /// Its name.
        name -> Text,
        /// Its price in cents.
        cents -> Integer,
        /// Its weight.
        grams -> Integer,
        /// What the shop paid for it, in cents. No customer sees this.
        cost -> Integer,
        /// Whether it is for sale.
        listed -> Bool,
    }
}

diesel::table! {
    /// What customers would like to buy, once for each of them.
    wishes (email, wish) {
        /// The customer's address.
        email -> Text,
        /// What it is.
        wish -> Text,
    }
}
