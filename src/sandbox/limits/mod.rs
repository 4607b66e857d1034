//! Rate limits: a pure decision about each request from its arrival time.
//!
//! A rejected request costs nothing, and the rejection says when the next one would be accepted. Limiters own no
//! clock and never wait; only the gate, which connections share, has a lock.
//!
//! ```text
//! limit     the settings              bucket       token bucket
//! gate      the shared limiter        windows      fixed and sliding windows
//! ```

mod bucket;
mod gate;
mod limit;
mod windows;

pub(super) use gate::{Gate, Rejected, Slot};
pub use limit::{Limit, LimitPolicy, Refusal};
