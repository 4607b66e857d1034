//! Which directories an export replaces.

use std::fs::{self, File};
use std::path::Path;

use linq_export::verify::{VerifyError, verify};

use super::{MANY, files, refusal};
use crate::support::run::{export, exported, failing, json, verified};
use crate::support::{all_names, folder, names, path, ran};

#[test]
fn replaces_a_directory_atomically() {
    let home = folder();
    let out = path(&home, "out/");
    fs::create_dir(&out).unwrap();
    for contacts in [250, 50] {
        let more = [&MANY[..], &["--max-deletes", "100%"]].concat();
        assert_eq!(exported(contacts, &out, &more).code, Some(0));
        assert_eq!(verify(out.as_ref(), None).unwrap().rows, contacts);
    }
    assert_eq!(names(out.as_ref()).len(), 3);
    let before = files(out.as_ref());
    assert_eq!(failing(&out, &[]).output().unwrap().status.code(), Some(69));
    assert_eq!(files(out.as_ref()), before);
    assert_eq!(verified(&out).code, Some(0));
    assert_eq!(names(home.path()), ["out"]);
}

#[test]
fn refuses_to_replace_other_directories() {
    let home = folder();
    let out = path(&home, "out/");
    let refused = |says: &[&str]| {
        let before = files(out.as_ref());
        // A server that is not there would be 69: it was not asked.
        let ran = ran(failing(&out, &[]).output().unwrap());
        assert_eq!(ran.code, Some(73), "{}", ran.stderr);
        assert!(says.iter().all(|says| ran.stderr.contains(says)), "{says:?}: {}", ran.stderr);
        assert_eq!(files(out.as_ref()), before);
        assert_eq!(names(home.path()), ["out"]);
    };
    fs::create_dir(&out).unwrap();
    fs::write(out.clone() + "theirs.txt", "theirs").unwrap();
    refused(&[
        "it contains \"theirs.txt\", which is not part of an export",
        "hint: choose another directory, or move the other files away: only a directory that is missing, empty",
    ]);
    fs::remove_file(out.clone() + "theirs.txt").unwrap();

    assert_eq!(exported(5, &out, &["--owners", "table"]).code, Some(0));
    for theirs in ["part-00001.parquet", ".hidden", "_owners/theirs", "zzz"] {
        fs::write(out.clone() + theirs, "theirs").unwrap();
        refused(&[&format!("it contains {theirs:?}, which its _manifest.json does not list")]);
        assert!(matches!(refusal(&out), VerifyError::Stray(path) if path == Path::new(&out).join(theirs)));
        fs::remove_file(out.clone() + theirs).unwrap();
    }
    fs::create_dir(out.clone() + "day=1").unwrap();
    refused(&["it contains partitions, such as \"day=1\""]);
    fs::remove_dir(out.clone() + "day=1").unwrap();
    let manifest = fs::read_to_string(out.clone() + "_manifest.json").unwrap();
    fs::write(out.clone() + "_manifest.json", manifest.replace("counted", "snapshot") + " ").unwrap();
    refused(&["its _manifest.json is not usable: the manifest is damaged"]);
    fs::write(out.clone() + "_manifest.json", manifest).unwrap();
    assert_eq!(exported(5, &out, &[]).code, Some(0));
}

