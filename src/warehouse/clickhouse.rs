//! `ClickHouse`: the table, which keeps the last row of each key, the inserts from files, and the digest.
//!
//! A struct is a `Tuple`, which cannot be null: all its fields are null instead, and the digest is the same.

use super::columns::{Column, Kind, Leaf, has_changes, key, leaves};
use super::contribution::{DIGEST, Load, Section};
use super::create_table::{CreateTable, about_table, fields};
use super::digest::Spelling;
use super::history::History;
use super::input::{Changes, KitFile, Table};
use super::merge::{MUST_BE_NEW, REMOVALS, UPSERTS, WILL_BE_NEW, applies, deletes, result};
use super::quote::{Quotes, escaped, name};
use crate::config::Format;

pub(super) fn sql_type(column: &Column) -> String {
    let plain = match &column.kind {
        Kind::Integer => "Int64",
        Kind::Text => "String",
        Kind::Timestamp => "DateTime64(6, 'UTC')",
        Kind::Struct(inner) => {
            return format!("Tuple({})", fields(inner, |field| format!("{} {}", field.name, sql_type(field))));
        }
    };
    if column.nullable { format!("Nullable({plain})") } else { plain.to_owned() }
}

/// `CREATE TABLE`, with comments.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    CreateTable {
        table: name(table, Quotes::Escaped),
        sql_type,
        // The type already says whether a column can be null.
        not_null: ["", ""],
        description: |column| format!(" COMMENT {}", escaped(&column.about_with_fields())),
        end: format!(
            "\nENGINE = ReplacingMergeTree\nORDER BY {}\nCOMMENT {}",
            if has_changes(columns) { "(id, seen_by, change_type)" } else { key(columns) },
            escaped(about_table(columns))
        ),
    }
    .statement(columns)
}

const SPELLING: Spelling = Spelling {
    leaf: Leaf::dotted,
    integer: |value| format!("toString({value})"),
    timestamp: |value| format!("toString(toUnixTimestamp64Micro({value}))"),
    field: |value| format!("ifNull(toString(length({value})) || ':' || {value}, '-')"),
    // Eight bytes, least significant first.
    number: |text| format!("reinterpretAsUInt64(reverse(unhex('0' || substring(lower(hex(SHA256({text}))), 1, 15))))"),
    wide: "Int128",
    text: "String",
    // The message must be a constant.
    fail: |verdict| format!("toString(throwIf({verdict} <> 'equal', 'the contents are not those of the new export'))"),
};

pub(super) const SECTION: Section = Section {
    title: "ClickHouse",
    files: &["sql", DIGEST],
    commands: &[("clickhouse-client < ", "sql"), ("clickhouse-client < ", DIGEST)],
    note: "The files are read by the client. ",
    loads: &[
        (Format::Parquet, |_| "FORMAT Parquet".to_owned()),
        (Format::Ndjson, |_| "SETTINGS date_time_input_format = 'best_effort'\nFORMAT JSONEachRow".to_owned()),
        (Format::Csv, |_| {
            "SETTINGS date_time_input_format = 'best_effort', format_csv_null_representation = ''\n\
             FORMAT CSVWithNames"
                .to_owned()
        }),
    ],
    table_file: "sql",
    create: |table| schema(table.name, &table.columns),
    scripts,
    digest: |table| SPELLING.file(table.name, " FINAL", &leaves(&table.columns), table.digest),
    apply,
    history,
};

fn scripts(table: &Table, format: Load) -> Vec<KitFile> {
    let (name, key, list, staging) = (table.name, table.key(), table.column_list(), table.staging());
    let text = format!(
        "-- Loads the export into {name}. Of the rows with the same {key}, the last inserted one is kept.\n\
         -- Until ClickHouse has merged them, queries also see the older ones: read FROM {name} FINAL.\n\n\
         {create}\n\
         CREATE OR REPLACE TABLE {staging} AS {name};\n\
         {stage}\n\
         INSERT INTO {name} ({list})\nSELECT {list}\nFROM {staging};\n\n\
         {deletes}",
        create = schema(name, &table.columns),
        stage = stage(table, format),
        deletes = deletes(name, &staging, key),
    );
    vec![table.file("clickhouse", "sql", text)]
}

fn apply(changes: &Changes, format: Load) -> Vec<KitFile> {
    let Changes { contacts, table, .. } = changes;
    let (name, list, staging) = (contacts.name, contacts.column_list(), table.staging());
    let require = |table: &str| SPELLING.require(table, &leaves(&contacts.columns), contacts.digest);
    let text = format!(
        "{applies}\n\
         DROP TABLE IF EXISTS {staging};\n{create}\n{stage}\n\
         {WILL_BE_NEW}{before}\n\
         INSERT INTO {name} ({list})\nSELECT {list}\nFROM {staging}\nWHERE {UPSERTS};\n\n\
         DELETE FROM {name} WHERE id IN (SELECT id FROM {staging} WHERE {REMOVALS});\n\n\
         {MUST_BE_NEW}{after}",
        applies = applies(name, contacts.key()),
        create = schema(&staging, &table.columns),
        stage = stage(table, format),
        before = require(&result(&format!("{name} FINAL"), &staging, &contacts.column_names())),
        after = require(&format!("{name} FINAL")),
    );
    vec![table.file("clickhouse", "sql", text)]
}

fn history(changes: &Changes, format: Load) -> String {
    let Changes { contacts, table, .. } = changes;
    let unmentioned = |changes: &str| format!("id NOT IN (SELECT id FROM {changes})");
    let history = History { within: "", read: " FINAL", unmentioned, changes };
    let staging = table.staging();
    format!(
        "{purpose}\n{create}\n{view}\nCREATE OR REPLACE TABLE {staging} AS {name};\n{stage}\n\
         {load}\n{MUST_BE_NEW}{require}",
        purpose = history.purpose(),
        create = schema(table.name, &table.columns),
        view = history.view(),
        name = table.name,
        stage = stage(table, format),
        load = history.load(&staging),
        require = SPELLING.require(&history.current(), &leaves(&contacts.columns), contacts.digest),
    )
}

/// Loads the files into the staging table.
fn stage(table: &Table, format: Load) -> String {
    let inserts: String = table.files.iter().map(|file| insert(table, file, &format(table))).collect();
    format!("{inserts}\n{}", check(table))
}

fn insert(table: &Table, file: &str, format: &str) -> String {
    let compression = table.compressed.map(|name| format!(" COMPRESSION '{name}'")).unwrap_or_default();
    // INFILE takes a glob pattern without escapes, so each special character becomes a `?`. See `check`.
    let pattern = escaped(&file.replace([',', '{', '}', '*'], "?"));
    format!("INSERT INTO {} FROM INFILE {pattern}{compression}\n{format};\n", table.staging())
}

/// Stops the script if a pattern matched other files, or none.
fn check(table: &Table) -> String {
    let (staging, rows) = (table.staging(), table.digest.rows);
    format!(
        "-- Stops here unless exactly the export was loaded: INFILE treats file names as patterns.\n\
         SELECT throwIf(count() <> {rows}, 'the loaded files do not have the {rows} rows of the export')\n\
         FROM {staging}\nFORMAT Null;\n"
    )
}
