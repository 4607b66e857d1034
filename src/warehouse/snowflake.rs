//! Snowflake: the table, upload and `COPY INTO` a staging table, the merge and the digest.
//!
//! All of it is from Snowflake's documentation. An instant is a `TIMESTAMP_LTZ`: like everybody's `timestamptz` it is
//! a point in time without an offset of its own, and it is what Parquet's instants in UTC are read as. Where a reader
//! gives a `TIMESTAMP_NTZ` instead, the cast takes it to be in the session's time zone, so that
//! is set to UTC. A struct is an `OBJECT`, which Parquet and JSON load into alike.

use super::columns::{Column, Kind, leaves};
use super::create_table::{CreateTable, NOT_NULL, about_table};
use super::digest::Spelling;
use super::input::{KitFile, Load};
use super::merge::{Deletes, deletes, merge, purpose};
use super::quote::{Quotes, escaped, name};
use crate::config::Format;

pub(super) fn sql_type(column: &Column) -> String {
    match column.kind {
        Kind::Integer => "NUMBER(19, 0)",
        Kind::Text => "VARCHAR",
        Kind::Instant => "TIMESTAMP_LTZ(6)",
        Kind::Struct(_) => "OBJECT",
    }
    .to_owned()
}

/// The table, with comments.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    CreateTable {
        table: name(table, Quotes::Capital),
        of: sql_type,
        never_null: NOT_NULL,
        described: |column| format!(" COMMENT {}", escaped(&column.about_with_fields())),
        end: format!("\nCOMMENT = {}", escaped(about_table(columns))),
    }
    .create(columns)
}

const SPELLING: Spelling = Spelling {
    leaf: |leaf| match &leaf.within {
        // Out of an OBJECT comes a VARIANT, whose own null becomes SQL's by the cast.
        Some(within) => {
            let cast = if leaf.kind == Kind::Integer { "NUMBER(19, 0)" } else { "VARCHAR" };
            format!("{within}:{}::{cast}", leaf.name)
        }
        None => leaf.name.clone(),
    },
    integer: |value| format!("TO_VARCHAR({value})"),
    instant: |value| format!("TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, {value}))"),
    field: |value| format!("COALESCE(TO_VARCHAR(OCTET_LENGTH({value})) || ':' || {value}, '-')"),
    number: |text| format!("TO_NUMBER(SUBSTR(SHA2({text}, 256), 1, 15), 'XXXXXXXXXXXXXXX')"),
    wide: "NUMBER(38, 0)",
    text: "VARCHAR",
};

/// Its files of a kit.
pub(super) fn kit(load: &Load) -> Vec<KitFile> {
    let (table, key) = (load.table, load.key());
    let puts: Vec<_> = load
        .files
        .iter()
        .map(|file| {
            let source = escaped(&format!("file://{file}"));
            format!("PUT {source} @{table}_stage AUTO_COMPRESS = FALSE OVERWRITE = TRUE;\n")
        })
        .collect();
    let text = format!(
        "{purpose}\
         -- Run it in one session, with a client that uploads: snow sql or snowsql, not a worksheet.\n\n\
         ALTER SESSION SET TIMEZONE = 'UTC';\n\n\
         {create}\n\
         -- Both are gone with the session.\n\
         CREATE OR REPLACE TEMPORARY TABLE {table}_staging LIKE {table};\n\
         CREATE OR REPLACE TEMPORARY STAGE {table}_stage;\n\
         {puts}\n\
         {copy}\n\
         BEGIN;\n{merge}\n{deletes}COMMIT;\n",
        purpose = purpose(table, key),
        create = schema(table, &load.columns),
        puts = puts.concat(),
        copy = copy(load),
        merge = merge(table, &format!("{table}_staging"), key, &load.names(), Deletes::Apart),
        deletes = deletes(table, &format!("{table}_staging"), key),
    );
    let digest = SPELLING.file(table, "", &leaves(&load.columns), load.digest);
    vec![load.file("snowflake", "sql", text), load.file("snowflake", "digest.sql", digest)]
}

fn copy(load: &Load) -> String {
    let compression = load.compressed.unwrap_or("none").to_uppercase();
    // Without NULL_IF, the text \N would become null; by itself, a field without quotes has backslashes that escape.
    let format = match load.format {
        Format::Parquet => "TYPE = PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE NULL_IF = ()".to_owned(),
        Format::Ndjson => format!("TYPE = JSON COMPRESSION = {compression} NULL_IF = ()"),
        Format::Csv => format!(
            "TYPE = CSV COMPRESSION = {compression} SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '\"' \
             ESCAPE_UNENCLOSED_FIELD = NONE EMPTY_FIELD_AS_NULL = TRUE NULL_IF = ()"
        ),
    };
    let values: Vec<_> = load.columns.iter().enumerate().map(|(at, column)| value(load.format, at, column)).collect();
    format!(
        "COPY INTO {table}_staging ({list})\n\
         FROM (\n  SELECT\n    {values}\n  FROM @{table}_stage\n)\n\
         FILE_FORMAT = ({format})\n\
         ON_ERROR = ABORT_STATEMENT;\n",
        table = load.table,
        list = load.list(),
        values = values.join(",\n    "),
    )
}

/// A column as a staged file gives it, cast.
fn value(format: Format, at: usize, column: &Column) -> String {
    let from = match format {
        Format::Csv => format!("${}", at + 1),
        Format::Parquet | Format::Ndjson => format!("$1:{}", column.name),
    };
    match (format, &column.kind) {
        (Format::Ndjson | Format::Csv, Kind::Instant) => {
            format!("TO_TIMESTAMP_LTZ({from}::VARCHAR, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF6\"Z\"')")
        }
        _ => format!("{from}::{}", sql_type(column)),
    }
}
