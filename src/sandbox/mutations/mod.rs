//! Movement: what is written to the list while it is read, and what a reader sees of it.
//!
//! ```text
//! moves    how often and what is written, checked     text   how that is written down
//! draw     the writes of one request, from the seed
//! lag      requests that a replica answers, late
//! ```
//!
//! Everything here is decided without the list; the list keeps what was written.

mod churn;
mod draw;
mod lag;
mod text;

pub use churn::Moves;
pub(super) use draw::{Draw, Kind, Write};
pub use lag::Lag;
