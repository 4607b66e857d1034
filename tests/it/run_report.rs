//! The machine-readable records of a run (report, log, metrics), however it ended.

use std::fs;

use serde_json::{Value, json};

use crate::manifest::assert_conforms;
use crate::support::run::{exported, failing, json};
use crate::support::{Ran, folder, names, path, ran, run};

/// The three records of a run.
struct Records {
    folder: tempfile::TempDir,
    arguments: Vec<String>,
}

impl Records {
    fn new() -> Self {
        let folder = folder();
        let arguments = [
            "--report",
            &path(&folder, "run.json"),
            "--metrics-file",
            &path(&folder, "linq.prom"),
            "--log-format",
            "json",
        ]
        .map(str::to_owned)
        .to_vec();
        Self { folder, arguments }
    }

    fn arguments(&self) -> Vec<&str> {
        self.arguments.iter().map(String::as_str).collect()
    }

    fn report(&self) -> Value {
        let report = json(self.folder.path().join("run.json"));
        assert_conforms(&report, include_str!("../../docs/report.schema.json"));
        report
    }

    /// The value of a metric.
    fn metric(&self, name: &str) -> Option<f64> {
        let text = fs::read_to_string(self.folder.path().join("linq.prom")).unwrap();
        let line = text.lines().find(|line| line.starts_with(&format!("linq_export_{name}{{")))?;
        Some(line.rsplit_once(' ').unwrap().1.parse().unwrap())
    }
}

fn lines(ran: &Ran) -> Vec<Value> {
    ran.stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

#[test]
fn what_became_of_the_previous_contacts_is_in_each_record() {
    let records = Records::new();
    let file = path(&records.folder, "c.parquet");
    exported(250, &file, &records.arguments());
    assert_eq!((&records.report()["continuity"], records.metric("new")), (&Value::Null, None));
    let ran = exported(245, &file, &records.arguments());
    let continuity = &records.report()["continuity"];
    assert_eq!(*continuity, json(file + ".manifest.json")["continuity"]);
    assert_eq!((&continuity["deleted"], records.metric("deleted")), (&json!(5), Some(5.0)));
    let none = ["new", "recovered", "unconfirmed"].map(|name| records.metric(name));
    assert_eq!(none, [Some(0.0); 3]);
    let lines = lines(&ran);
    assert_eq!(lines.last().unwrap()["continuity"]["deleted"], json!(5));
    assert!(lines.iter().any(|line| line["event"] == "looking_up" && line["contacts"] == json!(5)), "{}", ran.stderr);
}

#[test]
fn a_whole_run_is_told_in_each_record() {
    let records = Records::new();
    let file = path(&records.folder, "c.parquet");
    let ran = exported(250, &file, &records.arguments());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let report = records.report();
    assert_eq!(
        (&report["outcome"], &report["exit_code"], &report["error"]),
        (&json!("success"), &json!(0), &Value::Null)
    );
    assert_eq!((&report["run"]["pages"], &report["run"]["contacts"]), (&json!(3), &json!(250)));
    assert_eq!(report["manifest"], json(file.clone() + ".manifest.json"));
    let manifest = fs::read_to_string(file.clone() + ".manifest.json").unwrap();
    let text = fs::read_to_string(records.folder.path().join("run.json")).unwrap();
    assert!(text.contains(manifest.trim_end()), "the manifest is not embedded byte for byte");
    assert_eq!(
        (records.metric("rows"), records.metric("exit_code"), records.metric("requests")),
        (Some(250.0), Some(0.0), Some(4.0))
    );
    assert_eq!(records.metric("last_success_timestamp_seconds"), records.metric("last_run_timestamp_seconds"));
    let events: Vec<_> = lines(&ran).iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(events, ["planned", "publishing", "ended"]);
    let left = ["c.parquet", "c.parquet.manifest.json", "linq.prom", "run.json"];
    assert_eq!(names(records.folder.path()), left);
}

#[test]
fn a_failed_run_says_why_and_keeps_the_time_of_the_last_success() {
    let records = Records::new();
    let file = path(&records.folder, "c.ndjson");
    assert_eq!(exported(5, &file, &records.arguments()).code, Some(0));
    let success = records.metric("last_success_timestamp_seconds").unwrap();
    let ran = ran(failing(&file, &records.arguments()).output().unwrap());
    assert_eq!(ran.code, Some(69));
    let report = records.report();
    assert_eq!((&report["outcome"], &report["exit_code"]), (&json!("failed"), &json!(69)));
    assert_eq!((&report["error"]["page"], &report["manifest"]), (&json!(1), &Value::Null));
    assert!(report["error"]["message"].as_str().unwrap().contains("cannot connect"), "{report}");
    assert!(report["error"]["hint"].as_str().unwrap().contains("reachable"), "{report}");
    assert!(report["run"]["failures"]["unavailable"].as_u64().unwrap() > 0, "{report}");
    assert_eq!(records.metric("last_success_timestamp_seconds"), Some(success));
    assert_eq!((records.metric("exit_code"), records.metric("rows")), (Some(69.0), Some(0.0)));
    let last = lines(&ran).pop().unwrap();
    assert_eq!((&last["event"], &last["exit_code"]), (&json!("ended"), &json!(69)));
}

#[test]
fn what_the_server_said_is_in_the_report() {
    let records = Records::new();
    let file = path(&records.folder, "c.ndjson");
    let mut arguments = records.arguments();
    arguments.extend_from_slice(&["--sandbox-fault", "401"]);
    assert_eq!(exported(5, &file, &arguments).code, Some(77));
    let error = &records.report()["error"];
    assert_eq!(error["status"], 401, "{error}");
    assert!(error["server_message"].as_str().is_some_and(|said| !said.is_empty()), "{error}");
    assert!(error["request_id"].as_str().is_some_and(|id| id.len() == 36 && !id.contains(' ')), "{error}");
}

#[test]
fn a_run_that_could_not_begin_is_reported_too() {
    let records = Records::new();
    let mut arguments = vec!["contacts", "-o", "c.parquet"];
    arguments.extend(records.arguments());
    let ran = run(&arguments);
    assert_eq!(ran.code, Some(2));
    assert_eq!(records.report()["exit_code"], 2);
    assert!(records.report()["error"]["message"].as_str().unwrap().contains("LINQ_INTEGRATION_TOKEN"));
    assert_eq!(lines(&ran).len(), 1);
}

#[test]
fn records_that_cannot_be_written_are_known_before_anything_is_asked() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    for option in ["--report", "--metrics-file"] {
        let ran = exported(5, &file, &[option, &path(&folder, "missing/record")]);
        assert_eq!(ran.code, Some(73), "{}", ran.stderr);
        assert!(ran.stderr.contains("caused by: "), "{}", ran.stderr);
    }
    assert!(names(folder.path()).is_empty());
}

