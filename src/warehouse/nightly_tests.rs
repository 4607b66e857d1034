//! Kits for other tables, with deletes, and the scripts that load an export in one step.

use std::path::{Path, PathBuf};

use super::tests::{owners, text};
use super::*;
use crate::config::{Format, TableName};
use crate::digest::ContentDigest;
use crate::proof::Level;
use crate::resource;

/// A kit with an owners table, for a table of this name.
fn kit_for(table: &str, level: Level, deletes: bool, export: &str) -> Vec<KitFile> {
    let (contacts, owners) = (resource::schema(), owners());
    let input = |schema, file: &str| TableInput {
        schema,
        files: vec![PathBuf::from(file)],
        digest: ContentDigest { rows: 2, sum: 3 },
    };
    kit(&KitInput {
        export: Path::new(export),
        table: &table.parse::<TableName>().unwrap(),
        level,
        deletes,
        contacts: input(&contacts, "/data/c.ndjson"),
        owners: Some(input(&owners, "/data/c.owners.ndjson")),
        format: Format::Ndjson,
        compressed: None,
        partition: None,
        hashed: None,
    })
}

#[test]
fn every_dialect_quotes_the_table_and_its_owners() {
    let kit = kit_for("crm.People", Level::Complete, false, "/data/c.ndjson");
    for (name, parts) in [
        ("bigquery.load.sh", &["crm.People_staging \"$file\""][..]),
        ("bigquery.merge.sql", &["MERGE INTO `crm`.`People` AS t\nUSING `crm`.`People_staging` AS s\n"]),
        ("bigquery.owners.merge.sql", &["CREATE TABLE IF NOT EXISTS `crm`.`People_owners` ("]),
        ("duckdb.sql", &["VIEW \"crm\".\"People_export\" AS", "MERGE INTO \"crm\".\"People\" AS t\n"]),
        ("duckdb.digest.sql", &["  FROM \"crm\".\"People\"\n"]),
        // Stages are objects of a schema, too.
        ("snowflake.sql", &["MERGE INTO \"CRM\".\"PEOPLE\" AS t\n", "@\"CRM\".\"PEOPLE_STAGE\" AUTO_COMPRESS"]),
        ("spark.sql", &["TEMPORARY VIEW `People_export` (", "INSERT OVERWRITE TABLE `crm`.`People`\n"]),
        ("clickhouse.sql", &["TABLE `crm`.`People_staging` AS `crm`.`People`;", "INSERT INTO `crm`.`People` ("]),
        ("clickhouse.digest.sql", &["  FROM `crm`.`People` FINAL\n"]),
        // Temporary tables have no schema.
        ("postgres.sql", &["TEMPORARY TABLE \"People_staging\" (", "INSERT INTO \"crm\".\"People\" (id"]),
        ("postgres.owners.sql", &["INSERT INTO \"crm\".\"People_owners\" (owner_id"]),
    ] {
        for part in parts {
            assert!(text(&kit, name).contains(part), "{name} lacks {part}:\n{}", text(&kit, name));
        }
    }
    for file in &kit {
        let sql = file.text.lines().filter(|line| !line.contains("COMMENT") && !line.contains("description"));
        assert!(sql.clone().all(|line| !line.contains("linq.contacts")), "{}", file.name);
    }
}

#[test]
fn deletes_are_off_and_say_when_they_are_safe() {
    let kit = kit_for("contacts", Level::Counted, false, "/a.ndjson");
    for (name, off) in [
        ("bigquery.merge.sql", "\n-- WHEN NOT MATCHED BY SOURCE THEN DELETE\n;"),
        ("duckdb.sql", "\n-- WHEN NOT MATCHED BY SOURCE THEN DELETE\n;"),
        ("snowflake.sql", "\n-- DELETE FROM contacts WHERE id NOT IN (SELECT id FROM contacts_staging);\n"),
        ("clickhouse.sql", "\n-- DELETE FROM contacts WHERE id NOT IN"),
        ("spark.sql", "\n-- /* "),
        ("postgres.sql", "\n-- DELETE FROM contacts WHERE id NOT IN"),
        ("duckdb.owners.sql", "ON t.owner_id = s.owner_id"),
    ] {
        assert!(text(&kit, name).contains(off), "{name}");
        assert!(text(&kit, name).contains("complete or snapshot"), "{name}");
    }
}

