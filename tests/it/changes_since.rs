//! `contacts --changes`: the changes since the export that a run replaces, published with it.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::run::json;
use crate::support::{Ran, folder, names, path, run};
use crate::verify::sha256;

/// Nights that export to the same file, with changes beside it.
struct Nights {
    home: tempfile::TempDir,
    output: &'static str,
}

impl Nights {
    fn new(output: &'static str) -> Self {
        Self { home: folder(), output }
    }

    fn at(&self, name: &str) -> String {
        path(&self.home, name)
    }

    fn run(&self, contacts: &str, changes: &str, more: &[&str]) -> Ran {
        let (output, changes) = (self.at(self.output), self.at(changes));
        let mut arguments = vec!["contacts", "--sandbox", "--sandbox-contacts", contacts, "-o", &output];
        arguments.extend(["--changes", &changes]);
        arguments.extend_from_slice(more);
        run(&arguments)
    }

    fn export(&self, contacts: &str, changes: &str, more: &[&str]) -> String {
        let ran = self.run(contacts, changes, more);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stderr
    }

    fn manifest(&self) -> Vec<u8> {
        fs::read(self.at(self.output) + ".manifest.json").unwrap()
    }
}

fn rows(file: &str) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn by_id(rows: Vec<Value>) -> BTreeMap<i64, Value> {
    rows.into_iter().map(|row| (row["id"].as_i64().unwrap(), row)).collect()
}

/// Applies changes to a table, as a warehouse does.
fn apply(table: &mut BTreeMap<i64, Value>, changes: Vec<Value>) {
    for mut row in changes {
        let fields = row.as_object_mut().unwrap();
        let kind = fields.remove("change_type").unwrap();
        for column in ["changed_columns", "seen_after", "seen_by"] {
            fields.remove(column);
        }
        let id = row["id"].as_i64().unwrap();
        match kind.as_str().unwrap() {
            "insert" | "update_postimage" => drop(table.insert(id, row)),
            "delete" => drop(table.remove(&id)),
            _ => {}
        }
    }
}

#[test]
fn a_chain_of_changes_leads_from_nothing_to_the_last_export() {
    let nights = Nights::new("c.ndjson");
    let (mut table, mut last) = (BTreeMap::new(), Value::Null);
    for (night, contacts) in ["300", "310", "290", "290"].into_iter().enumerate() {
        let stderr = nights.export(contacts, "changes/", &[]);
        let of_first =
            || names(&nights.home.path().join("changes")).into_iter().find(|name| name.ends_with('n')).unwrap();
        let name = last.as_str().map_or_else(of_first, |last| format!("changes-{}.ndjson", &last[..16]));
        assert_eq!(name.starts_with("changes-first-"), night == 0);
        let file = nights.at(&format!("changes/{}", name.trim_end_matches(".manifest.json")));
        assert_eq!(stderr.contains("(the first export: all contacts)"), night == 0, "{stderr}");
        let manifest = json(file.clone() + ".manifest.json");
        assert_eq!(manifest["from"]["sha256_of_manifest"], last);
        last = sha256(nights.manifest()).into();
        assert_eq!(manifest["to"]["sha256_of_manifest"], last);
        assert_eq!(run(&["verify", &file, "--require", "snapshot"]).code, Some(0));
        let changes = rows(&file);
        assert!(changes.iter().all(|change| change["seen_after"].is_null() == (night == 0)));
        apply(&mut table, changes);
        assert_eq!(table, by_id(rows(&nights.at("c.ndjson"))), "night {night}");
    }
    assert_eq!(names(nights.home.path()).iter().filter(|name| name.starts_with("c.ndjson")).count(), 2);
}

#[test]
fn a_night_that_was_cut_off_before_its_contacts_is_written_anew() {
    let nights = Nights::new("c.ndjson");
    nights.export("300", "changes/", &[]);
    let (contacts, manifest) = (fs::read(nights.at("c.ndjson")).unwrap(), nights.manifest());
    let file = nights.at(&format!("changes/changes-{}.ndjson", &sha256(&manifest)[..16]));
    nights.export("310", "changes/", &[]);
    let orphan = json(file.clone() + ".manifest.json");
    // As if the run had been killed between the two.
    fs::write(nights.at("c.ndjson"), contacts).unwrap();
    fs::write(nights.at("c.ndjson.manifest.json"), manifest).unwrap();
    nights.export("280", "changes/", &[]);
    let changes = json(file + ".manifest.json");
    assert_eq!(changes["from"], orphan["from"]);
    // Whoever has taken the orphan sees that the next changes do not follow it.
    assert_ne!(changes["to"], orphan["to"]);
    assert_eq!(changes["to"]["sha256_of_manifest"], sha256(nights.manifest()));
    assert_eq!(changes["changes"]["by_type"]["delete"], 20);
}

#[test]
fn directories_partitions_and_other_formats_have_changes_too() {
    let nights = Nights::new("parts/");
    nights.export("300", "changes.csv.gz", &["--rows-per-file", "70"]);
    nights.export("290", "changes.csv.gz", &["--rows-per-file", "70"]);
    let changes = json(nights.at("changes.csv.gz.manifest.json"));
    assert_eq!(changes["changes"]["by_type"]["delete"], 10, "{changes}");
    assert_eq!(run(&["verify", &nights.at("changes.csv.gz")]).code, Some(0));

    let nights = Nights::new("out/");
    nights.export("300", "ch/", &["--partition", "day=1", "--owners", "struct"]);
    nights.export("305", "ch/", &["--partition", "day=2", "--owners", "struct"]);
    let manifests = names(&nights.home.path().join("ch"));
    let manifests: Vec<_> = manifests.iter().filter(|name| name.contains(".manifest.")).collect();
    let inserts = |name: &&String| json(nights.at(&format!("ch/{name}")))["changes"]["by_type"]["insert"].as_u64();
    let mut inserts: Vec<_> = manifests.iter().map(|name| inserts(name).unwrap()).collect();
    inserts.sort_unstable();
    assert_eq!(inserts, [5, 300]);
}

