//! Theorem 5: whatever the order of the list, each contact of the export before that exists all the time is exported, or named.

use std::collections::BTreeSet;

use super::drive::{Scenario, run};
use super::model::{Instants, Kind, Write, mix};
use super::outcome::Outcome;
use crate::proof::{CarriedOver, CarryOver, Certificate, Compared, Level, Looked, Reason, Unconfirmed};

/// How lookups are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lookups {
    /// From the state after the run.
    Right,
    /// From any state of the run.
    Lagging,
    /// The API says that there is no such contact, whichever it is.
    NeverFound,
    /// With something else.
    Unclear,
}

/// Ids that the export before has, although they were deleted since.
const DELETED: std::ops::Range<i64> = 1_000_000..1_000_005;

/// Accounts for the contacts that the list had when the run began, and for a few that were deleted before that.
fn account(outcome: &Outcome, lookups: Lookups, most: u64, seed: u64) -> (CarriedOver, Certificate, BTreeSet<i64>) {
    let history = &outcome.server.history[outcome.states.0..=outcome.states.1];
    let before: Vec<_> = history[0].iter().map(|contact| contact.key.id).chain(DELETED).collect();
    let mut compared = Compared::default();
    before.chunks(7).for_each(|ids| compared.add(ids, &outcome.seen));
    let mut carry_over = CarryOver::new(compared, &outcome.seen, most);
    let mut exported = outcome.ids();
    let mut answers = 0_u64;
    loop {
        let (ids, is_exported) = carry_over.round();
        if ids.is_empty() {
            break;
        }
        for id in ids {
            answers += 1;
            let state = match lookups {
                Lookups::Right => history.len() - 1,
                _ => mix((seed, answers)) as usize % history.len(),
            };
            let looked = match lookups {
                Lookups::NeverFound => Looked::Deleted,
                Lookups::Unclear => Looked::Unclear("a maintenance page".to_owned()),
                _ if history[state].iter().any(|contact| contact.key.id == id) => Looked::Exists,
                _ => Looked::Deleted,
            };
            if is_exported && looked == Looked::Exists {
                exported.insert(id);
            }
            carry_over.observe(id, looked);
        }
    }
    let mut certificate = outcome.certificate.clone();
    let carried_over = carry_over.finish(&mut certificate);
    assert_eq!(certificate.contacts, exported.len() as u64, "each is counted once");
    let CarriedOver { present, new, deleted, recovered, unconfirmed, .. } = &carried_over;
    assert_eq!(present + new + recovered, exported.len() as u64);
    assert_eq!(present + deleted + recovered + unconfirmed.len() as u64, before.len() as u64);
    (carried_over, certificate, exported)
}

/// The contacts of the export before that exist all the time, but are neither exported nor named.
fn lost(outcome: &Outcome, exported: &BTreeSet<i64>, unconfirmed: &[i64]) -> Vec<i64> {
    let named: BTreeSet<_> = unconfirmed.iter().copied().collect();
    outcome.lost(0).into_iter().filter(|id| !exported.contains(id) && !named.contains(id)).collect()
}

/// A list in no order that moves, and loses contacts between its pages.
fn moving(seed: u64) -> Scenario {
    let write = |at: u64| {
        let n = mix((seed, at, "write"));
        let write = match n % 4 {
            0 => Write::Insert,
            1 | 2 => Write::Delete((n >> 8) as u16),
            _ => Write::Update((n >> 8) as u16),
        };
        ((n % 12) as u16, write)
    };
    Scenario {
        kind: [Kind::UnstableTies, Kind::Name][seed as usize % 2],
        instants: Instants::ALL[seed as usize / 2 % 4],
        count: 20 + (mix((seed, "count")) % 60) as usize,
        writes: (0..mix((seed, "writes")) % 16).map(write).collect(),
        concurrency: 1 + (seed % 8) as usize,
        seed: mix((seed, "list")),
        schedule: mix((seed, "schedule")),
        ..Scenario::default()
    }
}

#[test]
fn no_contact_that_exists_all_the_time_is_lost_unnamed() {
    let (mut lost_by_pages, mut recovered, mut unconfirmed) = (0, 0, 0);
    for seed in 0..1_000 {
        let outcome = run(&moving(seed));
        lost_by_pages += outcome.lost(0).len();
        for (lookups, most) in [(Lookups::Right, 200), (Lookups::Lagging, 200), (Lookups::Right, 3)] {
            let (carried_over, certificate, exported) = account(&outcome, lookups, most, seed);
            let lost = lost(&outcome, &exported, &carried_over.unconfirmed);
            assert!(lost.is_empty(), "seed {seed}, {lookups:?}: {lost:?}");
            // All controls may have been deleted in the meantime.
            let is_excused = most < 200 || matches!(carried_over.reason, Some(Unconfirmed::Control { .. }));
            assert!(carried_over.is_whole() || is_excused, "seed {seed}: {carried_over:?}");
            assert!(carried_over.recovered == 0 || certificate.level <= Level::Counted, "seed {seed}");
            recovered += carried_over.recovered;
            unconfirmed += carried_over.unconfirmed.len();
        }
    }
    assert!(lost_by_pages > 100 && recovered > 100 && unconfirmed > 100, "{lost_by_pages} {recovered} {unconfirmed}");
}

