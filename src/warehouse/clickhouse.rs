//! `ClickHouse`: the table, which keeps the last row of each key, the inserts from files, and the digest.
//!
//! A struct is a `Tuple`, which cannot be null: all its fields are null instead, and the digest is the same.

use super::columns::{Column, Kind, Leaf, has_changes, key, leaves};
use super::contribution::{DIGEST, Load, Section};
use super::create_table::{CreateTable, about_table, fields, types};
use super::digest::Spelling;
use super::history::History;
use super::input::{Changes, KitFile, Table};
use super::location::{ACCOUNT, Location, Object};
use super::merge::{MUST_BE_NEW, REMOVALS, UPSERTS, WILL_BE_NEW, applies, deletes, result};
use super::quote::{Quotes, escaped, name};
use crate::config::Format;
use crate::storage::Cloud;

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
    quotes: Quotes::Escaped,
    files: &["sql", DIGEST],
    commands: &[("clickhouse-client < ", "sql"), ("clickhouse-client < ", DIGEST)],
    note: "",
    reads: |cloud| match cloud {
        None => "The files are read by the client. ",
        Some(Cloud::S3) => {
            "The objects are read by the server, with the credentials of its environment, if `use_environment_credentials` is \
             set. Otherwise add `'KEY_ID', 'SECRET'` after each URL in the script. For a store other than Amazon S3, replace the \
             host. "
        }
        Some(Cloud::Gcs) => {
            "The objects are read by the server. Add `'HMAC_KEY', 'HMAC_SECRET'` after each URL in the script. "
        }
        Some(Cloud::Azure) => {
            "The objects are read by the server, with its workload or managed identity. Otherwise add `'AZURE_ACCOUNT', \
             'ACCOUNT_KEY'` after each name in the script. "
        }
    },
    loads: &[
        (Format::Parquet, |table| inserts(table, "Parquet", "")),
        (Format::Ndjson, |table| inserts(table, "JSONEachRow", "date_time_input_format = 'best_effort'")),
        (Format::Csv, |table| {
            let settings = "date_time_input_format = 'best_effort', format_csv_null_representation = ''";
            inserts(table, "CSVWithNames", settings)
        }),
    ],
    table_file: "sql",
    create: |table| schema(&table.target, &table.columns),
    scripts,
    load_script: None,
    digest: |table| SPELLING.file(&table.name(), " FINAL", &leaves(&table.columns), table.digest),
    apply,
    history,
};

fn scripts(table: &Table, format: Load) -> Vec<KitFile> {
    let (name, key, list, staging) = (&table.name(), table.key(), table.column_list(), table.staging());
    let text = format!(
        "-- Loads the export into {name}. Of the rows with the same {key}, the last inserted one is kept.\n\
         -- Until ClickHouse has merged them, queries also see the older ones: read FROM {name} FINAL.\n\n\
         {create}\n\
         CREATE OR REPLACE TABLE {staging} AS {name};\n\
         {stage}\n\
         INSERT INTO {name} ({list})\nSELECT {list}\nFROM {staging};\n\n\
         {deletes}",
        create = schema(&table.target, &table.columns),
        stage = stage(table, format),
        deletes = deletes(name, &staging, key, table.missing),
    );
    vec![table.file("clickhouse", "sql", text)]
}

fn apply(changes: &Changes, format: Load) -> Vec<KitFile> {
    let Changes { contacts, table, .. } = changes;
    let (name, list, staging) = (contacts.name(), contacts.column_list(), table.staging());
    let require = |table: &str| SPELLING.require(table, &leaves(&contacts.columns), contacts.digest);
    let text = format!(
        "{applies}\n\
         DROP TABLE IF EXISTS {staging};\n{create}\n{stage}\n\
         {WILL_BE_NEW}{before}\n\
         INSERT INTO {name} ({list})\nSELECT {list}\nFROM {staging}\nWHERE {UPSERTS};\n\n\
         DELETE FROM {name} WHERE id IN (SELECT id FROM {staging} WHERE {REMOVALS});\n\n\
         {MUST_BE_NEW}{after}",
        applies = applies(&name, contacts.key()),
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
        create = schema(&table.target, &table.columns),
        view = history.view(),
        name = table.name(),
        stage = stage(table, format),
        load = history.load(&staging),
        require = SPELLING.require(&history.current(), &leaves(&contacts.columns), contacts.digest),
    )
}

