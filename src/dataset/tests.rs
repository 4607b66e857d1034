//! Reads tables of this crate's own writers and of others.

use std::io::Write;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Int32Array, Int64Array, LargeStringArray, NullArray, StringArray,
    StringViewArray, StructArray, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Int64Type};

use super::*;

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn read(bytes: &[u8]) -> Result<Vec<RecordBatch>, ReadbackError> {
    open(file(bytes).path())?.collect()
}

fn one(bytes: &[u8]) -> RecordBatch {
    let batches = read(bytes).unwrap();
    assert_eq!(batches.len(), 1);
    batches[0].clone()
}

fn refusal(bytes: &[u8]) -> String {
    let file = file(bytes);
    let error = open(file.path()).and_then(Iterator::collect::<Result<Vec<_>, _>>).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&*file.path().to_string_lossy()), "{text}");
    assert!(!text.contains("secret"), "{text}");
    text
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn sample() -> RecordBatch {
    let instants = vec![Some(1_753_887_600_000_001), None, Some(-62_135_596_800_000_000)];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![i64::MAX, 2, 3]))),
        ("first_name", Arc::new(StringArray::from(vec![Some("a,\"b\"\r\n\u{0}é🎉"), Some(""), None]))),
        ("created_at", Arc::new(TimestampMicrosecondArray::from(instants).with_timezone("UTC"))),
        ("owner_id", Arc::new(Int64Array::from(vec![None, Some(-5), None]))),
    ];
    let fields: Vec<_> =
        columns.iter().map(|(name, _)| crate::schema().field_with_name(name).unwrap().clone()).collect();
    RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns.into_iter().map(|(_, c)| c).collect())
        .unwrap()
}

const CSV: &[u8] = "id,first_name,created_at,owner_id\r\n9223372036854775807,\"a,\"\"b\"\"\r\n\u{0}é🎉\",\
2025-07-30T15:00:00.000001Z,\r\n2,\"\",,-5\r\n3,,0001-01-01T00:00:00.000000Z,\r\n"
    .as_bytes();

const NDJSON: &[u8] = r#"{"id":9223372036854775807,"first_name":"a,\"b\"\r\n\u0000é🎉","created_at":"2025-07-30T15:00:00.000001Z","owner_id":null}
{"owner_id":-5,"id":2,"first_name":"","created_at":null}
{"id":3,"first_name":null,"created_at":"0001-01-01T00:00:00.000000Z","owner_id":null}
"#
.as_bytes();

#[test]
fn reads_the_same_table_in_each_format() {
    let batch = sample();
    let columns: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    let written = parquet(columns.iter().map(String::as_str).zip(batch.columns().iter().cloned()).collect::<Vec<_>>());
    for bytes in [NDJSON, CSV, &written, &zstd::encode_all(NDJSON, 1).unwrap()] {
        assert_eq!(one(bytes), batch);
    }
}

#[test]
fn reads_a_nested_owner_missing_from_the_first_lines() {
    let text = br#"{"id":1,"contact_owner":null}
{"id":2,"contact_owner":{"id":7,"name":null}}
{"id":3,"contact_owner":{"name":"Jane","id":null}}
"#;
    let batch = one(text);
    let owner = batch.column(1).as_struct();
    assert_eq!((owner.is_null(0), owner.is_null(1), owner.num_columns()), (true, false, 2));
    assert_eq!(owner.column(0).as_primitive::<Int64Type>().value(1), 7);
    assert_eq!(owner.column(1).as_string::<i32>().value(2), "Jane");
    assert_eq!(one(b"{\"contact_owner\":null}\n").column(0).as_struct().num_columns(), 5);
    let fields =
        Fields::from(vec![Field::new("id", DataType::Int32, true), Field::new("name", DataType::Utf8View, true)]);
    let within: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![None, Some(7), None])),
        Arc::new(StringViewArray::from(vec![None, None, Some("Jane")])),
    ];
    let nested = StructArray::new(fields, within, Some(vec![false, true, true].into()));
    let columns: Vec<(&str, ArrayRef)> =
        vec![("id", Arc::new(Int64Array::from(vec![1, 2, 3]))), ("contact_owner", Arc::new(nested))];
    assert_eq!(one(&parquet(columns)), batch);
}

