//! What a kit is told of an export, and each table of it as the dialects need it.

use std::path::PathBuf;

use arrow::datatypes::Schema;

use super::columns::{self, Column};
use crate::config::Format;
use crate::digest::ContentDigest;

/// What a kit is told of an export.
#[derive(Debug)]
pub struct KitInput<'a> {
    /// The contacts.
    pub contacts: TableInput<'a>,
    /// The owners, where they have a table of their own.
    pub owners: Option<TableInput<'a>>,
    /// The kind of all files.
    pub format: Format,
    /// How files of NDJSON or CSV are compressed as a whole: `gzip` or `zstd`.
    pub compressed: Option<&'static str>,
    /// Key and value of the Hive partition that a directory output is.
    pub partition: Option<(&'a str, &'a str)>,
    /// What is hashed, if anything is.
    pub hashed: Option<HashedColumns<'a>>,
}

/// Columns that hold hashes instead of their values.
#[derive(Debug)]
pub struct HashedColumns<'a> {
    /// Their names in the whole table, such as `owner_email`.
    pub columns: &'a [String],
    /// The id of the key, as the manifest has it.
    pub key_id: String,
}

/// One table of an export.
#[derive(Debug)]
pub struct TableInput<'a> {
    /// Its columns.
    pub schema: &'a Schema,
    /// Its files, as SQL and shell are to name them: absolute; several, in one folder, for a directory output.
    pub files: Vec<PathBuf>,
    /// The digest of what they hold, and how many rows that is.
    pub digest: ContentDigest,
}

/// One file of a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitFile {
    /// Its name, without a folder.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// A table to load: what every dialect's part of a kit is made from.
#[derive(Debug)]
pub(super) struct Load {
    /// The name that it gets, `contacts` or `owners`.
    pub table: &'static str,
    pub columns: Vec<Column>,
    pub files: Vec<String>,
    pub format: Format,
    pub compressed: Option<&'static str>,
    pub digest: ContentDigest,
}

impl Load {
    pub fn new(table: &'static str, of: &TableInput<'_>, input: &KitInput<'_>) -> Self {
        let mut columns = columns::columns(of.schema);
        if let Some(HashedColumns { columns: hashed, key_id }) = &input.hashed {
            columns::say_hashed(&mut columns, hashed, key_id);
        }
        Self {
            table,
            columns,
            files: of.files.iter().map(|file| file.to_string_lossy().into_owned()).collect(),
            format: input.format,
            compressed: input.compressed,
            digest: of.digest,
        }
    }

    /// A file of the kit: `bigquery` and `load.sh` give `bigquery.load.sh`, or `bigquery.owners.load.sh`.
    pub fn named(&self, dialect: &str, rest: &str) -> String {
        match self.table {
            "contacts" => format!("{dialect}.{rest}"),
            table => format!("{dialect}.{table}.{rest}"),
        }
    }

    pub fn file(&self, dialect: &str, rest: &str, text: String) -> KitFile {
        KitFile { name: self.named(dialect, rest), text }
    }

    pub fn key(&self) -> &str {
        columns::key(&self.columns)
    }

    pub fn names(&self) -> Vec<&str> {
        columns::names(&self.columns)
    }

    /// The names of all columns as a list of SQL.
    pub fn list(&self) -> String {
        self.names().join(", ")
    }
}
