//! Answers that are not believed on their word: from a cache, or against all experience.

use crate::scripted::{Scripted, answer};
use crate::support::{folder, path, program, ran};

const PAGE: &str =
    r#"{"contacts":[{"id":1}],"pagination":{"current_page":1,"per_page":100,"total_pages":1,"total_count":1}}"#;

#[test]
fn no_cached_answer_is_asked_for_and_one_that_comes_is_told_of_once() {
    let server = Scripted::start(|_| answer("200 OK", "X-Cache: Hit from cloudfront\r\nAge: 50\r\n", PAGE));
    let folder = folder();
    let arguments = ["contacts", "--base-url", &server.url(), "-o", &path(&folder, "c.csv")];
    let ran = ran(program(&arguments).env("LINQ_INTEGRATION_TOKEN", "token").output().unwrap());
    assert_eq!(ran.stderr.matches("warning: page 1 is from a cache: its age header says 50 s").count(), 1, "{ran:?}");
    let heads = String::from_utf8(server.received()).unwrap();
    assert_eq!(heads.matches("\r\ncache-control: no-cache\r\n").count(), heads.matches("GET ").count());
}
