//! All short readings of all short lists: the claims of each theorem, checked against the history.
//!
//! Covers every sequence of windows, with every insertion and deletion between any two of them.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::page::{Asked, Observed, Pagination, RowKey};
use crate::proof::claims;
use crate::proof::observations::Observations;
use crate::proof::order::{Direction, Field, Order};
use crate::proof::response::Purpose;
use crate::proof::{Assumption, Level};

/// One reading: the windows, and the write before each but the first.
struct Reading {
    direction: Direction,
    windows: Vec<Asked>,
    /// 0: nothing; 1: an insertion; from 2: the deletion of a row.
    writes: Vec<usize>,
}

/// The number of claims: by overlap only, complete, and snapshot.
#[derive(Debug, Default, PartialEq, Eq)]
struct Made {
    overlap: u64,
    complete: u64,
    snapshot: u64,
}

impl Reading {
    /// Reads a list of `rows` rows and checks every claim.
    fn check(&self, rows: i64, made: &mut Made) {
        let mut list: Vec<i64> = (1..=rows).collect();
        let mut next = rows + 1;
        let mut states = vec![list.iter().copied().collect::<BTreeSet<_>>()];
        let mut observations = Observations::default();
        let order = Order { field: Field::Id, direction: self.direction, ties: None };
        for (at, asked) in self.windows.iter().enumerate() {
            match self.writes.get(at.wrapping_sub(1)).copied().unwrap_or(0) {
                0 => {}
                1 => {
                    list.push(next);
                    next += 1;
                }
                gone if gone - 2 < list.len() => drop(list.remove(gone - 2)),
                _ => return,
            }
            states.push(list.iter().copied().collect());
            observations.add(at as u64, Purpose::Sweep, self.observe(&list, *asked, at as u64));
            if observations.openings[0].is_none() {
                observations.set_opening(at);
            }
            observations.enqueue(at as u64);
        }
        let seen = observations.contacts();
        let union: BTreeSet<_> = self.seen(&states);
        assert_eq!(seen, union.len() as u64);
        let stable = states.iter().cloned().reduce(|a, b| &a & &b).unwrap();
        for (level, basis) in claims::all(order, &observations) {
            let story =
                || format!("{level} {basis:?} of {rows}: {:?} {:?} {:?}", self.direction, self.windows, self.writes);
            assert!(stable.is_subset(&union), "{}", story());
            if level == Level::Snapshot {
                assert!(states.contains(&union), "{}", story());
            }
            made.overlap += u64::from(!basis.contains(&Assumption::Entrance) && !basis.contains(&Assumption::Count));
            made.complete += u64::from(level == Level::Complete);
            made.snapshot += u64::from(level == Level::Snapshot);
        }
    }

    fn window(&self, list: &[i64], asked: Asked) -> Vec<i64> {
        let mut list = list.to_vec();
        if self.direction == Direction::Descending {
            list.reverse();
        }
        let size = asked.per_page as usize;
        list.into_iter().skip((asked.page as usize - 1) * size).take(size).collect()
    }

    fn seen(&self, states: &[BTreeSet<i64>]) -> BTreeSet<i64> {
        let lists = states[1..].iter().map(|state| state.iter().copied().collect::<Vec<_>>());
        lists.zip(&self.windows).flat_map(|(list, asked)| self.window(&list, *asked)).collect()
    }

    fn observe(&self, list: &[i64], asked: Asked, at: u64) -> Observed {
        let row = |id| RowKey { id, created_at: Some(id), updated_at: Some(id), hash: 0 };
        let size = u64::from(asked.per_page);
        let total_count = list.len() as u64;
        Observed {
            asked,
            said: Pagination {
                current_page: asked.page,
                per_page: size,
                total_pages: total_count.div_ceil(size),
                total_count,
            },
            rows: self.window(list, asked).into_iter().map(row).collect(),
            sent: Duration::from_millis(2 * at),
            received: Duration::from_millis(2 * at + 1),
            stale: None,
        }
    }
}

/// All sequences of `length` numbers below `below`.
fn sequences(length: usize, below: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..below.pow(length as u32)).map(move |n| (0..length as u32).map(|at| n / below.pow(at) % below).collect())
}

fn check_all(rows: i64, sizes: &[u32], length: usize) -> Made {
    let windows: Vec<_> = sizes
        .iter()
        .flat_map(|per_page| {
            (1..=rows as u64 / u64::from(*per_page) + 1).map(|page| Asked { page, per_page: *per_page })
        })
        .collect();
    let mut made = Made::default();
    for direction in [Direction::Descending, Direction::Ascending] {
        for chosen in sequences(length - 1, windows.len()) {
            // Page 1 first, as in every run.
            let first = Asked { page: 1, per_page: sizes[0] };
            let windows: Vec<_> = std::iter::once(first).chain(chosen.iter().map(|at| windows[*at])).collect();
            for writes in sequences(length - 1, rows as usize + 3) {
                Reading { direction, windows: windows.clone(), writes }.check(rows, &mut made);
            }
        }
    }
    made
}

#[test]
fn no_claim_is_wrong_in_any_short_reading() {
    let made = [check_all(3, &[2, 3], 4), check_all(4, &[2, 3], 4), check_all(5, &[3, 2], 4)];
    println!("{made:?}");
    assert!(made.iter().all(|made| made.overlap > 0 && made.complete > 0 && made.snapshot > 0), "{made:?}");
}

#[test]
#[ignore = "minutes: one window and one write more"]
fn no_claim_is_wrong_in_any_longer_reading() {
    println!("{:?}", [check_all(4, &[3, 2], 5), check_all(5, &[3, 4], 5)]);
}
