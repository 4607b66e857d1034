//! Compares random tables: the changes, applied to the old one, give the new one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimestampMicrosecondType};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use sha2::{Digest as _, Sha256};

use super::batches::{Changes, Ends};
use super::change_type::ChangeType;
use super::error::ChangesError;
use super::gone::Gone;
use super::side::Rows;
use crate::config::{Compression, Encoding};
use crate::digest::{ContentDigest, RowTexts, leaf_names};
use crate::format::Writer;
use crate::manifest::{ExportRecord, SourceRecord};

/// Texts that are easily confused.
const TEXTS: [Option<&str>; 6] = [None, Some(""), Some(" "), Some("-"), Some("a,\"b\"\r\n"), Some("é")];
const TIMES: [Option<i64>; 3] = [None, Some(0), Some(1)];
/// Each format, one of them compressed, and whether owners are nested.
const FORMS: [(&str, bool); 5] =
    [("c.parquet", false), ("c.ndjson.gz", false), ("c.csv", false), ("c.parquet", true), ("c.ndjson", true)];

/// The email, the time and the owner of a contact.
type Row = (Option<&'static str>, Option<i64>, Option<usize>);
/// Contacts by their ids, and the names of their owners.
type Table = (BTreeMap<i64, Row>, [Option<&'static str>; 3]);

fn table() -> impl Strategy<Value = Table> {
    let owner = prop_oneof![Just(None), (0..3_usize).prop_map(Some)];
    // Many contacts are in both tables, and equal.
    let email = prop_oneof![2 => Just(Some("a")), 1 => select(&TEXTS[..])];
    let row = (email, select(&TIMES[..]), owner);
    let name = prop_oneof![2 => Just(Some("Ann")), 1 => select(&TEXTS[..])];
    (btree_map(0..24_i64, row, 0..24), [name.clone(), name.clone(), name])
}

/// The schema of these tables.
fn schema(nested: bool) -> SchemaRef {
    let all = crate::schema();
    let field = |name: &str| all.field_with_name(name).unwrap().clone();
    let mut fields: Vec<_> = ["id", "email", "created_at"].map(field).to_vec();
    if nested {
        let within = vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)];
        fields.push(Field::new("contact_owner", DataType::Struct(within.into()), true));
    } else {
        fields.extend(["owner_id", "owner_name"].map(field));
    }
    Arc::new(Schema::new(fields))
}

fn batch(rows: &[(i64, Row)], names: &[Option<&str>; 3], schema: &SchemaRef) -> RecordBatch {
    let owner_ids: Int64Array = rows.iter().map(|(_, row)| row.2.map(|owner| i64::try_from(owner).unwrap())).collect();
    let owner_names: StringArray = rows.iter().map(|(_, row)| row.2.and_then(|owner| names[owner])).collect();
    let times: TimestampMicrosecondArray = rows.iter().map(|(_, row)| row.1).collect();
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|(id, _)| *id).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|(_, row)| row.0).collect::<StringArray>()),
        Arc::new(times.with_timezone("UTC")),
    ];
    let owners: [ArrayRef; 2] = [Arc::new(owner_ids), Arc::new(owner_names)];
    match schema.field(3).data_type() {
        DataType::Struct(fields) => {
            let nulls = rows.iter().map(|(_, row)| row.2.is_some()).collect();
            columns.push(Arc::new(StructArray::new(fields.clone(), owners.to_vec(), Some(nulls))));
        }
        _ => columns.extend(owners),
    }
    RecordBatch::try_new(Arc::clone(schema), columns).unwrap()
}

/// Writes contacts in this order, as a file whose name tells the format.
fn write(path: &Path, rows: &[(i64, Row)], names: &[Option<&str>; 3], schema: &SchemaRef) {
    let mut encoding = Encoding::of(path).unwrap();
    if path.to_string_lossy().ends_with("parquet") {
        encoding.compression = Compression::NONE;
    }
    let mut writer = Writer::new(encoding, schema, Vec::new()).unwrap();
    for rows in rows.chunks(5) {
        writer.write(&batch(rows, names, schema)).unwrap();
    }
    fs::write(path, writer.finish().unwrap()).unwrap();
}

fn export() -> ExportRecord {
    let (text, time) = (String::new, "2026-01-01T00:00:00.000Z".to_owned());
    ExportRecord { sha256_of_manifest: text(), level: text(), watermark: time.clone(), finished_at: time, rows: 0 }
}

fn ends() -> Ends {
    let time = |time: &str| Some(time.parse().unwrap());
    Ends {
        source: SourceRecord { base_url: String::new(), organization: String::new() },
        from: Some(export()),
        to: export(),
        seen_after: time("2026-01-01T00:00:00Z"),
        seen_by: time("2026-01-02T00:00:00Z"),
        inserts_proven: true,
        hashed: None,
    }
}

/// The two tables in files of their own.
struct Pair {
    _home: tempfile::TempDir,
    paths: [PathBuf; 2],
    schema: SchemaRef,
}

