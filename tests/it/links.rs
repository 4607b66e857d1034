//! Paths that are not a table, or only part of one: each command says what they are, and what to read instead.

use crate::support::run::exported;
use crate::support::{Ran, folder, path, run};

fn said(arguments: &[&str], code: i32, parts: &[&str]) {
    let Ran { code: found, stdout, stderr } = run(arguments);
    let text = format!("{stdout}{stderr}");
    assert_eq!(found, Some(code), "{arguments:?}: {text}");
    assert!(parts.iter().all(|part| text.contains(part)), "{arguments:?}: {text}");
}

#[test]
fn inspects_raw_json_by_lines_and_has_no_digest() {
    let home = folder();
    for (name, more) in [("c.ndjson", &[][..]), ("c.ndjson.gz", &[]), ("out/", &["--format", "ndjson"])] {
        let output = path(&home, name);
        assert_eq!(exported(120, &output, &[&["--raw"], more].concat()).code, Some(0));
        said(&["digest", &output], 2, &["is a raw export, not a table", "hint: "]);
        said(&["inspect", &output], 0, &["120 contacts, raw JSON, ", "completeness: snapshot"]);
        said(&["inspect", &output, "--json"], 0, &["\"raw\":true,\"rows\":120"]);
        said(&["verify", &output], 0, &["120 contacts"]);
    }
}

#[test]
fn names_the_contacts_that_owners_belong_to() {
    let home = folder();
    for (name, owners) in [("c.parquet", "c.owners.parquet"), ("out/", "out/_owners/owners.parquet")] {
        let (contacts, owners) = (path(&home, name), path(&home, owners));
        assert_eq!(exported(120, &contacts, &["--owners", "table"]).code, Some(0));
        let says = format!("owners of {}", contacts.trim_end_matches('/'));
        said(&["verify", &owners], 65, &[&says, "verify the contacts instead"]);
        said(&["inspect", &owners], 0, &[&says, "38 owners", "completeness: snapshot"]);
        said(&["digest", &owners], 0, &["38 "]);
    }
}

#[test]
fn all_partitions_are_verified_but_only_one_is_read() {
    let home = folder();
    let out = path(&home, "out");
    assert_eq!(exported(5, &format!("{out}/"), &["--partition", "day=1"]).code, Some(0));
    assert_eq!(exported(6, &format!("{out}/"), &["--partition", "day=2"]).code, Some(0));
    said(&["verify", &out], 0, &["day=1: OK", "(5 contacts", "day=2: OK", "(6 contacts"]);
    std::fs::write(home.path().join("out/day=1/_SUCCESS2"), "").unwrap();
    said(&["verify", &out], 65, &["_SUCCESS2 is not listed", "day=2: OK"]);
    for verb in ["digest", "inspect"] {
        said(&[verb, &out], 65, &["for a partitioned export, pass one partition"]);
    }
}

#[test]
fn distinguishes_owners_by_id() {
    let home = folder();
    let file = path(&home, "owners.csv");
    let name = "Wolfeschlegelsteinhausenbergerdorff ".repeat(3);
    let rows: Vec<_> = (5..15).map(|id| format!("{id},{name}{id},{id}\r\n")).collect();
    std::fs::write(&file, format!("owner_id,owner_name,contacts\r\n{}", rows.concat())).unwrap();
    let ran = run(&["inspect", &file]);
    for id in 5..15 {
        assert!(ran.stdout.contains(&format!("  {id} Wolfe")), "{}", ran.stdout);
    }
    assert!(ran.stdout.lines().skip(1).all(|line| line.chars().count() <= 80), "{}", ran.stdout);
}