/// What would be destroyed stays as it was, nothing else appears, and the run is refused.
#[test]
fn records_take_the_place_of_nothing_else() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    assert_eq!(exported(5, &file, &[]).code, Some(0));
    let link = path(&folder, "link");
    #[cfg(unix)]
    std::os::unix::fs::symlink("c.ndjson", &link).unwrap();
    #[cfg(not(unix))]
    fs::hard_link(&file, &link).unwrap();
    let here = fs::canonicalize(folder.path()).unwrap().join("c.ndjson").display().to_string();
    let read = || (names(folder.path()), fs::read(&file).unwrap(), fs::read(file.clone() + ".manifest.json").unwrap());
    let before = read();
    let (manifest, lock) = (file.clone() + ".manifest.json", path(&folder, ".c.ndjson.lock"));
    let new = path(&folder, "new");
    let dotted = path(&folder, "./new");
    for (output, more) in [
        (&file, &["--report", &file][..]),
        (&file, &["--metrics-file", &here]),
        (&file, &["--report", &manifest]),
        (&file, &["--report", &lock]),
        (&file, &["--report", &link]),
        (&link, &["--format", "ndjson", "--report", &link]),
        (&link, &["--format", "ndjson", "--report", &file]),
        (&file, &["--report", &new, "--metrics-file", &dotted]),
        (&"-".to_owned(), &["--format", "ndjson", "--manifest", &new, "--report", &dotted]),
        (&new, &["--format", "ndjson", "--report", &new]),
    ] {
        let ran = exported(7, output, more);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{more:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("use a different path"), "{more:?}: {}", ran.stderr);
        assert_eq!(read(), before, "{more:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn records_do_not_take_the_place_of_what_standard_output_is_redirected_to() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    for output in ["-", "/dev/stdout"] {
        let mut command = crate::support::run::export(5, output, &["--format", "ndjson", "--report", &file]);
        assert_eq!(command.stdout(fs::File::create(&file).unwrap()).status().unwrap().code(), Some(2));
        assert_eq!(fs::read(&file).unwrap(), b"");
    }
}

#[test]
fn a_sandbox_that_does_not_start_is_reported_too() {
    let records = Records::new();
    let file = path(&records.folder, "c.ndjson");
    let mut arguments = records.arguments();
    arguments.extend_from_slice(&["--sandbox-shared-timestamps", "0"]);
    let ran = exported(5, &file, &arguments);
    assert_eq!((ran.code, lines(&ran).len()), (Some(2), 1), "{}", ran.stderr);
    assert!(records.report()["error"]["message"].as_str().unwrap().contains("shared-timestamps must be at least 1"));
}

#[cfg(unix)]
#[test]
fn the_collector_may_read_the_metrics_and_nobody_else_the_report() {
    use std::os::unix::fs::PermissionsExt;
    let records = Records::new();
    assert_eq!(exported(5, &path(&records.folder, "c.ndjson"), &records.arguments()).code, Some(0));
    let mode = |name: &str| fs::metadata(records.folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("linq.prom"), mode("run.json")), (0o644, 0o600));
}
