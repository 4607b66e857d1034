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

mod assumption;
mod budget;
mod certificate;
mod claims;
mod contradictions;
mod course;
mod dedup;
mod ids;
mod level;
mod observations;
mod order;
mod order_witness;
mod parameters;
mod phases;
mod planner;
mod reason;
mod repair;
mod response;
mod sweep;
#[cfg(test)]
mod tests;
mod theorems;
mod verdict;
mod windows;

pub use assumption::{Assumption, Standing};
pub use certificate::Certificate;
pub(crate) use dedup::{Keep, Leaving};
pub use level::{Level, Require, UnknownLevel};
pub use order::{Direction, Field, Order};
pub(crate) use planner::{Planner, Request};
pub use reason::Reason;
