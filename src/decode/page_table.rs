//! The contacts of one page as a table.

use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use crate::page::{Finding, Pagination, RowKey};

/// The decoded body of a page.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The rows.
    pub table: PageTable,
    /// What the server said about the page.
    pub said: Pagination,
    /// What the proof needs of each row, in order.
    pub rows: Vec<RowKey>,
    /// The size of `table` in memory, which counts against the memory budget for pages.
    pub held: usize,
}

/// The contacts of one page as rows.
#[derive(Debug)]
pub(crate) struct PageTable {
    /// The rows, in the order of the page.
    pub batch: RecordBatch,
    /// Irregularities in the data, summed up by kind and column.
    pub findings: Vec<Finding>,
}

impl PageTable {
    /// Concatenates ranges of rows from several tables of one schema. Also returns the size of the result in memory.
    /// Findings about rows outside the ranges are dropped.
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
