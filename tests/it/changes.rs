//! `changes`: what is written about two exports, and which pairs are refused.

use std::fs;

use linq_export::arrow::array::RecordBatch;
use linq_export::changes::{ChangesOptions, changes};
use linq_export::dataset::open;
use serde_json::{Value, json};

use crate::manifest::assert_conforms;
use crate::support::run::{exported, json as read_json, verified};
use crate::support::{Ran, folder, names, path, run};
use crate::verify::{resealed, sha256};

/// Two exports of a sandbox that gained contacts and changed others in between.
fn pair(folder: &tempfile::TempDir, old: (&str, u64), new: (&str, u64)) -> [String; 2] {
    [("old", old), ("new", new)].map(|(name, (form, contacts))| {
        let file = path(folder, &format!("{name}{form}"));
        assert_eq!(exported(contacts, &file, &[]).code, Some(0));
        file
    })
}

fn compared(old: &str, new: &str, more: &[&str]) -> Ran {
    run(&[&["changes", old, new], more].concat())
}

/// Why two exports are not compared; nothing is written then.
fn refused(old: &str, new: &str, more: &[&str], code: i32) -> String {
    let folder = folder();
    let output = path(&folder, "c.parquet");
    let ran = compared(old, new, &[&["-o", &output], more].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{}", ran.stderr);
    assert_eq!(names(folder.path()), Vec::<String>::new(), "{}", ran.stderr);
    ran.stderr
}

fn manifest(file: &str) -> String {
    format!("{file}.manifest.json")
}

/// Makes the manifest claim a level that is not proven.
fn unproven(file: &str, level: &str) {
    resealed(file, |manifest| {
        manifest["completeness"]["level"] = json!(level);
        manifest["completeness"]["assumptions"] = json!([]);
    });
}

fn rows(file: &str) -> usize {
    open(file.as_ref()).unwrap().map(|batch| batch.unwrap().num_rows()).sum()
}

#[test]
fn exports_in_different_formats_are_compared_and_the_result_is_published_like_an_export() {
    let folder = folder();
    let [old, new] = pair(&folder, (".parquet", 120), (".ndjson.gz", 150));
    for output in ["c.parquet", "c.csv.zst", "c.ndjson"] {
        let output = path(&folder, output);
        let ran = compared(&old, &new, &["-o", &output]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains("120 contacts before, 150 after: 30 inserted, 120 updated, 0 deleted"));
        assert_eq!(rows(&output), 270);
        let ran = verified(&output);
        assert!(ran.code == Some(0) && ran.stderr.contains("(270 changes, "), "{}", ran.stderr);
        assert!(run(&["inspect", &output]).stdout.contains("270 changes, 22 columns"));
        let found = read_json(manifest(&output));
        assert_conforms(&found, include_str!("../../docs/changes.schema.json"));
        for (end, export) in [("from", &old), ("to", &new)] {
            assert_eq!(found[end]["sha256_of_manifest"], sha256(fs::read(manifest(export)).unwrap()));
            assert_eq!(found[end]["level"], "snapshot");
        }
        assert_eq!(found["changes"]["by_type"]["update_postimage"], 120);
        assert_eq!(found["changes"]["by_column"][0], json!({"name": "created_at", "updates": 120}));
        assert_eq!((&found["content"], &found["changes"]["inserts"]), (&json!("changes"), &json!("proven")));
    }
}

#[test]
fn changes_go_to_directories_and_stdout() {
    let folder = folder();
    let [old, new] = pair(&folder, ("/", 120), (".csv", 150));
    let output = path(&folder, "out/");
    for _ in 0..2 {
        let ran = compared(&old, &new, &["-o", &output, "--rows-per-file", "100"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    assert_eq!(names(output.as_ref()).iter().filter(|name| name.starts_with("part-")).count(), 3);
    assert_eq!(verified(&output).code, Some(0));
    let kept = path(&folder, "m.json");
    let ran = compared(&old, &new, &["-o", "-", "--format", "ndjson", "--manifest", &kept, "-q"]);
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout.lines().count()), (Some(0), "", 270));
    let first: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    assert_eq!((&first["change_type"], &first["id"].is_i64()), (&json!("update_preimage"), &true));
    assert_eq!(read_json(&kept)["changes"]["rows"], 270);
}

#[test]
fn changes_never_replace_contacts() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 15), (".parquet", 12));
    for (output, target) in [("third.parquet", "third.parquet"), ("d/", "d"), ("p/", "p/day=1")] {
        let output = path(&folder, output);
        let partition: &[&str] = if target.contains('=') { &["--partition", "day=1"] } else { &[] };
        assert_eq!(exported(10, &output, partition).code, Some(0));
        let ran = compared(&old, &new, &[&["-o", &output], partition].concat());
        assert_eq!(ran.code, Some(73), "{}", ran.stderr);
        assert!(ran.stderr.contains("it contains contacts, not changes\nhint: "), "{}", ran.stderr);
        let target = path(&folder, target);
        assert_eq!((rows(&target), verified(&target).code), (10, Some(0)));
    }
}

