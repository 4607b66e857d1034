//! BigQuery: the schema file, `bq load`, the `MERGE` and the digest.
//!
//! `bq` loads one local file at a time and splits file names at commas. BigQuery reads gzip but not zstd. Of the object
//! stores, `bq load` reads only Cloud Storage.

use serde::Serialize;

use super::columns::{Column, Kind, Leaf, leaves};
use super::contribution::{DIGEST, Load, LoadScript, Section};
use super::create_table::{CreateTable, NOT_NULL, about_table, fields};
use super::digest::Spelling;
use super::history::{History, not_exists};
use super::input::{Changes, KitFile, Table};
use super::location::{ACCOUNT_VARIABLE, Location};
use super::merge::{Deletes, MUST_BE_LOADED, MUST_BE_NEW, WILL_BE_NEW, applies, effective, merge, result};
use super::quote::{Quotes, derived, escaped, shell};
use crate::config::Format;
use crate::storage::Cloud;

/// A column in a schema file.
#[derive(Serialize)]
struct SchemaField<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    sql_type: &'static str,
    mode: &'static str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<SchemaField<'a>>>,
}

impl<'a> From<&'a Column> for SchemaField<'a> {
    fn from(column: &'a Column) -> Self {
        let (sql_type, fields) = match &column.kind {
            Kind::Integer => ("INTEGER", None),
            Kind::Text => ("STRING", None),
            Kind::Timestamp => ("TIMESTAMP", None),
            Kind::Struct(fields) => ("RECORD", Some(fields.iter().map(Self::from).collect())),
        };
        let mode = if column.nullable { "NULLABLE" } else { "REQUIRED" };
        Self { name: &column.name, sql_type, mode, description: &column.about, fields }
    }
}

/// The schema file, which does not contain the name of the table.
pub(super) fn schema(columns: &[Column]) -> String {
    let fields: Vec<_> = columns.iter().map(SchemaField::from).collect();
    // Strings always serialize.
    serde_json::to_string_pretty(&fields).unwrap_or_default() + "\n"
}

/// The SQL type of a column. In the schema file, `INT64` is called `INTEGER` and `STRUCT` is called `RECORD`.
pub(super) fn sql_type(column: &Column, field_end: fn(&Column) -> String) -> String {
    match &column.kind {
        Kind::Integer => "INT64".to_owned(),
        Kind::Text => "STRING".to_owned(),
        Kind::Timestamp => "TIMESTAMP".to_owned(),
        Kind::Struct(inner) => {
            let field = |field: &Column| format!("{} {}{}", field.name, sql_type(field, field_end), field_end(field));
            format!("STRUCT<{}>", fields(inner, field))
        }
    }
}

fn description(column: &Column) -> String {
    format!(" OPTIONS (description = {})", escaped(&column.about))
}

/// The suffix of the table that `bq` loads the files into.
const STAGING: &str = "_staging";

const SPELLING: Spelling = Spelling {
    leaf: Leaf::dotted,
    integer: |value| format!("CAST({value} AS STRING)"),
    timestamp: |value| format!("CAST(UNIX_MICROS({value}) AS STRING)"),
    field: |value| format!("IFNULL(CAST(BYTE_LENGTH({value}) AS STRING) || ':' || {value}, '-')"),
    number: |text| format!("CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256({text})), 1, 15)) AS INT64)"),
    // An INT64 could overflow at the ninth row. NUMERIC has 29 integer digits, a row's number at most 19.
    wide: "NUMERIC",
    text: "STRING",
    fail: |verdict| format!("ERROR({verdict})"),
};

