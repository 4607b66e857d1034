//! Exports of a list that changes while it is read, checked against the sandbox's history: no claim may be false.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use linq_export::config::{ExportConfig, Format, OnIncomplete, Output};
use linq_export::events::{Silent, Summary};
use linq_export::sandbox::{Churn, Lag, Order, PageOrder, Sandbox, SandboxConfig, StaleCount};
use linq_export::{Assumption, CancellationToken, Level, Require};

use crate::support::{config, folder, ndjson_rows};

const ORDERS: [Order; 6] = [Order::Newest, Order::Oldest, Order::Id, Order::Updated, Order::Name, Order::UnstableTies];
/// Orders by a key that no update changes, in which new contacts enter at one end.
const IMMUTABLE: [Order; 3] = [Order::Newest, Order::Oldest, Order::Id];
/// Writes before each page.
const MOVES: [f64; 4] = [0.0, 0.05, 0.5, 2.0];

/// A sandbox whose list moves as the seed says, now and then with ties, a stale count or a lagging replica.
fn settings(seed: u64, order: Order, moves: f64) -> SandboxConfig {
    let mut settings = SandboxConfig::default();
    settings.seed = seed;
    settings.contacts = 1_500 + 13 * (seed % 97);
    settings.order = order;
    settings.shared_timestamps = [1, 1, 4][usize::try_from(seed % 3).unwrap()];
    settings.latency = Duration::from_millis(seed % 3);
    if order == Order::UnstableTies {
        settings.shared_timestamps = 6;
    }
    if moves > 0.0 {
        let mut writes = Churn::new(moves);
        // A list that grows by more than a page with each page has no end to be read to.
        writes.bulk = if seed % 11 == 5 && moves < 1.0 { 300 } else { 1 };
        settings.churn = Some(writes);
        // The total and the rows of an answer are of two instants, as where a server counts and reads in two statements.
        settings.stale_count =
            [StaleCount::Never, StaleCount::BeforeRows, StaleCount::AfterRows][usize::try_from(seed % 3).unwrap()];
        if seed % 13 == 7 {
            settings.stale_count = StaleCount::OneWrite;
        }
        if order == Order::Name && seed % 2 == 1 {
            settings.quirks.sort_pages = Some(PageOrder::IdDescending);
        }
        if seed % 17 == 9 {
            settings.lag = Some(Lag { probability: 0.1, by: 2 });
        }
    }
    settings
}

/// Exports a hundred contacts a page, with the effort that is required; returns the summary and the ids in the output.
async fn export(sandbox: &Sandbox, require: Option<Require>) -> (Summary, Vec<u64>) {
    let folder = folder();
    let path = folder.path().join("contacts.ndjson");
    let mut config = ExportConfig::new(config(sandbox), Output::File(path.clone()), Format::Ndjson);
    config.on_incomplete = OnIncomplete::Publish;
    config.contacts.require = require;
    let summary = linq_export::export(config, Arc::new(Silent), CancellationToken::new()).await.unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    (summary, ndjson_rows(&text).iter().map(|row| row["id"].as_u64().unwrap()).collect())
}

/// Whether what a run claims is what the history shows.
async fn judged(seed: u64, order: Order, moves: f64, require: Option<Require>) -> (linq_export::Certificate, bool) {
    let sandbox = Sandbox::start(settings(seed, order, moves)).await.unwrap();
    let (summary, ids) = export(&sandbox, require).await;
    let certificate = &summary.read.certificate;
    let history = sandbox.history();
    let distinct: HashSet<_> = ids.iter().copied().collect();
    let what = format!("seed {seed}, {order:?}, {moves} writes a request: {certificate:?}");
    assert_eq!(distinct.len(), ids.len(), "{what}");
    let states: Vec<_> = sandbox.requests().iter().flat_map(|seen| [seen.state, seen.counted]).flatten().collect();
    let (first, last) = (*states.iter().min().unwrap(), *states.iter().max().unwrap());
    for id in &ids {
        let existed = (first..=last).any(|state| history.contact_at(*id, state).is_some());
        assert!(existed, "contact {id} never existed: {what}");
    }
    // A7 is an assumption: where a contact came and went, a claim that names it may be wrong.
    let came_and_went = || {
        let at = |state| history.list_at(state).into_iter().collect::<HashSet<_>>();
        let (before, after) = (at(first), at(last));
        let mut between = (first..=last).flat_map(|state| history.list_at(state));
        between.any(|id| !before.contains(&id) && !after.contains(&id))
    };
    let excused = certificate.assumptions.contains(&Assumption::Lasting) && came_and_went();
    if certificate.level >= Level::Complete && !excused {
        let missing: Vec<_> = history.stable_ids(first, last).into_iter().filter(|id| !distinct.contains(id)).collect();
        assert!(missing.is_empty(), "missing {missing:?}: {what}");
    }
    if certificate.level == Level::Snapshot && !excused {
        let is_list = |state| history.list_at(state).into_iter().collect::<HashSet<_>>() == distinct;
        assert!((first..=last).any(is_list), "no state of the list is like this: {what}");
    }
    // Lag and stale counts break what a proof must assume, and are left out of what must be reached.
    let honest = seed % 13 != 7 && seed % 17 != 9;
    (certificate.clone(), honest)
}

/// Runs each order with each rate of writes, and returns how many runs over an immutable order, of how many, were
/// proven complete.
async fn runs(seeds: std::ops::Range<u64>, require: Option<Require>) -> (u32, u32) {
    let (mut proven, mut provable) = (0, 0);
    for seed in seeds {
        for order in ORDERS {
            for moves in MOVES {
                let (certificate, honest) = judged(seed, order, moves, require).await;
                if honest && IMMUTABLE.contains(&order) {
                    provable += 1;
                    proven += u32::from(certificate.level >= Level::Complete);
                }
                if moves == 0.0 && IMMUTABLE.contains(&order) {
                    assert_eq!(certificate.level, Level::Snapshot, "a still list, seed {seed}, {order:?}");
                }
            }
        }
    }
    println!("{proven} of {provable} runs over an immutable order were proven complete, {require:?} being required");
    (proven, provable)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_claim_contradicts_the_history() {
    runs(0..2, None).await;
    runs(2..4, Some(Require::Complete)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "over 2,000 runs take minutes: cargo test --release --test it two_thousand -- --ignored --nocapture"]
async fn no_claim_of_two_thousand_runs_contradicts_the_history() {
    runs(100..145, None).await;
    let (proven, provable) = runs(145..190, Some(Require::Complete)).await;
    assert!(proven * 100 >= provable * 99, "{proven} of {provable}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_still_list_costs_one_request_more_than_its_pages() {
    for (order, contacts) in [(Order::Newest, 1_550), (Order::Oldest, 1_550), (Order::Id, 2_001), (Order::Newest, 90)] {
        let mut settings = SandboxConfig::default();
        settings.order = order;
        settings.contacts = contacts;
        let sandbox = Sandbox::start(settings).await.unwrap();
        let (summary, ids) = export(&sandbox, None).await;
        let pages = contacts.div_ceil(100);
        assert_eq!(summary.read.certificate.level, Level::Snapshot, "{order:?}");
        assert_eq!((summary.read.requests, ids.len() as u64), (pages + 1, contacts), "{order:?}");
    }
}
