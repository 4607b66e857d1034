//! Parquet: its writer, its reader, and protection against damaged files.

mod dictionaries;
mod guard;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use guard::{Bounded, guarded};
pub(super) use read::ParquetReader;
pub(super) use write::ParquetWriter;

/// The first bytes of a Parquet file.
pub(super) const MAGIC: &[u8] = b"PAR1";
