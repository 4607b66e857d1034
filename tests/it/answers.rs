//! Responses that are not trusted at once: from a cache, or implausible.

use chrono::DateTime;

use crate::support::run::{exported, json};
use crate::support::scripted::{Scripted, answer};
use crate::support::{folder, path, program, ran};

const PAGE: &str =
    r#"{"contacts":[{"id":1}],"pagination":{"current_page":1,"per_page":100,"total_pages":1,"total_count":1}}"#;

#[test]
fn no_cached_answer_is_asked_for_and_one_that_comes_is_told_of_once() {
    let server = Scripted::start(|_| answer("200 OK", "X-Cache: Hit from cloudfront\r\nAge: 50\r\n", PAGE));
    let folder = folder();
    let arguments = ["contacts", "--base-url", &server.url(), "-o", &path(&folder, "c.csv")];
    let ran = ran(program(&arguments).env("LINQ_INTEGRATION_TOKEN", "token").output().unwrap());
    assert_eq!(ran.stderr.matches("warning: page 1 came from a cache: its Age header is 50 s").count(), 1, "{ran:?}");
    let heads = String::from_utf8(server.received()).unwrap();
    assert_eq!(heads.matches("\r\ncache-control: no-cache\r\n").count(), heads.matches("GET ").count());
}

#[test]
fn the_watermark_goes_by_the_clock_that_is_behind() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    for (by, says) in [("-600", "9 min 59 s ahead of"), ("600", "behind")] {
        let ran = exported(250, &file, &["--sandbox-fault", &format!("date:by={by}")]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let warning = ran.stderr.lines().find(|line| line.contains("this machine's clock is")).unwrap_or_default();
        assert!(warning.starts_with("warning: ") && warning.contains(says), "{}", ran.stderr);
        let manifest = json(file.clone() + ".manifest.json");
        let instant = |value: &serde_json::Value| DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap();
        let behind = instant(&manifest["times"]["started_at"]) - instant(&manifest["completeness"]["watermark"]);
        let expected = if by == "-600" { 599..660 } else { 0..1 };
        assert!(expected.contains(&behind.num_seconds()), "{behind}");
    }
}
