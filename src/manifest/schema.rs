//! The columns of a table as the manifest lists them, and their fingerprint.

use arrow::datatypes::{DataType, Schema, TimeUnit};
use serde::{Deserialize, Serialize};

use crate::checksum::sha256;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ColumnRecord {
    /// Its name.
    pub name: String,
    /// `int64`, `utf8`, or `timestamp(us, UTC)`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it may be null.
    pub nullable: bool,
}

impl ColumnRecord {
    /// The names of a struct's fields, which its type shows in quotation marks.
    pub fn within(&self) -> Vec<String> {
        self.kind.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    }
}

/// The columns of a schema, in order.
pub(crate) fn columns(schema: &Schema) -> Vec<ColumnRecord> {
    let column = |field: &arrow::datatypes::Field| ColumnRecord {
        name: field.name().clone(),
        kind: kind(field.data_type()),
        nullable: field.is_nullable(),
    };
    schema.fields().iter().map(|field| column(field)).collect()
}

/// A type's name in the manifest.
pub(crate) fn kind(data_type: &DataType) -> String {
    match data_type {
        DataType::Int64 => "int64".to_owned(),
        DataType::Utf8 => "utf8".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => format!("timestamp(us, {zone})"),
        other => other.to_string(),
    }
}

/// Identifies a list of columns: the SHA-256 of one line per column, `name type nullable`.
pub(crate) fn fingerprint(columns: &[ColumnRecord]) -> String {
    let line = |ColumnRecord { name, kind, nullable }: &ColumnRecord| {
        format!("{name} {kind} {}", if *nullable { "nullable\n" } else { "required\n" })
    };
    let lines: Vec<_> = columns.iter().map(line).collect();
    sha256(lines.concat().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource;

    #[test]
    fn struct_fields_are_found_in_the_type() {
        let fields = ["id", "name"].map(|name| arrow::datatypes::Field::new(name, DataType::Int64, true));
        let kind = kind(&DataType::Struct(fields.to_vec().into()));
        assert_eq!(ColumnRecord { name: "x".to_owned(), kind, nullable: true }.within(), ["id", "name"]);
    }

    /// If this fails, the columns have changed: update the version and the fingerprint beside them.
    #[test]
    fn the_version_matches_the_columns() {
        let columns = columns(&resource::schema());
        assert!(columns.iter().all(|column| ["int64", "utf8", "timestamp(us, UTC)"].contains(&column.kind.as_str())));
        assert_eq!((resource::SCHEMA_VERSION, fingerprint(&columns).as_str()), resource::contacts::FINGERPRINT);
    }
}
