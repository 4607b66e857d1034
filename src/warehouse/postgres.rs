//! `PostgreSQL`: the table with comments, `\copy` of CSV or NDJSON, and the upsert.
//!
//! It does not read Parquet, and its text cannot contain NUL (U+0000): a row with one stops the load. Before version
//! 18, so does a line `\.` within a CSV value, which psql takes for the end of the data.

use super::columns::{Column, Kind, leaves};
use super::contribution::{DIGEST, Load, Section};
use super::create_table::{CreateTable, comments};
use super::digest::Spelling;
use super::input::{KitFile, Table};
use super::merge::{deletes, purpose};
use super::quote::{Quotes, name, shell, standard};
use crate::config::Format;

pub(super) fn sql_type(column: &Column) -> String {
    match column.kind {
        Kind::Integer => "bigint",
        Kind::Text => "text",
        Kind::Timestamp => "timestamptz",
        // A composite type would be one more object to create, grant and drop.
        Kind::Struct(_) => "jsonb",
    }
    .to_owned()
}

/// `CREATE TABLE` with its primary key, and comments.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    let table = name(table, Quotes::Standard);
    let create = CreateTable {
        table: table.clone(),
        sql_type,
        not_null: [" PRIMARY KEY", " NOT NULL"],
        description: |_| String::new(),
        end: String::new(),
    };
    create.statement(columns) + &comments(&table, columns)
}

const SPELLING: Spelling = Spelling {
    leaf: |leaf| match &leaf.within {
        Some(within) => format!("({within}->>'{}')", leaf.name),
        None => leaf.name.clone(),
    },
    integer: |value| format!("CAST({value} AS text)"),
    // Exact since PostgreSQL 14, where extract returns a numeric.
    timestamp: |value| format!("CAST(CAST(extract(epoch FROM {value}) * 1000000 AS bigint) AS text)"),
    field: |value| format!("coalesce(octet_length({value}) || ':' || {value}, '-')"),
    // bigint takes 64 bits, so the 15 digits get a leading zero.
    number: |text| {
        format!(
            "CAST(CAST('x0' || substr(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), 1, 15) AS bit(64)) AS bigint)"
        )
    },
    wide: "numeric(38, 0)",
    text: "text",
};

pub(super) const SECTION: Section = Section {
    title: "PostgreSQL",
    files: &["sql", DIGEST],
    commands: &[("psql --file ", "sql"), ("psql --tuples-only --no-align --file ", DIGEST)],
    note: "PostgreSQL 14 or later. Its text cannot contain NUL (U+0000): a row with one stops the load. ",
    loads: &[(Format::Ndjson, copy_json), (Format::Csv, copy_csv)],
    table_file: "sql",
    create: |table| schema(table.name, &table.columns),
    scripts,
    digest: |table| SPELLING.file(table.name, "", &leaves(&table.columns), table.digest),
};

fn scripts(table: &Table, copy: Load) -> Vec<KitFile> {
    let (name, key, list, staging) = (table.name, table.key(), table.column_list(), table.staging());
    let others = table.column_names().into_iter().filter(|column| *column != key);
    let updates: Vec<_> = others.map(|column| format!("{column} = excluded.{column}")).collect();
    let text = format!(
        "{purpose}\
         -- For psql. A row with the character NUL (U+0000) stops it: PostgreSQL's text cannot contain one.\n\
         {stops_csv}\
         \\set ON_ERROR_STOP on\n\n\
         {create}\n\
         BEGIN;\n{copy}\n\
         INSERT INTO {name} ({list})\nSELECT {list}\nFROM {staging}\n\
         ON CONFLICT ({key}) DO {update};\n\n\
         {deletes}COMMIT;\n",
        purpose = purpose(name, key),
        stops_csv = if table.format == Format::Csv { STOPS_CSV } else { "" },
        create = schema(name, &table.columns),
        copy = copy(table),
        update = match updates.as_slice() {
            // A table with only the key has nothing to update.
            [] => "NOTHING".to_owned(),
            updates => format!("UPDATE SET\n  {}", updates.join(",\n  ")),
        },
        deletes = deletes(name, &staging, key),
    );
    vec![table.file("postgres", "sql", text)]
}

/// What else stops a load of CSV.
const STOPS_CSV: &str =
    "-- Before PostgreSQL 18, so does a line \\. within a value: then export to NDJSON and load that.\n";

fn copy_json(table: &Table) -> String {
    let (name, staging) = (table.name, table.staging());
    // JSON never contains these two characters, so each line is read as one value.
    let options = "FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'";
    format!(
        "{}{}{}INSERT INTO {staging}\nSELECT (jsonb_populate_record(NULL::{name}, line)).*\nFROM {name}_lines;\n",
        temporary(&format!("{name}_lines"), "(line jsonb)"),
        temporary(&staging, &format!("(LIKE {name})")),
        copy(table, &format!("{name}_lines (line)"), options),
    )
}

fn copy_csv(table: &Table) -> String {
    let staging = table.staging();
    let into = format!("{staging} ({})", table.column_list());
    // An empty field is null, and a quoted one is "".
    temporary(&staging, &format!("(LIKE {})", table.name)) + &copy(table, &into, "FORMAT csv, HEADER true")
}

fn temporary(name: &str, definition: &str) -> String {
    format!("CREATE TEMPORARY TABLE {name} {definition} ON COMMIT DROP;\n")
}

fn copy(table: &Table, into: &str, options: &str) -> String {
    let source = |file: &String| match table.compressed {
        Some("gzip") => format!("PROGRAM {}", standard(&format!("gzip -dc -- {}", shell(file)))),
        Some(_) => format!("PROGRAM {}", standard(&format!("zstd -qdc -- {}", shell(file)))),
        None => standard(file),
    };
    let line = |file| format!("\\copy {into} FROM {} WITH ({options}, ENCODING 'UTF8')\n", source(file));
    table.files.iter().map(line).collect::<Vec<_>>().concat()
}
