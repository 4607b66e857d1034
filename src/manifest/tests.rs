//! A manifest of a made-up run, for the tests of this folder.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::checksum::Checksum;
use crate::config::{BaseUrl, ContactsConfig, Format, OutFile, Output, PlainHttp, Token};
use crate::proof::{Certificate, Level, Reason};

pub(super) fn export_config(token: &str) -> ExportConfig {
    let base_url = BaseUrl::parse("https://host", PlainHttp::Loopback).unwrap();
    let contacts = ContactsConfig::new(base_url, Token::new(token).unwrap());
    ExportConfig::new(contacts, Output::File("folder/contacts.parquet".into()), Format::Parquet)
}

pub(super) fn read_summary() -> ReadSummary {
    let certificate = Certificate { level: Level::Counted, ..Certificate::default() };
    ReadSummary { contacts: 250, owners: 7, pages: 3, requests: 5, retries: 2, certificate, ..ReadSummary::default() }
}

pub(super) fn manifest_of(read: &ReadSummary) -> Manifest {
    manifest_after(read, None)
}

pub(super) fn manifest_after(read: &ReadSummary, earlier: Option<Learned>) -> Manifest {
    let times = Times { started: started(), took: Duration::from_secs(9) };
    let file = WrittenFile { file: OutFile::Part(0), rows: read.contacts, checksum: Checksum::default() };
    let written = Written { schema: crate::resource::schema(), parts: vec![file], digest: None, owners: None };
    Manifest::new(&export_config("token"), read, times, &written, earlier)
}

fn started() -> DateTime<Utc> {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

pub(super) fn finished() -> DateTime<Utc> {
    started() + TimeDelta::seconds(9)
}

#[test]
fn a_manifest_is_read_back_and_says_nothing_of_folders() {
    let text = manifest_of(&read_summary()).text().unwrap();
    let known = Known::read(text.as_bytes()).unwrap();
    assert_eq!((known.file.unwrap().rows, Glance::read(text.as_bytes()).unwrap().level.as_str()), (250, "counted"));
    assert_eq!(known.times.finished_at, "2026-01-02T03:04:14.000Z");
    assert!(!text.contains("folder") && !text.contains("token"), "{text}");
}

#[test]
fn a_limited_run_is_incomplete_and_says_why() {
    let reasons = vec![Reason::Limited { contacts: 250 }];
    let certificate = Certificate { level: Level::Incomplete, reasons, ..Certificate::default() };
    let text = manifest_of(&ReadSummary { certificate, ..read_summary() }).text().unwrap();
    assert_eq!(Glance::read(text.as_bytes()).unwrap().level, "incomplete");
    assert!(text.contains("stopped at the limit of 250 contacts"), "{text}");
}

#[test]
fn the_watermark_is_the_earlier_start_by_both_clocks() {
    for (ahead, expected) in [(None, 0), (Some(-600), -600), (Some(600), 0)] {
        let server_start = ahead.map(|seconds| started() + TimeDelta::seconds(seconds));
        let text = manifest_of(&ReadSummary { server_start, ..read_summary() }).text().unwrap();
        let watermark = timestamp(started() + TimeDelta::seconds(expected));
        assert!(text.contains(&format!("\"watermark\": \"{watermark}\"")), "{text}");
    }
}

#[test]
fn a_later_format_is_told_from_damage() {
    let later = Manifest { format_version: 2, ..manifest_of(&read_summary()) };
    let read = |text: &str| Known::read(text.as_bytes()).unwrap_err();
    assert_eq!(read(&later.text().unwrap()), ManifestError::Later { found: 2 });
    assert_eq!(read("{}"), ManifestError::Damaged);
}
