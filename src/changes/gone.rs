//! What contacts are that the new export lacks: deleted, or perhaps only missing.

use super::change_type::ChangeType;
use super::summary::Evidence;
use crate::manifest::{ContinuityRecord, ExportRecord, Manifest};
use crate::proof::Level;

/// What is known of the contacts that the new export lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gone {
    /// What they are by the level of the new export; `None` if nothing can be said.
    by_level: Option<ChangeType>,
    /// The ids of those that its run did not confirm as deleted, sorted; `None` if it did not account for the old export.
    unconfirmed: Option<Vec<i64>>,
}

impl Gone {
    /// By the manifest of the new export, whose run may have accounted for the old one.
    pub fn new(level: Level, new: &Manifest, old: Option<&ExportRecord>) -> Self {
        let is_old = |continuity: &&ContinuityRecord| {
            old.is_some_and(|old| old.sha256_of_manifest == continuity.previous.export.sha256_of_manifest)
        };
        let unconfirmed = new.continuity.as_ref().filter(is_old).and_then(|known| known.unconfirmed_ids.clone());
        Self::of(ChangeType::of_gone(level), unconfirmed)
    }

    pub fn of(by_level: Option<ChangeType>, unconfirmed: Option<Vec<i64>>) -> Self {
        let unconfirmed = unconfirmed.map(|mut ids| {
            ids.sort_unstable();
            ids
        });
        Self { by_level, unconfirmed }
    }

    /// What a contact is.
    pub fn kind(&self, id: i64) -> Option<ChangeType> {
        let is_confirmed = self.unconfirmed.as_ref().is_some_and(|ids| ids.binary_search(&id).is_err());
        if is_confirmed { Some(ChangeType::Delete) } else { self.by_level }
    }

    /// Whether any of them is written.
    pub fn is_written(&self) -> bool {
        self.by_level.is_some() || self.unconfirmed.is_some()
    }

    /// Whether lookups, and not the level, prove deletions.
    pub fn is_by_lookups(&self) -> bool {
        self.by_level != Some(ChangeType::Delete) && self.unconfirmed.is_some()
    }

    /// What is known of all of them.
    pub fn evidence(&self) -> Evidence {
        match (&self.unconfirmed, self.by_level) {
            (_, Some(ChangeType::Delete)) => Evidence::Proven,
            (Some(ids), _) if ids.is_empty() => Evidence::Proven,
            (_, Some(_)) => Evidence::Unproven,
            (_, None) => Evidence::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_prove_what_the_level_does_not() {
        use ChangeType::{Delete, Missing};
        let kinds = |by_level, unconfirmed| {
            let gone = Gone::of(by_level, unconfirmed);
            (gone.kind(1), gone.kind(2), gone.evidence(), gone.is_by_lookups())
        };
        assert_eq!(kinds(Some(Delete), None), (Some(Delete), Some(Delete), Evidence::Proven, false));
        assert_eq!(kinds(Some(Delete), Some(vec![2])), (Some(Delete), Some(Delete), Evidence::Proven, false));
        assert_eq!(kinds(Some(Missing), None), (Some(Missing), Some(Missing), Evidence::Unproven, false));
        assert_eq!(kinds(Some(Missing), Some(vec![3, 2])), (Some(Delete), Some(Missing), Evidence::Unproven, true));
        assert_eq!(kinds(Some(Missing), Some(vec![])), (Some(Delete), Some(Delete), Evidence::Proven, true));
        assert_eq!(kinds(None, Some(vec![2])), (Some(Delete), None, Evidence::Unknown, true));
        assert_eq!(kinds(None, None), (None, None, Evidence::Unknown, false));
    }
}