impl Pair {
    fn of(old: (&Table, &str), new: (&Table, &str), nested: bool) -> Self {
        let (home, schema) = (tempfile::tempdir().unwrap(), schema(nested));
        let paths = [("old", old, false), ("new", new, true)].map(|(name, (table, form), reversed)| {
            let path = home.path().join(format!("{name}.{form}"));
            let mut rows: Vec<_> = table.0.iter().map(|(id, row)| (*id, *row)).collect();
            if reversed {
                rows.reverse();
            }
            write(&path, &rows, &table.1, &schema);
            path
        });
        Self { _home: home, paths, schema }
    }

    fn changes(&self, gone: Option<ChangeType>, bytes: usize) -> Result<Changes, ChangesError> {
        self.changes_expecting(0, gone, bytes)
    }

    /// If many more rows are expected than differ, the others are skipped.
    fn changes_expecting(&self, rows: u64, gone: Option<ChangeType>, bytes: usize) -> Result<Changes, ChangesError> {
        let [old, new] = self.paths.clone().map(|path| {
            let mut side = Rows::of(&path, Arc::clone(&self.schema));
            side.expected = rows;
            side
        });
        Changes::of(old, new, ends(), Gone::of(gone, None), bytes, true)
    }
}

/// The text of each leaf column of each row.
fn cells(batch: &RecordBatch, into: &mut Vec<(i64, Vec<Vec<u8>>)>) {
    let texts = RowTexts::of(batch).unwrap();
    for (row, id) in
        batch.column_by_name("id").unwrap().as_primitive::<arrow::datatypes::Int64Type>().iter().enumerate()
    {
        let mut cells = Vec::new();
        texts.each(row, &mut Vec::new(), |_, cell| cells.push(cell.to_vec()));
        into.push((id.unwrap(), cells));
    }
}

fn contents(path: &Path, schema: &SchemaRef) -> BTreeMap<i64, Vec<Vec<u8>>> {
    let mut rows = Vec::new();
    for batch in Rows::of(path, Arc::clone(schema)).read().unwrap() {
        cells(&batch.unwrap(), &mut rows);
    }
    rows.into_iter().collect()
}

/// The digest of a table, from the text of its rows.
fn digest_of(contents: &BTreeMap<i64, Vec<Vec<u8>>>) -> ContentDigest {
    let number = |cells: &Vec<Vec<u8>>| {
        let hash = Sha256::digest(cells.concat());
        // 15 hexadecimal digits.
        u128::from(u64::from_be_bytes(hash[..8].try_into().unwrap()) / 16)
    };
    ContentDigest { rows: contents.len() as u64, sum: contents.values().map(number).sum() }
}

