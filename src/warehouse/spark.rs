//! Spark SQL: a typed view over the files, the table, the upsert and the digest.
//!
//! `MERGE` requires Delta or Iceberg. This upsert works with any table: it builds the new contents in a second table.

use super::columns::{Column, Kind, Leaf, has_changes, leaves};
use super::contribution::{DIGEST, Load, Section};
use super::create_table::{CreateTable, NOT_NULL, about_table, fields, types};
use super::digest::Spelling;
use super::history::{History, not_exists};
use super::input::{Changes, KitFile, Missing, Table};
use super::location::{ACCOUNT, Location, Object};
use super::merge::{DELETED, DELETES, EFFECTIVE, MUST_BE_NEW, UPSERTS, applies, purpose};
use super::quote::{Quotes, escaped, name};
use crate::config::Format;
use crate::storage::Cloud;

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
    let about = escaped(about_table(columns));
    let (mut columns, mut partitioned) = (columns.to_vec(), String::new());
    if has_changes(&columns) {
        let about = "The load that added the row: seen_by in UTC".to_owned();
        columns.push(Column { name: LOAD.to_owned(), kind: Kind::Text, nullable: true, about });
        partitioned = format!("\nPARTITIONED BY ({LOAD})");
    }
    CreateTable {
        table: name(table, Quotes::Doubled),
        sql_type: |column| sql_type(column, comment),
        not_null: NOT_NULL,
        description: comment,
        end: format!("\nUSING parquet{partitioned}\nCOMMENT {about}"),
    }
    .statement(&columns)
}

/// The column that a table of changes is partitioned by: without Delta or Iceberg, only whole partitions can be replaced.
const LOAD: &str = "load_id";

/// The suffix of the temporary view of the files, which exists only in the session and has no schema.
const VIEW: &str = "_export";

const SPELLING: Spelling = Spelling {
    leaf: Leaf::dotted,
    integer: |value| format!("string({value})"),
    timestamp: |value| format!("string(unix_micros({value}))"),
    field: |value| format!("coalesce(string(octet_length({value})) || ':' || {value}, '-')"),
    number: |text| format!("conv(substr(sha2({text}, 256), 1, 15), 16, 10)"),
    wide: "DECIMAL(28, 0)",
    text: "STRING",
    fail: |verdict| format!("raise_error({verdict})"),
};

pub(super) const SECTION: Section = Section {
    title: "Spark",
    quotes: Quotes::Doubled,
    files: &["sql", DIGEST],
    commands: &[("spark-sql -f ", "sql"), ("spark-sql -f ", DIGEST)],
    note: "",
    reads: |cloud| match cloud {
        None => "The files are read by Spark: on a cluster, every node must be able to access them. ",
        Some(Cloud::S3) => "Spark reads the objects with the connector `hadoop-aws`, and its credentials. ",
        Some(Cloud::Gcs) => "Spark reads the objects with Google's connector `gcs-connector`, and its credentials. ",
        Some(Cloud::Azure) => "Spark reads the objects with the connector `hadoop-azure`, and its credentials. ",
    },
    loads: &[
        (Format::Parquet, |table| view(table, "parquet", "")),
        // Without FAILFAST, rows that cannot be parsed become null.
        (Format::Ndjson, |table| view(table, "json", ", mode 'FAILFAST'")),
        (Format::Csv, |table| view(table, "csv", CSV_OPTIONS)),
    ],
    table_file: "sql",
    create: |table| schema(&table.target, &table.columns),
    scripts,
    load_script: None,
    digest: |table| SPELLING.file(&table.name(), "", &leaves(&table.columns), table.digest),
    apply,
    history,
};

/// With a null value that never occurs, an empty field becomes null and a quoted one stays "". Without the line
/// separator, a CRLF within a value would become LF.
const CSV_OPTIONS: &str = ", mode 'FAILFAST', header 'true', multiLine 'true', escape '\"', lineSep '\\r\\n', \
                           emptyValue '', nullValue '\\u0001null\\u0001'";

