//! The two entry points: [`contacts`], a stream of record batches, and [`export`], which writes files with it.
//!
//! Only this room knows all stages. It starts and joins them, and leaves every decision to them.

mod batches;
mod byte_channel;
mod contacts;
mod encode;
mod export;
mod kit;
mod redact;
mod warm_start;

pub use contacts::{Contacts, contacts};
pub use export::export;
