//! The fulfilment of an order: a saga, written as a table of what is done and how it is undone.
//!
//! | step | do | leads to | undo |
//! |---|---|---|---|
//! | `reserve` | hold the stock | `PAYMENT_PENDING` | release it, or restock it if it was taken |
//! | `charge` | charge the payment | `PAYMENT_COMPLETED` | cancel it, or wait for it and refund it |
//! | `commit` | take the stock that is held | `PROCESSING` | restock it |
//!
//! Each do and undo is idempotent by a key of its own, `{order}/{step}/{attempt}`. The journal
//! ([`crate::store::journal`]) is written before each do and after it, so that whatever may have happened is known and
//! can be undone. [`run`] goes down the table, and up again when the order is cancelled or a step is refused for good.

mod charge;
mod commit;
pub mod partners;
mod reserve;
mod run;

use crate::domain::order::Token;
use crate::domain::{Command, Entry, Journal, Order, StepName};
use futures::future::BoxFuture;
use partners::Partners;
use service::Error;
use service::watch::Hub;
use sqlx::PgPool;

/// A row of the table.
pub struct Step {
    /// Its name in the journal and in the keys.
    pub name: StepName,
    /// How the order moves on when it is done.
    pub command: Command,
    /// Whether it, or its undo, may take longer than a moment, and so gets an activity of its own.
    pub long: bool,
    /// The do.
    pub act: Act,
    /// The undo.
    pub undo: Undo,
}

/// The table, in the order of the dos; undos go the other way.
pub static STEPS: [Step; 3] = [
    Step { name: StepName::Reserve, command: Command::Reserve, long: false, act: reserve::act, undo: reserve::undo },
    Step { name: StepName::Charge, command: Command::Charge, long: true, act: charge::act, undo: charge::undo },
    Step { name: StepName::Commit, command: Command::Commit, long: false, act: commit::act, undo: commit::undo },
];

/// A do. It may run twice, late, and at the same time as another run of itself.
pub type Act = for<'a> fn(&'a Saga, &'a Task<'a>) -> BoxFuture<'a, Result<Did, Error>>;

/// An undo. It also covers a do of which nobody knows whether it took effect: it resolves that first.
pub type Undo = for<'a> fn(&'a Saga, &'a Task<'a>) -> BoxFuture<'a, Result<Undid, Error>>;

/// What came of a do.
#[derive(Debug, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Did {
    /// It took effect and made this.
    Done(String),
    /// Nobody knows yet; ask again.
    Open(String),
    /// Refused for good, and why: the order can't be fulfilled.
    Refused(String),
    /// What the reservation holds is gone, and why: reserve again, under the next key.
    HoldLost(String),
}

/// What came of an undo.
#[derive(Debug, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Undid {
    /// Nothing is left of the do; in words.
    Undone(&'static str),
    /// Not yet: the partner is at it. In words.
    Open(String),
    /// Not yet: the partner did not answer, and how.
    Away(String),
    /// It failed for good under this key, and why; it is tried under the next.
    Failed(String),
}

/// What a do or an undo works on.
pub struct Task<'a> {
    /// The order.
    pub order: &'a Order,
    /// The attempt.
    pub entry: &'a Entry,
    /// All attempts of all steps.
    pub journal: &'a Journal,
    /// The payment provider's token.
    pub token: Option<&'a Token>,
    /// Whether there is time to watch what a partner is doing.
    pub long: bool,
}

/// What the steps need.
#[derive(Clone)]
pub struct Saga {
    /// The service's own database.
    pub pool: PgPool,
    /// The other two services.
    pub partners: Partners,
    /// The watchers in this process.
    pub hub: Hub,
}

/// The row of a step.
#[must_use]
pub fn step(name: StepName) -> &'static Step {
    match name {
        StepName::Reserve => &STEPS[0],
        StepName::Charge => &STEPS[1],
        StepName::Commit => &STEPS[2],
    }
}

fn names() -> impl DoubleEndedIterator<Item = StepName> {
    STEPS.iter().map(|step| step.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray as _;

    #[test]
    fn the_table_has_every_step_once() {
        assert_eq!(names().collect::<Vec<_>>(), StepName::VARIANTS);
        assert!(StepName::VARIANTS.iter().all(|&name| step(name).name == name));
    }
}