#[test]
fn control_characters_of_a_path_are_not_printed() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 15), (".parquet", 12));
    let output = path(&folder, "red\u{1b}[31m.parquet");
    let elsewhere = path(&folder, "red\u{1b}[31m.parquet/c.csv");
    for (ran, code) in [
        (compared(&old, &new, &["-o", &output]), 0),
        (exported(10, &output, &["--max-deletes", "100%"]), 0),
        (compared(&old, &new, &["-o", &output]), 73),
        (compared(&old, &new, &["-o", &elsewhere]), 73),
    ] {
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        assert!(ran.stderr.contains(r"red\u{1b}[31m.parquet") && !ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    }
}

#[test]
fn the_summary_alone_writes_nothing() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 150), (".parquet", 120));
    let before = names(folder.path());
    let ran = compared(&old, &new, &["--summary"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.starts_with("150 contacts before, 120 after: 0 inserted, 120 updated, 30 deleted\n"));
    let ran = compared(&old, &new, &["--summary", "--json"]);
    let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&summary["deletes"], &summary["deletions"]), (&json!(30), &json!("proven")));
    assert_eq!(names(folder.path()), before);
}

#[test]
fn equal_exports_have_no_changes() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 50), (".parquet", 50));
    for (old, new) in [(&old, &new), (&old, &old)] {
        let output = path(&folder, "c.parquet");
        let ran = compared(old, new, &["-o", &output]);
        assert_eq!((ran.code, rows(&output)), (Some(0), 0), "{}", ran.stderr);
        assert_eq!(open(output.as_ref()).unwrap().schema().unwrap().fields().len(), 22);
        assert_eq!(verified(&output).code, Some(0));
    }
}

#[test]
fn deletions_need_a_complete_export() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 150), (".csv", 120));
    unproven(&new, "counted");
    let said = refused(&old, &new, &[], 3);
    assert!(said.contains("completeness is counted, but complete is required to prove deletions"), "{said}");
    assert!(said.contains("--require counted"), "{said}");
    let types = |more: &[&str]| {
        let output = path(&folder, "c.ndjson");
        let ran = compared(&old, &new, &[&["-o", &output], more].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(verified(&output).code, Some(0));
        let by_type = read_json(manifest(&output))["changes"]["by_type"].clone();
        ["delete", "missing", "update_postimage"].map(|name| by_type[name].as_u64().unwrap())
    };
    assert_eq!(types(&["--require", "counted"]), [0, 30, 120]);
    unproven(&new, "incomplete");
    assert!(refused(&old, &new, &["--require", "counted"], 3).contains("--require any"));
    assert_eq!(types(&["--require", "any"]), [0, 0, 120]);
}

#[test]
fn exports_must_match_their_manifests() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 50), (".csv", 60));
    let intact = fs::read(&new).unwrap();
    fs::write(&new, &intact[1..]).unwrap();
    assert!(refused(&old, &new, &[], 65).contains("new.csv does not match its manifest"));
    fs::write(&new, &intact).unwrap();
    fs::remove_file(manifest(&old)).unwrap();
    let said = refused(&old, &new, &[], 65);
    assert!(said.contains("old.csv.manifest.json does not exist") && said.contains("hint: compare exports"), "{said}");
    assert!(refused(&path(&folder, "none.csv"), &new, &[], 66).contains("none.csv does not exist"));
}

