//! The process environment that a shell sets up: ignored signals, limits, closed streams.

#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use crate::support::run::{Heard, export, json, verified};
use crate::support::scripted::{Scripted, page};
use crate::support::{folder, names, path, program, ran};

/// The same run, started by a shell script in which `"$@"` is the run.
fn in_shell(script: &str, run: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(run.get_program()).args(run.get_args());
    for (name, value) in run.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(std::process::Stdio::null());
    shell
}

/// Whether this process ignores SIGHUP, signal 1.
fn hang_ups_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

const SLOW: [&str; 5] = ["-vv", "--log-format", "json", "--sandbox-latency", "20ms"];

#[test]
fn each_stop_signal_has_its_exit_code_and_a_report() {
    for (signal, code) in [("HUP", 129), ("INT", 130), ("QUIT", 131), ("TERM", 143), ("XCPU", 152)] {
        if signal == "HUP" && hang_ups_are_ignored() {
            eprintln!("SKIPPED: SIGHUP: the tests run under nohup, and what they start inherits that");
            continue;
        }
        let folder = folder();
        let report = path(&folder, "r.json");
        let file = path(&folder, "c.parquet");
        let mut run = Heard::start(export(50_000, &file, &[&SLOW[..], &["--report", &report]].concat()));
        run.until("\"page\":3,");
        run.signal(signal);
        let (ended, said) = run.end();
        assert_eq!(ended, Some(code), "{said}");
        assert_eq!(names(folder.path()), ["r.json"]);
        let report = json(report);
        assert_eq!((&report["exit_code"], &report["outcome"]), (&code.into(), &"stopped".into()));
    }
}

#[test]
fn a_repeated_signal_counts_once() {
    let folder = folder();
    let report = path(&folder, "r.json");
    let more = [&SLOW[..], &["--report", &report]].concat();
    let mut run = Heard::start(export(50_000, &path(&folder, "c.parquet"), &more));
    run.until("\"page\":3,");
    let id = run.child.id();
    // Different ones, since a system may make one of two that are alike.
    let both = format!("kill -s INT {id} && kill -s TERM {id}");
    assert!(Command::new("sh").args(["-c", &both]).status().unwrap().success());
    let (ended, said) = run.end();
    assert!([Some(130), Some(143)].contains(&ended), "{ended:?} {said}");
    assert_eq!(names(folder.path()), ["r.json"]);
    assert_eq!(json(report)["exit_code"], ended.unwrap());
}

#[test]
fn sighup_stays_ignored_under_nohup() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let run = export(2_000, &file, &SLOW);
    let mut run = Heard::start(in_shell("trap '' HUP; exec \"$@\"", &run));
    run.until("\"page\":3,");
    run.signal("HUP");
    let (ended, said) = run.end();
    assert_eq!(ended, Some(0), "{said}");
    assert_eq!(verified(&file).code, Some(0));
}

#[test]
fn a_crash_leaves_no_core_dump() {
    let folder = folder();
    let run = export(50_000, &path(&folder, "c.ndjson"), &SLOW);
    let mut shell = in_shell("ulimit -c unlimited 2>/dev/null; exec \"$@\"", &run);
    shell.current_dir(folder.path());
    let mut run = Heard::start(shell);
    run.until("\"page\":3,");
    run.signal("ABRT");
    let ended = run.child.wait().unwrap();
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false), "{ended:?}");
}

#[test]
fn a_limit_on_file_sizes_is_74_and_leaves_nothing_half_written() {
    let folder = folder();
    let (file, report) = (path(&folder, "c.parquet"), path(&folder, "r.json"));
    for output in [&file, &path(&folder, "out/")] {
        let run = export(3_000, output, &["--report", &report]);
        let ran = ran(in_shell("ulimit -f 16; exec \"$@\"", &run).output().unwrap());
        assert_eq!(ran.code, Some(74), "{}", ran.stderr);
        assert!(ran.stderr.contains("caused by: File too large") && ran.stderr.contains("ulimit -f"), "{}", ran.stderr);
        assert_eq!(names(folder.path()), ["r.json"]);
        assert_eq!(json(&report)["exit_code"], 74);
    }
}

#[test]
fn a_limit_on_file_sizes_is_74_for_all_that_prints() {
    let folder = folder();
    for run in [program(&["schema", "duckdb"]), export(3_000, "-", &["--format", "csv", "-q"])] {
        let mut shell = in_shell("ulimit -f 1; exec \"$@\" > out", &run);
        let ran = ran(shell.current_dir(folder.path()).output().unwrap());
        assert_eq!(ran.code, Some(74), "{}", ran.stderr);
        assert!(ran.stderr.contains("caused by: File too large"), "{}", ran.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_standard_output_is_74_before_anything_is_asked() {
    let server = Scripted::start(|_| page("", 0));
    let run = |output: &str| {
        let mut run = program(&["contacts", "--base-url", &server.url(), "--format", "ndjson", "-o", output]);
        run.env("LINQ_INTEGRATION_TOKEN", "t");
        run
    };
    for output in ["-", "/dev/stdout", "/dev/fd/1"] {
        let ran = ran(in_shell("exec \"$@\" >&-", &run(output)).output().unwrap());
        assert_eq!(ran.code, Some(74), "{output}: {}", ran.stderr);
        assert!(ran.stderr.contains("it is closed") && ran.stderr.contains("hint: "), "{output}: {}", ran.stderr);
    }
    assert_eq!(server.received(), b"");
    let ran = ran(in_shell("exec \"$@\" >/dev/null", &run("-")).output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn closed_streams_damage_no_file() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let run = export(500, &file, &["-vv"]);
    let ended = in_shell("exec \"$@\" <&- >&- 2>&-", &run).status().unwrap();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 500);
    assert_eq!(verified(&file).code, Some(0));
}
