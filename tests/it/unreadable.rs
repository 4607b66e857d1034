//! A page that fails while others succeed: it is read in pieces, and contacts that no page can return are named.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use linq_export::config::{Encoding, ExportConfig, OnIncomplete, Output, PerPage};
use linq_export::events::{Silent, Summary};
use linq_export::sandbox::{Order, Sandbox, SandboxConfig};
use linq_export::{CancellationToken, Error, Level, Reason, Require};

use crate::support::{assert_rows, config, folder, ndjson_rows, truth};

async fn playing(faults: &[&str], change: impl FnOnce(&mut SandboxConfig)) -> Sandbox {
    let mut config = SandboxConfig::default();
    config.contacts = 300;
    config.faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    change(&mut config);
    Sandbox::start(config).await.unwrap()
}

/// Exports, and compares what was published with the truth, but for these places, from 1.
async fn export(sandbox: &Sandbox, below: OnIncomplete, missing: &[usize]) -> Result<Summary, Error> {
    let folder = folder();
    let path = folder.path().join("c.ndjson");
    let mut contacts = config(sandbox);
    contacts.backoff.longest = Duration::from_millis(5);
    contacts.retry_limits.outage = Duration::from_secs(20);
    contacts.per_page = PerPage::new(20).unwrap();
    let format = Encoding::of(Path::new("c.ndjson")).unwrap().format;
    let mut config = ExportConfig::new(contacts, Output::File(path.clone()), format);
    config.on_incomplete = below;
    let result = linq_export::export(config, Arc::new(Silent), CancellationToken::new()).await;
    match &result {
        Ok(_) => {
            let mut expected = truth(sandbox);
            for place in missing.iter().rev() {
                expected.remove(place - 1);
            }
            assert_rows(&ndjson_rows(&std::fs::read_to_string(&path).unwrap()), &expected);
            linq_export::verify::verify(&path, None).unwrap();
        }
        Err(_) => assert!(!path.exists()),
    }
    result
}

fn ids(sandbox: &Sandbox, places: &[usize]) -> Vec<Option<i64>> {
    places.iter().map(|place| sandbox.contact(*place as u64 - 1).unwrap()["id"].as_i64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contact_at_fault_is_named_and_the_others_are_published_where_that_was_asked_for() {
    // In the middle of a page, at its ends, on page 1 and on the last.
    for place in [33, 41, 60, 1, 20, 300] {
        let sandbox = playing(&[&format!("500:row={place}")], |_| {}).await;
        let error = export(&sandbox, OnIncomplete::Discard, &[]).await.unwrap_err();
        assert_eq!(error.exit().code(), 69, "{error}");
        let text = error.to_string();
        assert!(text.contains(&format!("the contact at position {place} of the list, ")), "{text}");
        let beside: Vec<_> = [place - 1, place + 1].into_iter().filter(|place| (1..=300).contains(place)).collect();
        let beside = ids(&sandbox, &beside);
        assert!(beside.iter().flatten().all(|id| text.contains(&id.to_string())), "{beside:?}: {text}");

        let sandbox = playing(&[&format!("500:row={place}")], |_| {}).await;
        let summary = export(&sandbox, OnIncomplete::Publish, &[place]).await.unwrap();
        assert_eq!(summary.exit().code(), 3);
        let certificate = summary.read.certificate;
        assert_eq!(certificate.level, Level::Incomplete, "{certificate:?}");
        let why = certificate.why();
        assert!(why.contains(&format!("position {place} of the list")), "{why}");
        assert!(beside.iter().flatten().all(|id| why.contains(&id.to_string())), "{beside:?}: {why}");
    }
}

/// An ascending list is read from its end too, and again in windows that overlap.
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_many_windows_show_costs_many_tries_only_once() {
    let sandbox = playing(&["500:row=295"], |config| config.order = Order::Oldest).await;
    let folder = folder();
    let mut contacts = config(&sandbox);
    contacts.backoff.longest = Duration::from_millis(5);
    contacts.require = Some(Require::Any);
    let summary = crate::support::export(contacts, &folder.path().join("c.ndjson")).await.unwrap();
    assert_eq!((summary.read.certificate.level, summary.read.contacts), (Level::Incomplete, 299));
    // Eight tries at the first window, and a few at each of the others; pieces are smaller.
    let requests = sandbox.requests();
    let failed = requests.iter().filter(|seen| seen.status == 500 && seen.per_page > Some(50)).count();
    assert!(failed < 20, "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_contacts_may_be_at_fault_and_not_many() {
    for order in [Order::Newest, Order::Oldest, Order::Name] {
        let sandbox = playing(&["broken-json:row=22+25+26+90"], |config| config.order = order).await;
        let summary = export(&sandbox, OnIncomplete::Publish, &[22, 25, 26, 90]).await.unwrap();
        assert_eq!(summary.read.certificate.level, Level::Incomplete);
        let unreadable = |reason: &&Reason| matches!(reason, Reason::Unreadable { .. });
        assert_eq!(summary.read.certificate.reasons.iter().filter(unreadable).count(), 4);
        assert!(sandbox.request_count() < 400, "{}", sandbox.request_count());
    }
    let sandbox = playing(&["500:row=21-30"], |_| {}).await;
    let error = export(&sandbox, OnIncomplete::Publish, &[]).await.unwrap_err();
    assert!(error.to_string().starts_with("page 2, attempt "), "{error}");
    assert!(error.to_string().contains(": the server answered 500"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_fails_in_one_size_alone_loses_nothing_and_is_not_one_answer() {
    for fault in ["500:page=7", "huge-page:page=7", "wrong-page:page=7", "per-page:max=11,page=7"] {
        let sandbox = playing(&[fault], |_| {}).await;
        let summary =
            export(&sandbox, OnIncomplete::Discard, &[]).await.unwrap_or_else(|error| panic!("{fault}: {error}"));
        let certificate = summary.read.certificate;
        assert_eq!(certificate.level, Level::Counted, "{fault}: {certificate:?}");
        assert!(certificate.reasons.contains(&Reason::Assembled), "{fault}: {certificate:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_anything_takes_an_export_without_it() {
    let sandbox = playing(&["500:row=33"], |_| {}).await;
    let folder = folder();
    let path = folder.path().join("c.ndjson");
    let mut contacts = config(&sandbox);
    contacts.backoff.longest = Duration::from_millis(5);
    contacts.require = Some(Require::Any);
    let summary = crate::support::export(contacts, &path).await.unwrap();
    assert_eq!((summary.exit().code(), summary.read.contacts), (0, 299));
}