pub(super) const SECTION: Section = Section {
    title: "BigQuery",
    quotes: Quotes::Escaped,
    files: &["schema.json", "load.sh", "merge.sql", DIGEST],
    commands: &[
        ("bash ", "load.sh"),
        ("bq query --nouse_legacy_sql < ", "merge.sql"),
        ("bq query --nouse_legacy_sql --format=csv < ", DIGEST),
    ],
    note: "The tables are in the dataset `linq`, or in the one of `--kit-table`: create it once, such as with `bq mk linq`. The load script passes its arguments to `bq`, such as `--project_id=PROJECT`. ",
    reads: |cloud| match cloud {
        None => "",
        Some(Cloud::Gcs) => "The dataset and the bucket must be in the same location. ",
        Some(Cloud::S3) => {
            "The load script copies the objects to a temporary directory first, with the AWS command line. "
        }
        Some(Cloud::Azure) => {
            "The load script copies the objects to a temporary directory first, with the Azure command line. "
        }
    },
    loads: &[
        (Format::Parquet, |_| "PARQUET".to_owned()),
        (Format::Ndjson, |_| "NEWLINE_DELIMITED_JSON".to_owned()),
        // By default, an empty field is null and a quoted one is "". Without the last option, NUL is rejected.
        (Format::Csv, |_| {
            "CSV --skip_leading_rows=1 --allow_quoted_newlines --preserve_ascii_control_characters".to_owned()
        }),
    ],
    table_file: "merge.sql",
    create,
    scripts,
    load_script: Some(LoadScript {
        usage: "[BQ-OPTION]...",
        example: "--project_id=PROJECT",
        about: "Its arguments are passed to bq, such as --project_id=PROJECT. The dataset must exist.",
        arguments: "",
        stage: Some("load.sh"),
        run: "bq \"$@\" query --quiet --nouse_legacy_sql >&2",
        ask: "bq \"$@\" query --quiet --nouse_legacy_sql --format=csv",
        // Each MERGE is a transaction. What it leads to is known before: the contents of the staging table.
        begin: "",
        commit: "",
        atomic: "in one transaction per table",
        unloaded: "each table is unchanged, or has the whole export",
        sql: |table, _| {
            let staging = dataset_name(table, STAGING);
            let require = SPELLING.require(&staging, &leaves(&table.columns), table.digest);
            (format!("{}\n{MUST_BE_LOADED}{require}\n", create(table)), merge_export(table))
        },
    }),
    digest: |table| SPELLING.file(&dataset_name(table, ""), "", &leaves(&table.columns), table.digest),
    apply,
    history,
};

/// The name of a table with its dataset, `linq` unless the user has named another.
fn in_dataset(table: &Table) -> String {
    if table.target.contains('.') { table.target.clone() } else { format!("linq.{}", table.target) }
}

/// The same, quoted for SQL, with a suffix.
fn dataset_name(table: &Table, suffix: &str) -> String {
    derived(&in_dataset(table), suffix, Quotes::Escaped)
}

fn create(table: &Table) -> String {
    let description_of_table = escaped(about_table(&table.columns));
    CreateTable {
        table: dataset_name(table, ""),
        sql_type: |column| sql_type(column, description),
        not_null: NOT_NULL,
        description,
        end: format!("\nCLUSTER BY {}\nOPTIONS (description = {description_of_table})", table.key()),
    }
    .statement(&table.columns)
}

fn scripts(table: &Table, load: Load) -> Vec<KitFile> {
    let (target, staging, key) = (dataset_name(table, ""), dataset_name(table, STAGING), table.key());
    let text = format!("-- Upserts {staging} into {target}, by {key}.\n\n{}\n{}", create(table), merge_export(table));
    vec![
        table.file("bigquery", "schema.json", schema(&table.columns)),
        table.file("bigquery", "load.sh", load_command(table, &load(table))),
        table.file("bigquery", "merge.sql", text),
    ]
}

fn merge_export(table: &Table) -> String {
    let (target, staging) = (dataset_name(table, ""), dataset_name(table, STAGING));
    merge(&target, &staging, table.key(), &table.column_names(), Deletes::BySource(table.missing))
}

fn apply(changes: &Changes, load: Load) -> Vec<KitFile> {
    let Changes { contacts, table, .. } = changes;
    let (target, names) = (dataset_name(contacts, ""), contacts.column_names());
    let staging = dataset_name(table, STAGING);
    let require = |table: &str| SPELLING.require(table, &leaves(&contacts.columns), contacts.digest);
    let text = format!(
        "{applies}\n{WILL_BE_NEW}{before}\n{merge}\n{MUST_BE_NEW}{after}",
        applies = applies(&target, contacts.key()),
        before = require(&result(&target, &staging, &names)),
        merge = merge(&target, &effective(&staging, &names), contacts.key(), &names, Deletes::Marked),
        after = require(&target),
    );
    vec![
        table.file("bigquery", "schema.json", schema(&table.columns)),
        table.file("bigquery", "load.sh", load_command(table, &load(table))),
        table.file("bigquery", "merge.sql", text),
    ]
}

