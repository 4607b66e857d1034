//! The table: its schema, and the pages' JSON flattened into it.
//!
//! Bytes of a page come in, a record batch goes out. It has never heard of HTTP, files or terminals;
//! what it finds on the way (a broken character, an unreadable time) it returns, for others to report.

mod builder;
mod extra;
mod json;
mod key;
mod page;
#[cfg(test)]
mod tests;
mod text;
mod timestamp;

use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use crate::page::{Finding, Pagination, RowKey};

pub(crate) use extra::before_suffix;
pub(crate) use page::{decode, decode_with_raw};
pub(crate) use timestamp::INSTANTS;

/// A page's body, decoded: its table, and what must be observed of it.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The rows.
    pub table: PageTable,
    /// What the server said.
    pub said: Pagination,
    /// What is observed of the rows, in order.
    pub rows: Vec<RowKey>,
    /// Memory that `table` holds, in bytes: it counts against what pages may hold together.
    pub held: usize,
}

/// One page's contacts as rows.
#[derive(Debug)]
pub(crate) struct PageTable {
    /// The rows, in the order of the page.
    pub batch: RecordBatch,
    /// What was not as it should be, summed up by kind and column.
    pub findings: Vec<Finding>,
}

impl PageTable {
    /// Some rows of several tables of one kind, one after the other, as one table; with the bytes that it holds. Findings
    /// of rows that are left out go with them.
    pub fn join(pieces: Vec<(Self, Range<usize>)>) -> Result<(Self, usize), String> {
        let (mut batches, mut findings, mut rows) = (Vec::new(), Vec::new(), 0);
        for (table, wanted) in pieces {
            let found = table.findings.into_iter().filter(|finding| wanted.contains(&(finding.row - 1)));
            findings.extend(found.map(|finding| Finding { row: finding.row - wanted.start + rows, ..finding }));
            rows += wanted.len();
            batches.push(table.batch.slice(wanted.start, wanted.len()));
        }
        let schema = batches.first().map(RecordBatch::schema).ok_or("no tables to join")?;
        let batch = concat_batches(&schema, &batches).map_err(|error| error.to_string())?;
        let held = batch.get_array_memory_size();
        Ok((Self { batch, findings }, held))
    }
}
