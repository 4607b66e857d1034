//! Compares the contents of files with the manifest: columns, rows, unique ids and digest. A manifest can be wrong even if
//! the bytes match.

use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;

use super::error::VerifyError;
use crate::dataset::{Readback, Reading, Wanted, open_for, raw_ids};
use crate::digest::ContentDigest;
use crate::manifest::{
    ChangesManifest, ColumnRecord, DigestRecord, Manifest, OwnersRecord, SchemaRecord, columns, fingerprint,
};
use crate::resource::OWNER;
use crate::text::sanitize::escape;

/// A table as described by its manifest, and what was read of it so far.
pub(crate) struct Contents<'m> {
    format: &'m str,
    columns: &'m [ColumnRecord],
    due: Option<&'m DigestRecord>,
    identity: Identity,
    found: Option<ContentDigest>,
    ids: Vec<i64>,
}

/// What must be unique.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Identity {
    /// A contact, by the id in its row.
    Contact,
    /// A contact as the API sent it.
    RawContact,
    /// Nothing: no other table refers to the rows of owners or of changes.
    Nothing,
}

impl<'m> Contents<'m> {
    /// The contacts; `path` is the file or directory of the manifest.
    pub fn of_contacts(manifest: &'m Manifest, path: &Path) -> Result<Self, VerifyError> {
        check_fingerprint(&manifest.schema, path)?;
        let identity = if manifest.options.raw { Identity::RawContact } else { Identity::Contact };
        let due = manifest.digest.as_ref().filter(|_| identity == Identity::Contact);
        Ok(Self::new(&manifest.options.format, &manifest.schema.columns, due, identity))
    }

    /// Changes, in which a contact may appear twice; `path` is the file or directory of the manifest.
    pub fn of_changes(manifest: &'m ChangesManifest, path: &Path) -> Result<Self, VerifyError> {
        check_fingerprint(&manifest.schema, path)?;
        Ok(Self::new(&manifest.options.format, &manifest.schema.columns, None, Identity::Nothing))
    }

    /// The owners, in this format.
    pub fn of_owners(format: &'m str, owners: &'m OwnersRecord) -> Self {
        Self::new(format, &owners.columns, owners.digest.as_ref(), Identity::Nothing)
    }

    fn new(format: &'m str, columns: &'m [ColumnRecord], due: Option<&'m DigestRecord>, identity: Identity) -> Self {
        let found = due.map(|_| ContentDigest::default());
        Self { format, columns, due, identity, found, ids: Vec::new() }
    }

    /// Reads a file, which should have `due` rows.
    pub fn read(&mut self, file: &Path, due: u64) -> Result<(), VerifyError> {
        let found = if self.identity == Identity::RawContact {
            let ids = raw_ids(file)?;
            self.ids.extend(&ids);
            ids.len() as u64
        } else {
            self.read_rows(file)?
        };
        if found == due { Ok(()) } else { Err(VerifyError::Rows { path: file.to_owned(), found, due }) }
    }

    fn read_rows(&mut self, file: &Path) -> Result<u64, VerifyError> {
        let all = self.due.is_some() || self.identity == Identity::Nothing;
        let wanted = if all { Wanted::Everything } else { Wanted::Ids };
        let mut reading = Reading { wanted, ..Reading::default() };
        if let Some(owner) = self.columns.iter().find(|column| column.name == OWNER) {
            reading.owner = owner.within();
        }
        let rows = open_for(file, reading)?;
        let differs = |reason: String| VerifyError::Schema { path: file.to_owned(), reason };
        let (format, due) = (rows.form().format, self.format);
        if format != due {
            return Err(differs(format!("format {format} instead of {}", escape(due))));
        }
        compare_columns(&rows, self.columns).map_err(differs)?;
        let mut count = 0;
        for batch in rows {
            let batch = batch?;
            count += batch.num_rows() as u64;
            if self.identity == Identity::Contact {
                self.ids.extend_from_slice(ids_of(&batch).ok_or_else(|| differs("no ids".to_owned()))?);
            }
            if let Some(digest) = &mut self.found {
                digest.add(&batch).map_err(|error| differs(error.to_string()))?;
            }
        }
        Ok(count)
    }

    /// Compares all files together; `path` is the file or directory that they form.
    pub fn finish(mut self, path: &Path) -> Result<(), VerifyError> {
        self.ids.sort_unstable();
        if let Some(pair) = self.ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(VerifyError::Twice { path: path.to_owned(), id: pair[0] });
        }
        match (self.found.map(DigestRecord::from), self.due) {
            (Some(found), Some(due)) if found != *due => {
                let text = |digest: &DigestRecord| format!("{} {}", digest.rows, escape(&digest.sum));
                Err(VerifyError::Digest { path: path.to_owned(), found: text(&found), due: text(due) })
            }
            _ => Ok(()),
        }
    }
}

fn check_fingerprint(schema: &SchemaRecord, path: &Path) -> Result<(), VerifyError> {
    if fingerprint(&schema.columns) == schema.fingerprint {
        return Ok(());
    }
    let reason = "schema.fingerprint does not belong to schema.columns".to_owned();
    Err(VerifyError::Schema { path: path.to_owned(), reason })
}

fn ids_of(batch: &RecordBatch) -> Option<&[i64]> {
    let ids = batch.column_by_name("id")?.as_primitive_opt::<Int64Type>()?;
    (ids.null_count() == 0).then(|| &**ids.values())
}

