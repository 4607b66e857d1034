//! `PostgreSQL`: the table with comments, `\copy` of CSV or NDJSON, and the upsert.
//!
//! It does not read Parquet, and its text cannot contain NUL (U+0000): a row with one stops the load. Before version
//! 18, so does a line `\.` within a CSV value, which psql takes for the end of the data.

use super::columns::{Column, Kind, has_changes, leaves};
use super::contribution::{DIGEST, Load, LoadScript, Section};
use super::create_table::{CreateTable, NOT_NULL, comments, types};
use super::digest::Spelling;
use super::history::{History, not_exists};
use super::input::{Changes, KitFile, Table};
use super::location::{ACCOUNT_VARIABLE, Location};
use super::merge::{MUST_BE_NEW, REMOVALS, UPSERTS, applies, deletes, purpose};
use super::quote::{Quotes, name, shell, standard};
use crate::config::Format;
use crate::storage::Cloud;

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
        not_null: if has_changes(columns) { NOT_NULL } else { [" PRIMARY KEY", " NOT NULL"] },
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
    // There is no function that fails, but this cast does, and shows the verdict.
    fail: |verdict| format!("CAST(CAST({verdict} AS integer) AS text)"),
};

pub(super) const SECTION: Section = Section {
    title: "PostgreSQL",
    quotes: Quotes::Standard,
    files: &["sql", DIGEST],
    commands: &[("psql --file ", "sql"), ("psql --tuples-only --no-align --file ", DIGEST)],
    note: "PostgreSQL 14 or later. Its text cannot contain NUL (U+0000): a row with one stops the load. ",
    reads: |cloud| match cloud {
        None => "",
        Some(Cloud::S3) => "The script copies each object to a temporary directory first, with the AWS command line. ",
        Some(Cloud::Gcs) => {
            "The script copies each object to a temporary directory first, with the Google Cloud command line. "
        }
        Some(Cloud::Azure) => {
            "The script copies each object to a temporary directory first, with the Azure command line. "
        }
    },
    loads: &[(Format::Ndjson, copy_json), (Format::Csv, copy_csv)],
    table_file: "sql",
    create: |table| schema(&table.target, &table.columns),
    scripts,
    load_script: Some(LoadScript {
        usage: "[DATABASE | PSQL-OPTION]...",
        example: "dbname=linq",
        about: "Its arguments are passed to psql. The server and database can also be set with PGHOST, PGDATABASE, PGSERVICE.",
        arguments: "",
        stage: None,
        run: "psql --no-psqlrc --quiet --output=/dev/null \"$@\"",
        ask: "psql --no-psqlrc --quiet --tuples-only --no-align \"$@\"",
        begin: "\\set ON_ERROR_STOP on\nSET client_min_messages = warning;\nBEGIN;\n",
        commit: "COMMIT;\n",
        atomic: "in one transaction",
        unloaded: "no row has changed",
        sql: load_in_one_step,
    }),
    digest: |table| SPELLING.file(&table.name(), "", &leaves(&table.columns), table.digest),
    apply,
    history,
};

fn scripts(table: &Table, copy: Load) -> Vec<KitFile> {
    let text = format!(
        "{purpose}{PSQL}{stops_csv}{STOPS}\n\
         {create}\n\
         BEGIN;\n{upsert}COMMIT;\n",
        purpose = purpose(&table.name(), table.key()),
        stops_csv = stops_csv(table),
        create = schema(&table.target, &table.columns),
        upsert = upsert_export(table, copy),
    );
    vec![table.file("postgres", "sql", text)]
}

fn load_in_one_step(table: &Table, copy: Load) -> (String, String) {
    (
        String::new(),
        format!(
            "{}\n{}",
            schema(&table.target, &table.columns),
            upsert_export(table, copy) + &SPELLING.require_export(table, &table.in_session(STAGING))
        ),
    )
}

/// Loads the files into the staging table, and the table from it.
fn upsert_export(table: &Table, copy: Load) -> String {
    let staging = table.in_session(STAGING);
    format!(
        "{copy}\n{upsert}\n{deletes}",
        copy = copy(table),
        upsert = upsert(table, &staging),
        deletes = deletes(&table.name(), &staging, table.key(), table.missing),
    )
}

fn apply(changes: &Changes, copy: Load) -> Vec<KitFile> {
    let Changes { contacts, table, .. } = changes;
    let (name, staging) = (&contacts.name(), table.in_session(STAGING));
    let text = format!(
        "{applies}{PSQL}{stops_csv}{STOPS}\n\
         BEGIN;\n{copy}\n\
         {upsert}\n\
         DELETE FROM {name} WHERE id IN (SELECT id FROM {staging} WHERE {REMOVALS});\n\n\
         {MUST_BE_NEW}{require}COMMIT;\n",
        applies = applies(name, contacts.key()),
        stops_csv = stops_csv(table),
        copy = copy(table),
        upsert = upsert(contacts, &format!("{staging}\nWHERE {UPSERTS}")),
        require = SPELLING.require(name, &leaves(&contacts.columns), contacts.digest),
    );
    vec![table.file("postgres", "sql", text)]
}