#[test]
fn reads_parquet_of_other_writers_in_own_types() {
    let nanoseconds = |values: Vec<Option<i64>>| TimestampNanosecondArray::from(values);
    let dictionary: DictionaryArray<Int32Type> = vec![Some("x"), None].into_iter().collect();
    let batch = one(&parquet(vec![
        ("id", Arc::new(Int32Array::from(vec![1, 2]))),
        ("first_name", Arc::new(LargeStringArray::from(vec![Some("é"), None]))),
        ("company", Arc::new(dictionary)),
        ("title", Arc::new(NullArray::new(2))),
        ("created_at", Arc::new(nanoseconds(vec![Some(-1_000), None]))),
        ("updated_at", Arc::new(nanoseconds(vec![Some(1_000), None]).with_timezone("America/Chicago"))),
    ]));
    assert!(
        batch
            .schema()
            .fields()
            .iter()
            .all(|field| field.as_ref() == crate::schema().field_with_name(field.name()).unwrap())
    );
    let instants = batch.column(4).as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
    assert_eq!((instants.value(0), batch.column(3).null_count()), (-1, 2));
}

#[test]
fn refuses_values_that_would_change() {
    let ids = || ("id", Arc::new(Int64Array::from(vec![1])) as ArrayRef);
    let finer = Arc::new(TimestampNanosecondArray::from(vec![1_753_887_600_000_000_001]));
    for (column, says) in [
        (("created_at", finer as ArrayRef), "created_at has a value that does not fit Timestamp(µs)"),
        (("owner_id", Arc::new(arrow::array::Float64Array::from(vec![1.0]))), "owner_id is Float64 instead of Int64"),
        (
            ("owner_id", Arc::new(arrow::array::UInt64Array::from(vec![u64::MAX]))),
            "owner_id has a value that does not fit Int64",
        ),
        (("email", Arc::new(Int64Array::from(vec![1]))), "email is Int64 instead of Utf8"),
        (("loaded_at", Arc::new(Int64Array::from(vec![1]))), "unknown column \"loaded_at\""),
    ] {
        let text = refusal(&parquet(vec![ids(), column]));
        assert!(text.contains(says), "{says}: {text}");
    }
    assert!(refusal(&parquet(vec![("id", Arc::new(Int64Array::from(vec![None])))])).contains("id is null in a row"));
    let whole = parquet(vec![ids()]);
    for end in 4..whole.len() {
        assert!(refusal(&whole[..end]).contains("cannot read"));
    }
}

#[test]
fn refuses_lines_by_number_without_showing_values() {
    for (text, says) in [
        ("{\"id\":1,\"email\":\"secret\"}\n{\"id\":2}\n", "line 2: email is missing"),
        ("{\"id\":1}\n{\"id\":2,\"email\":\"secret\"}\n", "line 2: unexpected column \"email\""),
        ("{\"id\":1,\"secrets\":1}\n".replace("secrets", "phone").as_str(), "unknown column \"phone\""),
        ("{\"id\":1,\"id\":1}\n", "id appears twice"),
        ("{\"id\":1}\n{\"id\":1,\"id\":2}\n", "line 2: id appears twice"),
        ("{\"id\":\"secret\"}\n", "line 1: id is not a 64-bit integer"),
        ("{\"id\":1.0}\n", "line 1: id is not a 64-bit integer"),
        ("{\"id\":9223372036854775808}\n", "line 1: id is not a 64-bit integer"),
        ("{\"id\":null}\n", "line 1: id is null"),
        ("{\"id\":1,\"email\":7}\n", "line 1: email is not a string"),
        ("{\"id\":1,\"email\":{\"secret\":1}}\n", "line 1: email is not a string"),
        ("{\"id\":1,\"email\":[\"secret\"]}\n", "line 1: email is not a string"),
        ("{\"id\":1,\"email\":true}\n", "line 1: email is not a string"),
        ("{\"id\":1,\"created_at\":\"secret\"}\n", "line 1: created_at is not an RFC 3339 time"),
        ("{\"id\":1,\"created_at\":\"2025-07-30\"}\n", "line 1: created_at is not an RFC 3339 time"),
        ("{\"id\":1}\n\n{\"id\":2}\n", "line 2"),
        ("{\"id\":1}\n[\"secret\"]\n", "line 2: not a JSON object"),
        ("{\"id\":1}\n\"secret\"\n", "line 2: not a JSON object"),
        ("{\"id\":1} {\"id\":2}\n", "line 1: column 10: trailing characters"),
        ("{\"id\":1,\"email\":\"secr", "line 1"),
        ("{\"id\":1}\n{\"id\":2", "line 2: column 8: unexpected end"),
    ] {
        let refused = refusal(text.as_bytes());
        assert!(refused.contains(says), "{text} {says}: {refused}");
    }
    assert!(refusal(b"{\"id\":1,\"email\":\"\xff\"}\n").contains("line 1"));
}

