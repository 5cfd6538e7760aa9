//! What an attacker types, field by field.

/// In the name that is looked for. No item has such a name.
pub const NAMES: &[&str] = &[
    "' or true --",
    "'or'1'='1'or name='",
    "%' union select email || ' ' || password_hash, 0, 0 \
     from customers --",
    "' and nextval('tripwire') > 0 --",
    r"\' or nextval($$tripwire$$) > 0 --",
];

/// In the limit, which is a number in SQL and needs no quote.
pub const LIMITS: &[&str] = &[
    "0 or true",
    "0\nor\ntrue",
    "cost",
    "0 union select password_hash, 0, 0 from customers --",
    "nextval($$tripwire$$)",
];

/// In the order, which is a name in SQL.
pub const ORDERS: &[&str] = &[
    "cost",
    "id",
    "2",
    "name desc",
    "\"cost\"",
    "nextval($$tripwire$$)",
    "name; drop table customers --",
    "price",
];

/// Two questions about a customer's password, as orders: what is asked
/// decides which list comes. The first is true and the second is not.
pub const QUESTIONS: [&str; 2] = [
    "(case when (select password_hash from customers \
     where email like $$ada%$$) like $$$argon2id%$$ \
     then cents else -cents end)",
    "(case when (select password_hash from customers \
     where email like $$ada%$$) like $$$2b%$$ \
     then cents else -cents end)",
];

/// In a wish, or in the address.
pub const WISHES: &[&str] = &[
    "' || nextval('tripwire') || '",
    "' || (select password_hash from customers limit 1) || '",
    r"\'; select nextval($$tripwire$$) --",
    "x'; update items set cents = 1 --",
    "x'; drop table customers --",
];
