//! Decodes JSON into Arrow: the pages of the API, and the parts that file readers share.
//!
//! It knows neither HTTP nor files nor terminals. It returns irregularities in the data, such as an unreadable time, as
//! findings for others to report.

mod batch;
mod builder;
mod contact;
mod extra;
mod integer;
mod json;
mod key;
mod known_keys;
mod page;
#[cfg(test)]
mod tests;
mod text;
mod timestamp;

pub(crate) use batch::{BatchBuilder, RawColumn};
pub(crate) use builder::{ColumnBuilder, RowBuilder, Unfit};
pub(crate) use contact::Contact;
pub(crate) use extra::before_suffix;
pub(crate) use integer::integer;
pub(crate) use json::{Broken, Kind, Raw, Scanner};
pub(crate) use page::{Decoded, decode, decode_contact};
pub(crate) use text::Text;
pub(crate) use timestamp::INSTANTS;
