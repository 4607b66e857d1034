//! What became of the contacts of the previous export.

use crate::proof::CarriedOver;

/// What became of the contacts of the previous export.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Continuity {
    /// The previous export.
    pub previous: PreviousExport,
    /// What became of its contacts.
    pub carried_over: CarriedOver,
}

/// An export that a run follows, by its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PreviousExport {
    /// The name of its file or directory, without parents.
    pub name: Option<String>,
    /// The SHA-256 of the bytes of its manifest.
    pub manifest_sha256: String,
    /// Its level of completeness.
    pub level: String,
    /// From when on later changes are to be looked for: RFC 3339.
    pub watermark: String,
    /// When its run ended: RFC 3339.
    pub finished_at: String,
    /// Its contacts.
    pub contacts: u64,
}
