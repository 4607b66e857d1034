//! Options that contradict each other, and impossible values: refused up front, with an error that names them.

use std::fs;

use crate::support::run::exported;
use crate::support::{Ran, folder, names, path, program, ran, run};

fn refused(Ran { code, stderr, .. }: &Ran, says: &[&str]) {
    assert_eq!(*code, Some(2), "{says:?}: {stderr}");
    assert!(says.iter().all(|part| stderr.contains(part)), "{says:?}: {stderr}");
}

#[test]
fn what_cannot_both_be_is_refused_by_both_names() {
    let folder = folder();
    let key = path(&folder, "key");
    fs::write(&key, [b'k'; 32]).unwrap();
    for (name, more, says) in [
        ("c.ndjson", &["--columns", "id,email", "--drop", "email"][..], &["email", "--columns", "--drop"][..]),
        ("c.ndjson", &["--columns", "owner_id", "--drop", "contact_owner"], &["owner_id", "--columns", "--drop"]),
        ("c.ndjson", &["--owners", "struct", "--drop", "contact_owner"], &["--owners struct", "--drop"]),
        ("c.ndjson", &["--owners", "struct", "--columns", "id,email"], &["--owners struct", "--columns"]),
        ("c.ndjson", &["--limit", "5", "--require", "complete"], &["--limit 5", "--require complete"]),
        ("c.ndjson", &["--limit", "5", "--require", "snapshot"], &["--limit 5", "--require snapshot"]),
        ("c.ndjson", &["--max-rate", "10"], &["--rate 5000", "--max-rate 10"]),
        ("c.parquet", &["--format", "csv"], &["-o says parquet", "--format says csv"]),
        ("c.csv.gz", &["--format", "ndjson"], &["-o says csv", "--format says ndjson"]),
        ("c.parquet.zst", &["--format", "csv"], &["-o says parquet", "--format says csv"]),
        ("c.ndjson", &["--raw", "--hmac-key-file", &key], &["--raw", "--hmac-key-file"]),
        ("c.ndjson", &["--base-url", "https://api.linqapp.com"], &["--sandbox", "--base-url"]),
    ] {
        refused(&exported(5, &path(&folder, name), more), says);
        assert_eq!(names(folder.path()), ["key"], "{more:?}");
    }
    for (more, says) in
        [(&["--mode", "640"][..], &["--mode", "-o -"][..]), (&["--digest"], &["--digest", "-o -", "--manifest"])]
    {
        let ran = exported(5, "-", &[&["--format", "ndjson"], more].concat());
        refused(&ran, says);
        assert_eq!(ran.stdout, "");
    }
    #[cfg(unix)]
    refused(
        &exported(5, "/dev/stdout", &["--format", "csv", "--kit", &path(&folder, "kit")]),
        &["/dev/stdout", "--kit"],
    );
    refused(&run(&["schema", "bigquery", "--name", "t"]), &["bigquery", "--name"]);
    refused(&run(&["sandbox", "--ca-file", &path(&folder, "ca.pem")]), &["--ca-file", "--tls"]);
}

#[test]
fn what_goes_together_is_let_through() {
    let folder = folder();
    let file = path(&folder, "c.jsonl");
    for more in [
        &["--format", "ndjson"][..],
        &["--columns", "contact_owner", "--drop", "owner_email"],
        &["--columns", "id,id,email"],
        &["--max-rate", "5000"],
        &["--max-rate", "unlimited"],
        &["--limit", "5", "--require", "any"],
        &["--mode", "400"],
    ] {
        let ran = exported(20, &file, more);
        assert_eq!(ran.code, Some(0), "{more:?}: {}", ran.stderr);
    }
    // A variable is set for many runs, so only what applies to this run counts.
    let arguments = ["contacts", "--sandbox", "-o", "-", "--format", "ndjson", "--limit", "1", "-q"];
    let mut command = program(&arguments);
    command.envs([("LINQ_EXPORT_MODE", "640"), ("LINQ_EXPORT_BASE_URL", "https://api.linqapp.com")]);
    let ran = ran(command.output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let metrics = path(&folder, "metrics.txt");
    for (more, says) in [
        (&["--mode", "0"][..], &["--mode", "owner"][..]),
        (&["--mode", "077"], &["--mode", "owner"]),
        (&["--metrics-file", &metrics], &["--metrics-file", ".prom"]),
        (&["--concurrency", "0"], &["--concurrency"]),
        (&["--deadline", "0s"], &["--deadline"]),
    ] {
        refused(&exported(5, &file, more), says);
        assert!(names(folder.path()).is_empty(), "{more:?}");
    }
}
