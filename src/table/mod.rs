//! The table: its schema, and the pages' JSON flattened into it.
//!
//! Bytes of a page come in, a record batch goes out. It has never heard of HTTP, files or terminals;
//! what it finds on the way (a broken character, an unreadable time) it returns, for others to report.

mod columns;
mod decode;
mod extra;
mod instant;
mod json;
mod name;
mod schema;
#[cfg(test)]
mod tests;
mod text;

use arrow::array::RecordBatch;

use crate::page::Finding;

pub(crate) use decode::{decode, decode_with_raw};
pub(crate) use extra::before_suffix;
pub(crate) use instant::INSTANTS;
pub use schema::schema;
pub(crate) use schema::{
    CONTACTS, EXTRA, ID, OWNER, OWNER_COLUMNS, OWNER_ID, RAW, UPDATED_AT, about, extra_key, owner_column, rank,
    raw_schema, schema_with_raw,
};

/// One page's contacts as rows.
#[derive(Debug)]
pub(crate) struct PageTable {
    /// The rows, in the order of the page.
    pub batch: RecordBatch,
    /// What was not as it should be, summed up by kind and column.
    pub findings: Vec<Finding>,
}
