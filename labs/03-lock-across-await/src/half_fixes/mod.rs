//! Tempting repairs that still fail a claim, one idea per file.

pub mod async_mutex_across_payment;
pub mod give_back_on_error;
#[expect(
    clippy::await_holding_lock,
    reason = "more workers, and the failure of this lab"
)]
pub mod more_workers;
#[expect(
    clippy::await_holding_lock,
    reason = "the failure of this lab with another mutex"
)]
pub mod parking_lot;
pub mod read_then_write;
#[expect(
    clippy::await_holding_lock,
    reason = "the guard is held across the payment here too"
)]
pub mod try_lock;
