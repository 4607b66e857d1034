//! What a run leaves in the directory of its output, and locking.

use std::fs::{self, File};

use crate::support::run::{Heard, export, exported, failing, json, verified};
use crate::support::{folder, names, ndjson_rows, parquet_rows, path};

#[test]
fn leaves_a_file_its_manifest_and_its_lock_only() {
    let folder = folder();
    let file = path(&folder, "contacts.parquet");
    for contacts in [250, 300] {
        assert_eq!(exported(contacts, &file, &[]).code, Some(0));
        assert_eq!(names(folder.path()), ["contacts.parquet", "contacts.parquet.manifest.json"]);
        assert!(folder.path().join(".contacts.parquet.lock").exists());
        assert_eq!(json(file.clone() + ".manifest.json")["file"]["rows"], contacts);
        assert_eq!(verified(&file).code, Some(0));
    }
}

#[test]
fn a_failed_run_keeps_the_old_file_and_manifest() {
    let folder = folder();
    let file = path(&folder, "contacts.ndjson");
    assert_eq!(exported(5, &file, &[]).code, Some(0));
    let read = || (fs::read(&file).unwrap(), fs::read(file.clone() + ".manifest.json").unwrap());
    let before = read();
    assert_eq!(failing(&file, &[]).output().unwrap().status.code(), Some(69));
    assert_eq!(read(), before);
    assert_eq!(names(folder.path()), ["contacts.ndjson", "contacts.ndjson.manifest.json"]);
}

#[test]
fn sweeps_leftovers_of_crashed_runs_only() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    for name in [".c.ndjson.abcd1234.tmp", ".c.ndjson.manifest.json.abcd1234.tmp", ".c.ndjson.manifest.staged"] {
        fs::write(folder.path().join(name), "half").unwrap();
    }
    let others = [".c.ndjson.bak", ".d.ndjson.abcd1234.tmp"];
    for name in others {
        fs::write(folder.path().join(name), "another's").unwrap();
    }
    assert_eq!(exported(5, &file, &[]).code, Some(0));
    assert_eq!(names(folder.path()), [others[0], others[1], "c.ndjson", "c.ndjson.manifest.json"]);
}

#[test]
fn refuses_or_waits_for_a_locked_file() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let lock = File::create(folder.path().join(".c.ndjson.lock")).unwrap();
    lock.lock().unwrap();
    let ran = exported(5, &file, &[]);
    assert_eq!(ran.code, Some(75), "{}", ran.stderr);
    assert!(ran.stderr.contains("another run is writing") && ran.stderr.contains("--lock-timeout"), "{}", ran.stderr);
    assert_eq!(exported(5, &file, &["--lock-timeout", "1ms"]).code, Some(75));
    let mut waiting = Heard::start(export(5, &file, &["--lock-timeout", "10m"]));
    waiting.until("waiting for it");
    drop(lock);
    assert_eq!(waiting.end().0, Some(0));
    assert_eq!(verified(&file).code, Some(0));
}

#[test]
fn a_signal_stops_a_run_that_waits_for_a_lock() {
    let folder = folder();
    let lock = File::create(folder.path().join(".c.ndjson.lock")).unwrap();
    lock.lock().unwrap();
    let mut waiting = Heard::start(export(5, &path(&folder, "c.ndjson"), &["--lock-timeout", "10m"]));
    waiting.until("waiting for it");
    waiting.signal("TERM");
    assert_eq!(waiting.end().0, Some(143));
}

#[test]
fn writes_the_manifest_of_a_stream_where_told() {
    let folder = folder();
    let manifest = path(&folder, "m.json");
    let ran = exported(120, "-", &["--format", "ndjson", "--manifest", &manifest]);
    assert_eq!((ran.code, ndjson_rows(&ran.stdout).len()), (Some(0), 120), "{}", ran.stderr);
    assert_eq!(json(&manifest)["file"]["name"], serde_json::Value::Null);
    let file = path(&folder, "kept.ndjson");
    fs::write(&file, &ran.stdout).unwrap();
    let verify = |file: &str| crate::support::run(&["verify", file, "--manifest", &manifest]);
    assert_eq!(verify(&file).code, Some(0), "{}", verify(&file).stderr);
    fs::write(&file, &ran.stdout[1..]).unwrap();
    assert_eq!(verify(&file).code, Some(65));

    let ran = exported(5, &file, &["--manifest", &manifest]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let missing = path(&folder, "missing/m.json");
    let ran = exported(5, "-", &["--format", "ndjson", "--manifest", &missing]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(73), ""));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &str) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn modes_are_kept_or_given_and_private_at_first() {
        let folder = folder();
        let file = path(&folder, "c.ndjson");
        let manifest = file.clone() + ".manifest.json";
        let modes = || (mode(&file), mode(&manifest));
        assert_eq!(exported(5, &file, &[]).code, Some(0));
        assert_eq!(modes(), (0o600, 0o600));
        fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
        assert_eq!(exported(5, &file, &[]).code, Some(0));
        assert_eq!(modes(), (0o640, 0o600));
        fs::remove_file(&manifest).unwrap();
        assert_eq!(exported(5, &file, &[]).code, Some(0));
        assert_eq!(modes(), (0o640, 0o640));
        assert_eq!(exported(5, &file, &["--mode", "0644"]).code, Some(0));
        assert_eq!(modes(), (0o644, 0o644));
        assert_eq!(exported(5, &file, &["--mode", "rw"]).code, Some(2));
    }

    #[test]
    fn follows_symbolic_links_even_dangling_ones() {
        let folder = folder();
        fs::create_dir(folder.path().join("data")).unwrap();
        let link = path(&folder, "latest.parquet");
        symlink("data/c.parquet", &link).unwrap();
        for contacts in [5, 7] {
            assert_eq!(exported(contacts, &link, &[]).code, Some(0));
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(parquet_rows(link.as_ref()).len() as u64, contacts);
            assert_eq!(verified(&link).code, Some(0));
        }
        assert_eq!(names(folder.path()), ["data", "latest.parquet"]);
        assert_eq!(names(&folder.path().join("data")), ["c.parquet", "c.parquet.manifest.json"]);
    }

    #[test]
    fn streams_into_pipes_and_its_own_streams() {
        let folder = folder();
        let pipe = path(&folder, "pipe.ndjson");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let child = export(120, &pipe, &[]).spawn().unwrap();
        assert_eq!(ndjson_rows(&fs::read_to_string(&pipe).unwrap()).len(), 120);
        assert!(child.wait_with_output().unwrap().status.success());
        assert_eq!(names(folder.path()), ["pipe.ndjson"]);

        let file = folder.path().join("redirected");
        let mut command = export(120, "/dev/stdout", &["--format", "ndjson"]);
        assert!(command.stdout(File::create(&file).unwrap()).status().unwrap().success());
        assert_eq!(ndjson_rows(&fs::read_to_string(&file).unwrap()).len(), 120);
        assert_eq!(names(folder.path()), ["pipe.ndjson", "redirected"]);
    }
}