/// Loads the files into the staging table.
fn stage(table: &Table, inserts: Load) -> String {
    let account = match table.cloud() {
        Some(Cloud::Azure) => {
            format!("-- Replace {ACCOUNT} by the name of the storage account: URLs in az:// do not contain it.\n")
        }
        _ => String::new(),
    };
    format!("{account}{}\n{}", inserts(table), check(table))
}

fn inserts(table: &Table, format: &str, settings: &str) -> String {
    let settings = if settings.is_empty() { String::new() } else { format!("\nSETTINGS {settings}") };
    let insert = |file: &Location| match file {
        Location::Local(path) => {
            let compression = table.compressed.map(|name| format!(" COMPRESSION '{name}'")).unwrap_or_default();
            // INFILE takes a glob pattern without escapes, so each special character becomes a `?`. See `check`.
            let pattern = escaped(&path.replace([',', '{', '}', '*'], "?"));
            format!("INSERT INTO {} FROM INFILE {pattern}{compression}{settings}\nFORMAT {format};\n", table.staging())
        }
        Location::Object(object) => {
            let (list, source) = (table.column_list(), source(table, object, format));
            format!("INSERT INTO {} ({list})\nSELECT {list}\nFROM {source}{settings};\n", table.staging())
        }
    };
    table.files.iter().map(insert).collect()
}

/// The table function that reads an object, with all types.
fn source(table: &Table, object: &Object, format: &str) -> String {
    let Object { cloud, bucket, key } = object;
    let (structure, compression) = (escaped(&types(&table.columns, sql_type)), table.compressed.unwrap_or("none"));
    let pattern = pattern_of(key);
    let call = |function: &str, host: &str| {
        let url = escaped(&format!("https://{host}/{}", encoded(&pattern)));
        format!("{function}({url}, '{format}', {structure}, '{compression}')")
    };
    let read = match cloud {
        // With a dot in the name of the bucket, the certificate would not match the host.
        Cloud::S3 if bucket.contains('.') => call("s3", &format!("s3.amazonaws.com/{bucket}")),
        Cloud::S3 => call("s3", &format!("{bucket}.s3.amazonaws.com")),
        Cloud::Gcs => call("gcs", &format!("storage.googleapis.com/{bucket}")),
        Cloud::Azure => {
            let account = escaped(&format!("https://{ACCOUNT}.blob.core.windows.net"));
            let object = format!("{}, {}", escaped(bucket), escaped(&pattern));
            format!("azureBlobStorage({account}, {object}, '{format}', '{compression}', {structure})")
        }
    };
    // A pattern may match other objects, too.
    let only = if pattern == *key {
        String::new()
    } else {
        format!("\nWHERE _path = {}", escaped(&format!("{bucket}/{key}")))
    };
    read + &only
}

/// A glob pattern that matches the key. There are no escapes, so special characters become an asterisk. Two of them would
/// match across slashes. A `?` would be taken for the beginning of a URL's query, and what precedes it encoded twice.
fn pattern_of(key: &str) -> String {
    let mut pattern = String::new();
    for character in key.chars() {
        match character {
            '{' | '}' | '*' if pattern.ends_with('*') => {}
            '{' | '}' | '*' => pattern.push('*'),
            _ => pattern.push(character),
        }
    }
    pattern
}

/// The path of a URL: all but unreserved characters, slashes and the asterisks of patterns is encoded.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/*".contains(&byte);
    let code = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(code).collect()
}

/// Stops the script if a pattern matched other files, or none.
fn check(table: &Table) -> String {
    let (staging, rows) = (table.staging(), table.digest.rows);
    format!(
        "-- Stops here unless exactly the export was loaded: the names of files are treated as patterns.\n\
         SELECT throwIf(count() <> {rows}, 'the loaded files do not have the {rows} rows of the export')\n\
         FROM {staging}\nFORMAT Null;\n"
    )
}
