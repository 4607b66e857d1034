//! Snowflake: the table, the upload with `PUT` or a stage in an object store, `COPY INTO` a staging table, the `MERGE` and
//! the digest.
//!
//! Written from Snowflake's documentation, not tested there. A timestamp is a `TIMESTAMP_LTZ`: a point in time without
//! an offset of its own, like `timestamptz` elsewhere, and the type that Parquet's UTC timestamps are read as. Where a
//! reader returns a `TIMESTAMP_NTZ` instead, the cast interprets it in the session's time zone, so the script sets that
//! to UTC. A struct is an `OBJECT`, which Parquet and JSON load alike.

use super::columns::{Column, Kind, leaves};
use super::contribution::{DIGEST, Load, Section};
use super::create_table::{CreateTable, NOT_NULL, about_table, types};
use super::digest::Spelling;
use super::history::{History, not_exists};
use super::input::{Changes, KitFile, Table};
use super::location::{ACCOUNT, Location, Object};
use super::merge::{Deletes, MUST_BE_NEW, applies, deletes, effective, merge, purpose};
use super::quote::{Quotes, escaped, name};
use crate::config::Format;
use crate::storage::Cloud;

pub(super) fn sql_type(column: &Column) -> String {
    match column.kind {
        Kind::Integer => "NUMBER(19, 0)",
        Kind::Text => "VARCHAR",
        Kind::Timestamp => "TIMESTAMP_LTZ(6)",
        Kind::Struct(_) => "OBJECT",
    }
    .to_owned()
}

/// `CREATE TABLE`, with comments.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    CreateTable {
        table: name(table, Quotes::Capital),
        sql_type,
        not_null: NOT_NULL,
        description: |column| format!(" COMMENT {}", escaped(&column.about_with_fields())),
        end: format!("\nCOMMENT = {}", escaped(about_table(columns))),
    }
    .statement(columns)
}

const SPELLING: Spelling = Spelling {
    leaf: |leaf| match &leaf.within {
        // A field of an OBJECT is a VARIANT. The cast turns its JSON null into SQL's.
        Some(within) => {
            let cast = if leaf.kind == Kind::Integer { "NUMBER(19, 0)" } else { "VARCHAR" };
            format!("{within}:{}::{cast}", leaf.name)
        }
        None => leaf.name.clone(),
    },
    integer: |value| format!("TO_VARCHAR({value})"),
    timestamp: |value| format!("TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, {value}))"),
    field: |value| format!("COALESCE(TO_VARCHAR(OCTET_LENGTH({value})) || ':' || {value}, '-')"),
    number: |text| format!("TO_NUMBER(SUBSTR(SHA2({text}, 256), 1, 15), 'XXXXXXXXXXXXXXX')"),
    wide: "NUMBER(38, 0)",
    text: "VARCHAR",
    // There is no function that fails, but this conversion does, and shows the verdict. It must not fail for `equal`, because
    // expressions may be computed for rows that do not need them.
    fail: |verdict| format!("TO_VARCHAR(TO_NUMBER(IFF({verdict} = 'equal', '0', {verdict})))"),
};

pub(super) const SECTION: Section = Section {
    title: "Snowflake",
    quotes: Quotes::Capital,
    files: &["sql", DIGEST],
    commands: &[("snow sql --filename ", "sql"), ("snow sql --filename ", DIGEST)],
    note: "Not tested on Snowflake. ",
    reads: |cloud| match cloud {
        None => "",
        Some(_) => {
            "Snowflake reads the objects through the storage integration `linq_export`: the script says how to create it. "
        }
    },
    loads: &[(Format::Parquet, copy_parquet), (Format::Ndjson, copy_json), (Format::Csv, copy_csv)],
    table_file: "sql",
    create: |table| schema(&table.target, &table.columns),
    scripts,
    load_script: None,
    digest: |table| SPELLING.file(&table.name(), "", &leaves(&table.columns), table.digest),
    apply,
    history,
};

