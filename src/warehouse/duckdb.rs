//! `DuckDB`: a view over the files with all types given, the table, the merge and the digest.
//!
//! Needs `DuckDB` 1.4 or later, the first that knows `MERGE`.

use super::columns::{Column, Kind, Leaf, leaves};
use super::create_table::{CreateTable, NOT_NULL, comments, fields};
use super::digest::Spelling;
use super::input::{KitFile, Load};
use super::merge::{Deletes, merge, purpose};
use super::quote::{Quotes, name, pattern, standard};
use crate::config::Format;

pub(super) fn sql_type(column: &Column) -> String {
    match &column.kind {
        Kind::Integer => "BIGINT".to_owned(),
        Kind::Text => "VARCHAR".to_owned(),
        Kind::Instant => "TIMESTAMPTZ".to_owned(),
        Kind::Struct(inner) => {
            format!("STRUCT({})", fields(inner, |field| format!("{} {}", field.name, sql_type(field))))
        }
    }
}

/// The table, with comments.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    let table = name(table, Quotes::Standard);
    let ddl = CreateTable {
        table: table.clone(),
        of: sql_type,
        never_null: NOT_NULL,
        described: |_| String::new(),
        end: String::new(),
    };
    ddl.create(columns) + &comments(&table, columns)
}

const SPELLING: Spelling = Spelling {
    leaf: Leaf::dotted,
    integer: |value| format!("CAST({value} AS VARCHAR)"),
    instant: |value| format!("CAST(epoch_us({value}) AS VARCHAR)"),
    // strlen counts bytes, length does not.
    field: |value| format!("coalesce(CAST(strlen({value}) AS VARCHAR) || ':' || {value}, '-')"),
    number: |text| format!("CAST('0x' || substr(sha256({text}), 1, 15) AS BIGINT)"),
    wide: "HUGEINT",
    text: "VARCHAR",
};

/// Bytes of the longest row that is read. A contact is never longer than a page of the API, which has 8 MiB at most, and
/// is written with each character escaped at worst. `DuckDB` by itself stops at 2 MiB of CSV and 16 MiB of JSON.
const LONGEST: usize = 64 << 20;

/// Its files of a kit.
pub(super) fn kit(load: &Load) -> Vec<KitFile> {
    let (table, key) = (load.table, load.key());
    let text = format!(
        "{purpose}\n\
         -- The files as they stand. Their types are given, and nothing is guessed.\n\
         CREATE OR REPLACE VIEW {table}_export AS\nSELECT {list}\nFROM {reader};\n\n\
         {create}\n{merge}",
        purpose = purpose(table, key),
        list = load.list(),
        reader = reader(load),
        create = schema(table, &load.columns),
        merge = merge(table, &format!("{table}_export"), key, &load.names(), Deletes::BySource),
    );
    let digest = SPELLING.file(table, "", &leaves(&load.columns), load.digest);
    vec![load.file("duckdb", "sql", text), load.file("duckdb", "digest.sql", digest)]
}

fn reader(load: &Load) -> String {
    let files: Vec<_> = load.files.iter().map(|file| standard(&pattern(file, &['*', '?', '[']))).collect();
    let files = format!("[\n  {}\n]", files.join(",\n  "));
    // A folder KEY=VALUE would be read as a column of the table.
    let hive = "hive_partitioning = false";
    let compression = load.compressed.unwrap_or("uncompressed");
    let types: Vec<_> =
        load.columns.iter().map(|column| format!("\n  {}: {}", column.name, standard(&sql_type(column)))).collect();
    let types = types.join(",");
    match load.format {
        Format::Parquet => format!("read_parquet({files}, {hive})"),
        Format::Ndjson => format!(
            "read_json({files}, format = 'newline_delimited', compression = '{compression}', \
             maximum_object_size = {LONGEST}, {hive}, columns = {{{types}\n}})"
        ),
        Format::Csv => format!(
            "read_csv({files}, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', \
             nullstr = '', allow_quoted_nulls = false, compression = '{compression}', max_line_size = {LONGEST}, {hive}, \
             columns = {{{types}\n}})"
        ),
    }
}
