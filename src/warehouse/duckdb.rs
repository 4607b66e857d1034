//! `DuckDB`: a typed view over the files, the table, the `MERGE` and the digest.
//!
//! Requires `DuckDB` 1.4, the first version with `MERGE`.

use super::columns::{Column, Kind, Leaf, leaves};
use super::contribution::{DIGEST, Load, LoadScript, Section};
use super::create_table::{CreateTable, NOT_NULL, comments, fields};
use super::digest::Spelling;
use super::history::{History, not_exists};
use super::input::{Changes, KitFile, Table};
use super::merge::{Deletes, MUST_BE_NEW, applies, effective, merge, purpose};
use super::quote::{Quotes, name, pattern, standard};
use crate::config::Format;
use crate::storage::Cloud;

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
    fail: |verdict| format!("error({verdict})"),
};

/// Maximum bytes of a row. A contact is never longer than an API page, which has at most 8 MiB, and at worst every
/// character is escaped. The defaults of `DuckDB` are 2 MiB for CSV and 16 MiB for JSON.
const MAX_ROW: usize = 64 << 20;

pub(super) const SECTION: Section = Section {
    title: "DuckDB",
    quotes: Quotes::Standard,
    files: &["sql", DIGEST],
    commands: &[("duckdb -bail linq.duckdb < ", "sql"), ("duckdb -bail -list -noheader linq.duckdb < ", DIGEST)],
    note: "DuckDB 1.4 or later. ",
    reads: |cloud| match cloud {
        None => "",
        Some(Cloud::S3) => {
            "DuckDB reads the objects with its extension `httpfs`. It needs a secret with the credentials: the script has an \
             example. "
        }
        Some(Cloud::Gcs) => {
            "DuckDB reads the objects with its extension `httpfs`. It needs a secret with an HMAC key: the script has an \
             example. "
        }
        Some(Cloud::Azure) => {
            "DuckDB reads the objects with its extension `azure`. It needs a secret with the name of the storage account: the \
             script has an example. "
        }
    },
    loads: &[(Format::Parquet, read_parquet), (Format::Ndjson, read_json), (Format::Csv, read_csv)],
    table_file: "sql",
    create: |table| schema(&table.target, &table.columns),
    scripts,
    load_script: Some(LoadScript {
        usage: "DATABASE.duckdb",
        example: "linq.duckdb",
        about: "DATABASE.duckdb is the database file. It is created if needed.",
        arguments: "[ $# -eq 1 ] || {\n    echo \"usage: sh $0 DATABASE.duckdb\" >&2\n    exit 2\n}\n",
        stage: None,
        run: "duckdb -bail -list -noheader \"$1\" > /dev/null",
        ask: "duckdb -bail -list -noheader \"$1\"",
        begin: "BEGIN;\n",
        commit: "COMMIT;\n",
        atomic: "in one transaction",
        unloaded: "no row has changed",
        sql: load_in_one_step,
    }),
    digest: |table| SPELLING.file(&table.name(), "", &leaves(&table.columns), table.digest),
    apply,
    history,
};

fn scripts(table: &Table, read: Load) -> Vec<KitFile> {
    let (name, key) = (table.name(), table.key());
    let text = format!(
        "{purpose}\n{files}\n{create}\n{merge}",
        purpose = purpose(&name, key),
        files = view_of_files(table, read),
        create = schema(&table.target, &table.columns),
        merge = merge_export(table),
    );
    vec![table.file("duckdb", "sql", text)]
}

fn load_in_one_step(table: &Table, read: Load) -> (String, String) {
    let within = format!(
        "{create}\n{merge}\n{require}",
        create = schema(&table.target, &table.columns),
        merge = merge_export(table),
        require = SPELLING.require_export(table, &table.view()),
    );
    (view_of_files(table, read), within)
}

fn merge_export(table: &Table) -> String {
    merge(&table.name(), &table.view(), table.key(), &table.column_names(), Deletes::BySource(table.missing))
}

fn view_of_files(table: &Table, read: Load) -> String {
    format!(
        "{extension}-- The files, read in place. All types are given, so nothing is inferred.\n\
         CREATE OR REPLACE VIEW {view} AS\nSELECT {list}\nFROM {reader};\n",
        extension = table.cloud().map_or("", extension),
        view = table.view(),
        list = table.column_list(),
        reader = read(table),
    )
}

/// Loads the extension that reads a store. It finds the credentials in a secret, and there is no place for one in a script.
fn extension(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::S3 => {
            "INSTALL httpfs;\nLOAD httpfs;\n\
             -- Needs a secret: uncomment this one, or create it once with CREATE PERSISTENT SECRET. credential_chain takes the\n\
             -- credentials of the environment and of ~/.aws. Stores other than Amazon S3 also need ENDPOINT 'HOST'.\n\
             -- CREATE OR REPLACE SECRET linq_export (TYPE s3, PROVIDER credential_chain);\n\n"
        }
        Cloud::Gcs => {
            "INSTALL httpfs;\nLOAD httpfs;\n\
             -- Needs a secret with an HMAC key of Cloud Storage: uncomment this one and fill it in, or create it once with\n\
             -- CREATE PERSISTENT SECRET.\n\
             -- CREATE OR REPLACE SECRET linq_export (TYPE gcs, KEY_ID '...', SECRET '...');\n\n"
        }
        Cloud::Azure => {
            "INSTALL azure;\nLOAD azure;\n\
             -- Needs a secret: uncomment this one, with the name of the storage account for AZURE_ACCOUNT, or create it once with\n\
             -- CREATE PERSISTENT SECRET. credential_chain takes the credentials of the environment and of az login.\n\
             -- CREATE OR REPLACE SECRET linq_export (TYPE azure, PROVIDER credential_chain, ACCOUNT_NAME 'AZURE_ACCOUNT');\n\n"
        }
    }
}

fn apply(changes: &Changes, read: Load) -> Vec<KitFile> {
    let Changes { contacts, table, .. } = changes;
    let (name, names) = (&contacts.name(), contacts.column_names());
    let text = format!(
        "{applies}\n{files}\nBEGIN;\n{merge}\n{MUST_BE_NEW}{require}COMMIT;\n",
        applies = applies(name, contacts.key()),
        files = view_of_files(table, read),
        merge = merge(name, &effective(&table.view(), &names), contacts.key(), &names, Deletes::Marked),
        require = SPELLING.require(name, &leaves(&contacts.columns), contacts.digest),
    );
    vec![table.file("duckdb", "sql", text)]
}

fn history(changes: &Changes, read: Load) -> String {
    let Changes { contacts, table, .. } = changes;
    let history = History { within: "", read: "", unmentioned: not_exists, changes };
    format!(
        "{purpose}\n{files}\n{create}\n{view}\nBEGIN;\n{load}\n{MUST_BE_NEW}{require}COMMIT;\n",
        purpose = history.purpose(),
        files = view_of_files(table, read),
        create = schema(&table.target, &table.columns),
        view = history.view(),
        load = history.load(&table.view()),
        require = SPELLING.require(&history.current(), &leaves(&contacts.columns), contacts.digest),
    )
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
    let files: Vec<_> = table.files.iter().map(|file| standard(&pattern(&file.text(), &['*', '?', '[']))).collect();
    format!("[\n  {}\n]", files.join(",\n  "))
}

fn compression(table: &Table) -> &'static str {
    table.compressed.unwrap_or("uncompressed")
}

fn types(table: &Table) -> String {
    let kind = |column: &Column| format!("\n  {}: {}", column.name, standard(&sql_type(column)));
    table.columns.iter().map(kind).collect::<Vec<_>>().join(",")
}
