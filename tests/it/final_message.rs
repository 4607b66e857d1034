//! The exit code, the report, the metrics and the log all agree, however a run ended.

use std::fs;
use std::process::Command;

use crate::support::run::{Heard, export, exported, json};
use crate::support::{folder, names, path, program, ran};

/// The exit code that a metrics file tells.
fn metric(path: &str) -> i32 {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| line.starts_with("linq_export_exit_code{")).unwrap();
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

#[test]
fn a_record_that_cannot_be_written_is_told_by_all_others() {
    for gone in ["report", "metrics"] {
        let home = folder();
        for place in ["report", "metrics"] {
            fs::create_dir(home.path().join(place)).unwrap();
        }
        let (report, metrics) = (path(&home, "report/r.json"), path(&home, "metrics/m.prom"));
        let file = path(&home, "c.ndjson");
        let more = ["-vv", "--log-format", "json", "--sandbox-latency", "20ms", "--report", &report];
        let mut run = Heard::start(export(1_000, &file, &[&more[..], &["--metrics-file", &metrics]].concat()));
        run.until("\"page\":3,");
        fs::remove_dir(home.path().join(gone)).unwrap();
        let (ended, said) = run.end();
        assert_eq!(ended, Some(74), "{said}");
        let last: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        assert_eq!((&last["event"], &last["exit_code"]), (&"ended".into(), &74.into()), "{said}");
        if gone == "report" {
            assert_eq!(metric(&metrics), 74);
            assert!(!fs::read_to_string(&metrics).unwrap().contains("last_success"));
        } else {
            let report = json(&report);
            assert_eq!((&report["exit_code"], &report["outcome"]), (&74.into(), &"failed".into()));
            assert!(report["error"]["message"].as_str().unwrap().contains("m.prom"), "{report}");
            // What was published is told all the same.
            assert_eq!(report["manifest"]["contacts"]["rows"], 1_000);
        }
        assert!(fs::exists(&file).unwrap());
    }
}

#[test]
fn arguments_that_are_refused_leave_the_records() {
    let home = folder();
    let (report, metrics) = (path(&home, "r.json"), path(&home, "m.prom"));
    let file = path(&home, "c.ndjson");
    let given = ["contacts", "-o", &file, "--bogus", "--report", &report, "--metrics-file", &metrics];
    let inner = format!("--report={report}");
    let joined = ["contacts", "--sandbox", "--rate", "fast", &inner, "-o", &file];
    let set = ["contacts", "--sandbox", "--per-page=0", "-qo", &file];
    let before = ["--bogus", "contacts", "--report", &report, "-o", &file];
    for (arguments, says) in
        [(&given[..], "--bogus"), (&joined, "'fast' for '--rate"), (&set, "--per-page"), (&before, "--bogus")]
    {
        let mut command = program(arguments);
        if *arguments == set {
            command.env("LINQ_EXPORT_REPORT", &report);
        }
        let ran = ran(command.output().unwrap());
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("--help"), "{}", ran.stderr);
        let told = json(&report);
        assert_eq!((&told["exit_code"], &told["output"]), (&2.into(), &file.as_str().into()));
        assert!(told["error"]["message"].as_str().unwrap().contains(says), "{told}");
        fs::remove_file(&report).unwrap();
    }
    assert_eq!(metric(&metrics), 2);
    assert_eq!(names(home.path()), ["m.prom"]);
}

#[test]
fn a_token_among_the_arguments_is_in_no_record() {
    let home = folder();
    let report = path(&home, "r.json");
    for word in ["lk_live_secret", "--token=lk_live_secret"] {
        let arguments = ["contacts", word, "-o", &path(&home, "c.ndjson"), "--report", &report];
        assert_eq!(ran(program(&arguments).output().unwrap()).code, Some(2));
        let told = fs::read_to_string(&report).unwrap();
        assert!(told.contains("unexpected argument") && !told.contains("lk_live"), "{told}");
    }
}

#[test]
fn records_of_refused_arguments_take_the_place_of_nothing() {
    let home = folder();
    let (precious, other) = (path(&home, "precious"), path(&home, "other"));
    fs::write(&precious, "mine").unwrap();
    let inner = format!("--ca-cert={precious}");
    for arguments in [
        &["-o", &precious][..],
        &["-o", &other, "-o", &precious],
        &["-o", &other, "--token-file", &precious],
        &["-o", &other, &inner],
        &["-o", &format!("{}/", home.path().display())],
        &["--kit", &path(&home, ".")],
        &["--report", &other],
    ] {
        let arguments = [&["contacts", "--bogus", "--report", &precious], arguments].concat();
        assert_eq!(ran(program(&arguments).output().unwrap()).code, Some(2));
        assert_eq!(
            (names(home.path()), fs::read_to_string(&precious).unwrap()),
            (vec!["precious".to_owned()], "mine".to_owned())
        );
    }
    // The name of a variable's file counts, too.
    let mut command = program(&["contacts", "--bogus", "--report", &precious]);
    assert_eq!(command.env("LINQ_EXPORT_TOKEN_FILE", &precious).status().unwrap().code(), Some(2));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
    // Only an export leaves records.
    assert_eq!(program(&["verify", "--bogus", "--report", &other]).status().unwrap().code(), Some(2));
    assert!(!fs::exists(&other).unwrap());
}

#[test]
fn a_record_that_has_no_place_of_its_own_keeps_no_other_from_being_written() {
    let home = folder();
    let file = path(&home, "c.ndjson");
    assert_eq!(exported(5, &file, &[]).code, Some(0));
    let before = fs::read(&file).unwrap();
    let (report, metrics) = (path(&home, "r.json"), path(&home, "m.prom"));
    assert_eq!(exported(7, &file, &["--report", &report, "--metrics-file", &file]).code, Some(2));
    assert_eq!(json(&report)["exit_code"], 2);
    // A kit that has none is found before the records are looked at.
    let kit = path(&home, ".");
    assert_eq!(exported(7, &file, &["--kit", &kit, "--report", &file, "--metrics-file", &metrics]).code, Some(2));
    assert_eq!((fs::read(&file).unwrap(), fs::exists(&metrics).unwrap()), (before, false));
    assert_eq!(exported(7, &file, &["--kit", &kit, "--metrics-file", &metrics]).code, Some(2));
    assert_eq!(metric(&metrics), 2);
}

#[test]
fn refused_arguments_are_one_line_of_a_json_log() {
    let arguments = ["contacts", "--sandbox", "-o", "c.ndjson", "--log-format", "json", "--bogus"];
    let ran = ran(program(&arguments).output().unwrap());
    let line: serde_json::Value = serde_json::from_str(ran.stderr.trim_end()).unwrap();
    assert_eq!((&line["event"], &line["exit_code"]), (&"ended".into(), &2.into()));
}

#[test]
fn a_bug_is_reported_too() {
    let home = folder();
    let report = path(&home, "r.json");
    let mut command: Command = export(5, &path(&home, "c.ndjson"), &["--report", &report]);
    // Not a number of threads: the runtime panics, as a bug would.
    assert_eq!(command.env("TOKIO_WORKER_THREADS", "0").output().unwrap().status.code(), Some(1));
    assert_eq!(json(&report)["exit_code"], 1);
}

#[test]
fn a_place_that_is_missing_is_told_once() {
    let home = folder();
    let ran = exported(5, &path(&home, "c.ndjson"), &["--metrics-file", &path(&home, "missing/m.prom")]);
    assert_eq!(ran.code, Some(73));
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
}
