//! Environment variables: empty ones are ignored, and errors name the one that caused them.

use crate::support::run::json;
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
        ("LINQ_EXPORT_HMAC_KEY_FILE", "key", &contacts, 2),
        ("LINQ_EXPORT_BASE_URL", "http://linq.example", &["contacts", "-o", &file], 2),
        ("LINQ_EXPORT_TOKEN_FILE", "/no/token", &["contacts", "-o", &file], 2),
        ("LINQ_EXPORT_OUTPUT", &missing, &["contacts", "--sandbox"], 73),
        ("LINQ_EXPORT_KIT", &missing, &contacts, 73),
        ("LINQ_EXPORT_MANIFEST", &missing, &["contacts", "--sandbox", "-o", "-", "--format", "csv"], 73),
        ("LINQ_EXPORT_SANDBOX_CA_FILE", &missing, &["sandbox", "--tls", "good"], 73),
    ] {
        let ran = with(&[(variable, value), ("LINQ_INTEGRATION_TOKEN", "t")], arguments);
        assert_eq!(ran.code, Some(code), "{variable}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("the environment variable {variable} sets --")),
            "{variable}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_clap_error_names_the_variable_instead_of_the_option() {
    let arguments = ["contacts", "--sandbox", "-o", "c.ndjson"];
    for (variable, value) in [("LINQ_EXPORT_RATE", "fast"), ("LINQ_EXPORT_QUIET", "maybe"), ("LINQ_EXPORT_OWNERS", "x")]
    {
        let ran = with(&[(variable, value)], &arguments);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("'{value}' for '{variable}'")), "{}", ran.stderr);
    }
}

#[test]
fn a_variable_for_other_runs_is_ignored() {
    let folder = folder();
    let (file, manifest) = (path(&folder, "c.ndjson"), path(&folder, "m.json"));
    let manifests = [("LINQ_EXPORT_MANIFEST", manifest.as_str())];
    let ran = with(&manifests, &["contacts", "--sandbox", "--sandbox-contacts", "5", "-o", &file]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(with(&manifests, &["verify", &file]).code, Some(0));
    assert!(!std::fs::exists(&manifest).unwrap());
    let ran = with(&manifests, &["contacts", "--sandbox", "--limit", "5", "-o", "-", "--format", "csv"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(std::fs::exists(&manifest).unwrap());
}

#[test]
fn a_misspelled_variable_is_warned_of() {
    let warning = "unknown environment variable LINQ_EXPORT_RATEE; did you mean LINQ_EXPORT_RATE?";
    let misspelled = [("LINQ_EXPORT_RATEE", "5"), ("LINQ_EXPORT_SANDBOX_SERVICE_HOST", "10.96.0.12")];
    let schema = with(&misspelled, &["schema", "duckdb"]);
    assert_eq!((schema.code, schema.stderr), (Some(0), format!("warning: {warning}\n")));
    assert_eq!(with(&misspelled, &["--quiet", "schema", "duckdb"]).stderr, "");
    let arguments = ["contacts", "--sandbox", "--limit", "1", "-o", "-", "--format", "csv", "--log-format", "json"];
    let logged = with(&misspelled, &arguments).stderr;
    assert!(logged.contains(&format!("\"message\":\"{warning}\"")), "{logged}");
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
    assert!(ran.stderr.contains("the environment variable LINQ_EXPORT_COLUMNS"), "{}", ran.stderr);
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
