//! `check` and `--dry-run`: what they find, what they leave, and how they exit.

use std::fs;

use linq_export::ExitCode;
use serde_json::Value;

use crate::support::run::{Heard, export, exported, json};
use crate::support::scripted::{Scripted, answer};
use crate::support::{Ran, all_names, folder, path, program, ran};

/// A check of a sandbox with this many contacts.
fn checked(contacts: u64, more: &[&str]) -> Ran {
    let contacts = contacts.to_string();
    let arguments = [&["check", "--sandbox", "--sandbox-contacts", &contacts][..], more].concat();
    ran(program(&arguments).output().unwrap())
}

fn found(contacts: u64, more: &[&str]) -> Value {
    let ran = checked(contacts, &[more, &["--json"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn warnings(found: &Value) -> String {
    found["warnings"].as_array().unwrap().iter().map(|warning| warning.as_str().unwrap()).collect()
}

#[test]
fn a_check_sends_two_requests_and_leaves_nothing() {
    let folder = folder();
    for (output, more) in [
        ("c.parquet", &[][..]),
        ("parts/", &[]),
        ("new/", &["--partition", "run_date=2026-01-31"]),
        ("c.ndjson", &["--owners", "table", "--kit", &path(&folder, "kit")]),
    ] {
        let (file, report) = (path(&folder, output), path(&folder, "report.json"));
        let found = found(2_500, &[&["-o", &file, "--report", &report][..], more].concat());
        assert_eq!((&found["requests"], &found["output"]["state"]), (&2.into(), &"ready".into()), "{found}");
        assert!(found["output"]["free_bytes"].as_u64().unwrap() > 0, "{found}");
        assert_eq!(all_names(folder.path()), Vec::<String>::new(), "{output}");
    }
}

#[test]
fn an_earlier_export_stays_as_it_was() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    exported(250, &file, &[]);
    let (names, text) = (all_names(folder.path()), fs::read(&file).unwrap());
    let found = found(260, &["-o", &file]);
    assert_eq!(found["last"]["contacts"], 250);
    assert_eq!((all_names(folder.path()), fs::read(&file).unwrap()), (names, text));
}

/// Requests and bytes; how long it takes is measured by `benches/forecast.py`.
#[test]
fn the_forecast_is_that_of_the_export() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let near = |told: &Value, real: &Value| {
        let (told, real) = (told.as_f64().unwrap(), real.as_f64().unwrap());
        (told / real - 1.0).abs() < 0.1
    };
    for (contacts, more) in [
        (0, &[][..]),
        (70, &[]),
        (250, &[]),
        (2_500, &[]),
        (2_550, &["--sandbox-order", "oldest"]),
        (2_550, &["--sandbox-order", "updated", "--require", "snapshot"]),
        (3_333, &["--sandbox-order", "name"]),
        (3_333, &["--sandbox-order", "name", "--require", "complete"]),
        (3_333, &["--limit", "1234"]),
        (1_000, &["--sandbox-max-per-page", "30"]),
        (300, &["--per-page", "20"]),
    ] {
        let found = found(contacts, &[&["-o", &file][..], more].concat());
        assert_eq!(exported(contacts, &file, &[more, &["--max-deletes", "100%"]].concat()).code, Some(0));
        let manifest = json(file.clone() + ".manifest.json");
        let (told, run) = (&found["forecast"], &manifest["run"]);
        assert!(near(&told["requests"], &run["requests"]["pages"]), "{more:?}: {told} {run}");
        assert!(contacts == 0 || near(&told["bytes_read"], &run["bytes_read"]), "{more:?}: {told} {run}");
        let proven = matches!(manifest["completeness"]["level"].as_str(), Some("complete" | "snapshot"));
        let promised = matches!(found["level"].as_str(), Some("complete" | "snapshot"));
        assert_eq!(proven, promised, "{more:?}: {found}");
        fs::remove_file(&file).unwrap();
        fs::remove_file(file.clone() + ".manifest.json").unwrap();
    }
}

#[test]
fn without_a_known_rate_it_gives_a_range_and_says_how_to_narrow_it() {
    let unknown = checked(10_000, &[]);
    assert!(unknown.stdout.contains(" s to ") && unknown.stdout.contains("or use --rate"), "{}", unknown.stdout);
    let fixed = found(10_000, &["--rate", "20"]);
    assert_eq!(fixed["rate"]["source"], "fixed");
    let forecast = &fixed["forecast"];
    assert_eq!(forecast["seconds_min"], forecast["seconds_max"]);
    // 102 requests.
    assert!((4.9..5.6).contains(&forecast["seconds_min"].as_f64().unwrap()), "{forecast}");
}

#[test]
fn a_learned_rate_is_taken_from_the_manifest() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let learning = ["contacts", "--sandbox", "--sandbox-contacts", "10000", "-o", &file, "--max-rate", "2000"];
    assert_eq!(ran(program(&learning).output().unwrap()).code, Some(0));
    let found = found(10_000, &["-o", &file]);
    assert_eq!(found["rate"]["source"], "learned");
    let forecast = &found["forecast"];
    assert_eq!(forecast["seconds_min"], forecast["seconds_max"]);
    assert!(forecast["bytes_written"].as_u64().unwrap() > 0);
}

#[test]
fn what_is_wrong_with_the_end_of_the_list_is_named() {
    let too_many = found(2_550, &["--sandbox-wrong-totals", "count=+150"]);
    assert!(warnings(&too_many).contains("but page 27 has 0 instead of 100"), "{too_many}");
    assert_eq!(too_many["level"], "counted");
    let too_few = found(2_520, &["--sandbox-wrong-totals", "count=-150"]);
    assert!(warnings(&too_few).contains("the list goes on after them"), "{too_few}");
    let broken = found(2_550, &["--sandbox-fault", "500:page=26", "--backoff", "1ms"]);
    assert!(warnings(&broken).contains("last page cannot be read (the server answered 500"), "{broken}");
    assert_eq!(warnings(&found(2_550, &["--sandbox-past-the-end", "not-found"])), "");
    assert_eq!(warnings(&found(2_500, &["--sandbox-past-the-end", "not-found"])), "");
}

#[test]
fn a_deadline_that_is_too_short_is_named() {
    let found = found(10_000, &["--rate", "20", "--deadline", "3s"]);
    assert!(warnings(&found).contains("--deadline is 3.0 s"), "{found}");
    let ran = checked(10_000, &["--rate", "20", "--deadline", "3s"]);
    assert!(ran.stderr.starts_with("warning: the export may take "), "{}", ran.stderr);
}

#[test]
fn a_run_under_way_is_no_error() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let mut run = Heard::start(export(1_000, &file, &["--sandbox-outage", "503:after=0s,for=10m", "-v"]));
    run.until("503");
    let found = found(1_000, &["-o", &file]);
    assert_eq!(found["output"]["state"], "locked", "{found}");
    run.child.kill().unwrap();
    run.end();
    assert_eq!(self::found(1_000, &["-o", &file])["output"]["state"], "ready");
}