const DELETES: [(&str, &str); 6] = [
    ("bigquery.merge.sql", "WHEN NOT MATCHED BY SOURCE THEN DELETE\n"),
    ("duckdb.sql", "WHEN NOT MATCHED BY SOURCE THEN DELETE\n"),
    ("snowflake.sql", "DELETE FROM contacts WHERE id NOT IN (SELECT id FROM contacts_staging);\n"),
    ("clickhouse.sql", "DELETE FROM contacts WHERE id NOT IN (SELECT id FROM contacts_staging);\n"),
    ("postgres.sql", "DELETE FROM contacts WHERE id NOT IN (SELECT id FROM contacts_staging);\n"),
    ("load-duckdb.sh", "WHEN NOT MATCHED BY SOURCE THEN DELETE\n"),
];

#[test]
fn deletes_are_active_only_if_they_are_wanted_and_proven() {
    for (level, wanted, active) in [
        (Level::Incomplete, true, false),
        (Level::Counted, true, false),
        (Level::Complete, true, true),
        (Level::Snapshot, true, true),
        (Level::Snapshot, false, false),
    ] {
        let kit = kit_for("contacts", level, wanted, "/data/c.ndjson");
        for (name, delete) in DELETES {
            let found = |before: &str| text(&kit, name).contains(&format!("\n{before}{delete}"));
            assert_eq!((found(""), found("-- ")), (active, !active), "{level}, {wanted}: {name}");
        }
        assert_eq!(text(&kit, "spark.sql").contains("LEFT ANTI JOIN"), !active, "{level}, {wanted}");
        let withheld = format!("although `--kit-deletes` was given: this export is only `{level}`");
        assert_eq!(text(&kit, README).contains(&withheld), wanted && !active, "{level}, {wanted}");
        assert_eq!(text(&kit, README).contains("from the new export are deleted: its level"), active);
    }
}

#[test]
fn a_script_requires_the_level_that_it_was_written_for() {
    for (level, deletes, required, checked) in [
        (Level::Incomplete, true, "any", "contacts_export"),
        (Level::Counted, true, "counted", "contacts_export"),
        (Level::Snapshot, false, "snapshot", "contacts_export"),
        (Level::Complete, true, "complete", "contacts"),
        (Level::Snapshot, true, "complete", "contacts"),
    ] {
        let kit = kit_for("contacts", level, deletes, "/data/it's/c.ndjson");
        let script = text(&kit, "load-duckdb.sh");
        assert!(
            script.contains(&format!("\nlinq-export verify --require {required} -- '/data/it'\\''s/c.ndjson' >&2\n")),
            "{script}"
        );
        // With rows that may remain, the table cannot be compared before they are committed.
        assert!(script.contains(&format!("  FROM {checked}\n")), "{script}");
        assert_eq!(script.contains("exit 4\n"), checked != "contacts", "{script}");
    }
}

#[test]
fn a_script_loads_all_tables_in_one_transaction() {
    let kit = kit_for("contacts", Level::Complete, true, "/data/c.ndjson");
    for (name, begin, commit) in [
        ("load-duckdb.sh", "\nBEGIN;\n", "\nCOMMIT;\nEND_OF_SQL\n"),
        ("load-postgres.sh", "\nBEGIN;\n", "\nCOMMIT;\nEND_OF_SQL\n"),
    ] {
        let script = text(&kit, name);
        let within = script.split_once(begin).unwrap().1.split_once(commit).unwrap().0;
        for table in ["contacts", "owners"] {
            assert!(within.contains(&format!("INTO {table}")), "{name}");
        }
        assert_eq!(
            within.matches("-- Fails unless the contents are now those of the new export.\n").count(),
            2,
            "{name}"
        );
        assert!(script.starts_with("#!/bin/sh\n") && script.contains("\nset -eu\n"), "{name}");
    }
    // In BigQuery, all that was uploaded is checked before the first table changes.
    let script = text(&kit, "load-bigquery.sh");
    let places = [
        "FROM linq.contacts_staging\n)",
        "FROM linq.owners_staging\n)",
        "MERGE INTO linq.contacts ",
        "MERGE INTO linq.owners ",
    ];
    let places = places.map(|part| script.find(part).unwrap_or_else(|| panic!("no {part}: {script}")));
    assert!(places.is_sorted(), "{script}");
}