fn scripts(table: &Table, view_of: Load) -> Vec<KitFile> {
    let (name, key, list) = (&table.name(), table.key(), table.column_list());
    let (view, staging) = (table.in_session(VIEW), table.staging());
    let old: Vec<_> = table.column_names().iter().map(|column| format!("t.{column}")).collect();
    let kept = match table.missing {
        Missing::Kept => format!(
            "{DELETES}-- /* drops the rows that only the table has\n\
             UNION ALL\nSELECT {old}\nFROM {name} AS t\n\
             LEFT ANTI JOIN {view} AS s ON t.{key} = s.{key}\n\
             -- */\n",
            old = old.join(", "),
        ),
        Missing::Deleted => DELETED.to_owned(),
    };
    let text = format!(
        "{purpose}\n\
         {files}{create_view}\n\
         {create}\n\
         {SECOND}\
         DROP TABLE IF EXISTS {staging};\n\
         CREATE TABLE {staging} USING parquet AS\n\
         SELECT {list}\nFROM {view}\n\
         {kept};\n\
         INSERT OVERWRITE TABLE {name}\nSELECT {list}\nFROM {staging};\n\
         DROP TABLE {staging};\n",
        purpose = purpose(name, key),
        files = about_files(table),
        create_view = view_of(table),
        create = schema(&table.target, &table.columns),
    );
    vec![table.file("spark", "sql", text)]
}

fn apply(changes: &Changes, view_of: Load) -> Vec<KitFile> {
    let Changes { contacts, table, .. } = changes;
    let (name, key, list) = (&contacts.name(), contacts.key(), contacts.column_list());
    let (view, staging) = (table.in_session(VIEW), contacts.staging());
    let old: Vec<_> = contacts.column_names().iter().map(|column| format!("t.{column}")).collect();
    let text = format!(
        "{applies}\n\
         {files}{create_view}\n\
         {SECOND}\
         DROP TABLE IF EXISTS {staging};\n\
         CREATE TABLE {staging} USING parquet AS\n\
         SELECT {list}\nFROM {view}\nWHERE {UPSERTS}\n\
         UNION ALL\nSELECT {old}\nFROM {name} AS t\n\
         LEFT ANTI JOIN (SELECT {key} FROM {view} WHERE {EFFECTIVE}) AS s ON t.{key} = s.{key};\n\n\
         {MUST_BE_NEW}{require}\n\
         INSERT OVERWRITE TABLE {name}\nSELECT {list}\nFROM {staging};\n\
         DROP TABLE {staging};\n",
        applies = applies(name, key),
        files = about_files(table),
        create_view = view_of(table),
        old = old.join(", "),
        require = SPELLING.require(&staging, &leaves(&contacts.columns), contacts.digest),
    );
    vec![table.file("spark", "sql", text)]
}

fn history(changes: &Changes, view_of: Load) -> String {
    let Changes { contacts, table, seen_by } = changes;
    let history = History { within: "", read: "", unmentioned: not_exists, changes };
    format!(
        "{purpose}\n\
         {files}{create_view}\n{create}\n{view}\n\
         INSERT OVERWRITE TABLE {name} PARTITION ({LOAD} = {load})\nSELECT {list}\nFROM {source};\n\n\
         {MUST_BE_NEW}{require}",
        purpose = history.purpose(),
        files = about_files(table),
        create_view = view_of(table),
        create = schema(&table.target, &table.columns),
        view = history.view(),
        name = table.name(),
        load = escaped(seen_by),
        list = table.column_list(),
        source = table.in_session(VIEW),
        require = SPELLING.require(&history.current(), &leaves(&contacts.columns), contacts.digest),
    )
}

fn about_files(table: &Table) -> String {
    let account = match table.cloud() {
        Some(Cloud::Azure) => {
            format!("-- Replace {ACCOUNT} by the name of the storage account: URLs in az:// do not contain it.\n")
        }
        _ => String::new(),
    };
    format!("-- The files, read in place. All types are given, so nothing is inferred.\n{account}")
}

const SECOND: &str =
    "-- A table cannot be overwritten with rows read from itself, so the new contents go into a second table first.\n";

fn view(table: &Table, source: &str, options: &str) -> String {
    format!(
        "CREATE OR REPLACE TEMPORARY VIEW {view} (\n{types}\n)\n\
         USING {source}\nOPTIONS (path {path}{options});\n",
        view = table.in_session(VIEW),
        types = types(&table.columns, |column| sql_type(column, |_| String::new())),
        path = escaped(&path(&table.files.iter().map(name_in_spark).collect::<Vec<_>>())),
    )
}

/// The path or URL of a file, as Spark's connectors name it.
fn name_in_spark(file: &Location) -> String {
    match file {
        Location::Local(path) => path.clone(),
        Location::Object(Object { cloud, bucket, key }) => match cloud {
            Cloud::S3 => format!("s3a://{bucket}/{key}"),
            Cloud::Gcs => format!("gs://{bucket}/{key}"),
            Cloud::Azure => format!("abfss://{bucket}@{ACCOUNT}.dfs.core.windows.net/{key}"),
        },
    }
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
