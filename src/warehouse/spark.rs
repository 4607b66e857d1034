//! Spark SQL: a typed view over the files, the table, the upsert and the digest.
//!
//! `MERGE` requires Delta or Iceberg. This upsert works with any table: it builds the new contents in a second table.

use super::columns::{Column, Kind, Leaf, leaves};
use super::contribution::{DIGEST, Load, Section};
use super::create_table::{CreateTable, NOT_NULL, about_table, fields};
use super::digest::Spelling;
use super::input::{KitFile, Table};
use super::merge::{DELETES, purpose};
use super::quote::{Quotes, escaped, name};
use crate::config::Format;

pub(super) fn sql_type(column: &Column, field_end: fn(&Column) -> String) -> String {
    match &column.kind {
        Kind::Integer => "BIGINT".to_owned(),
        Kind::Text => "STRING".to_owned(),
        Kind::Timestamp => "TIMESTAMP".to_owned(),
        Kind::Struct(inner) => {
            let field = |field: &Column| format!("{}: {}{}", field.name, sql_type(field, field_end), field_end(field));
            format!("STRUCT<{}>", fields(inner, field))
        }
    }
}

fn comment(column: &Column) -> String {
    format!(" COMMENT {}", escaped(&column.about))
}

/// `CREATE TABLE`, with comments.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    CreateTable {
        table: name(table, Quotes::Doubled),
        sql_type: |column| sql_type(column, comment),
        not_null: NOT_NULL,
        description: comment,
        end: format!("\nUSING parquet\nCOMMENT {}", escaped(about_table(columns))),
    }
    .statement(columns)
}

const SPELLING: Spelling = Spelling {
    leaf: Leaf::dotted,
    integer: |value| format!("string({value})"),
    timestamp: |value| format!("string(unix_micros({value}))"),
    field: |value| format!("coalesce(string(octet_length({value})) || ':' || {value}, '-')"),
    number: |text| format!("conv(substr(sha2({text}, 256), 1, 15), 16, 10)"),
    wide: "DECIMAL(28, 0)",
    text: "STRING",
};

pub(super) const SECTION: Section = Section {
    title: "Spark",
    files: &["sql", DIGEST],
    commands: &[("spark-sql -f ", "sql"), ("spark-sql -f ", DIGEST)],
    note: "The files are read by Spark: on a cluster, every node must be able to access them. ",
    loads: &[
        (Format::Parquet, |table| view(table, "parquet", "")),
        // Without FAILFAST, rows that cannot be parsed become null.
        (Format::Ndjson, |table| view(table, "json", ", mode 'FAILFAST'")),
        (Format::Csv, |table| view(table, "csv", CSV_OPTIONS)),
    ],
    table_file: "sql",
    create: |table| schema(table.name, &table.columns),
    scripts,
    digest: |table| SPELLING.file(table.name, "", &leaves(&table.columns), table.digest),
};

/// With a null value that never occurs, an empty field becomes null and a quoted one stays "". Without the line
/// separator, a CRLF within a value would become LF.
const CSV_OPTIONS: &str = ", mode 'FAILFAST', header 'true', multiLine 'true', escape '\"', lineSep '\\r\\n', \
                           emptyValue '', nullValue '\\u0001null\\u0001'";

fn scripts(table: &Table, view_of: Load) -> Vec<KitFile> {
    let (name, key, list) = (table.name, table.key(), table.column_list());
    let (view, staging) = (table.view(), table.staging());
    let old: Vec<_> = table.column_names().iter().map(|column| format!("t.{column}")).collect();
    let text = format!(
        "{purpose}\n\
         -- The files, read in place. All types are given, so nothing is inferred.\n\
         {create_view}\n\
         {create}\n\
         -- A table cannot be overwritten with rows read from itself, so the new contents go into a second table first.\n\
         DROP TABLE IF EXISTS {staging};\n\
         CREATE TABLE {staging} USING parquet AS\n\
         SELECT {list}\nFROM {view}\n\
         {DELETES}\
         -- /* drops the rows that only the table has\n\
         UNION ALL\nSELECT {old}\nFROM {name} AS t\n\
         LEFT ANTI JOIN {view} AS s ON t.{key} = s.{key}\n\
         -- */\n\
         ;\n\
         INSERT OVERWRITE TABLE {name}\nSELECT {list}\nFROM {staging};\n\
         DROP TABLE {staging};\n",
        purpose = purpose(name, key),
        create_view = view_of(table),
        create = schema(name, &table.columns),
        old = old.join(", "),
    );
    vec![table.file("spark", "sql", text)]
}

fn view(table: &Table, source: &str, options: &str) -> String {
    let plain = |column: &Column| format!("  {} {}", column.name, sql_type(column, |_| String::new()));
    let types: Vec<_> = table.columns.iter().map(plain).collect();
    format!(
        "CREATE OR REPLACE TEMPORARY VIEW {view} (\n{types}\n)\n\
         USING {source}\nOPTIONS (path {path}{options});\n",
        view = table.view(),
        types = types.join(",\n"),
        path = escaped(&path(&table.files)),
    )
}

/// One path for all files: if there are several, a pattern that matches only them.
fn path(files: &[String]) -> String {
    match files {
        [file] => literal(file),
        files => {
            let parts: Vec<_> = files.iter().filter_map(|file| file.rsplit_once('/')).collect();
            let directory = parts.first().map_or("", |(directory, _)| directory);
            let names: Vec<_> = parts.iter().map(|(_, name)| literal(name)).collect();
            format!("{}/{{{}}}", literal(directory), names.join(","))
        }
    }
}

/// A Hadoop glob pattern that matches only this name. Brackets would not work: Hadoop reads `[[]` as unclosed.
fn literal(name: &str) -> String {
    let mut pattern = String::new();
    for character in name.chars() {
        if "*?[]{},\\".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
