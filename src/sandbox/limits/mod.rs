//! Rate limits: a pure decision about each request, from the instant it arrives.
//!
//! A refused request costs nothing, and the refusal knows how long until the next one would be
//! let in. No limiter owns a clock or waits; only the gate, which connections share, has a lock.
//!
//! ```text
//! limit     what is set, checked          bucket       a token bucket
//! text      how it is written             windows      fixed and sliding windows
//! gate      what requests pass, shared    in_flight    requests at the same time
//! ```

mod bucket;
mod gate;
mod in_flight;
mod limit;
mod text;
mod windows;

pub(super) use gate::{Gate, Slot};
pub use limit::{Admits, Limit, Refusal};
