//! What a manifest says of the contacts of the previous export.

use super::record::{ContinuityRecord, ExportRecord, PreviousRecord};
use crate::events::{Continuity, PreviousExport};

/// The most ids that are listed; 10,000 of them are about 100 kB.
const MOST_LISTED: usize = 10_000;

impl ContinuityRecord {
    pub fn of(continuity: &Continuity) -> Self {
        let Continuity { previous, carried_over } = continuity;
        let PreviousExport { name, manifest_sha256, level, watermark, finished_at, contacts } = previous.clone();
        let export =
            ExportRecord { sha256_of_manifest: manifest_sha256, level, watermark, finished_at, rows: contacts };
        let ids = &carried_over.unconfirmed;
        Self {
            previous: PreviousRecord { name, export },
            present: carried_over.present,
            new: carried_over.new,
            deleted: carried_over.deleted,
            recovered: carried_over.recovered,
            unconfirmed: ids.len() as u64,
            unconfirmed_ids: (ids.len() <= MOST_LISTED).then(|| ids.clone()),
            lookups: carried_over.lookups,
            reason: carried_over.reason.as_ref().map(ToString::to_string),
        }
    }
}
