//! The manifest of a table, if there is one, and whether it can belong to the table.
//!
//! Only sizes are compared; [`verify`](crate::verify) makes the full check.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::manifest::{
    ChangesManifest, Content, FileRecord, Manifest, ManifestError, WarningRecord, contacts_of, describes, read_file,
};
use crate::naming;
use crate::storage;

/// What a manifest says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ManifestFacts {
    /// Its path.
    pub path: String,
    /// The level of completeness; of changes, that of the new export. `None` if it cannot be read.
    pub level: Option<String>,
    /// When the run ended: RFC 3339; of changes, that of the new export. `None` if it cannot be read.
    pub finished_at: Option<String>,
    /// The contacts that it describes, if the table contains their owners.
    pub owners_of: Option<String>,
    /// Why it does not belong to this table or cannot be read.
    pub problem: Option<String>,
    /// Why the level is not higher.
    pub reasons: Vec<String>,
    /// Values that could not be stored as sent.
    pub warnings: Vec<WarningFacts>,
    /// The options of the export that shaped the data, by name.
    pub settings: BTreeMap<String, String>,
    /// The columns that hold hashes.
    pub hashed: Vec<String>,
}

/// Values of a column that could not be stored as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WarningFacts {
    /// The column.
    pub column: String,
    /// What is wrong, such as `replaced_character`.
    pub kind: String,
    /// The number of values.
    pub count: u64,
}

/// The manifest of a file or directory of `bytes` bytes, if there is one.
pub(super) fn read(path: &Path, bytes: u64) -> Option<ManifestFacts> {
    let own = naming::manifest_of(path).ok()?;
    let (contacts, manifest) = match contacts_of(path).filter(|_| !storage::is_file(&own)) {
        Some((contacts, manifest)) => (Some(contacts), manifest),
        None => (None, own),
    };
    let mut facts = ManifestFacts {
        path: manifest.display().to_string(),
        owners_of: contacts.map(|contacts| contacts.display().to_string()),
        ..ManifestFacts::default()
    };
    match read_file(&manifest) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => facts.problem = Some(format!("cannot read it: {error}")),
        Ok(text) => facts.problem = facts.describe(&text, bytes).unwrap_or_else(|error| Some(error.to_string())),
    }
    Some(facts)
}

impl ManifestFacts {
    /// Takes over what a manifest says; returns why it does not belong to a table of `bytes` bytes.
    fn describe(&mut self, text: &[u8], bytes: u64) -> Result<Option<String>, ManifestError> {
        if describes(text, Content::Changes) {
            let manifest = ChangesManifest::read(text)?;
            self.level = Some(manifest.level()?.to_string());
            let due = manifest.file.iter().chain(&manifest.parts).fold(0, size);
            self.finished_at = Some(manifest.to.finished_at);
            return Ok(other_size(due, bytes));
        }
        let manifest = Manifest::read(text)?;
        self.level = Some(manifest.level()?.to_string());
        let due = match self.owners_of {
            Some(_) => manifest.owners_file().into_iter().fold(0, size),
            None => manifest.files().fold(0, size),
        };
        self.finished_at = Some(manifest.times.finished_at);
        self.reasons = manifest.completeness.reasons;
        let warning =
            |found: WarningRecord| WarningFacts { column: found.column, kind: found.kind, count: found.count };
        self.warnings = manifest.warnings.into_iter().map(warning).collect();
        self.hashed.clone_from(&manifest.options.hmac_columns);
        if let Ok(Value::Object(options)) = serde_json::to_value(&manifest.options) {
            self.settings = options.iter().filter_map(|(name, value)| Some((name.clone(), setting(value)?))).collect();
        }
        Ok(other_size(due, bytes))
    }
}

/// A setting as text; `None` if it is not set.
fn setting(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Array(list) if list.is_empty() => None,
        Value::Array(list) => Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn size(sum: u64, file: &FileRecord) -> u64 {
    sum.saturating_add(file.bytes)
}

fn other_size(due: u64, bytes: u64) -> Option<String> {
    (due != bytes).then(|| format!("it describes {due} bytes, but there are {bytes}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::manifest::sealed_with;

    #[test]
    fn the_sizes_of_all_files_are_added() {
        let mut facts = ManifestFacts::default();
        let file = |bytes: u64| json!({"name": "f", "rows": 0, "bytes": bytes, "sha256": ""});
        for (single, parts) in [(file(7), json!([])), (json!(null), json!([file(3), file(4)]))] {
            let text = sealed_with(|manifest| (manifest["file"], manifest["parts"]) = (single, parts));
            assert_eq!(facts.describe(text.as_bytes(), 7), Ok(None));
            assert!(facts.describe(text.as_bytes(), 8).unwrap().unwrap().contains("7 bytes"));
            assert_eq!(facts.level.as_deref(), Some("counted"));
            assert_eq!(facts.finished_at.as_deref(), Some("2026-01-02T03:04:14.000Z"));
        }
        assert_eq!(facts.describe(b"{}", 0), Err(ManifestError::Damaged));
    }
}
