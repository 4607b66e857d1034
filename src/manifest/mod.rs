//! The manifest: the record of a successful export, written next to its output.
//!
//! [`record`] is its content, [`written`] creates it after a run, and [`seal`] protects it with a checksum. Later runs and
//! `verify` read it back; [`consistency`] finds statements in it that cannot all be true.

mod changes;
mod changes_claim;
mod consistency;
mod continuity;
mod create;
mod file_names;
mod last_export;
mod learned_rate;
mod opened;
mod organization;
mod owners_of;
mod reasons;
mod record;
mod replaced_count;
mod schema;
mod seal;
#[cfg(test)]
mod tests;

pub(crate) use changes::{ByType, ChangesManifest, ChangesRecord, ColumnChanges, Compared, Proof};
pub(crate) use consistency::Claim;
pub(crate) use create::{Times, Written, WrittenFile, WrittenOwners};
pub(crate) use last_export::last_export;
pub(crate) use learned_rate::{Learned, learned_by};
pub(crate) use opened::{Content, Listing, describes};
pub(crate) use organization::source_of;
pub(crate) use owners_of::contacts_of;
pub use record::ManifestError;
pub(crate) use record::{
    ContinuityRecord, DigestRecord, ExportRecord, FileRecord, LARGEST_MANIFEST, Manifest, OwnersRecord, ProgramRecord,
    SchemaRecord, SourceRecord, WarningRecord, read_file, read_limited, timestamp,
};
pub(crate) use replaced_count::contacts_in;
pub(crate) use schema::{ColumnRecord, columns, fingerprint, kind};
#[cfg(test)]
pub(crate) use seal::seal;
#[cfg(test)]
pub(crate) use tests::sealed_with;
