//! Compares digests with the texts of rows.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, StructArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Fields};

use super::*;

fn ids(values: Vec<i64>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

fn texts(values: Vec<Option<&str>>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

fn digest(columns: Vec<(&str, ArrayRef)>) -> ContentDigest {
    let mut digest = ContentDigest::default();
    digest
        .add(&RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap())
        .unwrap();
    digest
}

#[test]
fn hashes_rows_by_length_and_text() {
    let instants = TimestampMicrosecondArray::from(vec![Some(-1_000_000), None, Some(0)]).with_timezone("UTC");
    // "é🎉\0" has 7 bytes.
    let columns = vec![
        ("email", texts(vec![Some(""), Some("é🎉\0"), Some("\"")])),
        ("id", ids(vec![7, i64::MAX, 8])),
        ("created_at", Arc::new(instants) as ArrayRef),
    ];
    let number = |text: &str| u128::from(number_of(text.as_bytes()));
    let sum = number("1:70:8:-1000000") + number("19:92233720368547758077:é🎉\0-") + number("1:81:\"1:0");
    assert_eq!(digest(columns), ContentDigest { rows: 3, sum });
    // SHA-256 of the empty text begins with e3b0c44298fc1c1.
    assert_eq!(number_of(b""), 0x0e3b_0c44_298f_c1c1);
}

#[test]
fn depends_on_values_but_not_on_order() {
    let of = |ids_of: Vec<i64>, emails: Vec<Option<&str>>| digest(vec![("id", ids(ids_of)), ("email", texts(emails))]);
    let one = of(vec![1, 2], vec![Some("a"), None]);
    assert_eq!(one, of(vec![2, 1], vec![None, Some("a")]));
    assert_eq!(one, digest(vec![("email", texts(vec![Some("a"), None])), ("id", ids(vec![1, 2]))]));
    for other in [vec![Some("b"), None], vec![Some("a"), Some("")], vec![None, Some("a")], vec![Some("a"), Some("-")]] {
        assert_ne!(one, of(vec![1, 2], other));
    }
    assert_eq!(format!("{}", ContentDigest::default()), "0 0");
}

#[test]
fn flat_and_nested_owners_have_one_digest() {
    let flat = digest(vec![
        ("id", ids(vec![1, 2])),
        ("owner_id", Arc::new(Int64Array::from(vec![Some(5), None])) as ArrayRef),
        ("owner_name", texts(vec![Some("Jane"), None])),
        ("extra", texts(vec![None, Some("{}")])),
    ]);
    let fields = Fields::from(vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)]);
    // Values in a null struct are ignored.
    let columns = vec![ids(vec![5, 6]), texts(vec![Some("Jane"), Some("nobody")])];
    let owner = StructArray::new(fields, columns, Some(vec![true, false].into()));
    let nested = digest(vec![
        ("id", ids(vec![1, 2])),
        ("contact_owner", Arc::new(owner) as ArrayRef),
        ("extra", texts(vec![None, Some("{}")])),
    ]);
    assert_eq!(flat, nested);
}

#[test]
fn names_unknown_columns() {
    let mut digest = ContentDigest::default();
    let batch = RecordBatch::try_from_iter([("loaded_at", ids(vec![1]))]).unwrap();
    assert_eq!(digest.add(&batch), Err(UnknownColumn("loaded_at".to_owned())));
    assert_eq!(digest, ContentDigest::default());
}
