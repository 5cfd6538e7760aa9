//! labkit-browser: what a browser would do with a service, and with its
//! answers.
//!
//! A [`Browser`] sends what a browser sends: cookies by their attributes,
//! `Origin`, `Referer` and `Sec-Fetch-*`, a preflight where one is due. A
//! [`Dom`] is what a browser would make of an answer: whether it is HTML at
//! all, which elements and text are in it, and which scripts would run.
//!
//! Both are models of Chromium, for plain HTTP on loopback. The table in
//! `tests/cases.json` says what they do, and the tests of the book put the
//! same table through Chromium itself.

pub mod browser;
pub mod dom;
mod form;
mod mime;
mod protection;
mod tree;

pub use browser::{Browser, Fetch, Fetched, Mode, Origin, Page};
pub use dom::{Dom, Kind};
pub use form::Form;
pub use protection::protection;
pub use tree::Element;
