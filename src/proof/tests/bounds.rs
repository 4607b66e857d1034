//! Bounds of requests and memory, and the pages of a limited run.

use super::drive::{Scenario, run};
use super::model::{Kind, Lie};
use super::rates::moving;
use crate::proof::{Level, Planner, Reason, Require};

#[test]
fn a_run_holds_less_than_17_bytes_per_contact() {
    for kind in [Kind::Newest, Kind::Oldest, Kind::Name] {
        for rate in [0, 50] {
            let outcome = run(&moving(kind, 12_000, 100, rate, 3));
            let bytes = outcome.held as f64 / outcome.output.len() as f64;
            println!("{kind:?}, {rate} writes in 100 requests: {bytes:.1} bytes per contact");
            assert!(bytes < 17.0, "{kind:?} {rate}: {bytes}");
        }
    }
}

#[test]
fn a_limited_run_reads_its_pages_and_no_more() {
    for (limit, requests) in [(1, 1), (10, 1), (11, 2), (44, 5)] {
        for kind in [Kind::Newest, Kind::Oldest, Kind::Name] {
            let outcome = run(&Scenario { kind, limit: Some(limit), ..Scenario::default() });
            assert_eq!((outcome.requests, outcome.level()), (requests, Level::Incomplete), "{}", outcome.story(0));
            assert_eq!(outcome.certificate.reasons, [Reason::Limited { contacts: limit }]);
        }
    }
    for limit in [45, 1_000] {
        let outcome = run(&Scenario { limit: Some(limit), ..Scenario::default() });
        assert_eq!((outcome.requests, outcome.level()), (6, Level::Snapshot), "{}", outcome.story(0));
    }
}

#[test]
fn a_low_total_does_not_lift_the_limit() {
    let outcome = run(&Scenario { limit: Some(20), lie: Lie::Totals(-30, 0), ..Scenario::default() });
    assert_eq!(outcome.level(), Level::Incomplete, "{}", outcome.story(0));
    assert!(outcome.requests < 6);
}

#[test]
fn an_interrupted_run_claims_nothing() {
    let planner = Planner::new(100, None, Require::Any);
    let certificate = planner.finish();
    assert_eq!((certificate.level, certificate.reasons.first()), (Level::Incomplete, Some(&Reason::Unfinished)));
}

#[test]
fn one_page_read_twice_is_a_snapshot() {
    for count in [0, 1, 9] {
        let outcome = run(&Scenario { count, ..Scenario::default() });
        assert_eq!((outcome.requests, outcome.level()), (2, Level::Snapshot), "{}", outcome.story(0));
    }
}

#[test]
fn an_unknown_order_is_counted_at_one_more_request() {
    let outcome = run(&Scenario { kind: Kind::Name, ..Scenario::default() });
    assert_eq!((outcome.requests, outcome.level()), (6, Level::Counted), "{}", outcome.story(0));
    assert!(outcome.certificate.reasons.contains(&Reason::NoOrder));
}

#[test]
fn wrong_page_counts_lose_no_row() {
    for kind in [Kind::Newest, Kind::Oldest, Kind::Name] {
        for (rows, pages) in [(0, 2), (0, -2), (-20, -2), (20, 2), (-20, 0), (-100, -100)] {
            let outcome = run(&Scenario { kind, lie: Lie::Totals(rows, pages), ..Scenario::default() });
            assert_eq!(outcome.output.len(), 45, "{kind:?} {rows} {pages}: {}", outcome.story(0));
        }
    }
}
