//! The kit beside an export: whose folder it takes, that it is whole, and what is told when it cannot be written.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use linq_export::CancellationToken;
use linq_export::config::{ExportConfig, Format, Output};
use linq_export::events::{Event, Publishing, Reporter, Tally};

use crate::run::{Heard, export, exported, failing, json, verified};
use crate::support::{Ran, config, folder, names, path, ran, sandbox};

/// A run that would ask a server, and find none, if it came to that.
fn refused(output: &str, kit: &str) -> Ran {
    ran(failing(output, &["--kit", kit]).output().unwrap())
}

#[test]
fn a_folder_that_holds_anything_else_is_refused_before_the_server_is_asked() {
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
        (&project, "no README.md that begins as a kit's"),
        (&noted, "\"notes.txt\" is in it"),
        (&unnamed, "no README.md"),
        (&nested, "\"README.md\" is in it"),
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
fn a_kit_shares_no_place_with_the_output_and_no_record_stands_in_it() {
    let folder = folder();
    let at = |name: &str| path(&folder, name);
    for (output, kit) in [("out/", "out"), ("out/", "out/kit"), ("c.csv", "c.csv"), ("c.csv", ".")] {
        let ran = refused(&at(output), &at(kit));
        assert_eq!(ran.code, Some(2), "{output} {kit}: {}", ran.stderr);
        assert!(ran.stderr.contains("--kit takes a folder of its own"), "{}", ran.stderr);
    }
    let report = at("kit/report.json");
    let ran = ran(failing(&at("c.csv"), &["--kit", &at("kit"), "--report", &report]).output().unwrap());
    assert!(ran.code == Some(2) && ran.stderr.contains("is where the kit stands"), "{}", ran.stderr);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_kit_is_replaced_as_a_whole_and_a_run_that_fails_leaves_the_earlier_one() {
    let folder = folder();
    let (file, kit) = (path(&folder, "c.csv"), path(&folder, "kit"));
    assert_eq!(refused(&file, &kit).code, Some(69));
    assert!(names(folder.path()).is_empty());
    fs::create_dir(&kit).unwrap();
    assert_eq!(exported(5, &file, &["--kit", &kit, "--owners", "table"]).code, Some(0));
    let files = || names(Path::new(&kit));
    assert!(files().len() == 29 && files().contains(&"duckdb.owners.sql".to_owned()), "{:?}", files());
    let readme = || fs::read_to_string(Path::new(&kit).join("README.md")).unwrap();
    let earlier = readme();
    assert_eq!(refused(&file, &kit).code, Some(69));
    assert_eq!(readme(), earlier);
    assert_eq!(exported(6, &file, &["--kit", &kit]).code, Some(0));
    assert!(files().len() == 15 && !files().iter().any(|name| name.contains("owners")), "{:?}", files());
    assert!(readme().contains("\n6 contacts, exported by linq-export"), "{}", readme());
    let left: Vec<_> = names(folder.path()).into_iter().filter(|name| !name.starts_with("c.")).collect();
    assert_eq!(left, ["kit"]);
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_the_earlier_kit_and_the_next_one_cleans_up() {
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
    assert_eq!((hidden(), names(Path::new(&kit)).len()), (1, 15));
    assert_eq!(exported(5, &file, &["--kit", &kit]).code, Some(0));
    assert_eq!(names(folder.path()), ["c.csv", "c.csv.manifest.json", "kit"]);
}

#[cfg(unix)]
#[test]
fn what_is_published_is_told_though_its_kit_cannot_be_written() {
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
    assert!(said.contains("is published, and its kit cannot be written"), "{said}");
    assert_eq!(names(Path::new(&kit)), ["notes.txt"]);
    assert_eq!(verified(&file).code, Some(0));
    let report = json(report);
    let mut manifest = json(file + ".manifest.json");
    manifest.as_object_mut().unwrap().remove("manifest_sha256");
    assert_eq!(report["manifest"], manifest);
    assert!(report["error"]["chain"].to_string().contains("notes.txt"), "{report}");
    assert!(fs::read_to_string(metrics).unwrap().contains("c.csv\"} 2000\n"));
}

#[test]
fn a_kit_says_which_values_are_hashes_and_of_which_key() {
    let folder = folder();
    let (file, kit, key) = (path(&folder, "c.ndjson"), path(&folder, "kit"), path(&folder, "key"));
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    let hmac = ["--hmac", "phone_number,owner_email", "--hmac-key-file", &key, "--owners", "struct", "--drop", "extra"];
    assert_eq!(exported(5, &file, &[&["--kit", &kit], &hmac[..]].concat()).code, Some(0));
    let id = json(file + ".manifest.json")["options"]["hash_key"].as_str().unwrap().to_owned();
    let said = format!("replaced by its HMAC-SHA-256 in hexadecimal, key id {id}");
    // BigQuery and Spark describe the owner's email too, the others the struct that it is in.
    for (name, times) in [("bigquery.schema.json", 3), ("spark.sql", 3), ("snowflake.sql", 2), ("README.md", 0)] {
        let text = fs::read_to_string(Path::new(&kit).join(name)).unwrap();
        assert_eq!(text.matches(&said).count(), times, "{name}: {text}");
        assert!(text.contains(&id), "{name}: {text}");
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
async fn from_publishing_on_nothing_stops_a_run_before_its_kit_stands() {
    let sandbox = sandbox(5).await;
    let folder = folder();
    for name in ["cancelled", "late"] {
        let output = Output::File(folder.path().join(name.to_owned() + ".csv"));
        let mut config = ExportConfig::new(config(&sandbox), output, Format::Csv);
        config.kit = Some(folder.path().join(name));
        let cancellation = CancellationToken::new();
        let cancelled = cancellation.clone();
        let reporter: Arc<dyn Reporter> = if name == "late" {
            config.contacts.patience.deadline = Some(Duration::from_secs(1));
            // Longer than the deadline, with what it waits after that.
            Arc::new(Stopping(|| std::thread::sleep(Duration::from_millis(1_200))))
        } else {
            Arc::new(Stopping(move || cancelled.cancel()))
        };
        let tally = Arc::new(Tally::new(reporter));
        let summary = linq_export::export(config, Arc::clone(&tally) as _, cancellation).await.unwrap();
        assert_eq!(names(&folder.path().join(name)).len(), 15, "{name}");
        assert_eq!(tally.publishing(), Publishing::Done(Arc::new(summary.manifest)));
    }
}