#[test]
fn exports_must_be_of_one_organization_and_in_order() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 50), (".csv", 60));
    resealed(&old, |manifest| {
        manifest["times"]["started_at"] = json!("2020-01-01T00:00:00.000Z");
        manifest["completeness"]["watermark"] = json!("2020-01-01T00:00:00.000Z");
    });
    assert!(refused(&new, &old, &[], 2).contains("old.csv is older than "));
    resealed(&new, |manifest| manifest["source"]["organization"] = json!("0123456789abcdef"));
    let said = refused(&old, &new, &[], 65);
    assert!(said.contains("exported with different tokens") && said.contains("--other-token"), "{said}");
    assert_eq!(compared(&old, &new, &["--summary", "--other-token"]).code, Some(0));
    resealed(&new, |manifest| manifest["source"]["base_url"] = json!("https://api.linqapp.com"));
    let said = refused(&old, &new, &["--other-token"], 65);
    assert!(said.contains("comes from the sandbox, but ") && said.contains("from https://api.linqapp.com"), "{said}");
}

#[test]
fn exports_must_have_the_same_columns() {
    let folder = folder();
    let old = path(&folder, "old.ndjson");
    assert_eq!(exported(50, &old, &["--drop", "email"]).code, Some(0));
    let key = path(&folder, "key");
    let mut hashed = vec!["--hmac", "phone_number", "--hmac-key-file", &key];
    for (more, says) in [
        (vec!["--drop", "title"], "only the old one has title; only the new one has email"),
        (vec!["--drop", "email", "--owners", "struct"], "only the new one has contact_owner"),
        ([&["--drop", "email"][..], &hashed].concat(), "only one of them has hashed phone_number"),
        (vec!["--raw"], "new.ndjson is a raw export, not a table"),
    ] {
        let new = path(&folder, "new.ndjson");
        fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
        let ran = exported(50, &new, &more);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let said = refused(&old, &new, &[], 65);
        assert!(said.contains(says), "{said}");
    }
    let [one, other] = ["one", "other"].map(|name| {
        fs::write(&key, format!("{name}-of-two-keys-0123456789abcdef0123456789abcdef")).unwrap();
        let file = path(&folder, &format!("{name}.csv"));
        assert_eq!(exported(50, &file, &hashed).code, Some(0));
        file
    });
    hashed.clear();
    assert!(refused(&one, &other, &[], 65).contains("phone_number were hashed with another key"));
}

#[test]
fn a_contact_in_two_rows_is_refused_without_its_values() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 5), (".csv", 5));
    let text = fs::read_to_string(&new).unwrap();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let twice = [lines[0], lines[1], lines[2], lines[3], lines[4], lines[2]].concat();
    fs::write(&new, &twice).unwrap();
    resealed(&new, |manifest| {
        manifest["file"]["bytes"] = json!(twice.len());
        manifest["file"]["sha256"] = json!(sha256(&twice));
    });
    let said = refused(&old, &new, &[], 65);
    assert!(said.contains("new.csv contains a contact twice: in rows 2 and 5"), "{said}");
    assert!(!said.contains(lines[2].split(',').next().unwrap()), "{said}");
}

#[test]
fn verify_finds_each_lie_of_a_manifest_of_changes() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 15), (".csv", 12));
    let output = path(&folder, "c.csv");
    assert_eq!(compared(&old, &new, &["-o", &output]).code, Some(0));
    let honest = fs::read(manifest(&output)).unwrap();
    let column = json!([{"name": "email", "updates": 13}]);
    for (key, value, says) in [
        ("/changes/rows", json!(26), "changes.rows is 26, but the rows of its files is 27"),
        ("/changes/by_type/delete", json!(4), "the sum of changes.by_type is 28"),
        ("/changes/by_type/update_preimage", json!(11), "the sum of changes.by_type is 26"),
        ("/changes/by_column", column, "13 updates of a column, but only 12 updates"),
        ("/to/rows", json!(13), "to.rows is 13, but from.rows with the changes applied is 12"),
        ("/to/level", json!("counted"), "deletes, but the new export is counted"),
        ("/to/level", json!("proven"), "unknown level"),
        ("/to/watermark", json!("2020-01-01T00:00:00Z"), "to.watermark is before from.watermark"),
        ("/from/watermark", json!("soon"), "from.watermark is not a time"),
        ("/file/name", json!("../c.csv"), "is not a file name"),
        ("/schema/fingerprint", json!("0"), "schema.fingerprint does not belong"),
        ("/schema/columns/0/nullable", json!(true), "schema.fingerprint does not belong"),
        ("/options/format", json!("ndjson"), "format csv instead of ndjson"),
    ] {
        fs::write(manifest(&output), &honest).unwrap();
        resealed(&output, |manifest| *manifest.pointer_mut(key).unwrap() = value);
        let ran = verified(&output);
        assert!(ran.code == Some(65) && ran.stderr.contains(says), "{key}: {}", ran.stderr);
    }
}

