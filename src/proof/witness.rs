//! The order witness: the orders that no response contradicts.
//!
//! Every response shows its rows to all six candidates (id, `created_at`, `updated_at`, each both ways); one
//! pair of neighbours the wrong way round refutes a candidate for good. What is left is not known to
//! be *the* order, so a level is claimed only if it holds under each that is left.

use super::order::{Direction, Field, Order};
use super::tuning::{Check, Tuning};
use crate::page::RowKey;

/// What has been seen of one candidate.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    field: Field,
    direction: Direction,
    refuted: bool,
    /// Bits of evidence: from rows that differ in the field, and run the right way.
    differing: u64,
    /// From rows that are equal in the field: with ids ascending, and descending. None when never seen.
    tied: [Option<u64>; 2],
}

/// What has been seen of all candidates, the strongest first.
#[derive(Clone, Debug)]
pub(super) struct Witness([[Candidate; 2]; 3]);

impl Witness {
    pub fn new() -> Self {
        let candidate =
            |field, direction| Candidate { field, direction, refuted: false, differing: 0, tied: [None; 2] };
        Self(
            Field::ALL.map(|field| {
                [Direction::Descending, Direction::Ascending].map(|direction| candidate(field, direction))
            }),
        )
    }

    /// Shows a response's rows to the candidates. Rows that are read again can refute, but a second look at
    /// the same neighbours adds nothing to the `evidence`.
    pub fn see(&mut self, rows: &[RowKey], evidence: bool) {
        for candidate in self.0.as_flattened_mut() {
            candidate.refuted |= rows.iter().any(|row| candidate.field.of(row).is_none());
            candidate.see(rows, evidence);
        }
    }

    /// The orders to be reckoned with: none if there is evidence enough for none, and else all that
    /// nothing contradicts, for any of them may be the one.
    pub fn orders(&self, tuning: &Tuning) -> Vec<Order> {
        if !tuning.makes(Check::Order) {
            return self
                .0
                .as_flattened()
                .iter()
                .max_by_key(|candidate| candidate.differing)
                .map(|c| c.order(0))
                .into_iter()
                .collect();
        }
        let standing = || self.0.as_flattened().iter().filter(|candidate| !candidate.refuted);
        let (borne_out, others): (Vec<_>, Vec<_>) = standing().partition(|c| c.differing >= tuning.evidence);
        let reckoned = if borne_out.is_empty() { Vec::new() } else { others };
        borne_out.into_iter().chain(reckoned).map(|candidate: &Candidate| candidate.order(tuning.evidence)).collect()
    }

    /// Whether rows may be tied in no fixed order: then a page may change, and change back, without a write.
    pub fn has_loose_ties(&self, tuning: &Tuning) -> bool {
        let tied = |c: &&Candidate| !c.refuted && c.differing > 0 && c.tied.iter().any(Option::is_some);
        self.0.as_flattened().iter().filter(tied).any(|candidate| candidate.order(tuning.evidence).ties.is_none())
    }

    /// Whether the list may ascend: then its tail must be known before the rest is read.
    pub fn may_ascend(&self) -> bool {
        let ascends = |c: &Candidate| c.direction == Direction::Ascending && !c.refuted && c.differing > 0;
        self.0.as_flattened().iter().any(ascends)
    }

    /// The order to plan by: the strongest that anything speaks for, long before it is believed.
    pub fn leaning(&self) -> Option<Order> {
        self.0.as_flattened().iter().find(|candidate| !candidate.refuted && candidate.differing > 0).map(|c| c.order(0))
    }
}

impl Candidate {
    /// The n-th row of a run stands after all before it by chance once in n times: the logarithm of that, cut
    /// down, is its evidence.
    fn see(&mut self, rows: &[RowKey], evidence: bool) {
        let (mut differing, mut tied) = (1_u64, 1_u64);
        let bits = |run: u64| if evidence { u64::from(run.ilog2()) } else { 0 };
        for pair in rows.windows(2) {
            let (Some(a), Some(b)) = (self.field.of(&pair[0]), self.field.of(&pair[1])) else { continue };
            if a == b {
                self.refuted |= pair[0].id == pair[1].id;
                tied += 1;
                let side = &mut self.tied[usize::from(pair[0].id > pair[1].id)];
                *side = Some(side.unwrap_or(0) + bits(tied));
            } else if (a < b) == (self.direction == Direction::Ascending) {
                differing += 1;
                tied = 1;
                self.differing += bits(differing);
            } else {
                self.refuted = true;
            }
        }
    }

    fn order(self, least: u64) -> Order {
        let ties = match self.tied {
            [None, Some(descending)] if descending >= least => Some(Direction::Descending),
            [Some(ascending), None] if ascending >= least => Some(Direction::Ascending),
            _ => None,
        };
        Order { field: self.field, direction: self.direction, ties }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(i64, i64, i64)]) -> Vec<RowKey> {
        let key = |&(id, created, updated): &(i64, i64, i64)| RowKey {
            id,
            created_at: Some(created),
            updated_at: Some(updated),
            hash: 0,
        };
        rows.iter().map(key).collect()
    }

    fn orders(pages: &[&[(i64, i64, i64)]]) -> Vec<String> {
        let mut witness = Witness::new();
        for page in pages {
            witness.see(&rows(page), true);
        }
        let tuning = Tuning { evidence: 2, ..Tuning::default() };
        witness.orders(&tuning).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_that_hold_are_kept_and_one_wrong_pair_refutes() {
        let newest: &[_] = &[(9, 90, 95), (8, 80, 99), (7, 70, 97)];
        assert_eq!(orders(&[newest]), ["id descending", "created_at descending"]);
        assert_eq!(orders(&[newest, &[(6, 60, 60), (7, 50, 50)]]), ["created_at descending"]);
        assert_eq!(orders(&[&[(9, 5, 5), (8, 5, 4), (7, 5, 5)]]).len(), 3, "no two differ in created_at");
        assert!(orders(&[newest, &[(6, 60, 61), (7, 65, 60)]]).is_empty());
    }

    #[test]
    fn ids_order_ties_when_enough_were_seen_and_none_differs() {
        let tied: &[_] = &[(1, 5, 0), (2, 5, 3), (3, 5, 1), (9, 4, 7)];
        assert_eq!(orders(&[tied]), ["id ascending", "created_at descending, id ascending"]);
        assert_eq!(orders(&[tied, &[(8, 3, 2), (7, 2, 8)]]), ["created_at descending, id ascending"]);
        assert_eq!(orders(&[tied, &[(8, 3, 2), (7, 3, 8), (6, 2, 1)]]), ["created_at descending"]);
        assert_eq!(orders(&[&[(7, 5, 0), (2, 5, 3), (4, 3, 1), (5, 2, 2)]]), ["created_at descending"]);
    }

    #[test]
    fn a_row_without_the_field_refutes_it() {
        let mut page = rows(&[(3, 3, 3), (2, 2, 2)]);
        page[1].created_at = None;
        let mut witness = Witness::new();
        witness.see(&page, true);
        let tuning = Tuning { evidence: 1, ..Tuning::default() };
        assert!(witness.orders(&tuning).iter().all(|order| order.field != Field::CreatedAt));
    }
}
