//! Each check is needed: with one disabled, the runs that pass with all checks make a claim that the history
//! contradicts.

use super::drive::{Scenario, run};
use super::model::{Instants, Kind, Lie, Write, mix};
use crate::proof::Require;
use crate::proof::checks::{self, Check};

/// A short run with a few writes, derived from a number.
fn scenario(kinds: &[Kind], n: u64) -> Scenario {
    let random = |what: &str, below: u64| mix((n, what)) % below;
    let write = |at: u64| {
        let n = mix((n, at, "write"));
        let write = match n % 8 {
            0..3 => Write::Insert,
            3..6 => Write::Delete((n >> 8) as u16),
            6 => Write::Update((n >> 8) as u16),
            _ => Write::Import(6),
        };
        ((mix((n, "when")) % 16) as u16, write)
    };
    Scenario {
        kind: kinds[n as usize % kinds.len()],
        count: 15 + random("count", 40) as usize,
        per_page: 5 + random("per_page", 6) as u32,
        writes: (0..random("writes", 7)).map(write).collect(),
        concurrency: 1 + random("concurrency", 8) as usize,
        require: [Require::Counted, Require::Complete][random("require", 2) as usize],
        seed: mix((n, "seed")),
        schedule: mix((n, "schedule")),
        ..Scenario::default()
    }
}

/// Whether one of the runs makes a wrong claim with a check disabled. With all checks, none may.
fn caught(check: Check, kinds: &[Kind], lie: Lie) -> bool {
    caught_in(check, (0..4_000).map(|n| Scenario { lie, ..scenario(kinds, n) }))
}

fn caught_in(check: Check, mut runs: impl Iterator<Item = Scenario>) -> bool {
    runs.any(|scenario| {
        let sound = run(&scenario);
        assert!(sound.wrong(0).is_none(), "{scenario:?} {}", sound.story(0));
        checks::without(check, || run(&scenario)).wrong(0).is_some()
    })
}

const IMMUTABLE: [Kind; 4] = [Kind::Newest, Kind::Oldest, Kind::Ids, Kind::IdsDescending];

#[test]
fn touching_windows_are_caught() {
    assert!(caught(Check::Overlap, &IMMUTABLE, Lie::None));
}

#[test]
fn a_broken_order_is_caught() {
    assert!(caught(Check::Order, &[Kind::Name], Lie::None));
}

#[test]
fn an_order_within_pages_only_is_caught() {
    let sorted = |n| Scenario { sorts_pages: true, ..scenario(&[Kind::Name, Kind::Oldest], n) };
    assert!(caught_in(Check::Across, (0..4_000).map(sorted)));
}

#[test]
fn trusting_one_empty_answer_is_caught() {
    assert!(caught(Check::Twice, &IMMUTABLE, Lie::EmptyFirst));
}

#[test]
fn new_contacts_in_a_total_are_caught() {
    // Between the total and the rows of page 4 a contact of page 3 is deleted, and one is created before the next
    // total, which is therefore the same.
    let masked = |seed: u64| Scenario {
        kind: Kind::IdsDescending,
        instants: Instants::CountFirst,
        count: 52,
        writes: vec![(9, Write::Delete(27)), (10, Write::Insert)],
        concurrency: 1,
        seed,
        evidence: 1,
        ..Scenario::default()
    };
    assert!(caught_in(Check::Newcomers, (1..40).map(masked)));
}

#[test]
fn rows_moved_by_updates_are_caught() {
    assert!(caught(Check::Versions, &[Kind::Updated, Kind::UpdatedAscending], Lie::None));
}

#[test]
fn unordered_ties_are_caught() {
    assert!(caught(Check::Ties, &[Kind::UnstableTies, Kind::ArbitraryTies], Lie::None));
}

#[test]
fn an_end_by_total_is_caught() {
    assert!(caught(Check::End, &IMMUTABLE, Lie::Totals(-12, -2)));
}

#[test]
fn new_rows_counted_as_old_are_caught() {
    assert!(caught(Check::Entrance, &IMMUTABLE, Lie::None));
}

#[test]
fn a_near_end_not_read_last_is_caught() {
    assert!(caught(Check::Last, &IMMUTABLE, Lie::None));
}

#[test]
fn uncounted_rows_are_caught() {
    assert!(caught(Check::Count, &IMMUTABLE, Lie::None));
}

#[test]
fn a_single_pass_is_caught() {
    // One contact is deleted and one created at once: the export lacks one and has one too many, so the count agrees.
    let swapped = |n: u64| {
        let scenario = scenario(&[Kind::Name], n);
        let at = 1 + (n % 7) as u16;
        Scenario { writes: vec![(at, Write::Delete((n >> 3) as u16)), (at, Write::Insert)], ..scenario }
    };
    assert!(caught_in(Check::Repeat, (0..4_000).map(swapped)));
}
