//! `PostgreSQL`: the table with comments, `\copy` of CSV or NDJSON, and the upsert.
//!
//! It reads no Parquet, and its text cannot hold NUL (U+0000): a row with one stops the load. So does a line `\.` within
//! a text of CSV before version 18, which psql takes for the end.

use super::columns::{Column, Kind, leaves};
use super::create_table::{CreateTable, comments};
use super::digest::Spelling;
use super::input::{KitFile, Load};
use super::merge::{deletes, purpose};
use super::quote::{Quotes, name, shell, standard};
use crate::config::Format;

pub(super) fn sql_type(column: &Column) -> String {
    match column.kind {
        Kind::Integer => "bigint",
        Kind::Text => "text",
        Kind::Instant => "timestamptz",
        // A type of its own for it would be one more thing to create, grant and drop.
        Kind::Struct(_) => "jsonb",
    }
    .to_owned()
}

/// The table, with comments and its key.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    let table = name(table, Quotes::Standard);
    let ddl = CreateTable {
        table: table.clone(),
        of: sql_type,
        never_null: [" PRIMARY KEY", " NOT NULL"],
        described: |_| String::new(),
        end: String::new(),
    };
    ddl.create(columns) + &comments(&table, columns)
}

const SPELLING: Spelling = Spelling {
    leaf: |leaf| match &leaf.within {
        Some(within) => format!("({within}->>'{}')", leaf.name),
        None => leaf.name.clone(),
    },
    integer: |value| format!("CAST({value} AS text)"),
    // Exact since PostgreSQL 14, whose extract gives a numeric.
    instant: |value| format!("CAST(CAST(extract(epoch FROM {value}) * 1000000 AS bigint) AS text)"),
    field: |value| format!("coalesce(octet_length({value}) || ':' || {value}, '-')"),
    // Sixteen digits, of which the first is none of the hash, since bits have no other way to be a bigint.
    number: |text| {
        format!(
            "CAST(CAST('x0' || substr(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), 1, 15) AS bit(64)) AS bigint)"
        )
    },
    wide: "numeric(38, 0)",
    text: "text",
};

/// What else stops a load of CSV.
const STOPPED: &str =
    "-- So does a line of a text that is \\. and nothing else, before PostgreSQL 18: then load an export to NDJSON.\n";

/// Its files of a kit.
pub(super) fn kit(load: &Load) -> Vec<KitFile> {
    let (table, key, list) = (load.table, load.key(), load.list());
    let create = schema(table, &load.columns);
    let text = match load.format {
        Format::Parquet => format!(
            "-- The table {table}. PostgreSQL reads no Parquet: export CSV or NDJSON, and this file loads it.\n\n\
             {create}"
        ),
        Format::Ndjson | Format::Csv => {
            let updates: Vec<_> = load
                .names()
                .into_iter()
                .filter(|name| *name != key)
                .map(|name| format!("{name} = excluded.{name}"))
                .collect();
            format!(
                "{purpose}\
                 -- For psql. A row with the character NUL (U+0000) stops it: PostgreSQL's text cannot hold one.\n\
                 {stopped}\
                 \\set ON_ERROR_STOP on\n\n\
                 {create}\n\
                 BEGIN;\n{staging}\n\
                 INSERT INTO {table} ({list})\nSELECT {list}\nFROM {table}_staging\n\
                 ON CONFLICT ({key}) DO {update};\n\n\
                 {deletes}COMMIT;\n",
                purpose = purpose(table, key),
                stopped = if load.format == Format::Csv { STOPPED } else { "" },
                staging = staging(load),
                update = match updates.as_slice() {
                    // A table of the key alone has nothing to update.
                    [] => "NOTHING".to_owned(),
                    updates => format!("UPDATE SET\n  {}", updates.join(",\n  ")),
                },
                deletes = deletes(table, &format!("{table}_staging"), key),
            )
        }
    };
    let digest = SPELLING.file(table, "", &leaves(&load.columns), load.digest);
    vec![load.file("postgres", "sql", text), load.file("postgres", "digest.sql", digest)]
}

/// The statements that fill a temporary table with the files.
fn staging(load: &Load) -> String {
    let table = load.table;
    let (lines, options) = match load.format {
        // The quote and the delimiter are characters that JSON never has, so each line is one value.
        Format::Ndjson => ("_lines (line)", "FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'".to_owned()),
        // An empty field is null, and a quoted one is "".
        Format::Parquet | Format::Csv => ("_staging", "FORMAT csv, HEADER true".to_owned()),
    };
    let copies: Vec<_> = load
        .files
        .iter()
        .map(|file| {
            let from = match load.compressed {
                Some("gzip") => format!("PROGRAM {}", standard(&format!("gzip -dc -- {}", shell(file)))),
                Some(_) => format!("PROGRAM {}", standard(&format!("zstd -qdc -- {}", shell(file)))),
                None => standard(file),
            };
            let columns = if load.format == Format::Csv { format!(" ({})", load.list()) } else { String::new() };
            format!("\\copy {table}{lines}{columns} FROM {from} WITH ({options}, ENCODING 'UTF8')\n")
        })
        .collect();
    let make = |name: &str, of: &str| format!("CREATE TEMPORARY TABLE {table}{name} {of} ON COMMIT DROP;\n");
    match load.format {
        Format::Ndjson => format!(
            "{}{}{}INSERT INTO {table}_staging\n\
             SELECT (jsonb_populate_record(NULL::{table}, line)).*\nFROM {table}_lines;\n",
            make("_lines", "(line jsonb)"),
            make("_staging", &format!("(LIKE {table})")),
            copies.concat(),
        ),
        _ => make("_staging", &format!("(LIKE {table})")) + &copies.concat(),
    }
}
