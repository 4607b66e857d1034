//! The completeness proof: what the responses, taken together, prove about the export.
//!
//! The [`Planner`] decides what to read and which rows to emit, and ends with a [`Certificate`]. All functions here are
//! pure: no I/O, no clock, no tokio.
//!
//! ```text
//! planner, phases, sweep, repair, budget     what to read
//!    ▼
//! observations, response, dedup,             what was seen
//! order_witness, contradictions
//!    ▼
//! theorems                                   why it proves something
//!    ▼
//! claims, verdict                            what is proven, under each order and in total
//!    ▼
//! carry_over                                 what became of the contacts of an earlier export
//! ```

mod budget;
mod carry_over;
mod certificate;
mod checks;
mod claims;
mod contradictions;
mod dedup;
mod ids;
mod level;
mod observations;
mod opening;
mod order;
mod order_witness;
mod outlook;
mod parameters;
mod phases;
mod planner;
mod reason;
mod repair;
mod response;
mod rows;
mod sweep;
#[cfg(test)]
mod tests;
mod theorems;
mod verdict;
mod windows;

pub use carry_over::{CarriedOver, Unconfirmed};
pub(crate) use carry_over::{CarryOver, Compared, Looked};
pub use certificate::{Assumption, Basis, Certificate};
pub(crate) use dedup::{Emission, RowSelection, Seen};
pub use level::{Level, Require, UnknownLevel};
pub use order::{Direction, Field, Order};
pub(crate) use outlook::{Outlook, last_page, outlook};
pub(crate) use planner::{Planner, Request};
pub use reason::Reason;