#[test]
fn refuses_invalid_csv_by_line() {
    for (text, says) in [
        ("id,email\r\n1,secret,\r\n", "line 2: 3 fields instead of 2"),
        ("id,email\r\n1\r\n", "line 2: 1 fields instead of 2"),
        ("id,email\r\n1,se\"cret\r\n", "line 2: misplaced quote"),
        ("id,email\r\n1,\"secret\"x\r\n", "line 2: misplaced quote"),
        ("id,email\r\n1,\"secret\r\n", "unclosed quote"),
        ("id,email\r\n1,secret", "line 2: no line break at the end"),
        ("id,email\r\n1,", "line 2: no line break at the end"),
        ("id,email\r\n1,secret\r", "line 2: no line break at the end"),
        ("id,email\r\n1,sec\rret\r\n", "line 2: carriage return"),
        ("id,email\r\n,secret\r\n", "line 2: id is null"),
        ("id,email\r\n\"\",secret\r\n", "line 2: id is not a 64-bit integer"),
        ("id,created_at\r\n1,secret\r\n", "line 2: created_at is not an RFC 3339 time"),
        ("id,contact_owner\r\n1,secret\r\n", "unknown column \"contact_owner\""),
        ("id,id\r\n", "id appears twice"),
        ("a secret\r\n", "neither Parquet, nor NDJSON"),
        ("[{\"id\":1}]", "line 1"),
    ] {
        let refused = refusal(text.as_bytes());
        assert!(refused.contains(says), "{text} {says}: {refused}");
    }
    // Line breaks within quotes count.
    assert!(refusal(b"id,email\r\n1,\"a\nb\"\r\nx,\r\n").contains("line 4: id"));
    // Unix line endings are accepted.
    assert_eq!(one(b"id,email\n1,\n").column(1).null_count(), 1);
    assert!(read(b"id,email\r\n").unwrap().is_empty());
}

#[test]
fn empty_files_have_neither_rows_nor_columns() {
    let file = file(b"");
    let readback = open(file.path()).unwrap();
    assert_eq!((readback.schema(), readback.form()), (None, Form { format: "ndjson", codec: "none" }));
    assert_eq!(readback.digest().unwrap(), ContentDigest::default());
}

#[test]
fn reads_part_files_as_one_table() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes).unwrap();
    let open_all = || open(directory.path()).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    assert!(matches!(open_all(), Err(ReadbackError::NoParts { .. })));
    for (name, text) in [
        ("part-00000.ndjson", ""),
        ("part-00002.ndjson", "{\"id\":3,\"contact_owner\":null}\n"),
        ("part-00001.ndjson", "{\"id\":1,\"contact_owner\":null}\n{\"id\":2,\"contact_owner\":null}\n"),
        ("_manifest.json", "{}"),
        (".part-00003.tmp", "half"),
    ] {
        write(name, text.as_bytes());
    }
    let ids: Vec<_> = open_all()
        .unwrap()
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec())
        .collect();
    assert_eq!(ids, [1, 2, 3]);
    write("part-00003.ndjson", b"{\"id\":4}\n");
    let error = open_all().unwrap_err().to_string();
    assert!(error.contains("part-00003.ndjson") && error.contains("the parts before it"), "{error}");
    assert!(matches!(open(&directory.path().join("none")), Err(ReadbackError::NoFile { .. })));
}

#[test]
fn bounds_batches_and_ends_after_an_error() {
    let lines: Vec<_> = (0..20_000).map(|id| format!("{{\"id\":{id}}}\n")).collect();
    let mut text = lines.concat();
    let sizes: Vec<_> = read(text.as_bytes()).unwrap().iter().map(RecordBatch::num_rows).collect();
    assert_eq!(sizes, [8_192, 8_192, 3_616]);
    text.push_str("{\n");
    let file = file(text.as_bytes());
    let mut readback = open(file.path()).unwrap();
    assert_eq!(readback.by_ref().filter(Result::is_err).count(), 1);
    assert!(readback.next().is_none());
}

#[test]
fn an_empty_file_is_valid_only_as_ndjson() {
    let home = tempfile::tempdir().unwrap();
    for (name, is_valid) in [
        ("c.ndjson", true),
        ("c.jsonl", true),
        ("c", true),
        ("c.parquet", false),
        ("c.CSV", false),
        ("c.csv.zst", false),
        ("c.ndjson.gz", false),
    ] {
        let file = home.path().join(name);
        std::fs::write(&file, "").unwrap();
        assert_eq!(open(&file).is_ok(), is_valid, "{name}");
    }
}
