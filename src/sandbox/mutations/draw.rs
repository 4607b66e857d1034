//! The writes that happen with one request, drawn from the seed and the request's number.

use super::churn::Moves;
use crate::sandbox::random::Random;

/// Sets writes apart from all other values of the same request.
const WRITES: u64 = 0x5772_6974_6573;
/// From one write to the next at most so long passes, in ms.
const LONGEST_PAUSE: u64 = 5_000;

/// A write, before it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Write {
    /// How long after the write before it, in ms, as the contacts tell it; at least 1.
    pub(in crate::sandbox) pause: u64,
    pub(in crate::sandbox) kind: Kind,
}

/// What is written; positions are those of the list at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Kind {
    Insert { contacts: u64 },
    Delete { position: u64 },
    Update { position: u64 },
}

/// The writes of one request.
pub(in crate::sandbox) struct Draw {
    moves: Moves,
    random: Random,
    left: u64,
}

impl Draw {
    /// Those of the `request`th request, from 1.
    pub(in crate::sandbox) fn of(request: u64, moves: Moves, seed: u64) -> Self {
        let mut random = Random::of(seed ^ WRITES, request);
        let left = poisson(&mut random, moves.per_request);
        Self { moves, random, left }
    }

    /// The next write to a list of `len` contacts that had `written` writes; `None` after the last.
    pub(in crate::sandbox) fn next(&mut self, len: u64, written: u64) -> Option<Write> {
        if self.moves.stop_after.is_some_and(|most| written >= most) {
            return None;
        }
        while let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            let pause = 1 + self.random.below(LONGEST_PAUSE);
            if let Some(kind) = self.kind(len) {
                return Some(Write { pause, kind });
            }
        }
        None
    }

    /// `None` for a change to a contact where there is none.
    fn kind(&mut self, len: u64) -> Option<Kind> {
        let [insert, delete, update] = [self.moves.insert, self.moves.delete, self.moves.update].map(u64::from);
        let roll = self.random.bits() % (insert + delete + update);
        if roll < insert {
            return Some(Kind::Insert { contacts: self.moves.bulk });
        }
        let position = (len > 0).then(|| self.random.below(len))?;
        Some(if roll < insert + delete { Kind::Delete { position } } else { Kind::Update { position } })
    }
}

/// How many of many independent events happen where `mean` are expected (Knuth's method).
fn poisson(random: &mut Random, mean: f64) -> u64 {
    let limit = (-mean).exp();
    let mut product = random.fraction();
    let mut events = 0;
    while product > limit {
        events += 1;
        product *= random.fraction();
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(moves: Moves, seed: u64, requests: u64, len: u64) -> Vec<Write> {
        let mut all = vec![];
        for request in 1..=requests {
            let mut draw = Draw::of(request, moves, seed);
            while let Some(write) = draw.next(len, all.len() as u64) {
                all.push(write);
            }
        }
        all
    }

    #[test]
    fn the_rate_is_kept_on_average() {
        for (rate, expected) in [(0.0, 0..=0), (0.05, 80..=120), (0.5, 930..=1_070), (2.0, 3_850..=4_150)] {
            let count = writes(Moves::new(rate), 1, 2_000, 10).len();
            assert!(expected.contains(&count), "{rate}: {count}");
        }
        let count = writes(Moves::new(100.0), 1, 100, 10).len();
        assert!((9_600..=10_400).contains(&count), "{count}");
    }

    #[test]
    fn weights_are_kept_and_all_of_the_list_is_reached() {
        let moves = Moves { insert: 3, delete: 1, update: 0, bulk: 7, ..Moves::new(1.0) };
        let all = writes(moves, 1, 4_000, 5);
        let inserts = all.iter().filter(|write| write.kind == Kind::Insert { contacts: 7 }).count();
        assert!((inserts * 4).abs_diff(all.len() * 3) < 400, "{inserts} of {}", all.len());
        for position in 0..5 {
            assert!(all.iter().any(|write| write.kind == Kind::Delete { position }), "{position}");
        }
        assert!(!all.iter().any(|write| matches!(write.kind, Kind::Update { .. } | Kind::Delete { position: 5.. })));
        assert!(all.iter().all(|write| (1..=LONGEST_PAUSE).contains(&write.pause)));
    }

    #[test]
    fn the_seed_decides() {
        let moves = Moves::new(0.5);
        assert_eq!(writes(moves, 1, 100, 10), writes(moves, 1, 100, 10));
        assert_ne!(writes(moves, 1, 100, 10), writes(moves, 2, 100, 10));
    }

    #[test]
    fn writes_stop_after_their_number_and_an_empty_list_is_left_alone() {
        let moves = Moves { stop_after: Some(20), ..Moves::new(2.0) };
        assert_eq!(writes(moves, 1, 100, 10).len(), 20);
        assert_eq!(writes(Moves { insert: 0, ..moves }, 1, 100, 0), []);
    }
}
