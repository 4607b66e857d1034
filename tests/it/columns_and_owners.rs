//! The options for columns, owners and encodings: what the file contains, and which combinations are refused.

use std::collections::BTreeSet;
use std::fs::{self, File};

use parquet::basic::{Compression, Encoding, GzipLevel, Type as PhysicalType};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

use crate::support::run::{exported, json};
use crate::support::scripted::{Scripted, page};
use crate::support::{Ran, folder, path, program, ran};

/// An export of these contacts by options.
fn of(contacts: &'static str, output: &str, more: &[&str]) -> Ran {
    let server = Scripted::start(move |_| page(contacts, contacts.matches("\"id\":").count() as u64));
    let mut command = program(&["contacts", "-o", output, "--base-url", &server.url(), "--rate", "5000", "--quiet"]);
    ran(command.args(more).env("LINQ_INTEGRATION_TOKEN", "t").output().unwrap())
}

fn key_file(folder: &tempfile::TempDir) -> String {
    let key = path(folder, "key");
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    key
}

#[test]
fn raw_lines_are_passed_on_byte_for_byte() {
    let contacts = "{ \"id\": \"7\", \"b\":1.50,\n \"a\":\"\\u00e9\\ud800\" }";
    let server = Scripted::start(move |_| page(contacts, 1));
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let mut command = program(&["contacts", "-o", &file, "--base-url", &server.url(), "--raw"]);
    let ran = ran(command.env("LINQ_INTEGRATION_TOKEN", "t").output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // A break between tokens is a space in a line.
    assert_eq!(fs::read_to_string(&file).unwrap(), contacts.replace('\n', " ") + "\n");
    let manifest = json(file.clone() + ".manifest.json");
    assert_eq!((&manifest["options"]["raw"], &manifest["schema"]["columns"]), (&json!(true), &json!([])));
    assert_eq!(crate::support::run::verified(&file).code, Some(0));
}

#[test]
fn hashes_can_be_joined_and_show_nothing() {
    let folder = folder();
    let key = key_file(&folder);
    let contacts = r#"{"id":1,"email":" Jane@X.example","phone_number":"+1 (555) 123-4567"},
        {"id":2,"email":"jane@x.EXAMPLE","phone_number":["+15551234567"]},{"id":3}"#;
    let contacts: &'static str = Box::leak(contacts.replace('\n', "").into_boxed_str());
    let file = path(&folder, "c.ndjson");
    let options = ["--hmac", "email,phone_number", "--hmac-key-file", &key];
    let ran = of(contacts, &file, &options);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.to_lowercase().contains("jane") && !text.contains("555"), "{text}");
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // python3 -c "import hmac; print(hmac.new(b'0123456789abcdef0123456789abcdef', b'jane@x.example', 'sha256').hexdigest())"
    assert_eq!(rows[0]["email"], "daa55d455cec6ccc82ea9248b3e3e49602fa5ccdf5e23941a8735dfd7463b5f9");
    assert_eq!((&rows[0]["email"], &rows[2]["email"]), (&rows[1]["email"], &Value::Null));
    let manifest = json(file + ".manifest.json");
    assert_eq!(manifest["options"]["hmac_columns"], json!(["email", "phone_number"]));
    assert_eq!(manifest["options"]["hmac_key"].as_str().unwrap().len(), 16);
}