#[test]
fn refuses_paths_that_cannot_be_an_output_directory() {
    let home = folder();
    fs::write(home.path().join("file"), "").unwrap();
    fs::create_dir(home.path().join("there")).unwrap();
    let [file, missing, there] = ["file/", "missing/out/", "there"].map(|name| path(&home, name));
    let inside = format!("{there}/..");
    for (output, more, code, says) in [
        ("./", &[][..], 2, "use a subdirectory, such as -o contacts/"),
        ("/", &[], 2, "use a subdirectory, such as -o contacts/"),
        ("../", &[], 2, "use a subdirectory, such as -o contacts/"),
        ("..", &[], 73, "add a trailing slash"),
        (&format!("{inside}/"), &[], 2, "use a subdirectory, such as -o contacts/"),
        (&inside, &[], 73, "add a trailing slash"),
        (&there, &[], 73, "add a trailing slash"),
        (&there, &["--format", "csv"], 73, "add a trailing slash"),
        (&file, &[], 73, "remove the trailing slash"),
        (&missing, &[], 73, "caused by: "),
        (&missing, &["--partition", "day=1"], 73, "caused by: "),
        ("c.parquet", &MANY, 2, "--rows-per-file needs a directory"),
        ("-", &["--partition", "day=1", "--format", "csv"], 2, "--partition needs a directory"),
        ("http://bucket/c.parquet", &[], 2, "http:// URLs are not supported"),
        ("s3://bucket", &[], 2, "it names no object; expected s3://bucket/path/contacts.parquet"),
        ("gs:/bucket/out/", &[], 2, "expected gs://bucket/"),
        ("s3://bucket/c.parquet", &["--partition", "day=1"], 2, "--partition needs a directory"),
        ("s3://bucket/c.parquet", &["--mode", "600"], 2, "--mode cannot be used with a URL"),
        ("s3://bucket/c.parquet", &["--lock-lease", "0.1s"], 2, "--lock-lease must be at least"),
        ("c.parquet", &["--no-lock"], 2, "--no-lock is for outputs in an object store only"),
        ("c.parquet", &["--lock-lease", "5s"], 2, "--lock-lease is for outputs in an object store only"),
        ("s3://bucket/c.parquet", &["--changes", "ch/"], 2, "--changes needs a local file or directory"),
        ("s3://bucket/c.parquet", &[], 73, "no credentials: AWS_ACCESS_KEY_ID"),
        ("gs://bucket/c.parquet", &[], 73, "no credentials: GOOGLE_APPLICATION_CREDENTIALS"),
        ("az://bucket/c.parquet", &[], 73, "no credentials: AZURE_STORAGE_ACCOUNT_NAME"),
        ("out/", &["--partition", "day"], 2, "invalid partition"),
        ("out/", &["--partition", "email=1"], 2, "which is a column"),
        ("out/", &["--partition", "Email=1", "--drop", "email"], 2, "which is a column"),
        ("out/", &["--partition", "contact_owner=1"], 2, "which is a column"),
        ("out/", &["--partition", "CONTACTS=1"], 2, "which is a column"),
        ("out/", &["--rows-per-file", "0"], 2, "--rows-per-file"),
        (&path(&home, "out/"), &["--manifest", "m.json"], 2, "--manifest is only for"),
        (&path(&home, "out/"), &["--report", &path(&home, "out/r.json")], 2, "overlaps with the output:"),
        (&path(&home, "out/"), &["--report", &path(&home, ".out.lock")], 2, "overlaps with the output's lock:"),
    ] {
        let ran = exported(5, output, more);
        assert_eq!(ran.code, Some(code), "{output}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{output}: {}", ran.stderr);
    }
    let mut command = export(5, "c.parquet", &[]);
    let ran = ran(command.env("LINQ_EXPORT_PARTITION", "day=1").output().unwrap());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert_eq!(names(home.path()), ["file", "there"]);
}

#[test]
fn a_partition_keeps_the_others() {
    let home = folder();
    let out = path(&home, "out/");
    let day = |day: &str| format!("{out}day={day}");
    let partition = |of: &str, contacts| exported(contacts, &out, &["--partition", &format!("day={of}")]);
    // The folder around it goes again with the first run if that fails.
    assert_eq!(failing(&out, &["--partition", "day=1"]).output().unwrap().status.code(), Some(69));
    assert!(names(home.path()).is_empty());
    for (of, contacts) in [("1", 5), ("2", 7), ("1", 9)] {
        let ran = partition(of, contacts);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("to {}", day(of))), "{}", ran.stderr);
        assert_eq!(verify(day(of).as_ref(), None).unwrap().rows, contacts);
    }
    assert_eq!(verify(day("2").as_ref(), None).unwrap().rows, 7);
    // Nothing of a run stays: there is one a night.
    assert_eq!(all_names(out.as_ref()), ["day=1", "day=2"]);
    assert_eq!(json(day("1") + "/_manifest.json")["options"]["partition"], "day=1");
    // Nor does one that is being written hinder another.
    let lock = File::create(out.clone() + ".day=1.lock").unwrap();
    lock.lock().unwrap();
    assert_eq!((partition("1", 5).code, partition("2", 5).code), (Some(75), Some(0)));
    let ran = exported(5, &out, &[]);
    assert!(ran.code == Some(73) && ran.stderr.contains("it contains partitions, such as \"day=1\""), "{}", ran.stderr);
    assert_eq!(names(out.as_ref()), ["day=1", "day=2"]);
}

