//! Generates the tables in the module's docs, in Markdown: one row per family of servers, and one for runs that start with
//! the rate of an earlier one.

use std::collections::BTreeMap;
use std::fmt;

use super::{SEEDS, learned_percent, refused_percent, speed_percent};
use crate::rate::simulator::run::run;
use crate::rate::simulator::server::{Server, all, disturbed};
use crate::rate::simulator::setting::{Quota, Setting};

/// Lengths of runs, in pages.
const PAGES: [u32; 3] = [100, 300, 2000];

#[derive(Debug, Default, Clone, Copy)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.join(Self { sum: value, count: 1.0 });
    }

    fn join(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn get(self) -> f64 {
        self.sum / self.count
    }
}

/// Runs of one length: speed in % of the ideal client's, requests refused in %, the learned rate in % of the limit.
#[derive(Debug, Default, Clone, Copy)]
struct Cell {
    speed: Mean,
    refused: Mean,
    learned: Mean,
}

#[derive(Debug, Default, Clone, Copy)]
struct Row([Cell; PAGES.len()]);

impl Row {
    fn measure(server: &Server, setting: impl Fn(u32, u64) -> Setting) -> Self {
        Self(PAGES.map(|pages| {
            let mut cell = Cell::default();
            for seed in SEEDS {
                let setting = setting(pages, seed);
                let outcome = run(server, &setting);
                cell.speed.add(speed_percent(server, &setting, &outcome));
                cell.refused.add(refused_percent(&outcome));
                if let Some(learned) = learned_percent(server, &outcome) {
                    cell.learned.add(learned);
                }
            }
            cell
        }))
    }

    fn join(&mut self, other: &Self) {
        for (cell, other) in self.0.iter_mut().zip(other.0) {
            cell.speed.join(other.speed);
            cell.refused.join(other.refused);
            cell.learned.join(other.learned);
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for cell in self.0 {
            write!(f, "{:.0} / {:.1} | ", cell.speed.get(), cell.refused.get())?;
        }
        let learned = self.0[PAGES.len() - 1].learned;
        if learned.count > 0.0 { write!(f, "{:.0} |", learned.get()) } else { write!(f, "– |") }
    }
}

/// Prints the tables of the module's docs, and asserts only the means.
#[test]
#[ignore = "generates the table of the module's docs: cargo test --lib learned_limits -- --ignored --nocapture"]
fn learned_limits() {
    let mut families = BTreeMap::<_, Row>::new();
    let [mut all_new, mut all_used_up, mut all_known] = [Row::default(); 3];
    for server in all() {
        let new = Row::measure(&server, Setting::shipped);
        let used_up =
            Row::measure(&server, |pages, seed| Setting { quota: Quota::UsedUp, ..Setting::shipped(pages, seed) });
        let known = Row::measure(&server, |pages, seed| Setting {
            known: run(&server, &Setting::shipped(300, seed + 500)).learned,
            ..Setting::shipped(pages, seed)
        });
        families.entry(server.family()).or_default().join(&new);
        all_new.join(&new);
        all_used_up.join(&used_up);
        all_known.join(&known);
    }
    println!("| server | 100 pages | 300 pages | 2,000 pages | learned |\n|---|---|---|---|---|");
    for (family, row) in &families {
        println!("| {family} | {row}");
    }
    println!("| **all 109** | {all_new}");
    println!("| all, quota used up at the start | {all_used_up}");
    println!("| all, with the rate learned in 300 pages | {all_known}");
    for (row, speed) in [(all_new, 86.0), (all_used_up, 83.0), (all_known, 86.0)] {
        let [.., longest] = row.0;
        assert!(longest.speed.get() >= speed, "{longest:?}");
        assert!(longest.refused.get() <= 0.8, "{longest:?}");
    }
}

/// Prints the table of the disturbed servers, and asserts only the means.
#[test]
#[ignore = "generates the table of the module's docs: cargo test --lib disturbed_limits -- --ignored --nocapture"]
fn disturbed_limits() {
    let mut families = Vec::<(String, Row)>::new();
    let mut every = Row::default();
    for server in disturbed() {
        let row = Row::measure(&server, Setting::shipped);
        let family = server.family();
        match families.iter_mut().find(|(name, _)| *name == family) {
            Some((_, joined)) => joined.join(&row),
            None => families.push((family, row)),
        }
        every.join(&row);
    }
    println!("| server | 100 pages | 300 pages | 2,000 pages | learned |\n|---|---|---|---|---|");
    for (family, row) in &families {
        println!("| {family} | {row}");
    }
    println!("| **all 67** | {every}");
    let [.., longest] = every.0;
    assert!(longest.speed.get() >= 80.0, "{longest:?}");
    assert!(longest.refused.get() <= 5.0, "{longest:?}");
}