/// The first difference between the columns of a file and those in the manifest.
fn compare_columns(rows: &Readback, due: &[ColumnRecord]) -> Result<(), String> {
    // A text file without lines does not show its columns.
    let Some(found) = rows.stored().map(|schema| columns(schema)) else { return Ok(()) };
    if found.len() != due.len() {
        return Err(format!("{} columns instead of {}", found.len(), due.len()));
    }
    let text = |column: &ColumnRecord| {
        let null = if column.nullable { "nullable" } else { "not null" };
        format!("{} ({}, {null})", escape(&column.name), escape(&column.kind))
    };
    match found.iter().zip(due).find(|(found, due)| found != due) {
        Some((found, due)) => Err(format!("column {} instead of {}", text(found), text(due))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;
    use crate::dataset::{ReadbackError, digest};
    use crate::manifest::sealed_with;

    const LINES: &str = "{\"id\":1,\"email\":\"a\"}\n{\"id\":2,\"email\":null}\n";

    /// Puts columns into a manifest, with their fingerprint.
    fn put_columns(manifest: &mut Value, columns: &Value) {
        let records: Vec<ColumnRecord> = serde_json::from_value(columns.clone()).unwrap();
        manifest["schema"] = json!({"version": "1.0", "fingerprint": fingerprint(&records), "columns": columns});
    }

    /// Reads `text` as the contacts of its manifest, in which something is changed.
    fn read(text: &str, change: &dyn Fn(&mut Value)) -> Result<(), VerifyError> {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("c.ndjson");
        fs::write(&file, LINES).unwrap();
        let sum = digest(&file).unwrap().sum.to_string();
        fs::write(&file, text).unwrap();
        let manifest = sealed_with(|manifest| {
            manifest["options"]["format"] = json!("ndjson");
            manifest["file"] = json!({"name": "c.ndjson", "rows": 2, "bytes": LINES.len(), "sha256": ""});
            manifest["digest"] = json!({"rows": 2, "sum": sum});
            let id = json!({"name": "id", "type": "int64", "nullable": false});
            put_columns(manifest, &json!([id, {"name": "email", "type": "utf8", "nullable": true}]));
            change(manifest);
        });
        let manifest = Manifest::read(manifest.as_bytes()).unwrap();
        let mut contents = Contents::of_contacts(&manifest, &file)?;
        contents.read(&file, manifest.file.as_ref().unwrap().rows)?;
        contents.finish(&file)
    }

    /// Why contents are refused, of which the manifest has `columns`.
    fn with_columns(columns: &Value) -> String {
        read(LINES, &|manifest| put_columns(manifest, columns)).unwrap_err().to_string()
    }

    #[test]
    fn honest_manifests_are_accepted() {
        read(LINES, &|_| {}).unwrap();
        read(LINES, &|manifest| manifest["digest"] = Value::Null).unwrap();
    }

    #[test]
    fn each_lie_about_columns_is_found() {
        let column = |name: &str, kind: &str, nullable: bool| json!({"name": name, "type": kind, "nullable": nullable});
        let (id, email) = (column("id", "int64", false), column("email", "utf8", true));
        for (columns, says) in [
            (json!([id]), "2 columns instead of 1"),
            (json!([id, email, email]), "2 columns instead of 3"),
            (json!([email, id]), "column id (int64, not null) instead of email (utf8, nullable)"),
            (json!([id, column("title", "utf8", true)]), "email (utf8, nullable) instead of title"),
            (json!([id, column("email", "int64", true)]), "instead of email (int64, nullable)"),
            (json!([id, column("email", "utf8", false)]), "instead of email (utf8, not null)"),
            (json!([id, column("e\u{1b}[2J", "utf8", true)]), "instead of e\\u{1b}[2J"),
        ] {
            let error = with_columns(&columns);
            assert!(error.contains("does not match its manifest: ") && error.contains(says), "{says}: {error}");
        }
        let error = read(LINES, &|manifest| manifest["schema"]["fingerprint"] = json!("0")).unwrap_err();
        assert!(error.to_string().contains("schema.fingerprint does not belong"), "{error}");
    }

    #[test]
    fn each_lie_about_rows_and_contents_is_found() {
        let lies: [(&str, &str, Value, &str); 6] = [
            (LINES, "/file/rows", json!(3), "2 rows instead of 3"),
            (LINES, "/options/format", json!("csv"), "format ndjson instead of csv"),
            (LINES, "/digest/sum", json!("7"), "instead of 2 7"),
            (LINES, "/digest/rows", json!(3), "instead of 3 "),
            (&LINES.replace(":2,", ":1,"), "/digest", Value::Null, "the contact with id 1 twice"),
            (&LINES.replace("\"a\"", "\"b\""), "/run/pages", json!(3), "digest 2 "),
        ];
        for (text, key, value, says) in lies {
            let error = read(text, &|manifest| *manifest.pointer_mut(key).unwrap() = value.clone()).unwrap_err();
            assert!(error.to_string().contains(says), "{key}: {error}");
        }
        let cut = read(&LINES[..LINES.len() - 3], &|_| {}).unwrap_err();
        assert!(matches!(cut, VerifyError::Dataset(ReadbackError::Malformed { .. })), "{cut}");
    }
}
