//! `verify` on real files: intact exports are accepted, modified ones are not.

use std::fs;
use std::path::Path;

use linq_export::dataset::{ReadbackError, open};
use linq_export::verify::{VerifyError, verify};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::run::{self, exported, failing, verified};
use crate::support::{folder, names, path};

/// A folder with an export in it, and the file's path.
fn export(name: &str, contacts: u64) -> (tempfile::TempDir, String) {
    let folder = folder();
    let file = path(&folder, name);
    let ran = exported(contacts, &file, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    (folder, file)
}

fn manifest(file: &str) -> String {
    format!("{file}.manifest.json")
}

/// Why a file is refused.
fn refusal(file: &str) -> VerifyError {
    verify(Path::new(file), None).unwrap_err()
}

pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// A number with its thousands separated.
fn thousands(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
}

/// Changes a manifest, and seals it as its program would.
pub fn resealed(file: &str, change: impl FnOnce(&mut Value)) {
    let mut value = run::json(manifest(file));
    change(&mut value);
    let zeros = "0".repeat(64);
    value["manifest_sha256"] = json!(zeros);
    let text = serde_json::to_string_pretty(&value).unwrap();
    fs::write(manifest(file), text.replace(&zeros, &sha256(&text))).unwrap();
}

/// Puts other columns into a manifest, with the fingerprint that they have.
fn with_columns(value: &mut Value, columns: &[Value]) {
    let line = |column: &Value| {
        let nullable = if column["nullable"] == true { "nullable" } else { "required" };
        format!("{} {} {nullable}\n", column["name"].as_str().unwrap(), column["type"].as_str().unwrap())
    };
    let lines: Vec<_> = columns.iter().map(line).collect();
    value["schema"]["fingerprint"] = json!(sha256(lines.concat()));
    value["schema"]["columns"] = json!(columns);
}

#[test]
fn complete_files_of_each_format_are_accepted() {
    for name in ["c.parquet", "c.ndjson", "c.ndjson.gz", "c.ndjson.zst", "c.csv", "c.csv.gz"] {
        for contacts in [0, 1, 250] {
            let (_folder, file) = export(name, contacts);
            let ran = verified(&file);
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
            assert_eq!(verify(Path::new(&file), None).unwrap().rows, contacts);
        }
    }
}

#[test]
fn each_flipped_byte_of_the_file_is_refused() {
    for name in ["c.parquet", "c.ndjson"] {
        let (_folder, file) = export(name, 2);
        let whole = fs::read(&file).unwrap();
        for index in (0..whole.len()).step_by(1 + whole.len() / 500) {
            let mut changed = whole.clone();
            changed[index] ^= 1 << (index % 8);
            fs::write(&file, changed).unwrap();
            assert!(matches!(refusal(&file), VerifyError::Content { .. }), "{index}");
        }
        fs::write(&file, &whole).unwrap();
        assert!(verify(Path::new(&file), None).is_ok());
    }
}

#[test]
fn each_flipped_byte_of_the_manifest_is_refused() {
    let (_folder, file) = export("c.ndjson", 2);
    let whole = fs::read(manifest(&file)).unwrap();
    for index in 0..whole.len() {
        let mut changed = whole.clone();
        changed[index] ^= 1 << (index % 8);
        fs::write(manifest(&file), changed).unwrap();
        assert!(matches!(refusal(&file), VerifyError::Manifest { .. }), "{index}");
    }
    // A space that becomes another white space is still the same JSON, and yet another byte.
    let respaced = String::from_utf8(whole).unwrap().replacen("  ", " \t", 1);
    fs::write(manifest(&file), respaced).unwrap();
    assert!(matches!(refusal(&file), VerifyError::Manifest { .. }));
}

#[test]
fn damaged_and_foreign_files_are_65_and_missing_ones_66() {
    let (folder, file) = export("c.ndjson", 20);
    let (_other_folder, other) = export("c.ndjson", 21);
    let (whole, sealed) = (fs::read(&file).unwrap(), fs::read(manifest(&file)).unwrap());
    let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let refused = |says: &str| {
        let ran = verified(&file);
        assert_eq!(ran.code, Some(65), "{}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("hint: "), "{says}: {}", ran.stderr);
        fs::write(&file, &whole).unwrap();
        fs::write(manifest(&file), &sealed).unwrap();
        assert_eq!(verified(&file).code, Some(0));
    };
    // Cut between two lines it is still whole NDJSON.
    fs::write(&file, lines[..19].concat()).unwrap();
    refused("does not match its manifest: ");
    fs::write(&file, [&whole[..], b"\n"].concat()).unwrap();
    refused(&format!("{} bytes instead of {}", thousands(whole.len() + 1), thousands(whole.len())));
    fs::write(&file, [&[lines[1], lines[0]], &lines[2..]].concat().concat()).unwrap();
    refused("SHA-256 differs");
    fs::copy(&other, &file).unwrap();
    refused("bytes instead of");
    fs::copy(manifest(&other), manifest(&file)).unwrap();
    refused("bytes instead of");
    fs::write(manifest(&file), &sealed[..sealed.len() - 9]).unwrap();
    refused("the manifest is damaged");
    fs::remove_file(manifest(&file)).unwrap();
    refused("manifest.json does not exist");
    fs::remove_file(&file).unwrap();
    let ran = verified(&file);
    assert_eq!(ran.code, Some(66), "{}", ran.stderr);
    assert!(ran.stderr.contains("c.ndjson does not exist") && ran.stderr.contains("hint: "), "{}", ran.stderr);
    fs::write(&file, &whole).unwrap();
    fs::write(manifest(&file), &sealed).unwrap();
    assert_eq!(names(folder.path()), ["c.ndjson", "c.ndjson.manifest.json"]);
}

#[test]
fn interrupted_publishing_is_finished_by_the_next_run() {
    let (folder, file) = export("c.ndjson", 20);
    let staged = folder.path().join(".c.ndjson.manifest.staged");
    // As a kill between the two renames leaves it: over an earlier pair, and over none.
    let (_earlier_folder, earlier) = export("c.ndjson", 10);
    for earlier in [Some(manifest(&earlier)), None] {
        fs::rename(manifest(&file), &staged).unwrap();
        if let Some(earlier) = earlier {
            fs::copy(earlier, manifest(&file)).unwrap();
        }
        assert!(matches!(refusal(&file), VerifyError::Interrupted { .. }));
        let ran = verified(&file);
        assert_eq!(ran.code, Some(65));
        assert!(ran.stderr.contains("was interrupted") && ran.stderr.contains("export again"), "{}", ran.stderr);
        // The next run finishes it, though it fails itself.
        let ran = crate::support::ran(failing(&file, &[]).output().unwrap());
        assert!(ran.stderr.contains("published the manifest of an earlier run"), "{}", ran.stderr);
        assert_eq!(verified(&file).code, Some(0));
        assert!(!staged.exists());
    }
}

#[test]
fn a_staged_manifest_of_another_file_is_no_excuse() {
    let (folder, file) = export("c.ndjson", 20);
    let (_other_folder, other) = export("c.ndjson", 10);
    fs::remove_file(manifest(&file)).unwrap();
    fs::copy(manifest(&other), folder.path().join(".c.ndjson.manifest.staged")).unwrap();
    assert!(matches!(refusal(&file), VerifyError::NoManifest { .. }));
}

#[test]
fn a_file_that_a_run_has_at_this_moment_is_75() {
    let (folder, file) = export("c.ndjson", 20);
    let lock = fs::File::open(folder.path().join(".c.ndjson.lock")).unwrap();
    lock.lock().unwrap();
    // The old pair is whole until the new one is.
    assert_eq!(verified(&file).code, Some(0));
    fs::remove_file(manifest(&file)).unwrap();
    assert_eq!(verified(&file).code, Some(75));
}

/// The bytes are right, and the seal holds: the manifest itself is of other contents.
#[test]
fn other_columns_rows_or_contents_are_refused() {
    for name in ["c.parquet", "c.ndjson", "c.csv"] {
        let (_folder, file) = export(name, 20);
        let sealed = fs::read(manifest(&file)).unwrap();
        let refused = |change: &dyn Fn(&mut Value)| {
            resealed(&file, change);
            let error = refusal(&file);
            fs::write(manifest(&file), &sealed).unwrap();
            error
        };
        resealed(&file, |_| {});
        assert!(verify(Path::new(&file), None).is_ok());
        let columns = run::json(manifest(&file))["schema"]["columns"].as_array().unwrap().clone();
        let others: [fn(&mut Vec<Value>); 5] = [
            |columns| drop(columns.pop()),
            |columns| columns.push(columns[0].clone()),
            |columns| columns.swap(1, 2),
            |columns| columns[1]["type"] = json!("int64"),
            |columns| columns[1]["nullable"] = json!(false),
        ];
        for other in others {
            let mut columns = columns.clone();
            other(&mut columns);
            let error = refused(&|value| with_columns(value, &columns));
            assert!(matches!(error, VerifyError::Schema { .. }), "{error}");
        }
        let error = refused(&|value| value["schema"]["columns"][0]["name"] = json!("other"));
        assert!(error.to_string().contains("fingerprint"), "{error}");
        let error = refused(&|value| {
            value["file"]["rows"] = json!(21);
            value["contacts"]["rows"] = json!(21);
        });
        assert!(matches!(error, VerifyError::Rows { found: 20, due: 21, .. }), "{error}");
        let error = refused(&|value| value["options"]["format"] = json!("xml"));
        assert!(error.to_string().contains("instead of xml"), "{error}");
        let digest = open(file.as_ref()).unwrap().digest().unwrap();
        let with = |sum: u128| move |value: &mut Value| value["digest"] = json!({"rows": 20, "sum": sum.to_string()});
        let error = refused(&with(digest.sum + 1));
        assert!(matches!(error, VerifyError::Digest { .. }), "{error}");
        assert!(error.to_string().contains(&format!("20 {} instead of 20 {}", digest.sum, digest.sum + 1)), "{error}");
        resealed(&file, with(digest.sum));
        assert!(verify(Path::new(&file), None).is_ok());
    }
}

/// Whoever changes a file and its checksum is found out by its contents.
#[test]
fn invalid_lines_are_refused_despite_a_valid_checksum() {
    let (_folder, file) = export("c.ndjson", 3);
    let whole = fs::read_to_string(&file).unwrap();
    let first = whole.lines().next().unwrap();
    let put = |text: &str| {
        fs::write(&file, text).unwrap();
        resealed(&file, |value| {
            value["file"]["bytes"] = json!(text.len());
            value["file"]["sha256"] = json!(sha256(text));
        });
    };
    put(&whole);
    assert!(verify(Path::new(&file), None).is_ok());
    put(&whole.replacen("\"email\"", "\"mail\"", 1));
    assert!(matches!(refusal(&file), VerifyError::Dataset(ReadbackError::Columns { .. })));
    put(&whole.replacen(",\"extra\":null}", "}", 1));
    assert!(matches!(refusal(&file), VerifyError::Schema { .. }));
    put(&format!("{first}\n{}\n{first}\n", first.replace(",\"extra\":null}", "}")));
    assert!(refusal(&file).to_string().contains("line 2: extra is missing"));
    put(&format!("{first}\n{first}\n{first}\n"));
    assert!(matches!(refusal(&file), VerifyError::Twice { .. }));
    put(&whole.replacen("\"created_at\":\"2", "\"created_at\":\"x", 1));
    assert!(refusal(&file).to_string().contains("created_at is not an RFC 3339 time"));
    put(&whole[..whole.len() - 3]);
    assert!(matches!(refusal(&file), VerifyError::Dataset(ReadbackError::Malformed { .. })));
}

#[test]
fn of_contacts_as_the_api_sent_them_rows_and_ids_are_checked() {
    let (folder, file) = export("c.ndjson", 3);
    let raw = path(&folder, "raw.ndjson.gz");
    let ran = exported(250, &raw, &["--raw"]);
    assert_eq!((ran.code, verified(&raw).code), (Some(0), Some(0)), "{}", ran.stderr);
    for (text, accepted) in [
        ("{\"id\":1,\"any\":[1]}\n{\"id\":\"2\"}\n{\"other\":{\"id\":1},\"id\":3}\n", true),
        ("{\"id\":1}\n{\"id\":2}\n", false),
        ("{\"id\":1}\n{\"id\":2}\n{\"id\":\"1\"}\n", false),
        ("{\"id\":1}\n{\"id\":2}\n{}\n", false),
    ] {
        fs::write(&file, text).unwrap();
        resealed(&file, |value| {
            value["options"]["raw"] = json!(true);
            value["file"]["bytes"] = json!(text.len());
            value["file"]["sha256"] = json!(sha256(text));
        });
        assert_eq!(verify(Path::new(&file), None).is_ok(), accepted, "{text}");
    }
}

/// Which keys an owner has, lines without one do not say: the manifest does.
#[test]
fn lines_of_which_none_has_an_owner_are_of_the_form_in_the_manifest() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let ran = exported(20, &file, &["--owners", "struct", "--drop", "owner_email", "--columns", "id,contact_owner"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = "{\"id\":1,\"contact_owner\":null}\n";
    fs::write(&file, text).unwrap();
    resealed(&file, |value| {
        let nulls = sha256("1:1----");
        value["digest"] = json!({"rows": 1, "sum": u64::from_str_radix(&nulls[..15], 16).unwrap().to_string()});
        value["contacts"]["rows"] = json!(1);
        value["contacts"]["owners"] = json!(0);
        value["file"] = json!({"name": "c.ndjson", "rows": 1, "bytes": text.len(), "sha256": sha256(text)});
    });
    assert!(verify(Path::new(&file), None).is_ok());
}

#[test]
fn several_paths_are_checked_and_each_has_an_object() {
    let (folder, file) = export("c.ndjson", 3);
    let (other, missing) = (path(&folder, "d.ndjson"), path(&folder, "e.ndjson"));
    assert_eq!(exported(4, &other, &[]).code, Some(0));
    fs::write(&file, "{}\n").unwrap();
    let ran = crate::support::run(&["verify", &file, &missing, &other]);
    assert_eq!(ran.code, Some(65), "the first difference counts: {}", ran.stderr);
    for part in ["c.ndjson does not match", "e.ndjson does not exist", "d.ndjson: OK"] {
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
    let ran = crate::support::run(&["verify", &other, &missing, "--json", "--require", "complete"]);
    assert_eq!(ran.code, Some(66), "{}", ran.stderr);
    let found: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let picked = |key: &str| found.iter().map(|found| found[key].clone()).collect::<Vec<_>>();
    assert_eq!(picked("ok"), [json!(true), json!(false)]);
    assert_eq!(picked("exit_code"), [json!(0), json!(66)]);
    assert_eq!((&picked("rows")[0], &picked("level")[0]), (&json!(4), &json!("snapshot")));
    assert_eq!(picked("path"), [json!(other), json!(missing)]);
    assert!(picked("error")[1].as_str().unwrap().contains("does not exist"));
    let ran = crate::support::run(&["verify", &other, &file, "--manifest", &manifest(&other)]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}
