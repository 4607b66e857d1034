//! The token appears nowhere, and contact values appear only in the data. The tests search everything that a run writes
//! or sends to anyone but the server.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::run::verified;
use crate::support::scripted::{Scripted, answer, page};
use crate::support::{folder, path, program};

/// Long enough that a server's error that repeats it is cut in its middle, too.
const TOKEN: &str = "lk_live_4f1d0c77a9b84e5f9d3c";
/// As much of it as must not be seen.
const PART: &str = "lk_live_4f1d";

fn run(base_url: &str, output: &str, beside: &tempfile::TempDir, more: &[&str]) -> Output {
    let mut command = program(&["contacts", "--base-url", base_url, "-o", output, "-vvv", "--backoff", "1ms"]);
    command.args(["--rate", "5000", "--max-outage", "1ms", "--max-retry-after", "1ms"]);
    command.args(["--report", &path(beside, "run.json"), "--metrics-file", &path(beside, "run.prom")]);
    command.args(more).env("LINQ_INTEGRATION_TOKEN", TOKEN);
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").output().unwrap()
}

/// Everything in a folder and what was said.
fn written(folder: &Path, output: &Output) -> String {
    let mut all = [&output.stdout[..], &output.stderr].concat();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        all.extend_from_slice(entry.file_name().as_encoded_bytes());
        all.extend(fs::read(entry.path()).unwrap());
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn no_failure_shows_the_token_even_where_the_server_repeats_it() {
    let filler = "x".repeat(200 - 18 - 14);
    let failures = [
        answer("401 Unauthorized", "", &format!(r#"{{"message":"{TOKEN} is no token"}}"#)),
        // Cut after 200 characters, which is within the token.
        answer("403 Forbidden", "", &format!(r#"{{"message":"{filler} {TOKEN} {TOKEN}"}}"#)),
        answer("404 Not Found", &format!("X-Request-Id: {TOKEN}\r\n"), ""),
        answer("429 Too Many Requests", "Retry-After: 900\r\n", TOKEN),
        answer("500 Internal Server Error", "", &format!("<html>{TOKEN}</html>")),
        answer("501 Not Implemented", "", TOKEN),
        answer("302 Found", &format!("Location: https://{TOKEN}.example/{TOKEN}\r\n"), ""),
        answer("200 OK", "", &format!(r#"{{"error":"{TOKEN}"}}"#)),
        answer("200 OK", "", TOKEN),
        format!("HTTP/1.1 {TOKEN}\r\n\r\n"),
        String::new(),
    ];
    for failure in failures {
        for format in ["text", "json"] {
            let said = failure.clone();
            let server = Scripted::start(move |_| said.clone());
            let folder = folder();
            let ended = run(&server.url(), &path(&folder, "c.parquet"), &folder, &["--log-format", format]);
            assert!(!ended.status.success());
            let all = written(folder.path(), &ended);
            assert!(all.contains("run.json") && all.contains("exit_code"), "{all}");
            assert!(!all.contains(PART), "{failure}: {all}");
            // The server itself got it, in the one header it belongs to.
            let received = String::from_utf8(server.received()).unwrap();
            assert!(received.contains(&format!("x-linq-integration-token: {TOKEN}")), "{received}");
        }
    }
}

/// The forms in which a server may repeat a token: what of each must not be seen.
#[test]
fn no_failure_shows_the_token_in_another_form() {
    let percent = TOKEN.replace('_', "%5F");
    let forms = [
        (format!("invalid token {}...", &TOKEN[..TOKEN.len() - 2]), "4f1d0c77"),
        (format!("invalid token …{}", &TOKEN[9..]), "4f1d0c77"),
        // Base64 of `TOKEN`, and of `x:TOKEN` by the alphabet of URLs.
        ("Authorization: Basic bGtfbGl2ZV80ZjFkMGM3N2E5Yjg0ZTVmOWQzYw==".to_owned(), "bGtfbGl2"),
        ("Authorization: Basic eDpsa19saXZlXzRmMWQwYzc3YTliODRlNWY5ZDNj".to_owned(), "XzRmMWQw"),
        (TOKEN.to_uppercase(), "4F1D0C77"),
        (format!("{}\n{}", &TOKEN[..14], &TOKEN[14..]), "77a9b84e"),
        (format!("{} {} {}", &TOKEN[..7], &TOKEN[7..12], &TOKEN[12..]), "4f1d"),
        (format!("GET /?token={percent}"), "4f1d0c77"),
    ];
    for (said, part) in forms {
        let json = serde_json::json!({ "message": said, "trace_id": said }).to_string();
        let header = format!("X-Request-Id: {}\r\n", said.replace('\n', " "));
        for (headers, body) in [("", json.as_str()), (header.as_str(), said.as_str())] {
            let failure = answer("400 Bad Request", headers, body);
            let server = Scripted::start(move |_| failure.clone());
            let folder = folder();
            let ended = run(&server.url(), &path(&folder, "c.csv"), &folder, &[]);
            assert_eq!(ended.status.code(), Some(65));
            let all = written(folder.path(), &ended);
            assert!(all.contains("[token]") && !all.contains(part), "{said}: {all}");
        }
    }
}

/// What is shown of a run, and recorded, holds no token that somebody put there.
#[test]
fn names_with_the_token_are_refused_and_not_shown() {
    let server = Scripted::start(|_| page("", 0));
    for (output, base_url, says) in [
        (format!("c-{TOKEN}.parquet"), server.url(), "the output path contains the token"),
        ("c.parquet".to_owned(), format!("{}/{TOKEN}/", server.url()), "the base URL contains the token"),
        ("c.parquet".to_owned(), format!("http://{TOKEN}@{}", server.address), "must not contain a user or password"),
    ] {
        let folder = folder();
        let ended = run(&base_url, &path(&folder, &output), &folder, &[]);
        assert_eq!(ended.status.code(), Some(2));
        let all = written(folder.path(), &ended);
        assert!(all.contains(says) && all.contains("run.json") && !all.contains(PART), "{says}: {all}");
    }
    assert_eq!(server.received(), b"");
}

#[test]
fn a_secret_in_the_place_of_its_file_is_not_shown() {
    let folder = folder();
    let file = path(&folder, "c.parquet");
    for secret in [TOKEN, "c2VjcmV0/c2VjcmV0+c2VjcmV0="] {
        let mut of_token = program(&["contacts", "-o", &file, "--token-file", secret]);
        let mut of_key = program(&["contacts", "--sandbox", "-o", &file, "--hmac", "email", "--hmac-key-file", secret]);
        for command in [&mut of_token, &mut of_key] {
            let ended = command.output().unwrap();
            let said = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(2), "{said}");
            assert!(said.contains("cannot read ") && !said.contains(&secret[..8]), "{said}");
        }
        for variable in ["LINQ_EXPORT_TOKEN_FILE", "LINQ_EXPORT_HMAC_KEY_FILE"] {
            let help = program(&["contacts", "--help"]).env(variable, secret).output().unwrap();
            assert!(!String::from_utf8(help.stdout).unwrap().contains(&secret[..8]));
        }
    }
    for arguments in
        [&["--token-stdin", TOKEN][..], &[&format!("--token={TOKEN}")], &["--rate", TOKEN], &["--mode", TOKEN]]
    {
        let ended = program(&["contacts", "-o", &file]).args(arguments).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains("Z error: ") && !said.contains(PART), "{said}");
    }
    let missing = path(&folder, "not-there-token");
    let ended = program(&["contacts", "-o", &file, "--token-file", &missing]).output().unwrap();
    assert!(String::from_utf8(ended.stderr).unwrap().contains(&missing));
}

#[test]
fn a_secret_in_the_place_of_a_setting_is_not_shown() {
    let arguments: [&[&str]; 4] = [
        &["--columns", TOKEN],
        &["--report", "TOKEN.json"],
        &["--report", "no/TOKEN.json"],
        &["--metrics-file", "no/TOKEN.prom"],
    ];
    let variables = [
        ("LINQ_EXPORT_PER_PAGE", TOKEN.to_owned()),
        ("LINQ_EXPORT_FORMAT", TOKEN.to_owned()),
        ("LINQ_EXPORT_COLUMNS", TOKEN.to_owned()),
        ("LINQ_EXPORT_BASE_URL", format!("http://{TOKEN}")),
    ];
    let none: &[&str] = &[];
    let runs = arguments.map(|arguments| (arguments, None)).into_iter();
    for (arguments, variable) in runs.chain(variables.map(|variable| (none, Some(variable)))) {
        let folder = folder();
        let mut command = program(&["contacts", "-o", "c.parquet"]);
        command.args(arguments.iter().map(|argument| argument.replace("TOKEN", TOKEN)));
        if !arguments.contains(&"--report") {
            command.args(["--report", "run.json"]);
        }
        command.env("LINQ_INTEGRATION_TOKEN", TOKEN).envs(variable.clone()).current_dir(&folder);
        let ended = command.output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{arguments:?} {variable:?} {ended:?}");
        let all = written(folder.path(), &ended);
        assert!(!all.contains(PART), "{arguments:?} {variable:?}: {all}");
    }
}

#[test]
fn no_redirect_and_no_proxy_gets_the_token() {
    let elsewhere = Scripted::start(|_| page("", 0));
    let target = elsewhere.url();
    let server = Scripted::start(move |_| answer("307 Temporary Redirect", &format!("Location: {target}/\r\n"), ""));
    let folder = folder();
    let mut command = program(&["contacts", "-o", &path(&folder, "c.parquet"), "--base-url", &server.url(), "-vvv"]);
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, elsewhere.url());
    }
    let ended = command.env("LINQ_INTEGRATION_TOKEN", TOKEN).env("RUST_LOG", "trace").output().unwrap();
    assert_eq!(ended.status.code(), Some(65));
    assert!(!written(folder.path(), &ended).contains(PART));
    assert_eq!(elsewhere.received(), b"");
    assert!(!server.received().is_empty());
}

#[test]
fn what_is_personal_stands_in_the_data_alone() {
    let contact = r#"{"id":7,"first_name":"Zaphod","email":"zaphod@example.org","title":42,"created_at":"tomorrow","updated_at":"Beeble"}"#;
    let server = Scripted::start(|_| page(contact, 1));
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let ended = run(&server.url(), &file, &folder, &[]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let manifest: serde_json::Value = crate::support::run::json(file.clone() + ".manifest.json");
    crate::manifest::assert_described(&manifest);
    let kinds: Vec<_> = manifest["warnings"].as_array().unwrap().iter().map(|warning| &warning["kind"]).collect();
    assert_eq!(kinds, ["unreadable_time", "unreadable_time", "wrong_kind"]);
    assert_eq!(manifest["warnings"][2]["example"], serde_json::json!({ "page": 1, "position": 1 }));
    assert_eq!(verified(&file).code, Some(0));
    assert!(fs::read_to_string(&file).unwrap().contains("zaphod@example.org"));
    fs::remove_file(&file).unwrap();
    let all = written(folder.path(), &ended).to_lowercase();
    for value in ["zaphod", "example.org", "tomorrow", "beeble", PART] {
        assert!(!all.contains(value), "{value}: {all}");
    }
}

#[test]
fn what_a_server_says_cannot_act_on_a_terminal() {
    let said = "{\"message\":\"\\u001b]0;owned\\u0007\\u001b[2J\\u202eevil\\u0000\\r\\u009b\"}";
    let server = Scripted::start(|_| answer("403 Forbidden", "X-Request-Id: \u{9b}2J\r\n", said));
    let folder = folder();
    for format in ["text", "json"] {
        let ended = run(&server.url(), &path(&folder, "c.ndjson"), &folder, &["--log-format", format]);
        assert_eq!(ended.status.code(), Some(77));
        let all = written(folder.path(), &ended);
        let acts = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
        assert!(!all.contains(acts), "{all:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_token_file_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let server = Scripted::start(|_| page("", 0));
    let folder = folder();
    let file = path(&folder, "token");
    fs::write(&file, format!("{TOKEN}\n")).unwrap();
    for (mode, warned) in [(0o644, true), (0o640, true), (0o600, false), (0o400, false)] {
        fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
        let mut command = program(&["contacts", "-o", "-", "--format", "ndjson", "--token-file", &file]);
        let ended = command.args(["--base-url", &server.url()]).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{said}");
        assert_eq!(said.contains("chmod 600"), warned, "{mode:o}: {said}");
    }
}
