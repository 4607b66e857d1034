//! Records are written like the output: through links, and into devices and pipes without replacing them.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::Command;

use serde_json::Value;

use crate::support::run::{export, exported, failing, json};
use crate::support::{folder, names, path, ran};

const RECORDS: [&str; 2] = ["--report", "--metrics-file"];

fn is_report(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|report| report["exit_code"] == 0)
}

fn fifo(path: &str) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn writes_records_through_links() {
    let folder = folder();
    fs::create_dir(folder.path().join("data")).unwrap();
    let link = path(&folder, "report.json");
    symlink("data/run.json", &link).unwrap();
    for _ in 0..2 {
        assert_eq!(exported(5, &path(&folder, "c.csv"), &["--report", &link]).code, Some(0));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(json(path(&folder, "data/run.json"))["exit_code"], 0);
    }
    assert_eq!(names(&folder.path().join("data")), ["run.json"]);
}

#[test]
fn a_pipe_without_reader_is_an_error() {
    let folder = folder();
    let (file, pipe) = (path(&folder, "c.csv"), path(&folder, "pipe"));
    fifo(&pipe);
    for record in RECORDS {
        let ran = ran(failing(&file, &[record, &pipe]).output().unwrap());
        assert_eq!(ran.code, Some(73), "{}", ran.stderr);
        assert!(ran.stderr.contains("nothing reads from it"), "{}", ran.stderr);
        let child = export(5, &file, &[record, &pipe]).spawn().unwrap();
        let text = fs::read_to_string(&pipe).unwrap();
        assert!(is_report(&text) || text.contains("linq_export_exit_code"), "{text}");
        assert!(child.wait_with_output().unwrap().status.success());
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    }
}

#[test]
fn keeps_pipes_named_like_files_of_the_output() {
    for name in [".c.csv.lock", "c.csv.manifest.json", ".c.csv.manifest.staged", "c.owners.csv"] {
        let folder = folder();
        let pipe = path(&folder, name);
        fifo(&pipe);
        let ran = ran(failing(&path(&folder, "c.csv"), &["--owners", "table"]).output().unwrap());
        assert_eq!(ran.code, Some(73), "{name}: {}", ran.stderr);
        assert!(ran.stderr.lines().next().unwrap().contains(name), "{}", ran.stderr);
        assert_eq!(names(folder.path()).len(), usize::from(!name.ends_with("lock")));
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    }
}

#[test]
fn never_replaces_devices_and_directories() {
    let folder = folder();
    let (file, directory, socket) = (path(&folder, "c.csv"), path(&folder, "directory"), path(&folder, "socket"));
    fs::create_dir(&directory).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    symlink("loop", path(&folder, "loop")).unwrap();
    let before = names(folder.path());
    for at in [directory.clone(), directory + "/", socket, path(&folder, "loop"), path(&folder, "new/")] {
        for record in RECORDS {
            let ran = ran(failing(&file, &[record, &at]).output().unwrap());
            assert_eq!(ran.code, Some(73), "{at}: {}", ran.stderr);
            assert!(ran.stderr.contains("caused by: ") && ran.stderr.contains("hint: "), "{}", ran.stderr);
        }
        let ran = exported(5, "-", &["--format", "csv", "--manifest", &at]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(73), ""), "{at}: {}", ran.stderr);
    }
    assert_eq!(names(folder.path()), before);
}

#[test]
fn stdout_takes_records_unless_it_has_the_contacts() {
    let folder = folder();
    let file = path(&folder, "c.csv");
    for stdout in ["-", "/dev/stdout"] {
        let ran = exported(5, &file, &["--report", stdout]);
        assert!(ran.code == Some(0) && is_report(&ran.stdout), "{}", ran.stderr);
        let ran = exported(5, &file, &["--metrics-file", stdout]);
        assert!(ran.code == Some(0) && ran.stdout.contains("linq_export_rows"), "{}", ran.stderr);
        for record in ["--report", "--metrics-file", "--manifest"] {
            let ran = exported(5, "-", &["--format", "csv", record, stdout]);
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
        }
        let ran = exported(5, &file, &["--report", stdout, "--metrics-file", "-"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
    }
    // Into the log, and not in its place.
    let log = folder.path().join("log");
    fs::write(&log, "before\n").unwrap();
    let appending = fs::OpenOptions::new().append(true).open(&log).unwrap();
    assert!(export(5, &file, &["-q", "--report", "/dev/stderr"]).stderr(appending).status().unwrap().success());
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.strip_prefix("before\n").is_some_and(is_report), "{text}");
    assert_eq!(names(folder.path()), ["c.csv", "c.csv.manifest.json", "log"]);
}

#[cfg(target_os = "linux")]
#[test]
fn refuses_a_manifest_over_redirected_stdout() {
    let folder = folder();
    let file = path(&folder, "c.csv");
    let mut command = export(5, "-", &["--format", "csv", "--manifest", &file]);
    assert_eq!(command.stdout(fs::File::create(&file).unwrap()).status().unwrap().code(), Some(2));
    assert_eq!(names(folder.path()), ["c.csv"]);
}

/// A device node for this test, which must not replace the machine's.
#[cfg(target_os = "linux")]
#[test]
fn a_device_stays_a_device() {
    let folder = folder();
    let null = path(&folder, "null");
    let made = Command::new("mknod").args([&null, "c", "1", "3"]).output().unwrap();
    if !made.status.success() || fs::OpenOptions::new().append(true).open(&null).is_err() {
        eprintln!("skipped: this user can make no device here");
        return;
    }
    let file = path(&folder, "c.csv");
    for arguments in
        [&["--report", &null][..], &["--metrics-file", &null], &["--report", &null, "--metrics-file", &null]]
    {
        let ran = exported(5, &file, arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    assert_eq!(exported(5, "-", &["--format", "csv", "--manifest", &null]).code, Some(0));
    assert!(fs::symlink_metadata(&null).unwrap().file_type().is_char_device());
}

#[test]
fn keeps_the_last_success_of_each_output_apart() {
    let folder = folder();
    let metrics = path(&folder, "linq.prom");
    let success = || fs::read_to_string(&metrics).unwrap().contains("linq_export_last_success");
    let (one, other) = (path(&folder, "one.csv"), path(&folder, "other.csv"));
    assert_eq!(exported(5, &one, &["--metrics-file", &metrics]).code, Some(0));
    assert!(success());
    let fails = |output: &str| failing(output, &["--metrics-file", &metrics]).output().unwrap().status.code();
    assert_eq!(fails(&one), Some(69));
    assert!(success());
    assert_eq!(fails(&other), Some(69));
    assert!(!success());
}
