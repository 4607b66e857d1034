//! Each exit code, produced by a run of the program. Signals, SIGPIPE and full disks have files of their own.

use std::fs::File;

use linq_export::ExitCode;

use crate::support::run::{export, exported, failing};
use crate::support::scripted::{Scripted, answer, page};
use crate::support::{Ran, folder, path, program, ran};

/// A run against a server with this answer.
fn answered(answer: String) -> Ran {
    let server = Scripted::start(move |_| answer.clone());
    let folder = folder();
    let mut command = program(&["contacts", "-o", &path(&folder, "c.ndjson"), "--base-url", &server.url()]);
    command.args(["--backoff", "1ms", "--max-outage", "1ms", "--max-retry-after", "1ms"]);
    ran(command.env("LINQ_INTEGRATION_TOKEN", "a-token").output().unwrap())
}

fn assert_exit(ran: &Ran, exit: ExitCode, says: &str) {
    assert_eq!(ran.code, Some(exit.code().into()), "{}", ran.stderr);
    assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
}

#[test]
fn each_answer_has_its_exit_code() {
    assert_exit(&answered(page("", 0)), ExitCode::Success, "0 contacts");
    for (status, exit, says) in [
        ("401 Unauthorized", ExitCode::Unauthorized, "check the token"),
        ("403 Forbidden", ExitCode::Unauthorized, "check the token"),
        ("400 Bad Request", ExitCode::BadResponse, "400"),
        ("404 Not Found", ExitCode::BadResponse, "404"),
        ("302 Found", ExitCode::BadResponse, "302"),
        ("501 Not Implemented", ExitCode::Unavailable, "501"),
        ("503 Service Unavailable", ExitCode::Unavailable, "503"),
    ] {
        assert_exit(&answered(answer(status, "", "")), exit, says);
    }
    let contract = answered(answer("400 Bad Request", "", ""));
    assert!(contract.stderr.contains("hint: ") && contract.stderr.contains("request id"), "{}", contract.stderr);
    assert_exit(
        &answered(answer("429 Too Many Requests", "Retry-After: 99\r\n", "")),
        ExitCode::TemporaryFailure,
        "rate limited",
    );
    assert_exit(&answered(page("", 7)), ExitCode::BadResponse, "page 1");
}

#[test]
fn a_deadline_is_not_reported_as_rate_limiting() {
    let folder = folder();
    let ran = exported(5, &path(&folder, "c.ndjson"), &["--sandbox-latency", "10m", "--deadline", "1ms"]);
    assert_exit(&ran, ExitCode::TemporaryFailure, "a longer --deadline");
    assert!(!ran.stderr.contains("left in peace"), "{}", ran.stderr);
}

#[test]
fn a_lock_that_cannot_be_opened_is_named() {
    let folder = folder();
    let lock = path(&folder, ".c.ndjson.lock");
    std::fs::create_dir(&lock).unwrap();
    let ran = exported(5, &path(&folder, "c.ndjson"), &[]);
    assert_exit(&ran, ExitCode::CannotCreate, &format!("cannot open the lock {lock}"));
    assert!(
        ran.stderr.contains("check the owner of the lock") && !ran.stderr.contains("create the directory"),
        "{}",
        ran.stderr
    );
}

#[test]
fn each_place_has_its_exit_code() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    assert_exit(&exported(5, &file, &[]), ExitCode::Success, "5 contacts");
    assert_exit(&exported(5, "c.xlsx", &[]), ExitCode::Usage, "--format");
    assert_exit(&exported(5, &path(&folder, "missing/c.ndjson"), &[]), ExitCode::CannotCreate, "caused by: ");
    // A file where a folder should be.
    assert_exit(&exported(5, &path(&folder, "c.ndjson/c.ndjson"), &[]), ExitCode::CannotCreate, "caused by: ");
    assert_exit(&ran(failing(&file, &[]).output().unwrap()), ExitCode::Unavailable, "cannot connect");
    let lock = File::open(folder.path().join(".c.ndjson.lock")).unwrap();
    lock.lock().unwrap();
    assert_exit(&exported(5, &file, &[]), ExitCode::TemporaryFailure, "--lock-timeout");
}

#[test]
fn a_bug_is_told_as_one() {
    let mut command = export(5, "-", &["--format", "ndjson"]);
    // Not a number of threads: the runtime panics, as a bug would.
    let ran = ran(command.env("TOKIO_WORKER_THREADS", "0").output().unwrap());
    assert_exit(&ran, ExitCode::Internal, "please report it");
}

#[test]
fn the_table_and_the_readme_name_each_code_once() {
    let table = ExitCode::table();
    for exit in ExitCode::ALL {
        let row = format!("| {} | {} |\n", exit.code(), exit.meaning());
        for text in [&table, include_str!("../../README.md")] {
            assert_eq!(text.matches(&row).count(), 1, "{row}");
        }
    }
    assert!(ExitCode::ALL.is_sorted_by_key(|exit| exit.code()));
}
