//! The kit of an export: which directories it replaces, and what happens if it cannot be written.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use linq_export::CancellationToken;
use linq_export::config::{ExportConfig, Format, Output};
use linq_export::events::{Counters, Event, Publishing, Reporter};

use crate::support::run::{Heard, export, exported, failing, json, verified};
use crate::support::{Ran, config, folder, names, path, ran, run, sandbox};

/// A run whose server does not exist, so that sending a request would be a different error.
fn refused(output: &str, kit: &str) -> Ran {
    ran(failing(output, &["--kit", kit]).output().unwrap())
}

#[test]
fn refuses_other_directories_for_a_kit_up_front() {
    let folder = folder();
    let file = path(&folder, "c.csv");
    let made = |name: &str, files: &[(&str, &str)]| {
        let kit = path(&folder, name);
        fs::create_dir(&kit).unwrap();
        for (name, text) in files {
            fs::write(Path::new(&kit).join(name), text).unwrap();
        }
        kit
    };
    let ours = "# Loading this export\n";
    let project = made("project", &[("README.md", "# My project\n"), ("duckdb.sql", "")]);
    let noted = made("noted", &[("README.md", ours), ("zz.txt", ""), ("notes.txt", "mine")]);
    let unnamed = made("unnamed", &[("duckdb.sql", "mine")]);
    let nested = made("nested", &[]);
    fs::create_dir(Path::new(&nested).join("README.md")).unwrap();
    let plain = path(&folder, "plain");
    fs::write(&plain, "mine").unwrap();
    for (kit, says) in [
        (&project, "no README.md of a kit"),
        (&noted, "it contains \"notes.txt\", which is not part of a kit"),
        (&unnamed, "no README.md"),
        (&nested, "it contains \"README.md\""),
        (&plain, "cannot create"),
        (&path(&folder, "not/there"), "cannot create"),
    ] {
        let ran = refused(&file, kit);
        assert_eq!(ran.code, Some(73), "{kit}: {}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("\nhint: "), "{}", ran.stderr);
    }
    assert_eq!(fs::read(Path::new(&noted).join("notes.txt")).unwrap(), b"mine");
    assert_eq!(names(folder.path()), ["nested", "noted", "plain", "project", "unnamed"]);
    assert!(!folder.path().join(".noted.lock").exists());
}

#[test]
fn refuses_kits_that_overlap_with_other_paths() {
    let folder = folder();
    let at = |name: &str| path(&folder, name);
    for (output, kit) in [("out/", "out"), ("out/", "out/kit"), ("c.csv", "c.csv"), ("c.csv", ".")] {
        let ran = refused(&at(output), &at(kit));
        assert_eq!(ran.code, Some(2), "{output} {kit}: {}", ran.stderr);
        assert!(ran.stderr.contains("--kit needs a directory of its own"), "{}", ran.stderr);
    }
    let report = at("kit/report.json");
    let ran = ran(failing(&at("c.csv"), &["--kit", &at("kit"), "--report", &report]).output().unwrap());
    assert!(ran.code == Some(2) && ran.stderr.contains("overlaps with the kit:"), "{}", ran.stderr);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn refuses_options_of_a_kit_that_cannot_work() {
    let folder = folder();
    let (file, kit) = (path(&folder, "c.csv"), path(&folder, "kit"));
    for (options, reason) in [
        (&["--kit", &kit, "--kit-table", "crm.con-tacts"][..], "expected TABLE or SCHEMA.TABLE, such as crm.contacts"),
        (&["--kit", &kit, "--kit-table", "a.b.c"], "invalid table name \"a.b.c\""),
        (&["--kit-table", "crm.contacts"], "--kit-table needs --kit"),
        (&["--kit-deletes"], "--kit-deletes needs --kit"),
    ] {
        let ran = ran(failing(&file, options).output().unwrap());
        assert!(ran.code == Some(2) && ran.stderr.contains(reason), "{options:?}: {}", ran.stderr);
    }
    assert!(names(folder.path()).is_empty());
}

/// The level is known before the kit is written.
#[test]
fn deletes_are_enabled_by_the_level_of_the_export() {
    let folder = folder();
    let (file, kit) = (path(&folder, "c.csv"), path(&folder, "kit"));
    let options = ["--kit", &kit, "--kit-deletes", "--kit-table", "crm.contacts"];
    let sql = || fs::read_to_string(Path::new(&kit).join("duckdb.sql")).unwrap();
    assert_eq!(exported(5, &file, &options).code, Some(0));
    assert!(
        sql().contains("INTO \"crm\".contacts AS t\n") && sql().contains("\nWHEN NOT MATCHED BY SOURCE"),
        "{}",
        sql()
    );
    let limited = [&options[..], &["--limit", "3"]].concat();
    assert_eq!(exported(5, &file, &limited).code, Some(0));
    assert!(sql().contains("\n-- WHEN NOT MATCHED BY SOURCE"), "{}", sql());
}

#[test]
fn replaces_a_kit_atomically() {
    let folder = folder();
    let (file, kit) = (path(&folder, "c.csv"), path(&folder, "kit"));
    assert_eq!(refused(&file, &kit).code, Some(69));
    assert!(names(folder.path()).is_empty());
    fs::create_dir(&kit).unwrap();
    assert_eq!(exported(5, &file, &["--kit", &kit, "--owners", "table"]).code, Some(0));
    let files = || names(Path::new(&kit));
    assert!(files().len() == 32 && files().contains(&"duckdb.owners.sql".to_owned()), "{:?}", files());
    let readme = || fs::read_to_string(Path::new(&kit).join("README.md")).unwrap();
    let earlier = readme();
    assert_eq!(refused(&file, &kit).code, Some(69));
    assert_eq!(readme(), earlier);
    assert_eq!(exported(6, &file, &["--kit", &kit]).code, Some(0));
    assert!(files().len() == 18 && !files().iter().any(|name| name.contains("owners")), "{:?}", files());
    assert!(readme().contains("\n6 contacts, exported by linq-export"), "{}", readme());
    let left: Vec<_> = names(folder.path()).into_iter().filter(|name| !name.starts_with("c.")).collect();
    assert_eq!(left, ["kit"]);
}

#[cfg(unix)]
#[test]
fn a_killed_run_keeps_the_earlier_kit() {
    let folder = folder();
    let (file, kit) = (path(&folder, "c.csv"), path(&folder, "kit"));
    assert_eq!(exported(5, &file, &["--kit", &kit]).code, Some(0));
    let more = ["--kit", &kit, "-vv", "--log-format", "json", "--sandbox-latency", "50ms"];
    let mut run = Heard::start(export(50_000, &file, &more));
    run.until("\"page\":7,");
    let second = exported(5, &path(&folder, "d.csv"), &["--kit", &kit]);
    assert!(second.code == Some(75) && second.stderr.contains("another run is writing"), "{}", second.stderr);
    run.signal("KILL");
    run.end();
    let hidden = || names(folder.path()).iter().filter(|name| name.starts_with(".kit.")).count();
    assert_eq!((hidden(), names(Path::new(&kit)).len()), (1, 18));
    assert_eq!(exported(5, &file, &["--kit", &kit]).code, Some(0));
    assert_eq!(names(folder.path()), ["c.csv", "c.csv.manifest.json", "kit"]);
}

#[cfg(unix)]
#[test]
fn reports_a_published_export_without_its_kit() {
    let folder = folder();
    let (file, kit) = (path(&folder, "c.csv"), path(&folder, "kit"));
    let (report, metrics) = (path(&folder, "r.json"), path(&folder, "m.prom"));
    let records = ["--report", &report, "--metrics-file", &metrics];
    let more = [&["--kit", &kit, "-vv", "--log-format", "json", "--sandbox-latency", "20ms"], &records[..]].concat();
    let mut run = Heard::start(export(2_000, &file, &more));
    run.until("\"page\":2,");
    fs::create_dir(&kit).unwrap();
    fs::write(Path::new(&kit).join("notes.txt"), "mine").unwrap();
    let (code, said) = run.end();
    assert_eq!(code, Some(74), "{said}");
    assert!(said.contains("is published, but its kit cannot be written"), "{said}");
    assert_eq!(names(Path::new(&kit)), ["notes.txt"]);
    assert_eq!(verified(&file).code, Some(0));
    let report = json(report);
    assert_eq!(report["manifest"], json(file + ".manifest.json"));
    assert!(report["error"]["chain"].to_string().contains("notes.txt"), "{report}");
    assert!(fs::read_to_string(metrics).unwrap().contains("c.csv\"} 2000\n"));
}

#[test]
fn a_kit_names_hashed_columns_and_their_key() {
    let folder = folder();
    let (file, kit, key) = (path(&folder, "c.ndjson"), path(&folder, "kit"), path(&folder, "key"));
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    let hmac = ["--hmac", "phone_number,owner_email", "--hmac-key-file", &key, "--owners", "struct", "--drop", "extra"];
    assert_eq!(exported(5, &file, &[&["--kit", &kit], &hmac[..]].concat()).code, Some(0));
    let id = json(file + ".manifest.json")["options"]["hmac_key"].as_str().unwrap().to_owned();
    let said = format!("replaced by its HMAC-SHA-256 in hexadecimal, key id {id}");
    // BigQuery and Spark describe the owner's email too, the others the struct that it is in.
    for (name, times) in [("bigquery.schema.json", 3), ("spark.sql", 3), ("snowflake.sql", 2), ("README.md", 0)] {
        let text = fs::read_to_string(Path::new(&kit).join(name)).unwrap();
        assert_eq!(text.matches(&said).count(), times, "{name}: {text}");
        assert!(text.contains(&id), "{name}: {text}");
    }
}

#[test]
fn changes_have_a_kit_of_their_own() {
    let folder = folder();
    let [old, new, output, kit, loading] =
        ["old.csv", "new.csv", "changes.csv", "changes-kit", "kit"].map(|name| path(&folder, name));
    assert_eq!(exported(5, &old, &["--kit", &loading]).code, Some(0));
    assert_eq!(exported(8, &new, &["--digest"]).code, Some(0));
    let compared = |output: &str, kit: &str| run(&["changes", &old, &new, "-o", output, "--kit", kit]);
    for _ in 0..2 {
        let ran = compared(&output, &kit);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let due = json(format!("{new}.manifest.json"))["digest"].clone();
        let query = fs::read_to_string(Path::new(&kit).join("duckdb.changes.sql")).unwrap();
        assert!(query.contains(&format!("CAST('{}' AS HUGEINT)", due["sum"].as_str().unwrap())), "{query}");
        assert_eq!(names(Path::new(&kit)).len(), 21);
    }
    // The one cannot be replaced by the other.
    let loads = fs::read(Path::new(&loading).join("README.md")).unwrap();
    let ran = compared(&output, &loading);
    assert!(ran.code == Some(73) && ran.stderr.contains("no README.md of a kit of changes"), "{}", ran.stderr);
    assert_eq!(fs::read(Path::new(&loading).join("README.md")).unwrap(), loads);
    assert_eq!(refused(&output, &kit).code, Some(73));
    let ran = run(&["changes", &old, &new, "-o", "-", "--format", "csv", "--kit", &kit]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--kit needs a file or directory as output"), "{}", ran.stderr);
    for (output, kit) in [(&output, &old), (&format!("{output}/"), &format!("{output}/kit"))] {
        let ran = run(&["changes", &old, &new, "-o", output, "--format", "csv", "--kit", kit]);
        assert!(ran.code == Some(2) && ran.stderr.contains("needs a directory of its own"), "{}", ran.stderr);
    }
}

/// Stops the run in its own way as soon as it publishes.
struct Stopping<F>(F);

impl<F: Fn() + Send + Sync> Reporter for Stopping<F> {
    fn report(&self, event: &Event) {
        if matches!(event, Event::Publishing | Event::Published { .. }) {
            (self.0)();
        }
    }
}

#[tokio::test]
async fn nothing_stops_a_run_between_export_and_kit() {
    let sandbox = sandbox(5).await;
    let folder = folder();
    for name in ["cancelled", "late"] {
        let output = Output::File(folder.path().join(name.to_owned() + ".csv"));
        let mut config = ExportConfig::new(config(&sandbox), output, Format::Csv);
        config.kit = Some(folder.path().join(name));
        let cancellation = CancellationToken::new();
        let cancelled = cancellation.clone();
        let reporter: Arc<dyn Reporter> = if name == "late" {
            config.contacts.retry_limits.deadline = Some(Duration::from_secs(1));
            // Longer than the deadline, with what it waits after that.
            Arc::new(Stopping(|| std::thread::sleep(Duration::from_millis(1_200))))
        } else {
            Arc::new(Stopping(move || cancelled.cancel()))
        };
        let counters = Arc::new(Counters::new(reporter));
        let summary = linq_export::export(config, Arc::clone(&counters) as _, cancellation).await.unwrap();
        assert_eq!(names(&folder.path().join(name)).len(), 18, "{name}");
        assert_eq!(counters.publishing(), Publishing::Done { rows: summary.read.contacts, manifest: summary.manifest });
    }
}
