//! Mutations: what is written to the list while it is read, and how much of it a reader sees.
//!
//! ```text
//! churn    how often to write, and what
//! draw     the writes of one request, drawn from the seed
//! lag      responses and totals from an older state
//! ```
//!
//! Everything here is decided without the list, which keeps what was written.

mod churn;
mod draw;
mod lag;

pub use churn::Churn;
pub(super) use draw::{Draw, Kind, Write};
pub use lag::{Lag, StaleCount};
