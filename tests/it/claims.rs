//! What `verify` accepts and prints from a manifest: a level that the rest of the manifest does not contradict, and no
//! terminal control characters.

use linq_export::Level;
use linq_export::verify::{VerifyError, verify};
use serde_json::{Value, json};

use crate::support::run::{exported, json as json_of};
use crate::support::{Ran, folder, path, program, ran, run};
use crate::verify::resealed;

/// `verify` that requires a level.
fn required(file: &str, level: &str) -> Ran {
    run(&["verify", file, "--require", level])
}

#[test]
fn a_level_below_the_required_one_is_3_and_says_why() {
    let folder = folder();
    let [whole, limited] = ["whole.ndjson", "limited.ndjson"].map(|name| path(&folder, name));
    assert_eq!(exported(250, &whole, &[]).code, Some(0));
    assert_eq!(exported(250, &limited, &["--limit", "7"]).code, Some(0));
    for level in ["any", "counted", "complete", "snapshot"] {
        let ran = required(&whole, level);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{level}: {}", ran.stderr);
        let ran = required(&limited, level);
        assert_eq!(ran.code, Some(if level == "any" { 0 } else { 3 }), "{level}: {}", ran.stderr);
        if level != "any" {
            assert!(
                ran.stderr.contains(&format!("is incomplete, but {level} is required: stopped at the limit of ")),
                "{}",
                ran.stderr
            );
            assert!(ran.stderr.contains("hint: ") && !ran.stderr.contains("is as its manifest says"), "{}", ran.stderr);
        }
    }
    assert_eq!(run(&["verify", &limited]).code, Some(0));
    assert_eq!(required(&whole, "sure").code, Some(2));
    let by_variable = program(&["verify", &limited]).env("LINQ_EXPORT_REQUIRE", "counted").output().unwrap();
    assert_eq!(ran(by_variable).code, Some(3));
    // What differs counts before what is missing.
    std::fs::write(&limited, "{}").unwrap();
    assert_eq!(required(&limited, "snapshot").code, Some(65));
    assert_eq!(verify(whole.as_ref(), None).unwrap().level, Level::Snapshot);
}

#[test]
fn a_folder_is_held_to_the_same_level() {
    let folder = folder();
    let parts = path(&folder, "parts/");
    assert_eq!(exported(250, &parts, &["--limit", "7", "--rows-per-file", "3"]).code, Some(0));
    assert_eq!((required(&parts, "any").code, required(&parts, "counted").code), (Some(0), Some(3)));
}

/// What is done to a manifest.
type Change<'c> = &'c dyn Fn(&mut Value);

/// Changes the manifest of a limited export, which has 7 contacts of 250 and their owners in a table; returns what `verify`
/// says then.
fn after(change: Change<'_>) -> Ran {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    assert_eq!(exported(250, &file, &["--limit", "7", "--owners", "table", "--digest"]).code, Some(0));
    resealed(&file, change);
    let ran = run(&["verify", &file]);
    let acts = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
    assert!(!ran.stderr.contains(acts), "{:?}", ran.stderr);
    ran
}

#[test]
fn a_manifest_that_claims_what_it_denies_itself_is_65() {
    assert_eq!(after(&|_| {}).code, Some(0));
    let changes: [(&str, Change<'_>); 9] = [
        ("level snapshot with 0 assumptions", &|value| value["completeness"]["level"] = json!("snapshot")),
        ("options.limit is below the server's 250 contacts", &|value| {
            value["completeness"]["level"] = json!("snapshot");
            value["completeness"]["assumptions"] = json!([
                {"name": "A1", "status": "assumed", "text": ""},
                {"name": "A3", "status": "checked", "text": ""},
            ]);
            value["completeness"]["reasons"] = json!([]);
        }),
        ("options.limit is below", &|value| {
            value["completeness"]["level"] = json!("counted");
        }),
        ("a reason excludes it: stopped at the limit of ", &|value| {
            value["completeness"]["level"] = json!("counted");
            value["options"]["limit"] = Value::Null;
        }),
        ("contacts.rows is 8", &|value| value["contacts"]["rows"] = json!(8)),
        ("digest.rows is 8", &|value| value["digest"]["rows"] = json!(8)),
        ("owners.rows is 99", &|value| value["owners"]["rows"] = json!(99)),
        ("contacts.owners", &|value| value["contacts"]["owners"] = json!(99)),
        ("run.slowdowns is 1", &|value| value["run"]["slowdowns"] = json!(1)),
    ];
    for (says, change) in changes {
        let ran = after(change);
        assert_eq!(ran.code, Some(65), "{says}: {}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("hint: "), "{says}: {}", ran.stderr);
    }
}

#[test]
fn nothing_that_a_manifest_says_acts_on_a_terminal() {
    const EVIL: &str = "x\u{1b}]0;owned\u{7}\u{202e}\n";
    let keys = [
        "/completeness/level",
        "/times/finished_at",
        "/times/started_at",
        "/options/format",
        "/schema/fingerprint",
        "/file/name",
        "/file/sha256",
        "/file/rows",
        "/owners/file/name",
        "/owners/columns/0/name",
        "/owners/columns/0/type",
        "/digest/sum",
    ];
    for key in keys {
        let ran = after(&|value| *value.pointer_mut(key).unwrap() = json!(EVIL));
        // The name of the file itself is the operator's, and its format is told by its bytes.
        let is_free = ["/file/name"].contains(&key);
        assert_eq!(ran.code, Some(if is_free { 0 } else { 65 }), "{key}: {}", ran.stderr);
    }
    let ran = after(&|value| value["owners"]["file"]["name"] = json!("a.owners\u{1b}[2J"));
    assert!(ran.code == Some(65) && ran.stderr.contains("a.owners\\u{1b}[2J"), "{}", ran.stderr);
    let ran = after(&|value| value["completeness"]["level"] = json!("perfect"));
    assert!(
        ran.stderr.contains("the unknown level \"perfect\"")
            && ran.stderr.contains("version of linq-export that made the export"),
        "{}",
        ran.stderr
    );
}

#[test]
fn inspect_relies_on_no_level_that_it_does_not_know() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    assert_eq!(exported(20, &file, &[]).code, Some(0));
    resealed(&file, |value| value["completeness"]["level"] = json!("perfect\u{1b}[2J"));
    let said = run(&["inspect", &file]).stdout;
    assert!(
        said.contains("IS NOT RELIABLE: the manifest states the unknown level") && !said.contains('\u{1b}'),
        "{said}"
    );
    assert_eq!(json_of(file + ".manifest.json")["contacts"]["rows"], 20);
}

#[test]
fn a_level_is_asked_for_in_the_library_too() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    assert_eq!(exported(20, &file, &["--limit", "7"]).code, Some(0));
    let verified = verify(file.as_ref(), None).unwrap();
    let below = verified.require(linq_export::Require::Complete).unwrap_err();
    assert!(
        matches!(&below, VerifyError::Below { level: Level::Incomplete, reasons, .. } if reasons.len() == 1),
        "{below}"
    );
    assert!(verified.require(linq_export::Require::Any).is_ok());
}
