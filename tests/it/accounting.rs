//! Accounting for the contacts of the previous export, with an API that looks them up rightly and wrongly.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::support::run::json;
use crate::support::scripted::{Scripted, answer, page};
use crate::support::{Ran, folder, path, program, ran, run};
use crate::verify::sha256;

/// Contacts in groups that share their instant, so that a list in no fixed order loses some of them.
const TIED: [&str; 4] = ["--sandbox-contacts", "1000", "--sandbox-shared-timestamps", "250"];

/// A file that is exported again and again.
struct Nights {
    folder: tempfile::TempDir,
}

impl Nights {
    /// Begins with a whole export.
    fn begin(more: &[&str]) -> Self {
        let nights = Self { folder: folder() };
        let ran = nights.export(more);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(!ran.stderr.contains("since "), "{}", ran.stderr);
        assert_eq!(nights.manifest()["continuity"], Value::Null);
        nights
    }

    fn file(&self) -> String {
        path(&self.folder, "contacts.ndjson")
    }

    fn export(&self, more: &[&str]) -> Ran {
        let file = self.file();
        let mut arguments = vec!["contacts", "--sandbox", "-o", &file];
        arguments.extend_from_slice(more);
        run(&arguments)
    }

    fn manifest(&self) -> Value {
        json(self.file() + ".manifest.json")
    }

    fn ids(&self) -> Vec<i64> {
        let text = std::fs::read_to_string(self.file()).unwrap();
        let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_i64().unwrap();
        text.lines().map(id).collect()
    }
}

fn figures(continuity: &Value) -> [u64; 5] {
    ["present", "new", "deleted", "recovered", "unconfirmed"].map(|key| continuity[key].as_u64().unwrap())
}