fn history(changes: &Changes, _: Load) -> String {
    let Changes { contacts, table, .. } = changes;
    let history = History { within: "linq.", read: "", unmentioned: not_exists, changes };
    format!(
        "{purpose}\n{create}\n{view}\nBEGIN TRANSACTION;\n{load}\n{MUST_BE_NEW}{require}COMMIT TRANSACTION;\n",
        purpose = history.purpose(),
        create = create(table),
        view = history.view(),
        load = history.load(&dataset_name(table, STAGING)),
        require = SPELLING.require(&history.current(), &leaves(&contacts.columns), contacts.digest),
    )
}

/// What the load script does with a file before `bq` loads it.
struct Preparation {
    /// The comment that says why.
    about: &'static str,
    /// The commands, each a line of the loop. They leave the file in `$work/part`.
    commands: Vec<String>,
}

/// How to prepare the files of a table; nothing if `bq` loads them as they are.
///
/// `bq` splits names at commas, and takes an asterisk in the name of an object for a pattern.
fn preparation(table: &Table) -> Preparation {
    let zstd = table.compressed == Some("zstd");
    let comma = table.files.iter().any(|file| file.text().contains(','));
    let Some(object) = table.files.first().and_then(Location::object) else {
        let command = match (zstd, comma) {
            (true, _) => "zstd -qdc -- \"$file\" > \"$work/part\"",
            (_, true) => "ln -sf -- \"$file\" \"$work/part\"",
            _ => return Preparation { about: "", commands: Vec::new() },
        };
        return Preparation { about: "", commands: vec![command.to_owned()] };
    };
    let asterisk = table.files.iter().any(|file| file.text().contains('*'));
    let about = match object.cloud {
        Cloud::Gcs if !zstd && !comma && !asterisk => return Preparation { about: "", commands: Vec::new() },
        Cloud::Gcs => "",
        Cloud::S3 => {
            "# bq load reads Cloud Storage and local files, so each object is first copied to a temporary directory. To load from\n\
             # Cloud Storage, copy the objects there (gcloud storage cp s3://BUCKET/OBJECT gs://BUCKET/OBJECT), and list\n\
             # their URLs below instead, without the command that copies them.\n"
        }
        Cloud::Azure => {
            "# bq load reads Cloud Storage and local files, so each object is first copied to a temporary directory. To load from\n\
             # Cloud Storage, copy the objects there (Storage Transfer Service: gcloud transfer jobs create), and list\n\
             # their URLs below instead, without the command that copies them.\n"
        }
    };
    let copy = |to| object.copy("\"$file\"", to);
    let commands = if zstd {
        vec![copy("\"$work/object\""), "zstd -qdc -- \"$work/object\" > \"$work/part\"".to_owned()]
    } else {
        vec![copy("\"$work/part\"")]
    };
    Preparation { about, commands }
}

fn load_command(table: &Table, format: &str) -> String {
    let Preparation { about, commands } = preparation(table);
    let (source, work) = match commands.as_slice() {
        [] => ("\"$file\"", ""),
        _ => ("\"$work/part\"", "work=$(mktemp -d)\ntrap 'rm -rf -- \"$work\"' EXIT\n"),
    };
    let account = match table.cloud() {
        Some(Cloud::Azure) => format!(": \"${{{ACCOUNT_VARIABLE}:?set it to the name of the storage account}}\"\n"),
        _ => String::new(),
    };
    let name = |file: &Location| match file {
        Location::Object(object) if !commands.is_empty() => object.to_copy(),
        file => file.text(),
    };
    let files: Vec<_> = table.files.iter().map(|file| format!("    {}\n", shell(&name(file)))).collect();
    let commands: Vec<_> = commands.iter().map(|command| format!("    {command}\n")).collect();
    format!(
        "#!/usr/bin/env bash\n\
         # Loads the export into {staging}, replacing its contents.\n\
         # Passes its arguments to bq, such as --project_id=PROJECT or --location=EU.\n\
         {about}\
         set -euo pipefail\n\
         schema=$(cd -- \"$(dirname -- \"${{BASH_SOURCE[0]}}\")\" && pwd)/{schema}\n\
         {account}{work}\
         files=(\n{files})\n\
         how=--replace\n\
         for file in \"${{files[@]}}\"; do\n\
         {commands}    bq \"$@\" load $how --source_format={format} {staging} {source} \"$schema\"\n    \
         how=--noreplace\n\
         done\n",
        staging = format_args!("{}{STAGING}", in_dataset(table)),
        schema = table.file_name("bigquery", "schema.json"),
        files = files.concat(),
        commands = commands.concat(),
    )
}
