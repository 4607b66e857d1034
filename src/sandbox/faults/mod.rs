//! Faults: answers that go wrong, now and then, the same way every time for the same seed.
//!
//! ```text
//! rule      which fault, and when        text      how a rule is written
//! fault     the kinds of faults          pages     which pages a rule is about
//! plan      the rules of a run: which of them a request meets
//! play      a fault and a request to an answer and how it is delivered
//!   answers   whole answers    damage    pages spoiled before or after they are written
//!                              bomb      a small body that inflates
//! ```
//!
//! Everything here is decided without a connection; the server delivers.

mod answers;
mod bomb;
mod damage;
mod kinds;
mod pages;
mod plan;
mod play;
mod rule;
mod text;

pub use kinds::{Fault, Wait};
pub(super) use plan::Plan;
pub(super) use play::play;
pub use rule::FaultRule;

pub(super) use answers::{error_envelope, maintenance, status};
