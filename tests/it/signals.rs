//! SIGINT and SIGTERM in each phase of a run: it ends within two seconds, and nothing is half-written.

#![cfg(unix)]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::run::{Heard, export, exported, verified};
use crate::support::{folder, names, path};

const SIGNALS: [(&str, i32); 2] = [("INT", 130), ("TERM", 143)];

/// Starts a run over an old file, sends a signal when it has said `moment`, and checks what is left.
fn stop_at(moment: &str, more: &[&str], may_be_done: bool) {
    for (signal, code) in SIGNALS {
        let folder = folder();
        let file = path(&folder, "c.ndjson");
        assert_eq!(exported(5, &file, &[]).code, Some(0));
        let old = fs::read(&file).unwrap();
        let mut run = Heard::start(export(50_000, &file, &[&["-vv", "--log-format", "json"], more].concat()));
        run.until(moment);
        run.signal(signal);
        let sent = Instant::now();
        let (ended, said) = run.end();
        assert!(sent.elapsed() < Duration::from_secs(2), "{:?}", sent.elapsed());
        if may_be_done && ended == Some(0) {
            assert_ne!(fs::read(&file).unwrap(), old);
        } else {
            assert_eq!(ended, Some(code), "{said}");
            assert!(said.contains("\"outcome\":\"stopped\""), "{said}");
            assert_eq!(fs::read(&file).unwrap(), old);
        }
        assert_eq!(names(folder.path()), ["c.ndjson", "c.ndjson.manifest.json"]);
        assert_eq!(verified(&file).code, Some(0));
    }
}

#[test]
fn while_page_1_is_awaited() {
    // It says nothing before page 1; the failed first attempt is what can be waited for.
    stop_at("retrying", &["--sandbox-fault", "500", "--backoff", "1ms"], false);
}

#[test]
fn while_pages_are_fetched() {
    stop_at("\"page\":7,", &["--sandbox-latency", "50ms"], false);
}

#[test]
fn while_it_publishes() {
    stop_at("publishing", &["--limit", "5000"], true);
}

#[test]
fn while_nobody_takes_what_is_encoded() {
    for (signal, code) in SIGNALS {
        let mut command = export(50_000, "-", &["--format", "ndjson", "-vv", "--log-format", "json"]);
        // The pipe is full soon, and stays so: encoder and writer wait.
        command.stdout(Stdio::piped());
        let mut run = Heard::start(command);
        run.until("\"page\":20,");
        run.signal(signal);
        let sent = Instant::now();
        let (ended, _) = run.end();
        assert_eq!(ended, Some(code));
        assert!(sent.elapsed() < Duration::from_secs(2), "{:?}", sent.elapsed());
    }
}

#[test]
fn while_a_pipe_waits_for_its_reader() {
    let folder = folder();
    let pipe = path(&folder, "pipe.ndjson");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let file = path(&folder, "token");
    fs::write(&file, "a-token").unwrap();
    // The warning about the token file is the last it says before it opens the pipe.
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let mut run = Heard::start(crate::support::program(&["contacts", "--token-file", &file, "-o", &pipe]));
    run.until("chmod");
    run.signal("TERM");
    let sent = Instant::now();
    assert_eq!(run.end().0, Some(143));
    assert!(sent.elapsed() < Duration::from_secs(2), "{:?}", sent.elapsed());
}

#[test]
fn while_nobody_gives_the_token() {
    for (signal, code) in SIGNALS {
        let folder = folder();
        let token = path(&folder, "token");
        assert!(Command::new("mkfifo").arg(&token).status().unwrap().success());
        let output = path(&folder, "c.ndjson");
        let mut run = Heard::start(crate::support::program(&["contacts", "--token-file", &token, "-o", &output]));
        // Opens when the program has opened it to read.
        let giver = fs::OpenOptions::new().write(true).open(&token).unwrap();
        run.signal(signal);
        let sent = Instant::now();
        while run.child.try_wait().unwrap().is_none() && sent.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(10));
        }
        // Lets one go on that has not heard it.
        drop(giver);
        let (ended, said) = run.end();
        assert_eq!(ended, Some(code), "{said}");
    }
}
