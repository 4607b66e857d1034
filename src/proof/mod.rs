//! What the pages, taken together, prove: pure functions of the responses as they were observed.
//!
//! Observations come in, a contradiction or the count goes out. No tokio, no clock, no I/O.

mod count;

pub use count::Contradiction;
pub(crate) use count::Count;
