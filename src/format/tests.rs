//! Compares the lines of NDJSON and CSV with those of plain, slow writers.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field};
use chrono::DateTime;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::decode::INSTANTS;

/// Characters that are special in a format, or at its edge.
const CHARACTERS: [char; 22] = [
    'a', 'b', ' ', '\t', ',', ';', '"', '\'', '\\', '/', '\r', '\n', '\0', '\u{1f}', '\u{7f}', '\u{85}', 'é', '名',
    '\u{2028}', '\u{fffd}', '\u{feff}', '🦀',
];

/// The integer, the text and the time of a row, and the text of its owner, if it has one.
type Row = (Option<i64>, Option<String>, Option<i64>, Option<Option<String>>);

fn text() -> impl Strategy<Value = String> {
    let mixed = vec(select(&CHARACTERS[..]), 0..12).prop_map(String::from_iter);
    prop_oneof![5 => mixed, 5 => "[a-z]{0,20}", 1 => "[a-z]{60,70}[\"\r,]?"]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (option::of(any::<i64>()), option::of(text()), option::of(INSTANTS), option::of(option::of(text())));
    vec(row, 0..40)
}

fn batch(rows: &[Row], nested: bool) -> RecordBatch {
    let ids: Int64Array = rows.iter().map(|row| row.0).collect();
    let emails: StringArray = rows.iter().map(|row| row.1.clone()).collect();
    let instants: TimestampMicrosecondArray = rows.iter().map(|row| row.2).collect();
    let mut columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("id", Arc::new(ids), true),
        ("email", Arc::new(emails), true),
        ("created_at", Arc::new(instants.with_timezone("UTC")), true),
    ];
    if nested {
        // The text within a null struct need not be null.
        let hidden = || Some("\"".to_owned());
        let names: StringArray = rows.iter().map(|row| row.3.clone().unwrap_or_else(hidden)).collect();
        let nulls: NullBuffer = rows.iter().map(|row| row.3.is_some()).collect();
        let fields = vec![Field::new("name", DataType::Utf8, true)].into();
        columns.push(("contact_owner", Arc::new(StructArray::new(fields, vec![Arc::new(names)], Some(nulls))), true));
    }
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn time(instant: i64) -> String {
    DateTime::from_timestamp_micros(instant).unwrap().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

fn as_ndjson((id, email, created_at, owner): &Row) -> String {
    let (id, email, created_at) = (json(id), json(email), json(&created_at.map(time)));
    let owner = owner.as_ref().map_or("null".to_owned(), |name| format!("{{\"name\":{}}}", json(name)));
    format!("{{\"id\":{id},\"email\":{email},\"created_at\":{created_at},\"contact_owner\":{owner}}}\n")
}

fn as_csv((id, email, created_at, _): &Row) -> String {
    let email = email.as_ref().map_or(String::new(), |text| {
        let is_plain =
            !text.is_empty() && text.trim_matches([' ', '\t']) == text && !text.contains([',', '"', '\r', '\n']);
        if is_plain { text.clone() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
    });
    let id = id.map_or(String::new(), |id| id.to_string());
    format!("{id},{email},{}\r\n", created_at.map_or(String::new(), time))
}

/// The file of some batches.
fn file(format: Format, batches: &[RecordBatch]) -> String {
    let mut writer = Writer::new(Encoding::new(format), &batches[0].schema(), Vec::new()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

proptest! {
    #[test]
    fn every_line_is_that_of_a_plain_writer(rows in rows(), cut in 0..40_usize) {
        let cut = cut.min(rows.len());
        // Slices, whose texts do not begin at the first byte.
        let halves = |batch: RecordBatch| [batch.slice(0, cut), batch.slice(cut, rows.len() - cut)];
        let ndjson: String = rows.iter().map(as_ndjson).collect();
        prop_assert_eq!(file(Format::Ndjson, &halves(batch(&rows, true))), ndjson);
        let csv: String = rows.iter().map(as_csv).collect();
        prop_assert_eq!(file(Format::Csv, &halves(batch(&rows, false))), format!("id,email,created_at\r\n{csv}"));
    }
}

#[test]
fn lines_longer_than_a_block() {
    let text = |length| Some("x".repeat(length) + "\"");
    let rows = [1, 70_000, 0, 65_000, 200_000, 2].map(|length| (Some(1), text(length), Some(0), Some(text(3))));
    assert_eq!(file(Format::Ndjson, &[batch(&rows, true)]), rows.iter().map(as_ndjson).collect::<String>());
    let csv: String = rows.iter().map(as_csv).collect();
    assert_eq!(file(Format::Csv, &[batch(&rows, false)]), format!("id,email,created_at\r\n{csv}"));
}

#[test]
fn other_types_are_refused() {
    let flags = RecordBatch::try_from_iter([("flag", Arc::new(BooleanArray::from(vec![true])) as ArrayRef)]).unwrap();
    for (format, batch) in [(Format::Csv, batch(&[], true)), (Format::Csv, flags.clone()), (Format::Ndjson, flags)] {
        let mut writer = Writer::new(Encoding::new(format), &batch.schema(), Vec::new()).unwrap();
        let error = writer.write(&batch).unwrap_err().to_string();
        assert!(error.contains("unsupported type"), "{error}");
    }
}
