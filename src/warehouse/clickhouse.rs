//! `ClickHouse`: the table, which keeps the last row of each key, the inserts from files, and the digest.
//!
//! A struct is a `Tuple`, which cannot be null: all its fields are null instead, and the digest is the same.

use super::columns::{Column, Kind, Leaf, key, leaves};
use super::create_table::{CreateTable, about_table, fields};
use super::digest::Spelling;
use super::input::{KitFile, Load};
use super::merge::deletes;
use super::quote::{Quotes, escaped, name};
use crate::config::Format;

pub(super) fn sql_type(column: &Column) -> String {
    let plain = match &column.kind {
        Kind::Integer => "Int64",
        Kind::Text => "String",
        Kind::Instant => "DateTime64(6, 'UTC')",
        Kind::Struct(inner) => {
            return format!("Tuple({})", fields(inner, |field| format!("{} {}", field.name, sql_type(field))));
        }
    };
    if column.nullable { format!("Nullable({plain})") } else { plain.to_owned() }
}

/// The table, with comments.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    CreateTable {
        table: name(table, Quotes::Escaped),
        of: sql_type,
        // The type says already whether a column may be null.
        never_null: ["", ""],
        described: |column| format!(" COMMENT {}", escaped(&column.about_with_fields())),
        end: format!(
            "\nENGINE = ReplacingMergeTree\nORDER BY {}\nCOMMENT {}",
            key(columns),
            escaped(about_table(columns))
        ),
    }
    .create(columns)
}

const SPELLING: Spelling = Spelling {
    leaf: Leaf::dotted,
    integer: |value| format!("toString({value})"),
    instant: |value| format!("toString(toUnixTimestamp64Micro({value}))"),
    field: |value| format!("ifNull(toString(length({value})) || ':' || {value}, '-')"),
    // Eight bytes, of which the last comes first.
    number: |text| format!("reinterpretAsUInt64(reverse(unhex('0' || substring(lower(hex(SHA256({text}))), 1, 15))))"),
    wide: "Int128",
    text: "String",
};

/// Its files of a kit.
pub(super) fn kit(load: &Load) -> Vec<KitFile> {
    let (table, key, list) = (load.table, load.key(), load.list());
    let inserts: Vec<_> = load.files.iter().map(|file| insert(load, file)).collect();
    let text = format!(
        "-- Brings the export into the table {table}: of the rows with one {key}, the last inserted stays.\n\
         -- Until the engine has merged them, older ones are seen, too: read FROM {table} FINAL.\n\n\
         {create}\n\
         CREATE OR REPLACE TABLE {table}_staging AS {table};\n\
         {inserts}\n\
         {check}\n\
         INSERT INTO {table} ({list})\nSELECT {list}\nFROM {table}_staging;\n\n\
         {deletes}",
        create = schema(table, &load.columns),
        inserts = inserts.concat(),
        check = check(load),
        deletes = deletes(table, &format!("{table}_staging"), key),
    );
    let digest = SPELLING.file(table, " FINAL", &leaves(&load.columns), load.digest);
    vec![load.file("clickhouse", "sql", text), load.file("clickhouse", "digest.sql", digest)]
}

fn insert(load: &Load, file: &str) -> String {
    let format = match load.format {
        Format::Parquet => "FORMAT Parquet",
        Format::Ndjson => "SETTINGS date_time_input_format = 'best_effort'\nFORMAT JSONEachRow",
        Format::Csv => {
            "SETTINGS date_time_input_format = 'best_effort', format_csv_null_representation = ''\nFORMAT CSVWithNames"
        }
    };
    let compression = load.compressed.map(|name| format!(" COMPRESSION '{name}'")).unwrap_or_default();
    // The name is a pattern, and no sign in it can be escaped: each is any one character instead. See `check`.
    let pattern = file.replace([',', '{', '}', '*'], "?");
    format!("INSERT INTO {}_staging FROM INFILE {}{compression}\n{format};\n", load.table, escaped(&pattern))
}

/// Stops what follows if a pattern has brought rows of other files, or none.
fn check(load: &Load) -> String {
    let (table, rows) = (load.table, load.digest.rows);
    format!(
        "-- Stops here unless all that was loaded is the export, and nothing else: INFILE takes a name for a pattern.\n\
         SELECT throwIf(count() <> {rows}, 'the files have not brought the {rows} rows of the export')\n\
         FROM {table}_staging\nFORMAT Null;\n"
    )
}
