//! Decodes JSON into Arrow: the pages of the API, and the parts that file readers share.
//!
//! It knows neither HTTP nor files nor terminals. It returns irregularities in the data, such as an unreadable time, as
//! findings for others to report.

mod builder;
mod contact;
mod extra;
mod integer;
mod json;
mod key;
mod known_keys;
mod page;
mod page_rows;
mod page_table;
#[cfg(test)]
mod tests;
mod text;
mod timestamp;

pub(crate) use builder::{ColumnBuilder, RowBuilder, Unfit};
pub(crate) use extra::before_suffix;
pub(crate) use integer::integer;
pub(crate) use json::{Broken, Kind, Raw, Scanner};
pub(crate) use page::{decode, decode_with_raw};
pub(crate) use page_table::{Decoded, PageTable};
pub(crate) use text::Text;
pub(crate) use timestamp::INSTANTS;