#[test]
fn a_kit_applies_the_changes_of_the_night() {
    let nights = Nights::new("c.parquet");
    let kit = nights.at("changes-kit");
    nights.export("300", "changes/", &["--kit", &nights.at("kit"), "--changes-kit", &kit]);
    let stderr = nights.export("290", "changes/", &["--changes-kit", &kit]);
    assert!(stderr.contains("changes-kit/README.md"), "{stderr}");
    let script = fs::read_to_string(nights.at("changes-kit/duckdb.changes.sql")).unwrap();
    let last = names(&nights.home.path().join("changes")).into_iter().find(|name| !name.contains("first")).unwrap();
    assert!(script.contains(&format!("/changes/{}'", last.trim_end_matches(".manifest.json"))), "{script}");
    for (changes, kit, text) in [
        ("changes/", nights.at("kit"), "it contains"),
        ("changes/", nights.at("changes/"), "overlaps"),
        ("changes/", nights.at("c.parquet"), "overlaps"),
    ] {
        let ran = nights.run("290", changes, &["--changes-kit", &kit]);
        assert!(ran.code != Some(0) && ran.stderr.contains(text), "{kit}: {}", ran.stderr);
    }
    let ran = run(&["contacts", "--sandbox", "-o", &nights.at("d.csv"), "--changes-kit", &kit]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--changes-kit needs --changes"), "{}", ran.stderr);
}

#[test]
fn confirmed_deletions_are_deletes_whatever_the_level() {
    let tied = ["--sandbox-shared-timestamps", "250", "--max-lookups", "900"];
    let nights = Nights::new("c.ndjson");
    let before = nights.export("1000", "changes.ndjson", &tied);
    assert!(before.contains("completeness: snapshot"), "{before}");
    let old = by_id(rows(&nights.at("c.ndjson")));
    nights.export("990", "changes.ndjson", &[&tied[..], &["--sandbox-order", "unstable-ties"]].concat());
    let manifest = json(nights.at("changes.ndjson.manifest.json"));
    assert_eq!((&manifest["to"]["level"], &manifest["changes"]["deletes"]), (&"counted".into(), &"lookups".into()));
    assert_eq!(
        (&manifest["changes"]["by_type"]["delete"], &manifest["changes"]["by_type"]["missing"]),
        (&10.into(), &0.into())
    );
    let mut table = old;
    apply(&mut table, rows(&nights.at("changes.ndjson")));
    assert_eq!(table, by_id(rows(&nights.at("c.ndjson"))));
    assert_eq!(run(&["verify", &nights.at("changes.ndjson")]).code, Some(0));
    // Without lookups, the same contacts may only be missing.
    nights.export("990", "changes.ndjson", &["--sandbox-order", "name"]);
    nights.export("980", "changes.ndjson", &["--sandbox-order", "name", "--no-lookups"]);
    let manifest = json(nights.at("changes.ndjson.manifest.json"));
    assert_eq!(manifest["to"]["level"], "counted", "{manifest}");
    assert_eq!(
        (&manifest["changes"]["by_type"]["delete"], &manifest["changes"]["by_type"]["missing"]),
        (&0.into(), &10.into())
    );
}

#[test]
fn what_cannot_be_compared_is_refused_before_any_request() {
    let nights = Nights::new("c.ndjson");
    nights.export("300", "changes/", &[]);
    let before = fs::read(nights.at("c.ndjson")).unwrap();
    for (changes, more, code, text) in [
        ("changes/", &["--drop", "email"][..], 65, "has other columns than this export: only the old one has email"),
        ("changes/", &["--limit", "5"], 2, "mutually exclusive"),
        ("changes/", &["--raw"], 2, "--changes cannot be used with --raw"),
        ("c.ndjson", &[], 2, "is the path of --changes: the output would overwrite it"),
        (".c.ndjson.lock", &[], 2, "the output's lock would overwrite it"),
        ("none/changes/", &[], 73, "cannot create"),
        ("changes.xml", &[], 2, "cannot tell the format of the changes"),
    ] {
        let ran = nights.run("290", changes, &[more, &["--sandbox-outage", "503:request=1,for=1h"]].concat());
        assert_eq!(ran.code, Some(code), "{changes} {more:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(text), "{changes} {more:?}: {}", ran.stderr);
    }
    let ran = run(&["contacts", "--sandbox", "-o", "-", "--format", "csv", "--changes", &nights.at("x.csv")]);
    assert!(ran.code == Some(2) && ran.stderr.contains("not stdout"), "{}", ran.stderr);
    // A lost manifest would begin the chain again unnoticed.
    fs::remove_file(nights.at("c.ndjson.manifest.json")).unwrap();
    let ran = nights.run("290", "changes/", &["--sandbox-outage", "503:request=1,for=1h"]);
    assert_eq!(ran.code, Some(65), "{}", ran.stderr);
    assert_eq!(fs::read(nights.at("c.ndjson")).unwrap(), before);
}

#[test]
fn an_export_that_is_not_published_has_no_changes() {
    let nights = Nights::new("c.ndjson");
    nights.export("300", "changes.ndjson", &[]);
    let before = fs::read(nights.at("changes.ndjson")).unwrap();
    let ran = nights.run("100", "changes.ndjson", &[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let ran = nights.run(
        "290",
        "changes.ndjson",
        &["--sandbox-order", "name", "--require", "snapshot", "--sandbox-churn", "5"],
    );
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(fs::read(nights.at("changes.ndjson")).unwrap(), before);
}
