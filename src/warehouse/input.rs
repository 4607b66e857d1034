//! What a kit is made from: an export's tables, as the pipeline describes them and as the dialects need them.

use std::path::{Path, PathBuf};

use arrow::datatypes::Schema;

use super::columns::{self, Column};
use super::location::Location;
use super::quote::{Quotes, derived};
use crate::config::{Format, TableName};
use crate::digest::ContentDigest;
use crate::proof::Level;
use crate::storage::Cloud;

/// The export that a kit loads.
#[derive(Debug)]
pub struct KitInput<'a> {
    /// The file, directory or URL of the export, as `linq-export verify` takes it: absolute.
    pub export: &'a Path,
    /// The table that the contacts are loaded into; that of the owners is next to it.
    pub table: &'a TableName,
    /// How complete the export is.
    pub level: Level,
    /// Whether rows that are missing from the export are to be deleted, if the level proves that they were deleted.
    pub deletes: bool,
    /// The contacts.
    pub contacts: TableInput<'a>,
    /// The owners, if they have a table of their own.
    pub owners: Option<TableInput<'a>>,
    /// The format of all files.
    pub format: Format,
    /// How NDJSON or CSV files are compressed as a whole: `gzip` or `zstd`.
    pub compressed: Option<&'static str>,
    /// Key and value of the Hive partition, if the output is one.
    pub partition: Option<(&'a str, &'a str)>,
    /// The columns that were hashed, if any.
    pub hashed: Option<HashedColumns<'a>>,
}

/// The changes that a kit applies.
#[derive(Debug)]
pub struct ChangesKitInput<'a> {
    /// The changes.
    pub changes: TableInput<'a>,
    /// The columns of the contacts.
    pub contacts: &'a Schema,
    /// The digest of a table of contacts after the changes were applied to it.
    pub applied: ContentDigest,
    /// When the new export ended, as its manifest says it.
    pub seen_by: &'a str,
    /// The format of all files.
    pub format: Format,
    /// How NDJSON or CSV files are compressed as a whole: `gzip` or `zstd`.
    pub compressed: Option<&'static str>,
    /// The columns that were hashed, if any.
    pub hashed: Option<HashedColumns<'a>>,
}

/// Columns that hold hashes instead of their values.
#[derive(Debug)]
pub struct HashedColumns<'a> {
    /// Their names in the full table, such as `owner_email`.
    pub columns: &'a [String],
    /// The id of the key, as in the manifest.
    pub key_id: String,
}

/// One table of an export.
#[derive(Debug)]
pub struct TableInput<'a> {
    /// Its columns.
    pub schema: &'a Schema,
    /// Its files: absolute paths, or the URLs of objects (`s3://`, `gs://`, `az://`) as text. All are in one directory.
    pub files: Vec<PathBuf>,
    /// The digest of its contents, with the number of rows.
    pub digest: ContentDigest,
}

/// One file of a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitFile {
    /// Its name, without a directory.
    pub name: String,
    /// Its contents.
    pub text: String,
}

/// A table to load, as every dialect needs it.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// What it holds: `contacts`, `owners` or `contacts_changes`.
    pub kind: &'static str,
    /// Its name in the warehouse, without quotes.
    pub target: String,
    /// How the dialect quotes names.
    pub quotes: Quotes,
    /// What a load does with the rows that are missing from the export.
    pub missing: Missing,
    pub columns: Vec<Column>,
    pub files: Vec<Location>,
    pub format: Format,
    pub compressed: Option<&'static str>,
    pub digest: ContentDigest,
}

/// What a load does with the rows that are missing from the export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Missing {
    /// They stay, and the statements that delete them are commented out.
    #[default]
    Kept,
    /// They are deleted: the export's level proves that they were deleted.
    Deleted,
}

/// Changes to apply, as every dialect needs them.
#[derive(Debug)]
pub(super) struct Changes {
    /// The table that they are applied to. It has no files, and the digest that it must have afterwards.
    pub contacts: Table,
    /// The table that a history keeps them in, and their files.
    pub table: Table,
    pub seen_by: String,
}

impl Changes {
    pub fn new(input: &ChangesKitInput<'_>) -> Self {
        let table = |name, table: &TableInput<'_>| {
            Table::with(name, table, input.format, input.compressed, input.hashed.as_ref())
        };
        let contacts = TableInput { schema: input.contacts, files: Vec::new(), digest: input.applied };
        Self {
            contacts: table("contacts", &contacts),
            table: table("contacts_changes", &input.changes),
            seen_by: input.seen_by.to_owned(),
        }
    }
}

impl Table {
    pub fn new(kind: &'static str, target: &TableName, table: &TableInput<'_>, input: &KitInput<'_>) -> Self {
        let missing = if input.deletes && input.level.proves_deletions() { Missing::Deleted } else { Missing::Kept };
        let table = Self::with(kind, table, input.format, input.compressed, input.hashed.as_ref());
        Self { target: target.to_string(), missing, ..table }
    }

    /// The same table for a dialect.
    pub fn quoted(&self, quotes: Quotes) -> Self {
        Self { quotes, ..self.clone() }
    }

    fn with(
        kind: &'static str,
        table: &TableInput<'_>,
        format: Format,
        compressed: Option<&'static str>,
        hashed: Option<&HashedColumns<'_>>,
    ) -> Self {
        let mut columns = columns::columns(table.schema);
        if let Some(HashedColumns { columns: hashed, key_id }) = hashed {
            columns::describe_hashes(&mut columns, hashed, key_id);
        }
        Self {
            kind,
            target: kind.to_owned(),
            quotes: Quotes::Standard,
            missing: Missing::default(),
            columns,
            files: table.files.iter().map(|file| Location::new(file)).collect(),
            format,
            compressed,
            digest: table.digest,
        }
    }

    /// The name of a kit's file: `bigquery` and `load.sh` give `bigquery.load.sh`, `bigquery.owners.load.sh` or
    /// `bigquery.changes.load.sh`.
    pub fn file_name(&self, dialect: &str, suffix: &str) -> String {
        match self.kind {
            "contacts" => format!("{dialect}.{suffix}"),
            "contacts_changes" => format!("{dialect}.changes.{suffix}"),
            table => format!("{dialect}.{table}.{suffix}"),
        }
    }

    pub fn file(&self, dialect: &str, suffix: &str, text: String) -> KitFile {
        KitFile { name: self.file_name(dialect, suffix), text }
    }

    /// The store that the files are in, unless they are local.
    pub fn cloud(&self) -> Option<Cloud> {
        Some(self.files.first()?.object()?.cloud)
    }

    /// The table that the files are loaded into before they are merged.
    pub fn staging(&self) -> String {
        self.derived("_staging")
    }

    /// The view through which a warehouse reads the files in place.
    pub fn view(&self) -> String {
        self.derived("_export")
    }

    /// The name of the table, quoted.
    pub fn name(&self) -> String {
        self.derived("")
    }

    /// The name of the table with a suffix, quoted.
    pub fn derived(&self, suffix: &str) -> String {
        derived(&self.target, suffix, self.quotes)
    }

    /// The same without the schema, for what exists only in a session.
    pub fn in_session(&self, suffix: &str) -> String {
        let table = self.target.rsplit_once('.').map_or(self.target.as_str(), |(_, table)| table);
        derived(table, suffix, self.quotes)
    }

    pub fn key(&self) -> &str {
        columns::key(&self.columns)
    }

    pub fn column_names(&self) -> Vec<&str> {
        columns::names(&self.columns)
    }

    /// The names of all columns, as a list in SQL.
    pub fn column_list(&self) -> String {
        self.column_names().join(", ")
    }
}
