//! The rows of the new export that differ, kept while it is compared. If they are few, it need not be read again for them.

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::error::ArrowError;

use super::error::ChangesError;
use super::side::Rows;
use crate::dataset::Readback;

/// Memory for the rows.
const MAX_BYTES: usize = 4 << 20;
/// Small batches are put together once there are this many, because each takes some memory of its own.
const BATCHES: usize = 64;

/// The rows, until they are too many.
#[derive(Debug)]
pub(super) struct Kept {
    batches: Vec<RecordBatch>,
    /// The latest ones, which are put together once they are [`BATCHES`].
    small: Vec<RecordBatch>,
    bytes: usize,
    most: usize,
}

/// Rows that were kept, or all rows of the export.
#[derive(Debug)]
pub(super) enum Again {
    Kept(std::vec::IntoIter<RecordBatch>),
    All(Readback),
}

impl Kept {
    /// Keeps rows that take up to `most` bytes, but not more than this module allows.
    pub fn new(most: usize) -> Self {
        Self { batches: Vec::new(), small: Vec::new(), bytes: 0, most: most.min(MAX_BYTES) }
    }

    /// Keeps these rows of a batch of the new export.
    pub fn keep(&mut self, new: &Rows, batch: &RecordBatch, differ: Vec<bool>) -> Result<(), ChangesError> {
        if self.bytes > self.most || !differ.contains(&true) {
            return Ok(());
        }
        self.small.push(new.filter(batch, &BooleanArray::from(differ))?);
        if self.small.len() == BATCHES {
            self.put_together().map_err(|error| new.other_columns(&error.to_string()))?;
        }
        Ok(())
    }

    fn put_together(&mut self) -> Result<(), ArrowError> {
        let Some(first) = self.small.first() else { return Ok(()) };
        let batch = concat_batches(&first.schema(), &self.small)?;
        self.small.clear();
        self.bytes += batch.get_array_memory_size();
        self.batches.push(batch);
        if self.bytes > self.most {
            self.batches = Vec::new();
        }
        Ok(())
    }

    /// The rows that differ, or all rows if those are too many. `ids` lists the ids of those that differ, sorted.
    pub fn read(&mut self, new: &Rows, ids: impl FnOnce() -> Vec<i64>) -> Result<Again, ChangesError> {
        self.put_together().map_err(|error| new.other_columns(&error.to_string()))?;
        if self.bytes > self.most {
            return new.read_some(ids()).map(Again::All);
        }
        Ok(Again::Kept(std::mem::take(&mut self.batches).into_iter()))
    }
}

impl Again {
    pub fn next(&mut self) -> Result<Option<RecordBatch>, ChangesError> {
        match self {
            Self::Kept(batches) => Ok(batches.next()),
            Self::All(rows) => Ok(rows.next().transpose()?),
        }
    }
}
