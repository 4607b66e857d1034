//! What the pages, taken together, prove: pure functions of the responses as they were observed.
//!
//! [`Planner`] says what to read and which rows leave, and ends in a [`Certificate`]. Observations come in, requests,
//! leaving rows and the certificate go out; no tokio, no clock, no I/O.
//!
//! ```text
//! Planner ── phases, course, effort       what to read next: sweep, repair, overlap
//!    ▼
//! Ledger ─── admission (first copies), witness (orders), passes, doubts, records
//!    ▼
//! verdict ── judge, under each order: chain (Theorems 1, 2; order across pages), opening and quiet (Theorem 3)
//! ```
#![doc = include_str!("theorems.md")]

mod admission;
mod assumption;
mod certificate;
mod chain;
mod course;
mod doubts;
mod effort;
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
mod quiet;
mod reason;
mod record;
mod repair;
mod sweep;
#[cfg(test)]
mod tests;
mod tuning;
mod verdict;
mod witness;

pub(crate) use admission::{Keep, Leaving};
pub use assumption::{Assumption, Standing};
pub use certificate::Certificate;
pub use level::{Level, Require, UnknownLevel};
pub use order::{Direction, Field, Order};
pub(crate) use planner::{Planner, Request};
pub use reason::Reason;
