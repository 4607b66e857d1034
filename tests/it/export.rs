//! Exports from the sandbox, read back: every contact once, field by field, in both formats.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use futures::StreamExt;
use linq_export::Error;
use linq_export::sandbox::{Limit, Sandbox, SandboxConfig};

use crate::support::{
    assert_rows, batch_rows, config, export, folder, names, ndjson_rows, parquet_rows, sandbox, truth,
};

#[tokio::test(flavor = "multi_thread")]
async fn both_formats_hold_every_contact_once_field_by_field() {
    let sandbox = sandbox(1_234).await;
    let folder = folder();
    let (parquet, ndjson) = (folder.path().join("contacts.parquet"), folder.path().join("contacts.ndjson"));
    let summary = export(config(&sandbox), &parquet).await.unwrap();
    export(config(&sandbox), &ndjson).await.unwrap();
    let truth = truth(&sandbox);
    assert_rows(&parquet_rows(&parquet), &truth);
    assert_rows(&ndjson_rows(&std::fs::read_to_string(&ndjson).unwrap()), &truth);
    assert_eq!((summary.read.contacts, summary.read.pages, summary.read.requests), (1_234, 13, 14));
    assert_eq!(summary.bytes, std::fs::metadata(&parquet).unwrap().len());
    let owners: std::collections::HashSet<_> = truth.iter().filter_map(|row| row["owner_id"].as_i64()).collect();
    assert_eq!(summary.read.owners, owners.len() as u64);
    let beside = |name: &str| format!("{name}.manifest.json");
    let files = ["contacts.ndjson", "contacts.parquet"];
    assert_eq!(names(folder.path()), [files[0], &beside(files[0]), files[1], &beside(files[1])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_contacts_give_the_same_bytes_whatever_order_pages_arrive_in() {
    let mut settings = SandboxConfig::default();
    settings.contacts = 3_000;
    settings.latency = Duration::from_millis(2);
    let sandbox = Sandbox::start(settings).await.unwrap();
    let folder = folder();
    let mut files = Vec::new();
    for (concurrency, per_page) in [(1, 100), (16, 100), (64, 7)] {
        let path = folder.path().join("contacts.parquet");
        let mut config = config(&sandbox);
        config.concurrency = NonZeroUsize::new(concurrency).unwrap();
        config.per_page = linq_export::config::PerPage::new(per_page).unwrap();
        export(config, &path).await.unwrap();
        files.push(std::fs::read(&path).unwrap());
    }
    assert!(files[0] == files[1] && files[1] == files[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_organisation_gives_a_valid_empty_file() {
    let sandbox = sandbox(0).await;
    let folder = folder();
    let (parquet, ndjson) = (folder.path().join("contacts.parquet"), folder.path().join("contacts.ndjson"));
    let summary = export(config(&sandbox), &parquet).await.unwrap();
    export(config(&sandbox), &ndjson).await.unwrap();
    // One answer would be all of the proof, so there are two.
    assert_eq!((summary.read.contacts, summary.read.requests), (0, 2));
    assert!(parquet_rows(&parquet).is_empty());
    assert_eq!(std::fs::read(&ndjson).unwrap(), b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_reads_only_the_pages_it_needs() {
    let sandbox = sandbox(1_000).await;
    let folder = folder();
    let path = folder.path().join("contacts.ndjson");
    let mut config = config(&sandbox);
    config.limit = NonZeroU64::new(250);
    let summary = export(config, &path).await.unwrap();
    assert_eq!((summary.read.contacts, summary.read.pages, summary.read.certificate.is_limited()), (250, 3, true));
    assert_rows(&ndjson_rows(&std::fs::read_to_string(&path).unwrap()), &truth(&sandbox)[..250]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttling_server_is_waited_for_and_costs_no_row() {
    let mut settings = SandboxConfig::default();
    settings.contacts = 1_500;
    settings.limit = Limit::token_bucket(4.0, 8.0);
    let sandbox = Sandbox::start(settings).await.unwrap();
    let folder = folder();
    let path = folder.path().join("contacts.ndjson");
    let summary = export(config(&sandbox), &path).await.unwrap();
    assert_eq!((summary.read.contacts, summary.read.pages), (1_500, 15));
    assert!(summary.read.requests > 16);
    assert!(sandbox.requests().iter().any(|seen| seen.status == 429));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_gives_batches_of_equal_size_and_a_summary_at_its_end() {
    let sandbox = sandbox(1_050).await;
    let mut config = config(&sandbox);
    config.batch_rows = NonZeroUsize::new(500).unwrap();
    let mut contacts = linq_export::contacts(&config).unwrap();
    let mut rows = Vec::new();
    let mut sizes = Vec::new();
    while let Some(batch) = contacts.next().await {
        assert!(contacts.summary().is_none() || sizes.len() == 2);
        let batch = batch.unwrap();
        sizes.push(batch.num_rows());
        rows.extend(batch_rows(&batch));
    }
    assert_eq!(sizes, [500, 500, 50]);
    assert_rows(&rows, &truth(&sandbox));
    assert_eq!(contacts.summary().unwrap().contacts, 1_050);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_dropped_asks_for_nothing_more() {
    let mut settings = SandboxConfig::default();
    settings.contacts = 100_000;
    let sandbox = Sandbox::start(settings).await.unwrap();
    let mut contacts = linq_export::contacts(&config(&sandbox)).unwrap();
    contacts.next().await.unwrap().unwrap();
    drop(contacts);
    // The tasks are gone when nothing holds their connections any more.
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_leaves_the_old_file_and_nothing_else() {
    let sandbox = sandbox(500).await;
    let folder = folder();
    let path = folder.path().join("contacts.parquet");
    std::fs::write(&path, "last night's").unwrap();
    let mut config = config(&sandbox);
    config.token = linq_export::config::Token::new("another").unwrap();
    let error = export(config, &path).await.unwrap_err();
    assert!(matches!(&error, Error::Api(_)), "{error:?}");
    assert_eq!(error.exit().code(), 77);
    assert_eq!(std::fs::read(&path).unwrap(), b"last night's");
    assert_eq!(names(folder.path()), ["contacts.parquet"]);
}