fn scripts(table: &Table, copy: Load) -> Vec<KitFile> {
    let (name, key, staging) = (&table.name(), table.key(), table.staging());
    let text = format!(
        "{purpose}{session}\n{create}\n{stage}\nBEGIN;\n{merge}\n{deletes}COMMIT;\n",
        purpose = purpose(name, key),
        session = session(table),
        create = schema(&table.target, &table.columns),
        stage = stage(table, copy),
        merge = merge(name, &staging, key, &table.column_names(), Deletes::Separate),
        deletes = deletes(name, &staging, key, table.missing),
    );
    vec![table.file("snowflake", "sql", text)]
}

fn apply(changes: &Changes, copy: Load) -> Vec<KitFile> {
    let Changes { contacts, table, .. } = changes;
    let (name, names) = (&contacts.name(), contacts.column_names());
    let text = format!(
        "{applies}{session}\n{stage}\nBEGIN;\n{merge}\n{MUST_BE_NEW}{require}COMMIT;\n",
        applies = applies(name, contacts.key()),
        session = session(table),
        stage = stage(table, copy),
        merge = merge(name, &effective(&table.staging(), &names), contacts.key(), &names, Deletes::Marked),
        require = SPELLING.require(name, &leaves(&contacts.columns), contacts.digest),
    );
    vec![table.file("snowflake", "sql", text)]
}

fn history(changes: &Changes, copy: Load) -> String {
    let Changes { contacts, table, .. } = changes;
    let history = History { within: "", read: "", unmentioned: not_exists, changes };
    format!(
        "{purpose}{session}\n{create}\n{view}\n{stage}\nBEGIN;\n{load}\n{MUST_BE_NEW}{require}COMMIT;\n",
        purpose = history.purpose(),
        session = session(table),
        create = schema(&table.target, &table.columns),
        view = history.view(),
        stage = stage(table, copy),
        load = history.load(&table.staging()),
        require = SPELLING.require(&history.current(), &leaves(&contacts.columns), contacts.digest),
    )
}

/// How to run a script.
fn session(table: &Table) -> String {
    let how = match table.cloud() {
        None => "-- Run it in one session, with a client that can upload: snow sql or snowsql, not a worksheet.\n"
            .to_owned(),
        Some(cloud) => {
            let account = match cloud {
                Cloud::Azure => {
                    format!(
                        "-- Replace {ACCOUNT} by the name of the storage account: URLs in az:// do not contain it.\n"
                    )
                }
                Cloud::S3 | Cloud::Gcs => String::new(),
            };
            format!(
                "-- Run it in one session.\n\
                 {account}\
                 -- The files are read through the storage integration {INTEGRATION}. An administrator creates it once, with the bucket\n\
                 -- in STORAGE_ALLOWED_LOCATIONS, and grants its USAGE to the role that runs this:\n\
                 -- CREATE STORAGE INTEGRATION {INTEGRATION} TYPE = EXTERNAL_STAGE ENABLED = TRUE {provider}\n\
                 --   STORAGE_ALLOWED_LOCATIONS = ('{location}');\n",
                provider = match cloud {
                    Cloud::S3 => "STORAGE_PROVIDER = 'S3' STORAGE_AWS_ROLE_ARN = 'ROLE'",
                    Cloud::Gcs => "STORAGE_PROVIDER = 'GCS'",
                    Cloud::Azure => "STORAGE_PROVIDER = 'AZURE' AZURE_TENANT_ID = 'TENANT'",
                },
                location = match cloud {
                    Cloud::S3 => "s3://BUCKET/".to_owned(),
                    Cloud::Gcs => "gcs://BUCKET/".to_owned(),
                    Cloud::Azure => format!("azure://{ACCOUNT}.blob.core.windows.net/CONTAINER/"),
                },
            )
        }
    };
    format!("{how}\nALTER SESSION SET TIMEZONE = 'UTC';\n")
}

/// The name of the storage integration.
const INTEGRATION: &str = "linq_export";
/// Maximum number of files that one `COPY INTO` takes by their names.
const MAX_FILES: usize = 1000;

