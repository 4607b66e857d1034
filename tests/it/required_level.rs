//! `--require`: exit code 3 below the required level, and which file is there afterwards.

use crate::support::run::exported;
use crate::support::{folder, ndjson_rows, path, run};

/// An order that cannot be seen in the data, of a list that moves: nothing can be proven.
const UNPROVABLE: [&str; 4] = ["--sandbox-order", "name", "--sandbox-churn", "2"];

#[test]
fn below_what_is_required_the_old_file_stays() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    std::fs::write(&file, "last night's").unwrap();
    let ran = exported(500, &file, &[&UNPROVABLE[..], &["--require", "complete"]].concat());
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("but complete is required: ") && ran.stderr.contains("not sorted by id"),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "last night's");
}

#[test]
fn it_is_published_below_only_when_asked_and_with_its_true_level() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let ran = exported(500, &file, &[&UNPROVABLE[..], &["--require", "complete", "--allow-incomplete"]].concat());
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("COMPLETENESS NOT PROVEN: counted"), "{}", ran.stderr);
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(file + ".manifest.json").unwrap()).unwrap();
    assert_eq!(manifest["completeness"]["level"], "counted");
    assert!(!manifest["completeness"]["reasons"].as_array().unwrap().is_empty());
}

#[test]
fn standard_output_waits_for_the_proof_where_one_is_required() {
    let arguments = ["contacts", "--sandbox", "--sandbox-contacts", "500", "-o", "-", "--format", "ndjson"];
    let unproven = run(&[&arguments[..], &["--require", "complete"], &UNPROVABLE].concat());
    assert_eq!((unproven.code, unproven.stdout.as_str()), (Some(3), ""), "{}", unproven.stderr);
    let proven = run(&[&arguments[..], &["--require", "snapshot"]].concat());
    assert_eq!((proven.code, ndjson_rows(&proven.stdout).len()), (Some(0), 500), "{}", proven.stderr);
    let streamed = run(&[&arguments[..], &UNPROVABLE].concat());
    assert_eq!(streamed.code, Some(0), "{}", streamed.stderr);
    assert!(streamed.stderr.contains("COMPLETENESS NOT PROVEN") && ndjson_rows(&streamed.stdout).len() > 450);
}

#[test]
fn an_order_that_cannot_be_seen_is_proven_by_two_equal_passes_where_that_is_required() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let ran = exported(500, &file, &["--sandbox-order", "name", "--require", "snapshot"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("completeness: snapshot"), "{}", ran.stderr);
}

#[test]
fn a_limit_is_incomplete_and_fails_only_where_more_was_required() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let ran = exported(500, &file, &["--limit", "100"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("completeness: not checked (stopped after --limit 100 of 500 contacts)"),
        "{}",
        ran.stderr
    );
    assert_eq!(exported(500, &file, &["--limit", "100", "--require", "counted"]).code, Some(3));
    assert_eq!(exported(500, &file, &["--require", "sure"]).code, Some(2));
}
