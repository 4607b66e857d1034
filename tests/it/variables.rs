//! Variables: those that are empty, and those that an error comes from.

use crate::run::json;
use crate::support::{Ran, folder, path, program, ran, run};

fn with(variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    ran(program(arguments).envs(variables.iter().copied()).output().unwrap())
}

#[test]
fn an_empty_variable_is_not_set() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let help = run(&["contacts", "--help"]).stdout;
    let words = help.split(|letter: char| letter != '_' && !letter.is_ascii_uppercase());
    let names: Vec<_> = words.filter(|word| word.starts_with("LINQ_EXPORT_")).collect();
    assert!(names.len() > 50, "{names:?}");
    let empty: Vec<_> = names.iter().map(|name| (*name, "")).collect();
    let ran = with(&empty, &["contacts", "--sandbox", "--limit", "5", "-o", &file]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = with(&[("LINQ_EXPORT_OUTPUT", "")], &["contacts", "--sandbox"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("required arguments"), "{}", ran.stderr);
}

#[test]
fn an_error_names_the_variable_that_it_comes_from() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let contacts = ["contacts", "--sandbox", "-o", &file];
    let missing = path(&folder, "missing/c.ndjson");
    for (variable, value, arguments, code) in [
        // What Kubernetes sets beside a Service called linq-export-sandbox.
        ("LINQ_EXPORT_SANDBOX_PORT", "tcp://10.96.0.12:8080", &["sandbox"][..], 2),
        ("LINQ_EXPORT_RATE", "fast", &contacts, 2),
        ("LINQ_EXPORT_QUIET", "maybe", &contacts, 2),
        ("LINQ_EXPORT_PER_PAGE", "101", &contacts, 2),
        ("LINQ_EXPORT_COLUMNS", "emial", &contacts, 2),
        ("LINQ_EXPORT_FORMAT", "csv", &contacts, 2),
        ("LINQ_EXPORT_MANIFEST", "m.json", &contacts, 2),
        ("LINQ_EXPORT_HMAC_KEY_FILE", "key", &contacts, 2),
        ("LINQ_EXPORT_BASE_URL", "http://linq.example", &["contacts", "-o", &file], 2),
        ("LINQ_EXPORT_TOKEN_FILE", "/no/token", &["contacts", "-o", &file], 2),
        ("LINQ_EXPORT_OUTPUT", &missing, &["contacts", "--sandbox"], 73),
        ("LINQ_EXPORT_KIT", &missing, &contacts, 73),
        ("LINQ_EXPORT_MANIFEST", &missing, &["verify", env!("CARGO_MANIFEST_DIR")], 66),
        ("LINQ_EXPORT_SANDBOX_CA_FILE", &missing, &["sandbox", "--tls", "good"], 73),
    ] {
        let ran = with(&[(variable, value), ("LINQ_INTEGRATION_TOKEN", "t")], arguments);
        assert_eq!(ran.code, Some(code), "{variable}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("is set by the variable {variable}\n")), "{variable}: {}", ran.stderr);
    }
}

#[test]
fn a_variable_that_is_not_to_blame_is_not_named() {
    let folder = folder();
    let arguments = ["contacts", "--sandbox", "--rate", "fast", "-o", &path(&folder, "c.ndjson")];
    let ran = with(&[("LINQ_EXPORT_RATE", "5"), ("LINQ_EXPORT_MAX_RATE", "9")], &arguments);
    assert_eq!(ran.code, Some(2));
    assert!(!ran.stderr.contains("LINQ_EXPORT"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let mut command = program(&["contacts", "--sandbox", "-o", "c.ndjson"]);
    let ran = ran(command.env("LINQ_EXPORT_COLUMNS", std::ffi::OsStr::from_bytes(b"\xff")).output().unwrap());
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("the variable LINQ_EXPORT_COLUMNS"), "{}", ran.stderr);
}

#[test]
fn the_report_names_the_variable_too() {
    let folder = folder();
    let report = path(&folder, "r.json");
    let file = path(&folder, "c.ndjson");
    for (variable, value) in [("LINQ_EXPORT_RATE", "fast"), ("LINQ_EXPORT_COLUMNS", "emial")] {
        let ran = with(&[(variable, value), ("LINQ_EXPORT_REPORT", &report)], &["contacts", "--sandbox", "-o", &file]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        let hint = json(&report)["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains(variable), "{hint}");
        std::fs::remove_file(&report).unwrap();
    }
}