/// Loads the files into the staging table.
fn stage(table: &Table, copy: Load) -> String {
    let stage = table.derived("_stage");
    let (location, puts) = match table.files.first() {
        // A transformation in COPY INTO needs a stage: it cannot read from a URL.
        Some(Location::Object(object)) => {
            (format!("\n  URL = {}\n  STORAGE_INTEGRATION = {INTEGRATION}", escaped(&directory(object))), String::new())
        }
        _ => (String::new(), table.files.iter().map(|file| put(&stage, file)).collect::<String>()),
    };
    format!(
        "-- Both are dropped when the session ends.\n\
         CREATE OR REPLACE TEMPORARY TABLE {staging} (\n{types}\n);\n\
         CREATE OR REPLACE TEMPORARY STAGE {stage}{location};\n\
         {puts}\n\
         {copy}",
        staging = table.staging(),
        types = types(&table.columns, sql_type),
        copy = copy(table),
    )
}

fn put(stage: &str, file: &Location) -> String {
    let source = escaped(&format!("file://{}", file.text()));
    format!("PUT {source} @{stage} AUTO_COMPRESS = FALSE OVERWRITE = TRUE;\n")
}

/// The directory of an object, as Snowflake names it.
fn directory(object: &Object) -> String {
    let Object { cloud, bucket, .. } = object;
    let (directory, _) = object.split_key();
    match cloud {
        Cloud::S3 => format!("s3://{bucket}/{directory}"),
        Cloud::Gcs => format!("gcs://{bucket}/{directory}"),
        Cloud::Azure => format!("azure://{ACCOUNT}.blob.core.windows.net/{bucket}/{directory}"),
    }
}

// In each format, without NULL_IF = () the text \N would become null.

fn copy_parquet(table: &Table) -> String {
    let format = "TYPE = PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE NULL_IF = ()";
    copy(table, format, |_, column| format!("$1:{}::{}", column.name, sql_type(column)))
}

fn copy_json(table: &Table) -> String {
    let format = format!("TYPE = JSON COMPRESSION = {} NULL_IF = ()", compression(table));
    copy(table, &format, |_, column| from_text(column, &format!("$1:{}", column.name)))
}

fn copy_csv(table: &Table) -> String {
    // By default, backslashes escape in fields without quotes.
    let format = format!(
        "TYPE = CSV COMPRESSION = {} SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE_UNENCLOSED_FIELD = NONE \
         EMPTY_FIELD_AS_NULL = TRUE NULL_IF = ()",
        compression(table)
    );
    copy(table, &format, |at, column| from_text(column, &format!("${}", at + 1)))
}

fn compression(table: &Table) -> String {
    table.compressed.unwrap_or("none").to_uppercase()
}

/// A column of a text file, cast to its type.
fn from_text(column: &Column, value: &str) -> String {
    match column.kind {
        Kind::Timestamp => {
            format!("TO_TIMESTAMP_LTZ({value}::VARCHAR, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF6\"Z\"')")
        }
        _ => format!("{value}::{}", sql_type(column)),
    }
}

/// Copies the files from the stage. One that this script has filled has no others.
fn copy(table: &Table, format: &str, value: impl Fn(usize, &Column) -> String) -> String {
    let values: Vec<_> = table.columns.iter().enumerate().map(|(at, column)| value(at, column)).collect();
    let copy = |files: &str| {
        format!(
            "COPY INTO {staging} ({list})\n\
             FROM (\n  SELECT\n    {values}\n  FROM @{stage}\n)\n\
             {files}\
             FILE_FORMAT = ({format})\n\
             ON_ERROR = ABORT_STATEMENT;\n",
            staging = table.staging(),
            stage = table.derived("_stage"),
            list = table.column_list(),
            values = values.join(",\n    "),
        )
    };
    let objects: Vec<_> = table.files.iter().filter_map(Location::object).collect();
    if objects.is_empty() {
        return copy("");
    }
    let copies = objects.chunks(MAX_FILES).map(|objects| {
        let names: Vec<_> = objects.iter().map(|object| escaped(object.split_key().1)).collect();
        copy(&format!("FILES = (\n  {}\n)\n", names.join(",\n  ")))
    });
    copies.collect::<Vec<_>>().join("\n")
}
