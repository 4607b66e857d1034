//! BigQuery: the schema file, the load with `bq`, the merge and the digest.
//!
//! `bq` loads one local file at a time, splits names at commas, and BigQuery reads gzip but not zstd.

use serde::Serialize;

use super::columns::{Column, Kind, Leaf, leaves};
use super::create_table::{CreateTable, NOT_NULL, about_table, fields};
use super::digest::Spelling;
use super::input::{KitFile, Load};
use super::merge::{Deletes, merge};
use super::quote::{Quotes, escaped, name, shell};
use crate::config::Format;

/// A column in a schema file.
#[derive(Serialize)]
struct SchemaField<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    of: &'static str,
    mode: &'static str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<SchemaField<'a>>>,
}

impl<'a> From<&'a Column> for SchemaField<'a> {
    fn from(column: &'a Column) -> Self {
        let (of, fields) = match &column.kind {
            Kind::Integer => ("INTEGER", None),
            Kind::Text => ("STRING", None),
            Kind::Instant => ("TIMESTAMP", None),
            Kind::Struct(fields) => ("RECORD", Some(fields.iter().map(Self::from).collect())),
        };
        let mode = if column.nullable { "NULLABLE" } else { "REQUIRED" };
        Self { name: &column.name, of, mode, description: &column.about, fields }
    }
}

/// The schema file. It has no place for the table's name.
pub(super) fn schema(columns: &[Column]) -> String {
    let fields: Vec<_> = columns.iter().map(SchemaField::from).collect();
    // Texts always can be written.
    serde_json::to_string_pretty(&fields).unwrap_or_default() + "\n"
}

/// The type of a column in SQL; in the schema file, `INT64` is `INTEGER` and `STRUCT` is `RECORD`.
pub(super) fn sql_type(column: &Column, field_end: fn(&Column) -> String) -> String {
    match &column.kind {
        Kind::Integer => "INT64".to_owned(),
        Kind::Text => "STRING".to_owned(),
        Kind::Instant => "TIMESTAMP".to_owned(),
        Kind::Struct(inner) => {
            let field = |field: &Column| format!("{} {}{}", field.name, sql_type(field, field_end), field_end(field));
            format!("STRUCT<{}>", fields(inner, field))
        }
    }
}

fn described(column: &Column) -> String {
    format!(" OPTIONS (description = {})", escaped(&column.about))
}

const SPELLING: Spelling = Spelling {
    leaf: Leaf::dotted,
    integer: |value| format!("CAST({value} AS STRING)"),
    instant: |value| format!("CAST(UNIX_MICROS({value}) AS STRING)"),
    field: |value| format!("IFNULL(CAST(BYTE_LENGTH({value}) AS STRING) || ':' || {value}, '-')"),
    number: |text| format!("CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256({text})), 1, 15)) AS INT64)"),
    // An INT64 would overflow at the ninth row; a NUMERIC has 29 digits before its point, a row's number at most 19.
    wide: "NUMERIC",
    text: "STRING",
};

/// Its files of a kit.
pub(super) fn kit(load: &Load) -> Vec<KitFile> {
    let (table, columns) = (format!("linq.{}", load.table), &load.columns);
    let end = format!("\nCLUSTER BY {}\nOPTIONS (description = {})", load.key(), escaped(about_table(columns)));
    let create = CreateTable {
        table: name(&table, Quotes::Escaped),
        of: |column| sql_type(column, described),
        never_null: NOT_NULL,
        described,
        end,
    }
    .create(columns);
    let merging = format!(
        "-- Brings {table}_staging into {table}: rows are updated by {key}, and inserted where there is none.\n\n\
         {create}\n{}",
        merge(&table, &format!("{table}_staging"), load.key(), &load.names(), Deletes::BySource),
        key = load.key(),
    );
    let digest = SPELLING.file(&table, "", &leaves(columns), load.digest);
    vec![
        load.file("bigquery", "schema.json", schema(columns)),
        load.file("bigquery", "load.sh", load_command(load)),
        load.file("bigquery", "merge.sql", merging),
        load.file("bigquery", "digest.sql", digest),
    ]
}

fn load_command(load: &Load) -> String {
    let format = match load.format {
        Format::Parquet => "PARQUET",
        Format::Ndjson => "NEWLINE_DELIMITED_JSON",
        // By its own rule, an empty field is null and a quoted one is "". Without the last of these, it refuses NUL.
        Format::Csv => "CSV --skip_leading_rows=1 --allow_quoted_newlines --preserve_ascii_control_characters",
    };
    let zstd = load.compressed == Some("zstd");
    let comma = load.files.iter().any(|file| file.contains(','));
    let (work, source) = match (zstd, comma) {
        (true, _) => ("zstd -qdc -- \"$file\" > \"$work/part\"", "\"$work/part\""),
        (_, true) => ("ln -sf -- \"$file\" \"$work/part\"", "\"$work/part\""),
        _ => ("", "\"$file\""),
    };
    let (prepare, work) = match work {
        "" => ("", String::new()),
        work => ("work=$(mktemp -d)\ntrap 'rm -rf -- \"$work\"' EXIT\n", format!("    {work}\n")),
    };
    let files: Vec<_> = load.files.iter().map(|file| format!("    {}\n", shell(file))).collect();
    format!(
        "#!/usr/bin/env bash\n\
         # Loads the export into the table linq.{table}_staging, in the place of what was there.\n\
         # Arguments go to bq, such as --project_id=PROJECT or --location=EU.\n\
         set -euo pipefail\n\
         schema=$(cd -- \"$(dirname -- \"${{BASH_SOURCE[0]}}\")\" && pwd)/{schema}\n\
         {prepare}\
         files=(\n{files})\n\
         how=--replace\n\
         for file in \"${{files[@]}}\"; do\n\
         {work}    bq \"$@\" load $how --source_format={format} linq.{table}_staging {source} \"$schema\"\n    \
         how=--noreplace\n\
         done\n",
        table = load.table,
        schema = load.named("bigquery", "schema.json"),
        files = files.concat(),
    )
}
