//! Pipes without a writer and endless files as inputs.

#![cfg(unix)]

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::run::{Heard, exported, verified};
use crate::support::{Ran, folder, path, program, ran};

/// Options that name an input file, each with the other options that its run needs.
const READ: [(&str, &[&str]); 3] = [
    ("--token-file", &[]),
    ("--hmac-key-file", &["--sandbox", "--hmac", "email"]),
    ("--ca-cert", &["--base-url", "https://127.0.0.1:1", "--max-outage", "1ms"]),
];

fn make_pipe(at: impl AsRef<Path>) {
    assert!(Command::new("mkfifo").arg(at.as_ref()).status().unwrap().success());
}

fn reading(option: &str, file: &str, output: &str, more: &[&str]) -> Command {
    let mut command = program(&[&["contacts", option, file, "-o", output], more].concat());
    if option != "--token-file" {
        command.env("LINQ_INTEGRATION_TOKEN", "t");
    }
    command
}

#[test]
fn a_pipe_without_writer_waits_until_the_deadline() {
    let folder = folder();
    let (pipe, output) = (path(&folder, "pipe"), path(&folder, "c.ndjson"));
    make_pipe(&pipe);
    for (option, more) in READ {
        let ran = ran(reading(option, &pipe, &output, more).args(["--deadline", "1ms"]).output().unwrap());
        assert_eq!(ran.code, Some(75), "{option}: {}", ran.stderr);
        assert!(ran.stderr.contains("deadline exceeded"), "{option}: {}", ran.stderr);
    }
}

#[test]
fn a_signal_stops_waiting_for_a_pipe() {
    for (option, more) in READ {
        let folder = folder();
        let (pipe, output) = (path(&folder, "pipe"), path(&folder, "c.ndjson"));
        make_pipe(&pipe);
        let run = Heard::start(reading(option, &pipe, &output, more));
        // Opens when the program has opened it to read, and keeps it from its end.
        let giver = OpenOptions::new().write(true).open(&pipe).unwrap();
        run.signal("INT");
        let (ended, said) = run.end();
        assert_eq!(ended, Some(130), "{option}: {said}");
        drop(giver);
    }
}

#[test]
fn refuses_endless_files() {
    let folder = folder();
    for (option, more) in READ {
        let ran = ran(reading(option, "/dev/zero", &path(&folder, "c.ndjson"), more).output().unwrap());
        assert_eq!(ran.code, Some(2), "{option}: {}", ran.stderr);
        assert!(ran.stderr.contains(option) && ran.stderr.contains("larger than"), "{option}: {}", ran.stderr);
    }
    let mut command = program(&["contacts", "--token-stdin", "-o", &path(&folder, "c.ndjson")]);
    let ran = ran(command.stdin(std::fs::File::open("/dev/zero").unwrap()).stdout(Stdio::null()).output().unwrap());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("--token-stdin: larger than 16 KiB"), "{}", ran.stderr);
}

#[test]
fn pipes_named_like_its_own_files_do_not_block() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    for name in [".c.ndjson.lock", ".c.ndjson.manifest.staged", "c.ndjson.manifest.json"] {
        make_pipe(folder.path().join(name));
        let Ran { code, stderr, .. } = exported(5, &file, &[]);
        assert_eq!(code, Some(73), "{stderr}");
        assert!(stderr.contains(&format!("{name} is not a regular file")), "{stderr}");
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    assert_eq!(exported(5, &file, &[]).code, Some(0));
    assert_eq!(verified(&file).code, Some(0));
    std::fs::remove_file(file.clone() + ".manifest.json").unwrap();
    make_pipe(file.clone() + ".manifest.json");
    assert_eq!(verified(&file).code, Some(65));
}