#[test]
fn answers_that_prove_nothing_confirm_nothing() {
    for seed in 0..200 {
        let outcome = run(&moving(seed));
        for (lookups, most) in [(Lookups::NeverFound, 200), (Lookups::Unclear, 200), (Lookups::Right, 0)] {
            let (carried_over, certificate, exported) = account(&outcome, lookups, most, seed);
            let CarriedOver { deleted, recovered, unconfirmed, reason, .. } = &carried_over;
            assert_eq!((deleted, recovered, &certificate), (&0, &0, &outcome.certificate));
            assert!(DELETED.into_iter().all(|id| unconfirmed.contains(&id)));
            assert!(lost(&outcome, &exported, unconfirmed).is_empty());
            let is_due = match lookups {
                Lookups::Right => *reason == Some(Unconfirmed::NotAsked),
                _ => matches!(reason, Some(Unconfirmed::Control { .. })),
            };
            assert!(is_due, "{lookups:?}: {reason:?}");
        }
    }
}

#[test]
fn a_found_contact_refutes_a_claim() {
    let outcome = run(&Scenario::default());
    assert_eq!(outcome.level(), Level::Snapshot);
    let found = |id| {
        let compared = Compared { present: 45, gone: vec![id] };
        let mut carry_over = CarryOver::new(compared, &outcome.seen, 200);
        while let (ids, _) = carry_over.round()
            && let Some(id) = ids.first()
        {
            carry_over.observe(*id, Looked::Exists);
        }
        let mut certificate = outcome.certificate.clone();
        (carry_over.finish(&mut certificate), certificate)
    };
    let (carried_over, certificate) = found(1_000);
    assert_eq!((carried_over.recovered, carried_over.lookups, certificate.contacts), (1, 3, 46));
    assert_eq!((certificate.level, &certificate.assumptions[..]), (Level::Counted, &[][..]));
    assert_eq!(certificate.reasons[0], Reason::Recovered { contacts: 1 });
}

#[test]
fn contacts_that_are_found_are_those_that_the_server_counts() {
    let outcome = run(&Scenario::default());
    let level = |missing: u64, others: &[Reason]| {
        let mut carry_over = CarryOver::new(Compared { present: 40, gone: vec![1_000, 1_001] }, &outcome.seen, 200);
        while let (ids, _) = carry_over.round()
            && !ids.is_empty()
        {
            for id in ids {
                carry_over.observe(id, Looked::Exists);
            }
        }
        let reasons = [Reason::Missing { seen: 45, total: 45 + missing }].into_iter().chain(others.iter().cloned());
        let level = Level::Incomplete;
        let mut certificate = Certificate { level, reasons: reasons.collect(), contacts: 45, ..Certificate::default() };
        carry_over.finish(&mut certificate);
        certificate.level
    };
    assert_eq!([level(1, &[]), level(2, &[]), level(3, &[])], [Level::Counted, Level::Counted, Level::Incomplete]);
    assert_eq!(level(1, &[Reason::NoEnd { pages: 1 }]), Level::Incomplete);
}

#[test]
fn an_api_that_stops_answering_is_not_asked_again() {
    let outcome = run(&Scenario::default());
    let compared = Compared { present: 0, gone: (1_000..1_500).collect() };
    let mut carry_over = CarryOver::new(compared, &outcome.seen, 400);
    let mut rounds = 0;
    while let (ids, _) = carry_over.round()
        && !ids.is_empty()
    {
        rounds += 1;
        for id in ids {
            carry_over.observe(
                id,
                match rounds {
                    1 => Looked::Exists,
                    2 | 3 => Looked::Deleted,
                    _ => Looked::Unclear("403".to_owned()),
                },
            );
        }
    }
    let carried_over = carry_over.finish(&mut outcome.certificate.clone());
    assert_eq!((rounds, carried_over.lookups, carried_over.deleted), (4, 1 + 3 * 64, 128));
    assert_eq!(carried_over.unconfirmed, (1_128..1_500).collect::<Vec<_>>());
    assert_eq!(carried_over.reason, Some(Unconfirmed::Budget { lookups: 400 }));
}