#[test]
fn what_became_of_each_contact_is_said_and_recorded() {
    let nights = Nights::begin(&["--sandbox-contacts", "350"]);
    let before = std::fs::read(nights.file() + ".manifest.json").unwrap();
    let ran = nights.export(&["--sandbox-contacts", "320"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains(" UTC: 0 new, 30 deleted (all confirmed), 0 recovered\n"), "{}", ran.stderr);
    let manifest = nights.manifest();
    let continuity = &manifest["continuity"];
    assert_eq!(figures(continuity), [320, 0, 30, 0, 0]);
    assert_eq!((&continuity["lookups"], &continuity["unconfirmed_ids"]), (&31.into(), &Value::Array(vec![])));
    let previous = &continuity["previous"];
    assert_eq!((&previous["name"], &previous["rows"]), (&"contacts.ndjson".into(), &350.into()));
    assert_eq!(previous["sha256_of_manifest"], sha256(&before));
    let ran = nights.export(&["--sandbox-contacts", "350"]);
    assert!(ran.stderr.contains(" UTC: 30 new, 0 deleted, 0 recovered\n"), "{}", ran.stderr);
    assert!(run(&["verify", &nights.file()]).code == Some(0));
}

#[test]
fn contacts_that_no_page_shows_are_exported_if_they_exist() {
    let nights = Nights::begin(&TIED);
    let ids = nights.ids();
    let unordered = [&TIED[..], &["--sandbox-order", "unstable-ties"]].concat();
    let ran = nights.export(&[&unordered[..], &["--max-lookups", "600"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let manifest = nights.manifest();
    let [present, new, deleted, recovered, unconfirmed] = figures(&manifest["continuity"]);
    assert_eq!((present + recovered, new, deleted, unconfirmed), (1_000, 0, 0, 0), "{manifest}");
    assert!(recovered > 100, "{manifest}");
    assert_eq!(manifest["completeness"]["level"], "counted");
    let sorted = |mut ids: Vec<i64>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(nights.ids()), sorted(ids));
    // Each lookup that found something was repeated.
    assert_eq!(manifest["continuity"]["lookups"], 1 + 2 * recovered);
    assert!(manifest["run"]["pages"].as_u64().unwrap() < 50, "lookups are not pages: {manifest}");
    // With too few lookups, some are missing, and the server counts them.
    let ran = nights.export(&unordered);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("of the previous export that can still be found by id"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: use --max-lookups"), "{}", ran.stderr);
    let ran = nights.export(&[&unordered[..], &["--allow-incomplete"]].concat());
    let continuity = &nights.manifest()["continuity"];
    let [present, _, _, recovered, unconfirmed] = figures(continuity);
    assert_eq!((ran.code, recovered, present + recovered + unconfirmed), (Some(3), 200, 1_000), "{}", ran.stderr);
    assert_eq!(continuity["unconfirmed_ids"].as_array().unwrap().len() as u64, unconfirmed);
    assert!(
        ran.stderr.contains("unconfirmed, 200 recovered: the limit of 200 lookups was reached\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_api_that_cannot_look_up_contacts_confirms_nothing() {
    for (lookups, reason) in [
        ("not-found", "the API did not find a contact that it lists: it does not exist"),
        ("plain-404", "the API did not find a contact that it lists: the server answered 404"),
        ("forbidden", "the API did not find a contact that it lists: the server answered 403"),
        ("html", "the API did not find a contact that it lists: the response is not valid JSON"),
        ("another", "the API did not find a contact that it lists: the server returned another contact"),
    ] {
        let nights = Nights::begin(&["--sandbox-contacts", "350"]);
        let ran = nights.export(&["--sandbox-contacts", "320", "--sandbox-lookups", lookups]);
        assert_eq!(ran.code, Some(0), "{lookups}: {}", ran.stderr);
        let manifest = nights.manifest();
        assert_eq!(figures(&manifest["continuity"]), [320, 0, 0, 0, 30], "{lookups}");
        assert_eq!(manifest["completeness"]["level"], "snapshot", "{lookups}");
        assert!(manifest["continuity"]["reason"].as_str().unwrap().starts_with(reason), "{manifest}");
        assert!(ran.stderr.contains(" UTC: 0 new, 0 deleted, 30 unconfirmed, 0 recovered: the API"), "{}", ran.stderr);
    }
}

#[test]
fn lookups_are_retried_and_fail_no_run() {
    let nights = Nights::begin(&["--sandbox-contacts", "350"]);
    let fewer = |fault: &str| nights.export(&["--sandbox-contacts", "320", "--sandbox-fault", fault]);
    let ran = fewer("503:lookup,0.2");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(figures(&nights.manifest()["continuity"]), [320, 0, 30, 0, 0], "{}", ran.stderr);
    nights.export(&["--sandbox-contacts", "350"]);
    let ran = fewer("500:lookup");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(figures(&nights.manifest()["continuity"]), [320, 0, 0, 0, 30], "{}", ran.stderr);
}

#[test]
fn lookups_can_be_forbidden_and_others_named() {
    let nights = Nights::begin(&["--sandbox-contacts", "350"]);
    let other = path(&nights.folder, "other.parquet");
    let ran = run(&["contacts", "--sandbox", "--sandbox-contacts", "360", "-o", &other]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = nights.export(&["--sandbox-contacts", "320", "--previous", &other, "--no-lookups"]);
    assert_eq!(figures(&nights.manifest()["continuity"]), [320, 0, 0, 0, 40], "{}", ran.stderr);
    assert!(
        ran.stderr.contains("0 deleted, 40 unconfirmed, 0 recovered: contacts were not looked up\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(nights.manifest()["continuity"]["lookups"], 0);
    let ran = nights.export(&["--previous", &other, "--limit", "7"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("mutually exclusive"), "{}", ran.stderr);
    std::fs::write(&other, "x").unwrap();
    let ran = nights.export(&["--previous", &other]);
    assert_eq!(ran.code, Some(65), "{}", ran.stderr);
    let ran = nights.export(&["--previous", &path(&nights.folder, "none")]);
    assert_eq!(ran.code, Some(66), "{}", ran.stderr);
}

#[test]
fn an_export_that_lost_too_many_contacts_replaces_nothing() {
    let nights = Nights::begin(&["--sandbox-contacts", "350"]);
    let before = std::fs::read(nights.file()).unwrap();
    let fewer = ["--sandbox-contacts", "320", "--max-deletes"];
    let ran = nights.export(&[&fewer[..], &["29"]].concat());
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let text = "30 of the 350 contacts of the previous export are gone: more than --max-deletes 29 allows";
    assert!(ran.stderr.contains("found only 320 contacts") || ran.stderr.contains(text), "{}", ran.stderr);
    assert_eq!(std::fs::read(nights.file()).unwrap(), before);
    let ran = nights.export(&[&fewer[..], &["30"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn a_previous_export_that_was_changed_is_not_believed() {
    let nights = Nights::begin(&["--sandbox-contacts", "350"]);
    let text = std::fs::read_to_string(nights.file()).unwrap();
    std::fs::write(nights.file(), text.split_once('\n').unwrap().1).unwrap();
    let ran = nights.export(&["--sandbox-contacts", "320"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("warning: ") && ran.stderr.contains("; its contacts are not accounted for"),
        "{}",
        ran.stderr
    );
    assert_eq!(nights.manifest()["continuity"], Value::Null);
}

#[test]
fn a_partition_follows_its_newest_sibling() {
    let home = folder();
    let out = path(&home, "out/");
    let night = |day: &str, contacts: &str, more: &[&str]| {
        let partition = format!("day={day}");
        let mut arguments =
            vec!["contacts", "--sandbox", "-o", &out, "--partition", &partition, "--sandbox-contacts", contacts];
        arguments.extend_from_slice(more);
        let ran = run(&arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        json(format!("{out}{partition}/_manifest.json"))["continuity"].clone()
    };
    assert_eq!(night("1", "250", &[]), Value::Null);
    assert_eq!(figures(&night("2", "240", &[])), [240, 0, 10, 0, 0]);
    assert_eq!(figures(&night("3", "245", &["--owners", "table"])), [240, 5, 0, 0, 0]);
    // The same night again.
    let again = night("3", "230", &[]);
    assert_eq!((&again["previous"]["name"], figures(&again)), (&"day=2".into(), [230, 0, 10, 0, 0]));
}

#[test]
fn raw_exports_and_directories_are_accounted_for() {
    let home = folder();
    for (name, more) in [("raw.ndjson.gz", &["--raw"][..]), ("parts/", &["--rows-per-file", "90"]), ("c.csv", &[])] {
        let out = path(&home, name);
        let export = |contacts: &str| {
            let mut arguments = vec!["contacts", "--sandbox", "-o", &out, "--sandbox-contacts", contacts];
            arguments.extend_from_slice(more);
            let ran = run(&arguments);
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            ran.stderr
        };
        export("250");
        assert!(export("240").contains("0 new, 10 deleted (all confirmed), 0 recovered"), "{name}");
    }
}

/// A server with a list of one contact, and the export before, which has one more.
fn follows_two(answer_to_lookup: impl Fn() -> String + Send + 'static, token: &str, more: &[&str]) -> (Ran, Value) {
    let asked = AtomicUsize::new(0);
    let server = Scripted::start(move |request| {
        if request.contains("/contacts/") {
            answer_to_lookup()
        } else if asked.fetch_add(1, Ordering::Relaxed) < 2 {
            page(r#"{"id":1},{"id":2}"#, 2)
        } else {
            page(r#"{"id":1}"#, 1)
        }
    });
    let (home, url) = (folder(), server.url());
    let (file, report) = (path(&home, "c.ndjson"), path(&home, "report.json"));
    let export = |token: &str, more: &[&str]| {
        let arguments = [&["contacts", "--base-url", &url, "-o", &file, "--report", &report][..], more].concat();
        ran(program(&arguments).env("LINQ_INTEGRATION_TOKEN", token).output().unwrap())
    };
    let first = export("first-0123456789", &[]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    (export(token, more), json(report))
}

#[test]
fn a_lookup_that_would_wait_too_long_is_not_made() {
    let refused = || answer("429 Too Many Requests", "Retry-After: 3600\r\n", "");
    let (ran, report) = follows_two(refused, "first-0123456789", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(figures(&report["continuity"]), [1, 0, 0, 0, 1], "{}", ran.stderr);
    assert!(ran.stderr.contains("1 unconfirmed, 0 recovered: the server answered 429"), "{}", ran.stderr);
}

#[test]
fn only_the_apis_own_denial_is_believed() {
    let denial = |headers: &str| {
        let body = r#"{"status":"error","error_code":"CONTACT_NOT_FOUND","message":"no","errors":["no"]}"#;
        let (headers, asked) = (headers.to_owned(), AtomicUsize::new(0));
        // The control is found.
        move || match asked.fetch_add(1, Ordering::Relaxed) {
            0 => answer("200 OK", "", r#"{"data":{"id":1}}"#),
            _ => answer("404 Not Found", &headers, body),
        }
    };
    for (headers, deleted) in [("", 1), ("Age: 86400\r\n", 0), ("X-Cache: HIT\r\n", 0)] {
        let (ran, report) = follows_two(denial(headers), "first-0123456789", &[]);
        assert_eq!(figures(&report["continuity"]), [1, 0, deleted, 0, 1 - deleted], "{headers}{}", ran.stderr);
    }
}

#[test]
fn another_token_may_be_that_of_another_organization() {
    let found = || answer("200 OK", "", r#"{"data":{"id":1}}"#);
    let follows = |more: &[&str]| follows_two(found, "second-0123456789", more);
    let (ran, report) = follows(&[]);
    assert_eq!((ran.code, &report["continuity"]), (Some(0), &Value::Null), "{}", ran.stderr);
    assert!(ran.stderr.contains("was exported with another token"), "{}", ran.stderr);
    let home = folder();
    let (ran, _) = follows(&["--changes", &path(&home, "changes/")]);
    assert!(ran.code == Some(65) && ran.stderr.contains("hint: if it is a new token"), "{}", ran.stderr);
    let (ran, report) = follows(&["--other-token", "--changes", &path(&home, "changes/")]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(figures(&report["continuity"]), [1, 0, 0, 0, 1], "{}", ran.stderr);
}
