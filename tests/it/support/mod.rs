//! Helpers for the tests: run the program, read exports back, and compare them with the sandbox's contacts.

pub mod run;
pub mod scripted;
pub mod tunnel;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use chrono::DateTime;
use linq_export::arrow;
use linq_export::config::{BaseUrl, ContactsConfig, Encoding, ExportConfig, Pacing, PerPage, PlainHttp, Rate, Token};
use linq_export::events::{Reporter, Silent, Summary};
use linq_export::sandbox::{Sandbox, SandboxConfig};
use linq_export::{CancellationToken, Error};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value, json};

/// A row, as NDJSON has it.
pub type Row = Map<String, Value>;

/// A folder that goes with the test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Names in a folder, hidden ones too, sorted. But for locks, which stay.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names = all_names(folder);
    names.retain(|name| Path::new(name).extension().is_none_or(|ending| ending != "lock"));
    names
}

/// Names in a folder, those of locks too, sorted.
pub fn all_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A sandbox with this many contacts.
pub async fn sandbox(contacts: u64) -> Sandbox {
    let mut config = SandboxConfig::default();
    config.contacts = contacts;
    Sandbox::start(config).await.unwrap()
}

/// A sandbox of 100 contacts, with these changes.
pub async fn sandbox_with(change: impl FnOnce(&mut SandboxConfig)) -> Sandbox {
    let mut config = SandboxConfig::default();
    config.contacts = 100;
    change(&mut config);
    Sandbox::start(config).await.unwrap()
}

/// How to read it in pages of 5, without waiting long.
pub fn in_small_pages(sandbox: &Sandbox) -> ContactsConfig {
    let mut config = config(sandbox);
    config.per_page = PerPage::new(5).unwrap();
    config.backoff.longest = std::time::Duration::from_millis(20);
    config
}

/// How to read a sandbox, as fast as it goes.
pub fn config(sandbox: &Sandbox) -> ContactsConfig {
    let base_url = BaseUrl::parse(&sandbox.base_url(), PlainHttp::Loopback).unwrap();
    let mut config = ContactsConfig::new(base_url, Token::new(sandbox.token()).unwrap());
    config.pacing = Pacing::Fixed(Rate::new(10_000.0).unwrap());
    config.backoff.first = std::time::Duration::from_millis(1);
    config
}

/// Exports to a file whose ending says the format.
pub async fn export(contacts: ContactsConfig, path: &Path) -> Result<Summary, Error> {
    export_telling(contacts, path, Arc::new(Silent)).await
}

/// The same, and tells a reporter of it.
pub async fn export_telling(
    contacts: ContactsConfig,
    path: &Path,
    reporter: Arc<dyn Reporter>,
) -> Result<Summary, Error> {
    let output = linq_export::config::Output::File(path.to_owned());
    let config = ExportConfig::new(contacts, output, Encoding::of(path).unwrap().format);
    linq_export::export(config, reporter, CancellationToken::new()).await
}

/// The contacts of a sandbox as rows, flattened here by other means than the program's.
pub fn truth(sandbox: &Sandbox) -> Vec<Row> {
    (0..sandbox.count()).map(|position| flatten(&sandbox.contact(position).unwrap())).collect()
}

fn flatten(contact: &Value) -> Row {
    let instant = |key: &str| match contact.get(key) {
        Some(Value::String(text)) => {
            let utc = DateTime::parse_from_rfc3339(text).unwrap().to_utc();
            json!(utc.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
        }
        _ => Value::Null,
    };
    let mut row = Row::new();
    for field in linq_export::schema().fields() {
        let name = field.name().as_str();
        let value = match name {
            "created_at" | "updated_at" => instant(name),
            "extra" => Value::Null,
            _ => match name.strip_prefix("owner_") {
                Some(key) => contact.get("contact_owner").and_then(|owner| owner.get(key)).cloned().unwrap_or_default(),
                None => contact.get(name).cloned().unwrap_or_default(),
            },
        };
        row.insert(name.to_owned(), value);
    }
    row
}

/// Compares rows, and shows only the first that differs.
pub fn assert_rows(found: &[Row], expected: &[Row]) {
    if let Some(row) = found.iter().zip(expected).position(|(found, expected)| found != expected) {
        panic!("row {row}: {:?}\nexpected: {:?}", found[row], expected[row]);
    }
    assert_eq!(found.len(), expected.len(), "rows");
}

/// The rows of an NDJSON text.
pub fn ndjson_rows(text: &str) -> Vec<Row> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of a Parquet file.
pub fn parquet_rows(path: &Path) -> Vec<Row> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    assert_eq!(builder.schema().fields(), linq_export::schema().fields());
    builder.build().unwrap().flat_map(|batch| batch_rows(&batch.unwrap())).collect()
}

/// The rows of a batch.
pub fn batch_rows(batch: &RecordBatch) -> Vec<Row> {
    let row = |row: usize| {
        batch
            .schema()
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| (field.name().clone(), value(column, row)))
            .collect()
    };
    (0..batch.num_rows()).map(row).collect()
}

fn value(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::Utf8 => json!(column.as_string::<i32>().value(row)),
        DataType::Timestamp(..) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
            json!(DateTime::from_timestamp_micros(micros).unwrap().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
        }
        other => panic!("no column is {other}"),
    }
}

/// How the names of variables begin that the program and its stores read.
const READ: [&str; 6] = ["LINQ_", "SSL_CERT_", "AWS_", "AZURE_", "GOOGLE_", "GCE_"];

/// The program, with nothing of the tester's own environment that it would read.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linq-export"));
    let read = |name: &str| READ.iter().any(|read| name.starts_with(read)) || name.ends_with("_PROXY");
    for (name, _) in std::env::vars().filter(|(name, _)| read(&name.to_uppercase())) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A run of the program that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Ran {
    ran(program(arguments).output().unwrap())
}

/// What a run left.
pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: without_times(&String::from_utf8(output.stderr).unwrap()),
    }
}

/// A log without the times at the start of its lines.
pub fn without_times(log: &str) -> String {
    log.split_inclusive('\n').map(|line| time_of(line).map_or(line, |time| &line[time.len() + 1..])).collect()
}

/// The time at the start of a line of a log.
pub fn time_of(line: &str) -> Option<&str> {
    let time = line.split_once(' ')?.0;
    chrono::DateTime::parse_from_rfc3339(time).is_ok().then_some(time)
}

/// A path of the folder as text.
pub fn path(folder: &tempfile::TempDir, name: &str) -> String {
    let path: PathBuf = folder.path().join(name);
    path.into_os_string().into_string().unwrap()
}
