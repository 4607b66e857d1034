//! Kits that apply changes, in all dialects.

use std::path::PathBuf;
use std::sync::Arc;

use ::arrow::datatypes::{Field, Schema};

use super::tests::{nested, text};
use super::*;
use crate::config::Format;
use crate::digest::ContentDigest;
use crate::resource;

fn kit_of(contacts: &Schema, format: Format) -> Vec<KitFile> {
    let fields: Vec<Arc<Field>> =
        resource::change_fields().iter().cloned().map(Arc::new).chain(contacts.fields().iter().cloned()).collect();
    changes_kit(&ChangesKitInput {
        changes: TableInput {
            schema: &Schema::new(fields),
            files: vec![PathBuf::from("/data/it's/changes")],
            digest: ContentDigest { rows: 7, sum: 8 },
        },
        contacts,
        applied: ContentDigest { rows: 2_500, sum: 9 },
        seen_by: "2026-01-31T06:00:00.123Z",
        format,
        compressed: None,
        hashed: Some(HashedColumns { columns: &["email".to_owned()], key_id: "0123456789abcdef".to_owned() }),
    })
}

const SCRIPTS: [&str; 6] = [
    "bigquery.changes.merge.sql",
    "duckdb.changes.sql",
    "snowflake.changes.sql",
    "clickhouse.changes.sql",
    "spark.changes.sql",
    "postgres.changes.sql",
];
const HISTORIES: [&str; 6] = [
    "bigquery.history.sql",
    "duckdb.history.sql",
    "snowflake.history.sql",
    "clickhouse.history.sql",
    "spark.history.sql",
    "postgres.history.sql",
];

#[test]
fn a_kit_of_changes_has_scripts_for_each_warehouse_that_reads_the_format() {
    let kit = kit_of(&resource::schema(), Format::Csv);
    let names: Vec<_> = kit.iter().map(|file| file.name.as_str()).collect();
    assert!(names.iter().all(|name| is_named_like_a_kit(name)), "{names:?}");
    // A README, three files for each warehouse, and a schema and a command for BigQuery.
    assert_eq!(names.len(), 1 + 3 * 6 + 2, "{names:?}");
    let readme = text(&kit, README);
    assert!(readme.starts_with(CHANGES_TITLE) && !readme.starts_with(TITLE));
    assert!(readme.contains("7 rows of changes") && readme.contains("Digest of the contacts: 2500 9\n"), "{readme}");
    assert!(readme.contains("Hashed columns: `email`."), "{readme}");
    for name in SCRIPTS.iter().chain(&HISTORIES) {
        assert!(names.contains(name) && readme.contains(&format!(" {name}\n")), "{name}: {readme}");
    }
    let kit = kit_of(&resource::schema(), Format::Parquet);
    assert!(!kit.iter().any(|file| file.name == "postgres.changes.sql"));
    let readme = text(&kit, README);
    assert!(readme.contains("write the changes to `.ndjson` or `.csv`. `postgres.digest.sql` checks"), "{readme}");
}

#[test]
fn deletes_are_those_that_are_proven_and_each_script_fails_on_other_contents() {
    for contacts in [resource::schema().as_ref(), &nested()] {
        let kit = kit_of(contacts, Format::Ndjson);
        for name in SCRIPTS {
            let sql = text(&kit, name);
            assert!(!sql.contains("'missing'") && !sql.contains("NOT MATCHED BY SOURCE"), "{name}: {sql}");
            assert!(sql.contains("change_type = 'delete'") || name.starts_with("spark"), "{name}: {sql}");
            assert!(sql.contains("WHEN row_count <> 2500 THEN") && sql.contains("CAST('9' AS "), "{name}: {sql}");
            assert!(sql.contains("WHEN verdict = 'equal' THEN verdict ELSE "), "{name}: {sql}");
        }
    }
}

#[test]
fn a_change_is_in_the_history_once_and_has_no_key_of_its_own() {
    let kit = kit_of(&resource::schema(), Format::Ndjson);
    for name in HISTORIES {
        let sql = text(&kit, name);
        let replaces = "contacts_changes WHERE seen_by IN (SELECT seen_by FROM ";
        let overwrites = "PARTITION (load_id = '2026-01-31T06:00:00.123Z')";
        assert!(sql.contains(if name.starts_with("spark") { overwrites } else { replaces }), "{name}: {sql}");
        assert!(sql.contains("contacts_history WHERE valid_to IS NULL") && !sql.contains("PRIMARY KEY"), "{name}");
        assert!(sql.contains("Changes of the contacts of a Linq organization"), "{name}");
    }
    assert!(text(&kit, "clickhouse.history.sql").contains("ORDER BY (id, seen_by, change_type)"));
    assert!(text(&kit, "bigquery.history.sql").contains("CLUSTER BY id\n"));
    assert!(text(&kit, "spark.history.sql").contains("PARTITIONED BY (load_id)"));
}

#[test]
fn a_table_with_only_the_key_is_never_updated() {
    let id = Schema::new(vec![resource::schema().field(0).clone()]);
    let kit = kit_of(&id, Format::Csv);
    for name in ["bigquery.changes.merge.sql", "duckdb.changes.sql", "snowflake.changes.sql", "postgres.changes.sql"] {
        assert!(!text(&kit, name).contains("UPDATE SET"), "{name}");
    }
}
