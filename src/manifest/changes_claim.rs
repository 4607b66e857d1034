//! Checks a manifest of changes against itself.

use chrono::{DateTime, TimeDelta, Utc};

use super::changes::{ByType, ChangesManifest, Proof};
use super::consistency::{Claim, Contradiction, equal, instant};
use super::file_names::names;
use super::record::{ExportRecord, ManifestError, timestamp};
use crate::proof::Level;

impl Claim {
    /// What a manifest of changes claims: the level and the time of the new export.
    pub fn of_changes(manifest: &ChangesManifest) -> Result<Self, ManifestError> {
        let level = manifest.level()?;
        let finished_at = check(manifest, level).map_err(ManifestError::Contradiction)?;
        Ok(Self { level, reasons: Vec::new(), finished_at })
    }
}

/// Makes all checks; returns when the run of the new export ended.
fn check(manifest: &ChangesManifest, level: Level) -> Result<String, Contradiction> {
    let ChangesManifest { from, to, changes, file, parts, .. } = manifest;
    names(file.iter().chain(parts), None, !parts.is_empty())?;
    let in_files = file.iter().chain(parts).fold(0, |sum: u64, file| sum.saturating_add(file.rows));
    equal("changes.rows", changes.rows, "the rows of its files", in_files)?;
    equal("changes.rows", changes.rows, "the sum of changes.by_type", changes.by_type.rows())?;
    let updates = changes.by_type.update_postimage;
    equal("changes.by_type.update_preimage", changes.by_type.update_preimage, "update_postimage", updates)?;
    if let Some(column) = changes.by_column.iter().find(|column| column.updates > updates) {
        return Err(format!("{} updates of a column, but only {updates} updates", column.updates));
    }
    let ByType { insert, delete, missing, .. } = changes.by_type;
    if from.is_none() && (delete > 0 || updates > 0 || changes.kept > 0) {
        return Err("changes of contacts, but no export before".to_owned());
    }
    let before = from.as_ref().map_or(0, |from| from.rows);
    let due = before.saturating_add(insert).saturating_sub(delete).saturating_sub(changes.kept);
    equal("to.rows", to.rows, "from.rows with the changes applied", due)?;
    if missing > changes.kept {
        return Err(format!("{missing} missing, but only {} kept", changes.kept));
    }
    if level < Level::Complete && delete > 0 && changes.deletes == Proof::Completeness {
        return Err(format!("deletes, but the new export is {level}"));
    }
    // A server's clock shows whole seconds.
    let to_watermark = watermark("to", to)?;
    if let Some(from) = from
        && to_watermark + TimeDelta::seconds(1) < watermark("from", from)?
    {
        return Err("to.watermark is before from.watermark".to_owned());
    }
    instant("to.finished_at", &to.finished_at).map(timestamp)
}

fn watermark(name: &str, export: &ExportRecord) -> Result<DateTime<Utc>, Contradiction> {
    instant(&format!("{name}.watermark"), &export.watermark)
}
