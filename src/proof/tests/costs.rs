//! The cost of a run if the total and the rows of an answer are of two instants: without writes, and with one write in
//! 20 requests; with 16 concurrent requests, in pages of 100.

use super::drive::{Scenario, run};
use super::model::{Instants, Kind, Write, mix};
use crate::proof::{Level, Require};

const KINDS: [Kind; 4] = [Kind::Newest, Kind::Oldest, Kind::Ids, Kind::IdsDescending];
const ORDERS: [Instants; 2] = [Instants::CountFirst, Instants::RowsFirst];

/// A run with one write in `every` requests. Each request has two instants.
fn scenario(kind: Kind, pages: usize, every: u64, seed: u64, instants: Instants) -> Scenario {
    let at = |n: u64| (n * 2 * every + mix((seed, n, "when")) % (2 * every)) as u16;
    let write = |n: u64| match mix((seed, n, "what")) % 2 {
        0 => Write::Insert,
        _ => Write::Delete((mix((seed, n, "which")) % 65_536) as u16),
    };
    let writes = (3 * pages as u64).checked_div(every).map_or(0, |writes| writes + 1);
    let writes = (0..writes).map(|n| (at(n), write(n))).collect();
    Scenario {
        kind,
        instants,
        count: pages * 100 - 50,
        per_page: 100,
        concurrency: 16,
        writes,
        seed,
        schedule: seed,
        ..Scenario::default()
    }
}

/// Prints the levels, requests and wrong claims of each kind of list.
fn table(pages: usize, every: u64, seeds: u64, require: Require) {
    for kind in KINDS {
        let (mut levels, mut requests, mut most, mut wrong) = ([0; 4], 0, 0, 0);
        for seed in 0..seeds {
            let base = scenario(kind, pages, every, seed, ORDERS[seed as usize % 2]);
            let outcome = run(&Scenario { require, ..base });
            levels[outcome.level() as usize] += 1;
            requests += outcome.requests;
            most = most.max(outcome.requests);
            wrong += u64::from(outcome.wrong(0).is_some());
        }
        let mean = requests as f64 / seeds as f64;
        let writes = if every == 0 { "no writes".to_owned() } else { format!("one write in {every} requests") };
        println!(
            "{pages} pages, {kind:?}, {writes}, --require {require}: {levels:?}, {mean:.1} requests, at most {most}; {wrong} wrong"
        );
    }
}

#[test]
#[ignore = "minutes: the table of costs"]
fn costs() {
    for (pages, seeds) in [(25, 200), (100, 100), (1_000, 20)] {
        for every in [0, 20] {
            table(pages, every, seeds, Require::Counted);
        }
        table(pages, 20, seeds, Require::Snapshot);
    }
}

/// Seeded runs on lists of realistic size: the history contradicts no claim.
fn seeded(runs: u64, most_pages: u64) {
    let mut proven = 0;
    for seed in 0..runs {
        let (kind, instants) = (Kind::ALL[seed as usize % 9], Instants::ALL[(seed / 9) as usize % 4]);
        let pages = 10 + mix((seed, "pages")) % (most_pages - 9);
        let base = scenario(kind, pages as usize, [0, 2, 7, 20][(seed / 36) as usize % 4], seed, instants);
        let require = [Require::Counted, Require::Complete, Require::Snapshot][(mix((seed, "require")) % 3) as usize];
        let sorts_pages = seed.is_multiple_of(5);
        let concurrency = 1 + (mix((seed, "concurrency")) % 16) as usize;
        let outcome = run(&Scenario { sorts_pages, concurrency, require, ..base });
        assert!(outcome.wrong(0).is_none(), "{kind:?} {instants:?} sorts {sorts_pages} {seed}: {}", outcome.story(0));
        proven += u64::from(outcome.level() >= Level::Complete);
    }
    println!("{runs} runs, {proven} proven, none wrong");
    assert!(proven * 3 > runs, "{proven} of {runs}");
}

#[test]
fn no_claim_on_a_realistic_list_is_wrong() {
    seeded(144, 20);
}

#[test]
#[ignore = "minutes: 10,000 runs over 1,000 to 5,000 rows"]
fn no_claim_of_ten_thousand_is_wrong() {
    seeded(10_000, 50);
}
