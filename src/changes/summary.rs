//! What changed, in numbers.

use serde::Serialize;

use crate::manifest::{ByType, ChangesRecord, ColumnChanges, Proof};

/// What changed, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChangesSummary {
    /// Contacts of the old export.
    pub old_contacts: u64,
    /// Contacts of the new export.
    pub new_contacts: u64,
    /// Contacts that only the new export has.
    pub inserts: u64,
    /// Contacts with other values.
    pub updates: u64,
    /// Whether contacts that only the old export has were deleted.
    pub deletions: Evidence,
    /// Contacts that only the old export has, if they were deleted.
    pub deletes: u64,
    /// Contacts that only the old export has, if they may still exist.
    pub missing: u64,
    /// Whether the inserted contacts are known to be new. Otherwise, the old export may just lack them.
    pub inserts_proven: bool,
    /// How many updates changed each column, most frequent first.
    pub columns: Vec<ColumnUpdates>,
}

/// What is known of the contacts that only the old export has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// They were deleted: the new export is complete, or its run confirmed it.
    Proven,
    /// The new export is only counted, so those that its run did not confirm as deleted may still exist. They are `missing`.
    Unproven,
    /// The new export is incomplete, so nothing is said of those that its run did not confirm as deleted.
    Unknown,
}

/// How many updates changed a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnUpdates {
    /// Its name; `contact_owner.id` is the field `id` of that column.
    pub name: String,
    /// The updates.
    pub updates: u64,
}

impl ChangesSummary {
    /// The record of it in a manifest.
    pub(super) fn record(&self, by_type: ByType, by_lookups: bool, kept: u64) -> ChangesRecord {
        let column = |column: &ColumnUpdates| ColumnChanges { name: column.name.clone(), updates: column.updates };
        let inserts = if self.inserts_proven { "proven" } else { "unproven" };
        ChangesRecord {
            rows: by_type.rows(),
            by_type,
            by_column: self.columns.iter().map(column).collect(),
            inserts: inserts.to_owned(),
            kept,
            deletes: if by_lookups { Proof::Lookups } else { Proof::Completeness },
        }
    }
}

/// The columns that were changed at all, most frequent first, otherwise in table order.
pub(super) fn most_changed(names: &[String], updates: &[u64]) -> Vec<ColumnUpdates> {
    let columns = names.iter().zip(updates).filter(|(_, updates)| **updates > 0);
    let mut columns: Vec<_> =
        columns.map(|(name, updates)| ColumnUpdates { name: name.clone(), updates: *updates }).collect();
    columns.sort_by_key(|column| std::cmp::Reverse(column.updates));
    columns
}
