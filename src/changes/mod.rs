//! The changes between two exports, as record batches.
//!
//! The API does not tell what changed, so only two whole lists do. Both exports are read in three sequential passes: the old
//! one into an index, the new one against the index, and both for the rows that differ, unless those of the new one fit into
//! memory.
//!
//! ```no_run
//! # fn example() -> Result<(), linq_export::changes::ChangesError> {
//! use linq_export::changes::{ChangesOptions, changes};
//!
//! let mut changes = changes("monday.parquet".as_ref(), "tuesday.parquet".as_ref(), ChangesOptions::default())?;
//! for batch in changes.by_ref() {
//!     println!("{} more rows", batch?.num_rows());
//! }
//! println!("{} contacts were inserted", changes.summary().inserts);
//! # Ok(())
//! # }
//! ```

mod batches;
mod cells;
mod change_type;
mod compatible;
mod error;
mod gone;
mod index;
mod kept;
mod options;
mod side;
mod sorted;
mod summary;
#[cfg(test)]
mod tests;

use std::path::Path;

pub(crate) use batches::Applied;
pub use batches::Changes;
pub use change_type::ChangeType;
pub(crate) use compatible::check_columns;
pub use error::ChangesError;
pub(crate) use error::shown_source;
pub use options::{ChangesOptions, Token};
pub(crate) use side::{Checked, Side};
pub use summary::{ChangesSummary, ColumnUpdates, Evidence};

/// Compares two exports: files or directories of any format, with the same columns.
///
/// # Errors
/// If one of them does not match its manifest, or they cannot be compared.
pub fn changes(old: &Path, new: &Path, options: ChangesOptions) -> Result<Changes, ChangesError> {
    let (old, new) = (Side::open(old)?, Side::open(new)?);
    compatible::check(&old, &new, options)?;
    Changes::between(Some(old), new, options.digest)
}

/// The changes of an export since the one before. Without one, all its contacts are inserted. `digest` as in
/// [`ChangesOptions::digest`].
pub(crate) fn changes_since(old: Option<Side>, new: Side, digest: bool) -> Result<Changes, ChangesError> {
    Changes::between(old, new, digest)
}
