//! What the pages, taken together, prove.

mod admission;
mod assumption;
mod certificate;
mod chain;
mod ids;
mod judge;
mod ledger;
mod level;
mod opening;
mod order;
mod overlap;
mod passes;
mod phases;
mod planner;
mod reason;
mod record;
mod repair;
mod sweep;
mod tuning;
mod verdict;
mod witness;

#[cfg(test)]
mod tests;

pub(crate) use admission::{Keep, Leaving};
pub use assumption::{Assumption, Standing};
pub use certificate::Certificate;
pub use level::{Level, Require, UnknownLevel};
pub use order::{Direction, Field, Order};
pub(crate) use planner::{Planner, Request};
pub use reason::Reason;
