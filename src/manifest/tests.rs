//! A manifest of a fictitious run, for tests.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::record::FORMAT_VERSION;
use super::seal::seal;
use super::*;
use crate::checksum::Checksum;
use crate::config::{BaseUrl, ContactsConfig, ExportConfig, Format, OutFile, Output, PlainHttp, Token};
use crate::events::ReadSummary;
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

/// The text of a manifest in which something is changed.
pub(crate) fn sealed_with(change: impl FnOnce(&mut Value)) -> String {
    let mut manifest = serde_json::to_value(manifest_of(&read_summary())).unwrap();
    change(&mut manifest);
    seal(&manifest).unwrap()
}

fn started() -> DateTime<Utc> {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

pub(super) fn finished() -> DateTime<Utc> {
    started() + TimeDelta::seconds(9)
}

#[test]
fn a_manifest_is_read_back_as_written() {
    let written = manifest_of(&read_summary());
    let text = written.text().unwrap();
    let read = Manifest::read(text.as_bytes()).unwrap();
    assert_eq!((read.file.as_ref().unwrap().rows, read.level()), (250, Ok(Level::Counted)));
    assert_eq!(read.times.finished_at, "2026-01-02T03:04:14.000Z");
    assert_eq!(read, written);
    assert!(!text.contains("folder") && !text.contains("token"), "{text}");
}

#[test]
fn keys_that_older_manifests_lack_have_defaults() {
    for key in ["warnings", "parts", "owners", "digest"] {
        let text = sealed_with(|manifest| drop(manifest.as_object_mut().unwrap().remove(key)));
        assert!(Manifest::read(text.as_bytes()).is_ok(), "{key}");
    }
}

#[test]
fn a_limited_run_is_incomplete_and_says_why() {
    let reasons = vec![Reason::Limited { contacts: 250 }];
    let certificate = Certificate { level: Level::Incomplete, reasons: reasons.clone(), ..Certificate::default() };
    let text = manifest_of(&ReadSummary { certificate, ..read_summary() }).text().unwrap();
    assert_eq!(Manifest::read(text.as_bytes()).unwrap().level(), Ok(Level::Incomplete));
    assert!(text.contains(&reasons[0].to_string()), "{text}");
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
    let later = Manifest { format_version: FORMAT_VERSION + 1, ..manifest_of(&read_summary()) };
    let read = |text: &str| Manifest::read(text.as_bytes()).unwrap_err();
    assert_eq!(read(&later.text().unwrap()), ManifestError::Later { found: 2 });
    assert_eq!(read("{}"), ManifestError::Damaged);
}
