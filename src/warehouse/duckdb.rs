//! `DuckDB`: a typed view over the files, the table, the `MERGE` and the digest.
//!
//! Requires `DuckDB` 1.4, the first version with `MERGE`.

use super::columns::{Column, Kind, Leaf, leaves};
use super::contribution::{DIGEST, Load, Section};
use super::create_table::{CreateTable, NOT_NULL, comments, fields};
use super::digest::Spelling;
use super::input::{KitFile, Table};
use super::merge::{Deletes, merge, purpose};
use super::quote::{Quotes, name, pattern, standard};
use crate::config::Format;

pub(super) fn sql_type(column: &Column) -> String {
    match &column.kind {
        Kind::Integer => "BIGINT".to_owned(),
        Kind::Text => "VARCHAR".to_owned(),
        Kind::Timestamp => "TIMESTAMPTZ".to_owned(),
        Kind::Struct(inner) => {
            format!("STRUCT({})", fields(inner, |field| format!("{} {}", field.name, sql_type(field))))
        }
    }
}

/// `CREATE TABLE`, with comments.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    let table = name(table, Quotes::Standard);
    let create = CreateTable {
        table: table.clone(),
        sql_type,
        not_null: NOT_NULL,
        description: |_| String::new(),
        end: String::new(),
    };
    create.statement(columns) + &comments(&table, columns)
}

const SPELLING: Spelling = Spelling {
    leaf: Leaf::dotted,
    integer: |value| format!("CAST({value} AS VARCHAR)"),
    timestamp: |value| format!("CAST(epoch_us({value}) AS VARCHAR)"),
    // strlen counts bytes, length does not.
    field: |value| format!("coalesce(CAST(strlen({value}) AS VARCHAR) || ':' || {value}, '-')"),
    number: |text| format!("CAST('0x' || substr(sha256({text}), 1, 15) AS BIGINT)"),
    wide: "HUGEINT",
    text: "VARCHAR",
};

/// Maximum bytes of a row. A contact is never longer than an API page, which has at most 8 MiB, and at worst every
/// character is escaped. The defaults of `DuckDB` are 2 MiB for CSV and 16 MiB for JSON.
const MAX_ROW: usize = 64 << 20;

pub(super) const SECTION: Section = Section {
    title: "DuckDB",
    files: &["sql", DIGEST],
    commands: &[("duckdb -bail linq.duckdb < ", "sql"), ("duckdb -bail -list -noheader linq.duckdb < ", DIGEST)],
    note: "DuckDB 1.4 or later. ",
    loads: &[(Format::Parquet, read_parquet), (Format::Ndjson, read_json), (Format::Csv, read_csv)],
    table_file: "sql",
    create: |table| schema(table.name, &table.columns),
    scripts,
    digest: |table| SPELLING.file(table.name, "", &leaves(&table.columns), table.digest),
};

fn scripts(table: &Table, read: Load) -> Vec<KitFile> {
    let (name, key, view) = (table.name, table.key(), table.view());
    let text = format!(
        "{purpose}\n\
         -- The files, read in place. All types are given, so nothing is inferred.\n\
         CREATE OR REPLACE VIEW {view} AS\nSELECT {list}\nFROM {reader};\n\n\
         {create}\n{merge}",
        purpose = purpose(name, key),
        list = table.column_list(),
        reader = read(table),
        create = schema(name, &table.columns),
        merge = merge(name, &view, key, &table.column_names(), Deletes::BySource),
    );
    vec![table.file("duckdb", "sql", text)]
}

/// Without this, a directory named KEY=VALUE would become a column.
const NO_HIVE: &str = "hive_partitioning = false";

fn read_parquet(table: &Table) -> String {
    format!("read_parquet({}, {NO_HIVE})", files(table))
}

fn read_json(table: &Table) -> String {
    format!(
        "read_json({}, format = 'newline_delimited', compression = '{}', maximum_object_size = {MAX_ROW}, {NO_HIVE}, \
         columns = {{{}\n}})",
        files(table),
        compression(table),
        types(table),
    )
}

fn read_csv(table: &Table) -> String {
    format!(
        "read_csv({}, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', \
         allow_quoted_nulls = false, compression = '{}', max_line_size = {MAX_ROW}, {NO_HIVE}, columns = {{{}\n}})",
        files(table),
        compression(table),
        types(table),
    )
}

fn files(table: &Table) -> String {
    let files: Vec<_> = table.files.iter().map(|file| standard(&pattern(file, &['*', '?', '[']))).collect();
    format!("[\n  {}\n]", files.join(",\n  "))
}

fn compression(table: &Table) -> &'static str {
    table.compressed.unwrap_or("uncompressed")
}

fn types(table: &Table) -> String {
    let kind = |column: &Column| format!("\n  {}: {}", column.name, standard(&sql_type(column)));
    table.columns.iter().map(kind).collect::<Vec<_>>().join(",")
}