#[test]
fn an_interrupted_publication_of_changes_is_completed_by_the_next_run() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 15), (".csv", 12));
    let output = path(&folder, "c.csv");
    let compare = || assert_eq!(compared(&old, &new, &["-o", &output]).code, Some(0));
    compare();
    let staged = path(&folder, ".c.csv.manifest.staged");
    fs::rename(manifest(&output), &staged).unwrap();
    let ran = verified(&output);
    assert!(ran.code == Some(65) && ran.stderr.contains("was interrupted"), "{}", ran.stderr);
    // Even one that fails.
    unproven(&new, "counted");
    assert_eq!(compared(&old, &new, &["-o", &output]).code, Some(3));
    assert!(!names(folder.path()).contains(&".c.csv.manifest.staged".to_owned()));
    assert_eq!(verified(&output).code, Some(0));
}

#[test]
fn outputs_do_not_replace_the_exports() {
    let folder = folder();
    let [old, new] = pair(&folder, (".csv", 5), ("/", 5));
    for output in [&old, &new, &manifest(&old), &format!("{new}c.csv"), &path(&folder, "/")] {
        let ran = compared(&old, &new, &["-o", output, "--format", "csv"]);
        assert_eq!(ran.code, Some(2), "{output} {}", ran.stderr);
    }
    let ran = compared(&old, &new, &["-o", "-", "--format", "csv", "--manifest", &manifest(&new)]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
    assert_eq!((verified(&old).code, verified(&new).code), (Some(0), Some(0)));
    let ran = compared(&old, &new, &["-o", "-", "--format", "csv", "--json"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--json and -o - are mutually exclusive"), "{}", ran.stderr);
    let ran = compared(&old, &new, &["-o", &path(&folder, "out/"), "--partition", "seen_by=1"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("seen_by, which is a column"), "{}", ran.stderr);
    // Changes are not an export.
    let output = path(&folder, "c.csv");
    assert_eq!(compared(&old, &new, &["-o", &output]).code, Some(0));
    assert!(refused(&old, &output, &[], 65).contains("c.csv contains changes, not contacts"));
}

#[test]
fn the_library_yields_record_batches() {
    let folder = folder();
    let [old, new] = pair(&folder, (".parquet", 20), (".parquet", 30));
    let mut changes = changes(old.as_ref(), new.as_ref(), ChangesOptions::default()).unwrap();
    let schema = changes.schema().clone();
    let batches: Vec<_> = changes.by_ref().map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 50);
    assert!(batches.iter().all(|batch| batch.schema() == schema));
    assert_eq!((changes.summary().inserts, changes.summary().updates), (10, 20));
}

#[test]
fn owners_of_the_exports_are_not_overwritten() {
    let folder = folder();
    let [old, new] = ["old", "new"].map(|name| {
        let file = path(&folder, &format!("{name}.parquet"));
        assert_eq!(exported(150, &file, &["--owners", "table"]).code, Some(0));
        file
    });
    let ours = names(folder.path());
    for output in ["old.owners.parquet", "new.owners.parquet"].map(|name| path(&folder, name)) {
        for more in [&["-o", &output][..], &["-o", "-", "--format", "ndjson", "--manifest", &output]] {
            let ran = compared(&old, &new, more);
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
        }
    }
    assert_eq!(names(folder.path()), ours);
    assert_eq!([&old, &new].map(|file| verified(file).code), [Some(0); 2]);
}

#[test]
fn csv_cannot_hold_nested_owners() {
    let folder = folder();
    let [old, new] = [("old", 150), ("new", 151)].map(|(name, contacts)| {
        let file = path(&folder, &format!("{name}.parquet"));
        assert_eq!(exported(contacts, &file, &["--owners", "struct"]).code, Some(0));
        file
    });
    let output = path(&folder, "changes.csv");
    let ran = compared(&old, &new, &["-o", &output]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("owners are nested, which csv cannot hold"), "{}", ran.stderr);
    assert!(!names(folder.path()).iter().any(|name| name.contains("changes")));
}
