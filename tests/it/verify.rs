//! `verify` over real files: what is whole is accepted, and whatever was touched is not.

use std::fs;
use std::path::Path;

use linq_export::verify::{VerifyError, verify};

use crate::run::{exported, failing, verified};
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

#[test]
fn a_whole_file_is_accepted_in_each_format_and_size() {
    for name in ["c.parquet", "c.ndjson"] {
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
fn what_is_cut_longer_missing_or_of_another_run_is_refused_with_65() {
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
    refused("bytes, and its manifest says");
    fs::write(&file, [&whole[..], b"\n"].concat()).unwrap();
    refused("bytes, and its manifest says");
    fs::write(&file, [&[lines[1], lines[0]], &lines[2..]].concat().concat()).unwrap();
    refused("the SHA-256 differs");
    fs::copy(&other, &file).unwrap();
    refused("its manifest says");
    fs::copy(manifest(&other), manifest(&file)).unwrap();
    refused("its manifest says");
    fs::write(manifest(&file), &sealed[..sealed.len() - 9]).unwrap();
    refused("the manifest is damaged");
    fs::remove_file(manifest(&file)).unwrap();
    refused("there is no manifest");
    fs::remove_file(&file).unwrap();
    refused("there is no file");
    assert_eq!(names(folder.path()), ["c.ndjson", "c.ndjson.manifest.json"]);
}

#[test]
fn publishing_that_was_interrupted_is_told_from_damage_and_finished_by_the_next_run() {
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
        assert!(ran.stderr.contains("finished the manifest of an earlier run"), "{}", ran.stderr);
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
