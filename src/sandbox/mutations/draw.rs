//! The writes of one request, drawn from the seed and the request's number.

use super::churn::Churn;
use crate::sandbox::random::Random;

/// Separates the random stream of writes from the other values of a request.
const WRITES: u64 = 0x5772_6974_6573;
/// The longest time between two writes, in ms.
const MAX_PAUSE: u64 = 5_000;

/// A write, before it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Write {
    /// Time since the previous write according to the timestamps of contacts, in ms; at least 1.
    pub(in crate::sandbox) pause: u64,
    pub(in crate::sandbox) kind: Kind,
}

/// What to write. Positions refer to the list just before the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Kind {
    Insert { contacts: u64 },
    Delete { position: u64 },
    Update { position: u64 },
}

/// The writes of one request.
pub(in crate::sandbox) struct Draw {
    churn: Churn,
    random: Random,
    left: u64,
}

impl Draw {
    /// The writes of the `request`th request, from 1.
    pub(in crate::sandbox) fn of(request: u64, churn: Churn, seed: u64) -> Self {
        let mut random = Random::of(seed ^ WRITES, request);
        let left = poisson(&mut random, churn.per_request);
        Self { churn, random, left }
    }

    /// The next write to a list of `len` contacts after `written` writes; `None` after the last.
    pub(in crate::sandbox) fn next(&mut self, len: u64, written: u64) -> Option<Write> {
        if self.churn.stop_after.is_some_and(|max| written >= max) {
            return None;
        }
        while let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            let pause = 1 + self.random.below(MAX_PAUSE);
            if let Some(kind) = self.kind(len) {
                return Some(Write { pause, kind });
            }
        }
        None
    }

    /// `None` for a delete or update in an empty list.
    fn kind(&mut self, len: u64) -> Option<Kind> {
        let [insert, delete, update] = [self.churn.insert, self.churn.delete, self.churn.update].map(u64::from);
        let roll = self.random.bits() % (insert + delete + update);
        if roll < insert {
            return Some(Kind::Insert { contacts: self.churn.bulk });
        }
        let position = (len > 0).then(|| self.random.below(len))?;
        Some(if roll < insert + delete { Kind::Delete { position } } else { Kind::Update { position } })
    }
}

/// A Poisson-distributed number with this mean (Knuth's method).
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

    fn writes(churn: Churn, seed: u64, requests: u64, len: u64) -> Vec<Write> {
        let mut all = vec![];
        for request in 1..=requests {
            let mut draw = Draw::of(request, churn, seed);
            while let Some(write) = draw.next(len, all.len() as u64) {
                all.push(write);
            }
        }
        all
    }

    #[test]
    fn the_rate_is_kept_on_average() {
        for (rate, expected) in [(0.0, 0..=0), (0.05, 80..=120), (0.5, 930..=1_070), (2.0, 3_850..=4_150)] {
            let count = writes(Churn::new(rate), 1, 2_000, 10).len();
            assert!(expected.contains(&count), "{rate}: {count}");
        }
        let count = writes(Churn::new(100.0), 1, 100, 10).len();
        assert!((9_600..=10_400).contains(&count), "{count}");
    }

    #[test]
    fn writes_follow_weights_and_reach_every_position() {
        let churn = Churn { insert: 3, delete: 1, update: 0, bulk: 7, ..Churn::new(1.0) };
        let all = writes(churn, 1, 4_000, 5);
        let inserts = all.iter().filter(|write| write.kind == Kind::Insert { contacts: 7 }).count();
        assert!((inserts * 4).abs_diff(all.len() * 3) < 400, "{inserts} of {}", all.len());
        for position in 0..5 {
            assert!(all.iter().any(|write| write.kind == Kind::Delete { position }), "{position}");
        }
        assert!(!all.iter().any(|write| matches!(write.kind, Kind::Update { .. } | Kind::Delete { position: 5.. })));
        assert!(all.iter().all(|write| (1..=MAX_PAUSE).contains(&write.pause)));
    }

    #[test]
    fn the_seed_determines_the_writes() {
        let churn = Churn::new(0.5);
        assert_eq!(writes(churn, 1, 100, 10), writes(churn, 1, 100, 10));
        assert_ne!(writes(churn, 1, 100, 10), writes(churn, 2, 100, 10));
    }

    #[test]
    fn writes_stop_and_skip_an_empty_list() {
        let churn = Churn { stop_after: Some(20), ..Churn::new(2.0) };
        assert_eq!(writes(churn, 1, 100, 10).len(), 20);
        assert_eq!(writes(Churn { insert: 0, ..churn }, 1, 100, 0), []);
    }
}