#[test]
fn streams_are_not_opened() {
    for output in ["-", "/dev/null"] {
        let found = found(250, &["-o", output, "--format", "ndjson"]);
        assert_eq!(found["output"]["state"], "stream", "{found}");
    }
    let unnamed = checked(250, &["-o", "-"]);
    assert_eq!(unnamed.code, Some(2), "{}", unnamed.stderr);
}

#[test]
fn a_dry_run_prints_the_same_and_writes_nothing() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let dry = exported(2_500, &file, &["--dry-run", "--report", &path(&folder, "report.json")]);
    assert_eq!(dry.code, Some(0), "{}", dry.stderr);
    assert!(dry.stdout.contains("forecast  27 requests, 1.2 MB to read"), "{}", dry.stdout);
    assert_eq!(all_names(folder.path()), Vec::<String>::new());
}

#[test]
fn it_exits_like_an_export_that_would_fail() {
    let exit = |answer: String, more: &[&str]| {
        let server = Scripted::start(move |_| answer.clone());
        let arguments = [&["check", "--base-url", &server.url(), "--backoff", "1ms", "--max-outage", "1ms"], more];
        ran(program(&arguments.concat()).env("LINQ_INTEGRATION_TOKEN", "a-token").output().unwrap())
    };
    for (status, head, code, says) in [
        ("401 Unauthorized", "", ExitCode::Unauthorized, "check the token"),
        ("503 Service Unavailable", "", ExitCode::Unavailable, "503"),
        ("429 Too Many Requests", "Retry-After: 7\r\n", ExitCode::TemporaryFailure, "retry after "),
        ("404 Not Found", "", ExitCode::BadResponse, "404"),
    ] {
        for more in [&[][..], &["--json"]] {
            let ran = exit(answer(status, head, ""), more);
            assert_eq!(ran.code, Some(code.code().into()), "{}", ran.stderr);
            assert!(ran.stderr.contains(says) && ran.stdout.is_empty(), "{says}: {ran:?}");
        }
    }
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    exported(2_500, &file, &[]);
    let deleted = checked(500, &["-o", &file, "--max-deletes", "10"]);
    assert_eq!(deleted.code, Some(3), "{}", deleted.stderr);
    for (output, code) in
        [(path(&folder, "missing/c.ndjson"), 73), (path(&folder, "c.xlsx"), 2), ("s3:/x".to_owned(), 2)]
    {
        assert_eq!(checked(5, &["-o", &output]).code, Some(code), "{output}");
    }
    let previous = checked(5, &["-o", &path(&folder, "d.ndjson"), "--previous", &path(&folder, "none.ndjson")]);
    assert_eq!(previous.code, Some(66), "{}", previous.stderr);
}