/// Applies changes to the old table, and checks each of them against both tables. Returns what is then in it.
fn applied(pair: &Pair, changes: &mut Changes) -> BTreeMap<i64, Vec<Vec<u8>>> {
    let [old, new] = pair.paths.each_ref().map(|path| contents(path, &pair.schema));
    let names = leaf_names(&pair.schema).unwrap();
    let mut applied = old.clone();
    let mut counts = BTreeMap::new();
    for batch in changes.by_ref() {
        let batch = batch.unwrap();
        let [types, columns] = [0, 1].map(|column| batch.column(column).as_string::<i32>().clone());
        let times = [2, 3].map(|column| batch.column(column).as_primitive::<TimestampMicrosecondType>().clone());
        let contacts = batch.project(&(4..batch.num_columns()).collect::<Vec<_>>()).unwrap();
        let mut rows = Vec::new();
        cells(&contacts, &mut rows);
        for (row, (id, cells)) in rows.into_iter().enumerate() {
            assert_eq!(times[1].value(row) - times[0].value(row), 86_400_000_000);
            let kind = types.value(row);
            *counts.entry(kind.to_owned()).or_insert(0) += 1;
            let listed = columns.is_valid(row).then(|| columns.value(row).to_owned());
            let due = if kind.starts_with("update") {
                let differing = names.iter().zip(old[&id].iter().zip(&new[&id])).filter(|(_, (old, new))| old != new);
                Some(differing.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(","))
            } else {
                None
            };
            assert_eq!(listed, due, "{kind} {id}");
            assert_ne!(listed.as_deref(), Some(""));
            match kind {
                "insert" => assert_eq!(applied.insert(id, cells), None),
                "update_postimage" => assert_ne!(applied.insert(id, cells.clone()), Some(cells)),
                "delete" => assert_eq!(applied.remove(&id), Some(cells)),
                "update_preimage" | "missing" => assert_eq!(applied[&id], cells),
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!(changes.applied_digest(), Some(digest_of(&applied)));
    let (summary, count) = (changes.summary(), |kind: &str| counts.get(kind).copied().unwrap_or_default());
    assert_eq!((summary.old_contacts, summary.new_contacts), (old.len() as u64, new.len() as u64));
    assert_eq!((summary.inserts, summary.updates), (count("insert"), count("update_postimage")));
    assert_eq!((summary.deletes, summary.missing), (count("delete"), count("missing")));
    applied
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn changes_applied_to_the_old_table_give_the_new_one(
        (old, new) in (table(), table()),
        forms in (0..5_usize, 0..5_usize),
        bytes in select(&[1, 100, super::cells::MAX_BYTES][..]),
        expected in select(&[0, 1_000][..]),
    ) {
        let (before, mut after) = (FORMS[forms.0], FORMS[forms.1]);
        if before.1 != after.1 {
            after = before;
        }
        let pair = Pair::of((&old, before.0), (&new, after.0), before.1);
        let mut changes = pair.changes_expecting(expected, Some(ChangeType::Delete), bytes).unwrap();
        prop_assert_eq!(applied(&pair, &mut changes), contents(&pair.paths[1], &pair.schema));
        prop_assert!(changes.next().is_none());
    }

    #[test]
    fn contacts_that_may_still_exist_are_never_removed(old in table(), new in table()) {
        let pair = Pair::of((&old, "c.ndjson"), (&new, "c.csv"), false);
        let mut due = contents(&pair.paths[0], &pair.schema);
        let gone = due.keys().filter(|id| !new.0.contains_key(id)).count() as u64;
        due.extend(contents(&pair.paths[1], &pair.schema));
        for (kind, count) in [(Some(ChangeType::Missing), gone), (None, 0)] {
            let mut changes = pair.changes(kind, 1_000).unwrap();
            prop_assert_eq!(applied(&pair, &mut changes), due.clone());
            prop_assert_eq!(changes.summary().missing, count);
        }
    }

    #[test]
    fn a_contact_that_appears_twice_is_refused_by_its_rows(
        ids in vec(0..40_i64, 2..20), before in vec(0..40_i64, 0..20), is_old: bool,
    ) {
        let first_twice = |ids: &[i64]| ids.iter().enumerate().any(|(row, id)| ids[..row].contains(id));
        prop_assume!(first_twice(&ids) && !first_twice(&before));
        let (home, schema) = (tempfile::tempdir().unwrap(), schema(false));
        let [one, other] = ["one.parquet", "other.ndjson"].map(|name| home.path().join(name));
        for (path, ids) in [(&one, &ids), (&other, &before)] {
            let rows: Vec<_> = ids.iter().map(|id| (*id, (Some("secret"), None, None))).collect();
            write(path, &rows, &[None; 3], &schema);
        }
        let [one, other] = [one, other].map(|path| Rows::of(&path, Arc::clone(&schema)));
        let path = one.path.clone();
        let (old, new) = if is_old { (one, other) } else { (other, one) };
        let error = Changes::of(old, new, ends(), Gone::of(None, None), 1, false).unwrap_err();
        prop_assert!(!error.to_string().contains("secret"));
        let ChangesError::Twice { path: found, rows: (first, second) } = error else { panic!("{error}") };
        prop_assert_eq!(found, path);
        let id = |row: u64| ids[usize::try_from(row - 1).unwrap()];
        prop_assert!(first < second && id(first) == id(second));
    }
}

#[test]
fn a_renamed_owner_changes_all_of_their_contacts() {
    let row = |owner| (Some("a"), None, Some(owner));
    let contacts = BTreeMap::from([(1, row(0)), (2, row(1)), (3, row(0))]);
    let [old, new] = [Some("Ann"), None].map(|name| (contacts.clone(), [name, Some("Bob"), None]));
    for (nested, form, column) in [(false, "c.csv", "owner_name"), (true, "c.parquet", "contact_owner.name")] {
        let pair = Pair::of((&old, form), (&new, form), nested);
        let mut changes = pair.changes(None, 1).unwrap();
        applied(&pair, &mut changes);
        let summary = changes.summary();
        assert_eq!((summary.updates, summary.columns.len()), (2, 1));
        assert_eq!((summary.columns[0].name.as_str(), summary.columns[0].updates), (column, 2));
    }
}

#[test]
fn equal_tables_have_no_changes_but_a_schema() {
    let table = (BTreeMap::from([(7, (None, None, None))]), [None; 3]);
    let pair = Pair::of((&table, "c.csv"), (&table, "c.ndjson.gz"), false);
    let mut changes = pair.changes(Some(ChangeType::Delete), 1).unwrap();
    assert!(changes.next().is_none());
    let names: Vec<_> = changes.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names[..5], ["change_type", "changed_columns", "seen_after", "seen_by", "id"]);
}

#[test]
fn more_updates_than_one_chunk_holds_are_found() {
    let [old, new] = ["a", "b"].map(|email| -> Table {
        ((0..5_000).map(|id| (id, (Some(if id % 5 == 0 { "a" } else { email }), None, None))).collect(), [None; 3])
    });
    let pair = Pair::of((&old, "c.parquet"), (&new, "c.parquet"), false);
    let mut changes = pair.changes(Some(ChangeType::Delete), super::cells::MAX_BYTES).unwrap();
    assert_eq!(applied(&pair, &mut changes), contents(&pair.paths[1], &pair.schema));
    let summary = changes.summary();
    assert_eq!((summary.updates, summary.columns[0].updates, summary.columns.len()), (4_000, 4_000, 1));
}
