//! Spark SQL: a view over the files with all types given, the table, the upsert and the digest.
//!
//! `MERGE` needs a table of Delta or Iceberg. This upsert needs neither: it makes the new table beside the old one.

use super::columns::{Column, Kind, Leaf, leaves};
use super::create_table::{CreateTable, NOT_NULL, about_table, fields};
use super::digest::Spelling;
use super::input::{KitFile, Load};
use super::merge::{DELETES, purpose};
use super::quote::{Quotes, escaped, name};
use crate::config::Format;

pub(super) fn sql_type(column: &Column, field_end: fn(&Column) -> String) -> String {
    match &column.kind {
        Kind::Integer => "BIGINT".to_owned(),
        Kind::Text => "STRING".to_owned(),
        Kind::Instant => "TIMESTAMP".to_owned(),
        Kind::Struct(inner) => {
            let field = |field: &Column| format!("{}: {}{}", field.name, sql_type(field, field_end), field_end(field));
            format!("STRUCT<{}>", fields(inner, field))
        }
    }
}

fn comment(column: &Column) -> String {
    format!(" COMMENT {}", escaped(&column.about))
}

/// The table, with comments.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    CreateTable {
        table: name(table, Quotes::Doubled),
        of: |column| sql_type(column, comment),
        never_null: NOT_NULL,
        described: comment,
        end: format!("\nUSING parquet\nCOMMENT {}", escaped(about_table(columns))),
    }
    .create(columns)
}

const SPELLING: Spelling = Spelling {
    leaf: Leaf::dotted,
    integer: |value| format!("string({value})"),
    instant: |value| format!("string(unix_micros({value}))"),
    field: |value| format!("coalesce(string(octet_length({value})) || ':' || {value}, '-')"),
    number: |text| format!("conv(substr(sha2({text}, 256), 1, 15), 16, 10)"),
    wide: "DECIMAL(28, 0)",
    text: "STRING",
};

/// Its files of a kit.
pub(super) fn kit(load: &Load) -> Vec<KitFile> {
    let (table, key, list) = (load.table, load.key(), load.list());
    let old: Vec<_> = load.names().iter().map(|name| format!("t.{name}")).collect();
    let text = format!(
        "{purpose}\n\
         -- The files as they stand. Their types are given, and nothing is guessed.\n\
         {view}\n\
         {create}\n\
         -- A table cannot be overwritten with what is read from it, so the new one is made beside it.\n\
         DROP TABLE IF EXISTS {table}_staging;\n\
         CREATE TABLE {table}_staging USING parquet AS\n\
         SELECT {list}\nFROM {table}_export\n\
         {DELETES}\
         -- /* which leaves out the rows that only the table has\n\
         UNION ALL\nSELECT {old}\nFROM {table} AS t\n\
         LEFT ANTI JOIN {table}_export AS s ON t.{key} = s.{key}\n\
         -- */\n\
         ;\n\
         INSERT OVERWRITE TABLE {table}\nSELECT {list}\nFROM {table}_staging;\n\
         DROP TABLE {table}_staging;\n",
        purpose = purpose(table, key),
        view = view(load),
        create = schema(table, &load.columns),
        old = old.join(", "),
    );
    let digest = SPELLING.file(table, "", &leaves(&load.columns), load.digest);
    vec![load.file("spark", "sql", text), load.file("spark", "digest.sql", digest)]
}

fn view(load: &Load) -> String {
    let (source, options) = match load.format {
        Format::Parquet => ("parquet", ""),
        // Without FAILFAST, what cannot be read becomes null.
        Format::Ndjson => ("json", ", mode 'FAILFAST'"),
        // With a null of its own kind, an empty field becomes that, and a quoted one stays "". Without the separator, a
        // CRLF within a value would become a LF.
        Format::Csv => (
            "csv",
            ", mode 'FAILFAST', header 'true', multiLine 'true', escape '\"', lineSep '\\r\\n', emptyValue '', \
             nullValue '\\u0001null\\u0001'",
        ),
    };
    let plain = |column: &Column| format!("  {} {}", column.name, sql_type(column, |_| String::new()));
    let types: Vec<_> = load.columns.iter().map(plain).collect();
    format!(
        "CREATE OR REPLACE TEMPORARY VIEW {table}_export (\n{types}\n)\n\
         USING {source}\nOPTIONS (path {path}{options});\n",
        table = load.table,
        types = types.join(",\n"),
        path = escaped(&path(&load.files)),
    )
}

/// One path for all files: of several in a folder, a pattern that matches just them.
fn path(files: &[String]) -> String {
    match files {
        [file] => literal(file),
        files => {
            let parts: Vec<_> = files.iter().filter_map(|file| file.rsplit_once('/')).collect();
            let folder = parts.first().map_or("", |(folder, _)| folder);
            let names: Vec<_> = parts.iter().map(|(_, name)| literal(name)).collect();
            format!("{}/{{{}}}", literal(folder), names.join(","))
        }
    }
}

/// A pattern of Hadoop's that matches this name alone. Brackets would not do: it takes `[[]` for one that is open.
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
