//! What can happen to a contact between two exports.

use std::fmt;

use crate::manifest::ByType;
use crate::proof::Level;

/// What a row of changes says about its contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeType {
    /// The contact is only in the new export.
    Insert,
    /// The contact before an update, as in the old export.
    UpdatePreimage,
    /// The contact after an update, as in the new export.
    UpdatePostimage,
    /// The contact is only in the old export, and the new one is complete.
    Delete,
    /// The contact is only in the old export, but the new one may lack contacts that exist.
    Missing,
}

impl ChangeType {
    /// What is known of contacts that a new export of this level lacks; `None` if nothing is.
    pub(super) fn of_gone(level: Level) -> Option<Self> {
        match level {
            Level::Complete | Level::Snapshot => Some(Self::Delete),
            Level::Counted => Some(Self::Missing),
            Level::Incomplete => None,
        }
    }

    /// The name in the column `change_type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::UpdatePreimage => "update_preimage",
            Self::UpdatePostimage => "update_postimage",
            Self::Delete => "delete",
            Self::Missing => "missing",
        }
    }

    /// Counts a row.
    pub(super) fn count(self, counts: &mut ByType) {
        *match self {
            Self::Insert => &mut counts.insert,
            Self::UpdatePreimage => &mut counts.update_preimage,
            Self::UpdatePostimage => &mut counts.update_postimage,
            Self::Delete => &mut counts.delete,
            Self::Missing => &mut counts.missing,
        } += 1;
    }
}

impl fmt::Display for ChangeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
