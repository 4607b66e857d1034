//! Lists of a real size under steady writes: how often a proof is had, and what it costs.

use super::drive::{Scenario, run};
use super::model::{Kind, Write, mix};
use crate::proof::Level;

/// A run over `count` rows with so many writes a hundred requests.
pub fn moving(kind: Kind, count: usize, per_page: u32, rate: u64, seed: u64) -> Scenario {
    let requests = 3 * count as u64 / u64::from(per_page) + 20;
    let write = |n: u64| match n % 5 {
        0 | 1 => Write::Insert,
        2 | 3 => Write::Delete((n >> 8) as u16),
        _ => Write::Update((n >> 8) as u16),
    };
    let writes = (0..requests * rate / 100).map(|at| {
        let n = mix((seed, at, "write"));
        ((mix((seed, at, "when")) % requests) as u16, write(n))
    });
    let writes = writes.collect();
    Scenario {
        kind,
        count,
        per_page,
        writes,
        concurrency: 1 + seed as usize % 16,
        seed,
        schedule: seed,
        ..Scenario::default()
    }
}

struct Tally {
    runs: u64,
    levels: [u64; 4],
    requests: u64,
    plain: u64,
    dearest: f64,
}

fn tally(kind: Kind, count: usize, per_page: u32, rate: u64, seeds: u64) -> Tally {
    let mut tally = Tally { runs: seeds, levels: [0; 4], requests: 0, plain: 0, dearest: 0.0 };
    for seed in 0..seeds {
        let outcome = run(&moving(kind, count, per_page, rate, seed * 7919));
        assert!(outcome.wrong(0).is_none(), "{kind:?} {rate} {seed}: {}", outcome.story(0));
        tally.levels[outcome.level() as usize] += 1;
        tally.requests += outcome.requests;
        tally.plain += outcome.plain;
        tally.dearest = tally.dearest.max(outcome.requests as f64 / outcome.plain as f64);
    }
    tally
}

/// Kinds whose key never changes.
const IMMUTABLE: [Kind; 4] = [Kind::Newest, Kind::Oldest, Kind::Ids, Kind::IdsDescending];

#[test]
#[ignore = "a minute: the table of levels and costs"]
fn table() {
    let seeds = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(60);
    for (count, per_page) in [(600, 25), (5_000, 100)] {
        for kind in [Kind::Newest, Kind::Oldest, Kind::Updated, Kind::UpdatedAscending, Kind::ArbitraryTies] {
            for rate in [0, 5, 50, 200] {
                let Tally { runs, levels: [a, b, c, d], requests, plain, dearest } =
                    tally(kind, count, per_page, rate, seeds);
                let cost = requests as f64 / plain as f64;
                println!(
                    "{count:5} {kind:16?} {rate:3} runs {runs} inc {a:3} cou {b:3} com {c:3} snap {d:3} cost {cost:.2} max {dearest:.2}"
                );
            }
        }
    }
}

#[test]
#[ignore = "for a look"]
fn look() {
    for seed in 0..40 {
        let outcome = run(&moving(Kind::Newest, 5_000, 100, 200, seed * 7919));
        if outcome.level() < Level::Complete {
            println!("LOOK {seed} {} of {}: {:?}", outcome.requests, outcome.plain, outcome.certificate);
        }
    }
}

#[test]
#[ignore = "for a look"]
fn trace() {
    let outcome = run(&moving(Kind::Newest, 5_000, 100, 200, 2 * 7919));
    println!("{}", outcome.story(0));
}