fn history(changes: &Changes, copy: Load) -> String {
    let Changes { contacts, table, .. } = changes;
    let history = History { within: "", read: "", unmentioned: not_exists, changes };
    format!(
        "{purpose}{PSQL}{stops_csv}{STOPS}\n\
         {create}\n{view}\nBEGIN;\n{copy}\n{load}\n{MUST_BE_NEW}{require}COMMIT;\n",
        purpose = history.purpose(),
        stops_csv = stops_csv(table),
        create = schema(&table.target, &table.columns),
        view = history.view(),
        copy = copy(table),
        load = history.load(&table.in_session(STAGING)),
        require = SPELLING.require(&history.current(), &leaves(&contacts.columns), contacts.digest),
    )
}

/// Inserts or updates the rows of a source.
fn upsert(table: &Table, source: &str) -> String {
    let (name, key, list) = (table.name(), table.key(), table.column_list());
    let others = table.column_names().into_iter().filter(|column| *column != key);
    let updates: Vec<_> = others.map(|column| format!("{column} = excluded.{column}")).collect();
    let update = match updates.as_slice() {
        // A table with only the key has nothing to update.
        [] => "NOTHING".to_owned(),
        updates => format!("UPDATE SET\n  {}", updates.join(",\n  ")),
    };
    format!("INSERT INTO {name} ({list})\nSELECT {list}\nFROM {source}\nON CONFLICT ({key}) DO {update};\n")
}

/// The suffix of the temporary table that the files are loaded into. It has no schema.
const STAGING: &str = "_staging";

/// How to run a script, and what stops it.
const PSQL: &str =
    "-- For psql. A row with the character NUL (U+0000) stops it: PostgreSQL's text cannot contain one.\n";
const STOPS: &str = "\\set ON_ERROR_STOP on\n";

/// What else stops a load of CSV.
fn stops_csv(table: &Table) -> &'static str {
    match table.format {
        Format::Csv => {
            "-- Before PostgreSQL 18, so does a line \\. within a value: then export to NDJSON and load that.\n"
        }
        _ => "",
    }
}

fn copy_json(table: &Table) -> String {
    let (lines, staging) = (table.in_session("_lines"), table.in_session(STAGING));
    // JSON never contains these two characters, so each line is read as one value.
    let options = "FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'";
    format!(
        "{}{}{}INSERT INTO {staging}\nSELECT (jsonb_populate_record(NULL::{staging}, line)).*\nFROM {lines};\n",
        temporary(&lines, "(line jsonb)"),
        staging_of(table),
        copy(table, &format!("{lines} (line)"), options),
    )
}

fn copy_csv(table: &Table) -> String {
    let staging = table.in_session(STAGING);
    let into = format!("{staging} ({})", table.column_list());
    // An empty field is null, and a quoted one is "".
    staging_of(table) + &copy(table, &into, "FORMAT csv, HEADER true")
}

fn staging_of(table: &Table) -> String {
    temporary(&table.in_session(STAGING), &format!("(\n{}\n)", types(&table.columns, sql_type)))
}

fn temporary(name: &str, definition: &str) -> String {
    format!("CREATE TEMPORARY TABLE {name} {definition} ON COMMIT DROP;\n")
}

fn copy(table: &Table, into: &str, options: &str) -> String {
    let line = |file| {
        let source = source(file, table.compressed);
        format!("\\copy {into} FROM {source} WITH ({options}, ENCODING 'UTF8')\n")
    };
    table.files.iter().map(line).collect()
}

/// What `\copy` reads a file from: the file itself, or the output of a program.
fn source(file: &Location, compressed: Option<&str>) -> String {
    let read = |name: &str| match compressed {
        Some("gzip") => Some(format!("gzip -dc -- {name}")),
        Some(_) => Some(format!("zstd -qdc -- {name}")),
        None => None,
    };
    let program = match file {
        Location::Local(path) => match read(&shell(path)) {
            Some(command) => command,
            None => return standard(path),
        },
        // The object is copied first, so that the program fails if it does not arrive whole.
        Location::Object(object) => {
            let part = "\"$work/part\"";
            let account = match object.cloud {
                Cloud::Azure => format!(": \"${{{ACCOUNT_VARIABLE}:?}}\" && "),
                Cloud::S3 | Cloud::Gcs => String::new(),
            };
            format!(
                "{account}work=$(mktemp -d) && trap 'rm -rf -- \"$work\"' EXIT && {} && {}",
                object.copy(&shell(&object.to_copy()), part),
                read(part).unwrap_or_else(|| format!("cat -- {part}")),
            )
        }
    };
    format!("PROGRAM {}", standard(&program))
}
