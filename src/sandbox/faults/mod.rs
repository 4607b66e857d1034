//! Faults: responses that go wrong now and then, the same way every time for the same seed.
//!
//! ```text
//! rule     which requests meet a fault        pages    the pages of a rule
//! plan     which rule a request meets         target   what a request is for
//! kinds    the kinds of faults: name, options and effect
//! play     the request that meets a fault        damage   changes to it, among them a gzip bomb
//! wait     responses that say when to retry
//! ```
//!
//! Everything here is decided without a connection, which only delivers.

mod bomb;
mod damage;
mod kinds;
mod page_ranges;
mod plan;
mod play;
mod rule;
mod target;
mod wait;

pub use kinds::Fault;
pub(super) use plan::Plan;
pub(super) use play::FaultyRequest;
pub use rule::FaultRule;
pub(super) use target::Target;
pub use wait::Wait;
