//! The program as a user runs it: what it prints, where, and how it exits.

use std::io::Read;
use std::process::Stdio;

use crate::support::{folder, names, ndjson_rows, parquet_rows, path, program, ran, run, time_of};

#[test]
fn the_first_command_of_the_readme_works() {
    let folder = folder();
    let file = path(&folder, "contacts.parquet");
    let ran = run(&["contacts", "--sandbox", "-o", &file, "--rate", "1000"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("wrote 2,500 contacts (40 owners) to "), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("25 pages, 27 requests") && ran.stderr.contains("completeness: snapshot"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("invented"), "{}", ran.stderr);
    assert_eq!(parquet_rows(file.as_ref()).len(), 2_500);
}

#[test]
fn standard_output_carries_data_only() {
    let ran = run(&["contacts", "--sandbox", "-o", "-", "--format", "ndjson", "--limit", "120", "--rate", "1000"]);
    assert_eq!(ran.code, Some(0));
    assert_eq!(ndjson_rows(&ran.stdout).len(), 120);
    assert!(
        ran.stderr.contains("wrote 120 contacts")
            && ran.stderr.contains("not checked (stopped after --limit 120 of 2,500"),
        "{}",
        ran.stderr
    );
}

#[test]
fn quiet_says_nothing() {
    let ran = run(&["contacts", "--sandbox", "-o", "-", "--format", "ndjson", "--limit", "1", "--quiet"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn verbosity_may_come_before_the_subcommand() {
    let rest = ["contacts", "--sandbox", "-o", "-", "--format", "ndjson", "--limit", "1"];
    let quiet = run(&[&["--quiet"][..], &rest].concat());
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
    let verbose = run(&[&["-vv"][..], &rest].concat());
    assert!(verbose.stderr.contains("page 1: "), "{}", verbose.stderr);
    let both = run(&[&["-v"][..], &rest, &["-q"]].concat());
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}

#[test]
fn flags_are_switched_by_variables_that_say_yes_or_no() {
    let with = |variables: &[(&str, &str)], more: &[&str]| {
        let arguments = ["contacts", "--sandbox", "-o", "-", "--format", "ndjson", "--limit", "1", "--rate", "1000"];
        ran(program(&[&arguments[..], more].concat()).envs(variables.iter().copied()).output().unwrap())
    };
    for (text, quiet) in [("1", true), ("true", true), ("yes", true), ("0", false), ("false", false), ("no", false)] {
        let ran = with(&[("LINQ_EXPORT_QUIET", text)], &[]);
        assert_eq!((ran.code, ran.stderr.is_empty()), (Some(0), quiet), "{text}: {}", ran.stderr);
    }
    let ran = with(&[("LINQ_EXPORT_VERBOSE", "2")], &[]);
    assert!(ran.stderr.contains("page 1: "), "{}", ran.stderr);
    // What says no contradicts nothing.
    let no = ["QUIET", "TOKEN_STDIN", "ALLOW_PLAIN_HTTP", "SANDBOX_GZIP", "ALLOW_INCOMPLETE"]
        .map(|name| format!("LINQ_EXPORT_{name}"));
    let ran = with(&no.each_ref().map(|name| (name.as_str(), "0")), &["-v", "--token-file", "none"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = with(&[("LINQ_EXPORT_VERBOSE", "1")], &["-q"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("--quiet and --verbose"), "{}", ran.stderr);
}

#[test]
fn options_of_the_embedded_sandbox_need_it_and_their_variables_do_not() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let ran = run(&["contacts", "-o", &file, "--sandbox-contacts", "5"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--sandbox-contacts") && ran.stderr.contains("needs --sandbox"), "{}", ran.stderr);
    let mut production = crate::support::run::failing(&file, &[]);
    production.envs([("LINQ_EXPORT_SANDBOX_CONTACTS", "5"), ("LINQ_EXPORT_SANDBOX_GZIP", "yes")]);
    // It sends a request, but there is no server.
    assert_eq!(production.output().unwrap().status.code(), Some(69));
}

#[test]
fn a_missing_token_is_a_usage_error_that_says_how_to_give_one() {
    let folder = folder();
    for value in [None, Some(""), Some("  ")] {
        let mut command = program(&["contacts", "-o", &path(&folder, "contacts.parquet")]);
        command.envs(value.map(|value| ("LINQ_INTEGRATION_TOKEN", value)));
        let ran = ran(command.output().unwrap());
        assert_eq!(ran.code, Some(2));
        for part in ["LINQ_INTEGRATION_TOKEN", "--token-file", "--token-stdin", "--sandbox"] {
            assert!(ran.stderr.contains(part), "{}", ran.stderr);
        }
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_token_that_no_header_carries_is_refused_unseen() {
    let ran = ran(program(&["contacts", "-o", "-", "--format", "ndjson"])
        .env("LINQ_INTEGRATION_TOKEN", "secret\u{7}bell")
        .output()
        .unwrap());
    assert_eq!(ran.code, Some(2));
    assert!(!ran.stderr.contains("secret") && !ran.stderr.contains("bell"), "{}", ran.stderr);
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_to_do() {
    let sandbox = ["contacts", "--sandbox"];
    for (arguments, says) in [
        (&["-o", "contacts.txt"][..], "--format"),
        (&["-o", "-"], "--format"),
        (&["-o", "c.parquet", "--per-page", "101"], "between 1 and 100"),
        (&["-o", "c.parquet", "--rate", "0"], "between 0.01 and 10000"),
        (&["-o", "c.parquet", "--timeout", "20"], "20s"),
        (&["-o", "c.parquet", "--base-url", "https://api.linqapp.com"], "--base-url"),
        (&["-o", "c.parquet", "--token", "x"], "--token"),
        (&[], "--output"),
    ] {
        let ran = run(&[&sandbox[..], arguments].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn a_base_url_that_endangers_the_token_is_refused() {
    for (url, says) in [
        ("http://api.linqapp.com", "--allow-plain-http"),
        ("https://me:hunter2@api.linqapp.com", "password"),
        ("https://h/?a=hunter2", "query"),
    ] {
        let ran = ran(program(&["contacts", "-o", "-", "--format", "ndjson", "--base-url", url])
            .env("LINQ_INTEGRATION_TOKEN", "t")
            .output()
            .unwrap());
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(says) && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
}

#[test]
fn an_output_that_cannot_be_made_exits_with_73_before_anything_is_asked() {
    let folder = folder();
    for output in [path(&folder, "missing/contacts.parquet"), folder.path().display().to_string()] {
        let ran = run(&["contacts", "--sandbox", "--format", "parquet", "-o", &output]);
        assert_eq!(ran.code, Some(73), "{}", ran.stderr);
        assert!(ran.stderr.contains(&output), "{}", ran.stderr);
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let mut child = program(&[
        "contacts",
        "--sandbox",
        "-o",
        "-",
        "--format",
        "ndjson",
        "--sandbox-contacts",
        "100000",
        "--rate",
        "5000",
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut first = [0; 64];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("error"), "{output:?}");
}

#[test]
fn a_server_that_is_not_there_exits_with_69() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = ran(program(&[
        "contacts",
        "-o",
        "-",
        "--format",
        "ndjson",
        "--base-url",
        &format!("http://{address}"),
        "--rate",
        "1000",
    ])
    .env("LINQ_INTEGRATION_TOKEN", "t")
    .env("LINQ_EXPORT_BACKOFF", "1ms")
    .env("LINQ_EXPORT_MAX_OUTAGE", "100ms")
    .output()
    .unwrap());
    assert_eq!(ran.code, Some(69));
    assert!(ran.stderr.contains("API unavailable for") && ran.stderr.contains("cannot connect"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_signal_stops_the_run_and_removes_what_is_half_written() {
    use std::io::BufRead;
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let folder = folder();
        let mut child = program(&[
            "contacts",
            "--sandbox",
            "-o",
            &path(&folder, "contacts.parquet"),
            "--sandbox-contacts",
            "100000",
            "-vv",
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let mut said = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains(" page 3:") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0);
        }
        let killed = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        std::io::copy(&mut said, &mut std::io::sink()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(names(folder.path()).is_empty());
    }
}

#[test]
fn the_sandbox_alone_serves_the_program() {
    use std::io::BufRead;
    let mut server =
        program(&["sandbox", "--contacts", "300"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut url = String::new();
    std::io::BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    let export = |token: &str| {
        let mut command = program(&["contacts", "-o", "-", "--format", "ndjson", "--base-url", url.trim()]);
        ran(command.env("LINQ_INTEGRATION_TOKEN", token).output().unwrap())
    };
    let (good, bad) = (export(" sandbox-token\n"), export("not-the-token"));
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((good.code, ndjson_rows(&good.stdout).len()), (Some(0), 300), "{}", good.stderr);
    assert_eq!(bad.code, Some(77));
    assert!(bad.stderr.contains("401") && !bad.stderr.contains("not-the-token"), "{}", bad.stderr);
}

#[test]
fn a_log_has_times_and_colors_only_on_request() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let said = |more: &[&str]| {
        let limited = ["contacts", "--sandbox", "-o", &file, "--limit", "1", "-vv"];
        String::from_utf8(program(&[&limited[..], more].concat()).output().unwrap().stderr).unwrap()
    };
    let log = said(&[]);
    assert!(log.lines().count() > 4 && log.lines().all(|line| time_of(line).is_some()), "{log}");
    assert!(!log.contains('\x1b') && said(&["--color", "never"]).lines().count() > 4);
    let colored = said(&["--color", "always"]);
    assert!(colored.contains("Z \x1b[1;32mcompleteness:\x1b[0m not checked"), "{colored}");
    assert!(!colored.contains("\x1b]8"), "there are no links outside of terminals: {colored}");
    let before = program(&["--color", "always", "verify", "none"]).output().unwrap();
    assert!(String::from_utf8(before.stderr).unwrap().starts_with("\x1b[1;31merror:\x1b[0m "));
    assert_eq!(run(&["contacts", "--color", "blue"]).code, Some(2));
}