#[test]
fn refuses_to_mix_exports_and_partition_keys() {
    let home = folder();
    let [out, days] = ["out/", "days/"].map(|name| path(&home, name));
    let refused = |out: &str, partition: &str, says: &str| {
        let before = files(out.as_ref());
        let ran = ran(failing(out, &["--partition", partition]).output().unwrap());
        assert_eq!(ran.code, Some(73), "{}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("hint: choose a directory"), "{}", ran.stderr);
        assert_eq!(files(out.as_ref()), before);
    };
    assert_eq!(exported(5, &out, &[]).code, Some(0));
    for name in ["_SUCCESS", "_manifest.json", "part-00000.parquet"] {
        refused(&out, "day=1", &format!("it is an export itself: it contains {name:?}"));
        fs::remove_file(out.clone() + name).unwrap();
    }
    assert_eq!(exported(5, &out, &["--partition", "day=1"]).code, Some(0));
    assert_eq!(exported(5, &days, &["--partition", "day=1"]).code, Some(0));
    refused(&days, "month=1", "its partitions have another key, such as \"day=1\"");
    assert_eq!(exported(5, &days, &["--partition", "day=2"]).code, Some(0));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &str) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn directories_have_modes_that_match_their_files() {
        let home = folder();
        let out = path(&home, "out/");
        let modes = || {
            let files = ["part-00000.parquet", "_manifest.json", "_SUCCESS", "_owners/owners.parquet"];
            let files = files.map(|name| mode(&format!("{out}{name}")));
            assert!(files.iter().all(|mode| *mode == files[0]), "{files:?}");
            assert_eq!(mode(&out), mode(&(out.clone() + "_owners")));
            (files[0], mode(&out))
        };
        let export = |more: &[&str]| {
            let ran = exported(5, &out, &[&["--owners", "table"], more].concat());
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        };
        export(&[]);
        assert_eq!(modes(), (0o600, 0o700));
        export(&["--mode", "640"]);
        assert_eq!(modes(), (0o640, 0o750));
        export(&[]);
        assert_eq!(modes(), (0o640, 0o750));
        export(&["--mode", "444"]);
        assert_eq!(modes(), (0o444, 0o755));
        export(&["--mode", "600"]);
        assert_eq!(modes(), (0o600, 0o700));
    }

    #[test]
    fn keeps_links_to_directories() {
        let home = folder();
        fs::create_dir(home.path().join("data")).unwrap();
        symlink("data/1", home.path().join("latest")).unwrap();
        for contacts in [5, 7] {
            assert_eq!(exported(contacts, &path(&home, "latest/"), &[]).code, Some(0));
            assert!(fs::symlink_metadata(home.path().join("latest")).unwrap().is_symlink());
            assert_eq!(verify(&home.path().join("latest"), None).unwrap().rows, contacts);
        }
        assert_eq!(exported(9, &path(&home, "latest/."), &[]).code, Some(0));
        assert_eq!(verify(&home.path().join("latest"), None).unwrap().rows, 9);
        assert_eq!(names(home.path()), ["data", "latest"]);
        assert_eq!(names(&home.path().join("data")), ["1"]);
    }

    #[test]
    fn follows_dangling_links_for_partitions() {
        let home = folder();
        symlink("data", home.path().join("latest")).unwrap();
        let ran = exported(5, &path(&home, "latest/"), &["--partition", "day=1"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(verify(&home.path().join("data/day=1"), None).unwrap().rows, 5);
    }
}
