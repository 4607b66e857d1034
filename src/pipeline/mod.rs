//! The entry points: [`contacts`], a stream of record batches, [`export`], which writes files with it, and
//! [`export_changes`], which writes what changed between two exports, and [`check`], which says whether an export would work.
//!
//! Only this room knows all stages. It starts and joins them, and leaves every decision to them.

mod accounting;
mod batches;
mod byte_channel;
mod changes;
mod changes_since;
mod check;
mod contacts;
mod encode;
mod export;
mod kit;
mod parts;
mod previous;
mod redact;
mod warm_start;

pub use changes::export_changes;
pub use check::check;
pub use contacts::{Contacts, contacts};
pub use export::export;