#[test]
fn what_does_not_go_together_is_refused_before_anything_is_asked() {
    let folder = folder();
    let key = key_file(&folder);
    let short = path(&folder, "short");
    fs::write(&short, "secret").unwrap();
    for (output, options, says) in [
        ("c.csv", &["--owners", "struct"][..], "cannot be used with CSV, which has no nested values"),
        ("c.parquet", &["--raw"], "--raw requires NDJSON output"),
        ("c.ndjson", &["--raw", "--drop", "email"], "--raw cannot be used with --owners, --columns, --drop"),
        ("c.ndjson", &["--raw", "--digest"], "--digest cannot be used with --raw"),
        ("c.ndjson", &["--hmac", "email"], "--hmac-key-file"),
        ("c.ndjson", &["--hmac-key-file", &key], "--hmac-key-file needs --hmac"),
        ("c.ndjson", &["--hmac", "email", "--hmac-key-file", &short], "6 bytes, but must have at least 32"),
        ("c.ndjson", &["--hmac", "email", "--hmac-key-file", "missing"], "cannot read --hmac-key-file missing"),
        ("c.ndjson", &["--hmac", "id", "--hmac-key-file", &key], "text columns only, not id"),
        ("c.ndjson", &["--drop", "mail"], "unknown column \"mail\" in --drop"),
        ("c.ndjson", &["--columns", "id", "--drop", "id"], "id cannot be dropped"),
        ("c.ndjson.gz", &["--compression", "zstd"], "-o says gzip"),
        ("c.ndjson", &["--compression", "lz4"], "lz4 compression is for Parquet only"),
        ("c.parquet", &["--row-group-size", "5"], "missing unit: use e.g. 16MiB"),
        ("c.parquet", &["--parquet-profile", "small"], "[possible values: portable, compact]"),
        ("c.csv", &["--parquet-profile", "compact"], "--parquet-profile is for Parquet only"),
        ("c.ndjson", &["--row-group-size", "16MiB"], "--row-group-size is for Parquet only"),
        ("c.parquet.gz", &["--format", "parquet"], "remove .gz or .zst from the name"),
    ] {
        let ran = exported(5, &path(&folder, output), options);
        assert_eq!(ran.code, Some(2), "{options:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says) && !ran.stderr.contains("secret"), "{options:?}: {}", ran.stderr);
    }
    assert_eq!(crate::support::names(folder.path()), ["key", "short"]);
}

/// Compressions and encodings of all column chunks, and whether each has a page index.
fn chunks(file: &str) -> (Vec<Compression>, BTreeSet<String>, bool) {
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    let chunks: Vec<_> = reader.metadata().row_groups().iter().flat_map(|group| group.columns().to_vec()).collect();
    let encodings = chunks.iter().flat_map(|chunk| chunk.encodings().collect::<Vec<Encoding>>());
    // The least and greatest of unsorted texts are of no use, so texts have none.
    let indexed = chunks.iter().all(|chunk| {
        let has_bounds = chunk.column_type() != PhysicalType::BYTE_ARRAY;
        let found = [chunk.column_index_offset().is_some(), chunk.statistics().is_some()];
        chunk.offset_index_offset().is_some() && found == [has_bounds; 2]
    });
    (
        chunks.iter().map(ColumnChunkMetaData::compression).collect(),
        encodings.map(|one| one.to_string()).collect(),
        indexed,
    )
}

#[test]
fn parquet_is_such_that_every_reader_knows_it_unless_told_otherwise() {
    let folder = folder();
    let file = path(&folder, "c.parquet");
    let of = |more: &[&str]| {
        assert_eq!(exported(250, &file, more).code, Some(0), "{more:?}");
        chunks(&file)
    };
    let (compressions, encodings, indexed) = of(&[]);
    assert!(indexed && compressions.iter().all(|one| matches!(one, Compression::ZSTD(_))), "{compressions:?}");
    let portable = ["PLAIN", "RLE", "RLE_DICTIONARY"].map(str::to_owned);
    assert_eq!(encodings, BTreeSet::from(portable.clone()));
    let (_, encodings, _) = of(&["--parquet-profile", "compact"]);
    let compact = ["DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY"].map(str::to_owned);
    assert_eq!(encodings, BTreeSet::from(portable).union(&compact.into()).cloned().collect());
    for (name, due) in [
        ("none", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("lz4", Compression::LZ4_RAW),
        ("gzip", Compression::GZIP(GzipLevel::default())),
    ] {
        let (compressions, ..) = of(&["--compression", name]);
        assert!(compressions.iter().all(|one| *one == due), "{name}: {compressions:?}");
        assert_eq!(crate::support::run::verified(&file).code, Some(0));
    }
}

#[test]
fn each_form_gives_the_same_bytes_again() {
    let folder = folder();
    for (name, options) in [
        ("c.parquet", &["--owners", "struct", "--parquet-profile", "compact"][..]),
        ("c.ndjson.gz", &["--drop", "extra"]),
        ("c.ndjson.zst", &["--owners", "struct"]),
        ("c.csv", &["--columns", "email"]),
    ] {
        let [one, other] = ["one", "other"].map(|prefix| path(&folder, &format!("{prefix}.{name}")));
        for file in [&one, &other] {
            let ran = exported(250, file, options);
            assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
            assert_eq!(crate::support::run::verified(file).code, Some(0), "{name}");
        }
        assert_eq!(fs::read(one).unwrap(), fs::read(other).unwrap(), "{name}");
    }
}
