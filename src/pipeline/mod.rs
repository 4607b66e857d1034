//! The two verbs: [`contacts`], a stream of record batches, and [`export`], which is built on it.
//!
//! The only place that knows all stages. It starts and joins them, and decides nothing they decide.

mod byte_channel;
mod contacts;
mod encode;
mod export;
mod kit;
mod redact;
mod warm_start;

pub use contacts::{Contacts, contacts};
pub use export::export;
pub use warm_start::starting_rate;
