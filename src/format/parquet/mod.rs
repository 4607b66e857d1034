//! Parquet files: the writer, the reader, and the guard around the parquet crate.

mod guard;
mod read;
mod write;

pub(crate) use guard::{Bounded, guarded};
pub(crate) use read::ParquetRows;
pub(super) use write::ParquetEncoder;
