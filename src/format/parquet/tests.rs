//! Reads only some rows, and texts in dictionaries.

use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Int64Type};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::read::ParquetReader;
use crate::digest::ContentDigest;
use crate::format::error::FormatError;
use crate::format::read::{Reading, Texts, Wanted};

/// How many rows a table has.
const ROWS: i64 = 1_000;

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

/// Descending ids, a column with too many values for its dictionary, and one with few.
fn people() -> RecordBatch {
    let texts =
        |text: fn(i64) -> Option<String>| -> ArrayRef { Arc::new((0..ROWS).map(text).collect::<StringArray>()) };
    table(vec![
        ("id", Arc::new(Int64Array::from_iter_values((0..ROWS).rev()))),
        ("company", texts(|row| Some(format!("company {row}")))),
        ("title", texts(|row| (row % 4 > 0).then(|| format!("{}", row % 4)))),
    ])
}

/// A file of many small row groups and pages.
fn written(batch: &RecordBatch) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(300))
        .set_data_page_row_count_limit(20)
        .set_write_batch_size(10)
        .set_dictionary_page_size_limit(200);
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn read(bytes: &[u8], wanted: Wanted, texts: Texts) -> Result<Vec<RecordBatch>, FormatError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let mut reader = ParquetReader::open(file.path(), &Reading { wanted, texts, ..Reading::default() })?;
    let mut batches = Vec::new();
    while let Some(batch) = reader.next()? {
        batches.push(batch);
    }
    Ok(batches)
}

fn digest<'b>(batches: impl IntoIterator<Item = &'b RecordBatch>) -> ContentDigest {
    let mut digest = ContentDigest::default();
    for batch in batches {
        digest.add(batch).unwrap();
    }
    digest
}

#[test]
fn skips_rows_that_are_not_wanted() {
    let (all, bytes) = (people(), written(&people()));
    for wanted in [&[][..], &[-3], &[0, 5, 6, 7, 400, 700, 701, 999, 5_000], &(0..ROWS).collect::<Vec<_>>()] {
        let due: Vec<_> = (0..ROWS).rev().filter(|id| wanted.contains(id)).collect();
        let rows: Vec<_> = due.iter().map(|id| all.slice(usize::try_from(ROWS - 1 - id).unwrap(), 1)).collect();
        for texts in [Texts::Plain, Texts::Dictionaries] {
            let batches = read(&bytes, Wanted::Rows(wanted.into()), texts).unwrap();
            let ids = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values());
            assert_eq!(ids.copied().collect::<Vec<_>>(), due);
            assert_eq!(digest(&batches), digest(&rows));
        }
    }
}

#[test]
fn keeps_dictionaries_that_hold_all_values_of_a_column() {
    let bytes = written(&people());
    let [plain, in_dictionaries] =
        [Texts::Plain, Texts::Dictionaries].map(|texts| read(&bytes, Wanted::Everything, texts).unwrap());
    let types = |batches: &[RecordBatch]| [1, 2].map(|column| batches[0].column(column).data_type().clone());
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    assert_eq!(types(&plain), [DataType::Utf8, DataType::Utf8]);
    assert_eq!(types(&in_dictionaries), [DataType::Utf8, dictionary]);
    assert_eq!(digest(&plain), digest(&in_dictionaries));
    assert_eq!(digest(&plain), digest([&people()]));
}

/// The library does not check keys of a dictionary without values, but refuses to read one.
#[test]
fn refuses_keys_of_an_empty_dictionary() {
    let texts = StringArray::from(vec![Some("x"), None, Some("x")]);
    let ids = Int64Array::from(vec![1, 2, 3]);
    let mut bytes = written(&table(vec![("id", Arc::new(ids)), ("title", Arc::new(texts))]));
    // The header of the page with the only text: its number of values, and its encoding.
    let header = b"\x4c\x15\x02\x15\x00";
    let at = bytes.windows(header.len()).position(|window| window == header).unwrap();
    bytes[at + 2] = 0;
    for texts in [Texts::Plain, Texts::Dictionaries] {
        let read = read(&bytes, Wanted::Everything, texts);
        assert!(matches!(read, Err(FormatError::Malformed(_))), "{read:?}");
    }
}

#[test]
fn no_damage_makes_dictionaries_differ_from_plain_texts() {
    let intact = written(&people());
    let mut random = fastrand::Rng::with_seed(1);
    let mut readable = 0;
    for _ in 0..300 {
        let mut bytes = intact.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        let read = |texts| read(&bytes, Wanted::Everything, texts).map(|batches| digest(&batches)).ok();
        let [plain, in_dictionaries] = [Texts::Plain, Texts::Dictionaries].map(read);
        assert_eq!(plain, in_dictionaries);
        readable += u32::from(plain.is_some());
    }
    assert!((1..300).contains(&readable), "{readable}");
}
