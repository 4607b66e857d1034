//! The order witness: the orders that no response contradicts.
//!
//! Every response shows its rows to all six candidates (id, `created_at`, `updated_at`, each both ways); one
//! pair of neighbors the wrong way round refutes a candidate for good. Across pages a write may put a row in
//! the wrong place, so there no row refutes, but more strays than writes were seen withdraw what is claimed under a
//! candidate. What is left is not known to be *the* order, so a level is claimed only if it holds under each that
//! is left. A field in which no two rows differ orders nothing, and is not a candidate.

use super::order::{Direction, Field, Order};
use super::parameters::{Check, Tuning};
use crate::page::RowKey;

/// What has been seen of one candidate.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    field: Field,
    direction: Direction,
    refuted: bool,
    /// Whether any two rows differ in the field.
    varies: bool,
    /// Rows that other responses leave no place for, in this order.
    strays: Strays,
    /// Bits of evidence: from rows that differ in the field, and run the right way.
    differing: u64,
    /// From rows that are equal in the field: with ids ascending, and descending. None when never seen.
    tied: [Option<u64>; 2],
}

/// First copies that stand where the order has no place for them, by the response that denies it.
#[derive(Clone, Copy, Debug, Default)]
struct Strays {
    /// Between two rows of an earlier response that shows all between them: page 1, and the tail.
    within: [u64; 2],
    /// Nearer to the front of the list than the last row of the response before.
    before: u64,
    /// Nearer than that and than page 1, as new rows are.
    newer: u64,
    /// Of the same time as that row, with a lesser id, and with a greater one.
    tied: [u64; 2],
}

/// Rows that a new response is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Others<'a> {
    /// Page 1 and the tail: asked for, and received, before all others.
    pub earlier: [&'a [RowKey]; 2],
    /// The response before it in the list.
    pub before: &'a [RowKey],
}

/// What has been seen of all candidates, the strongest first.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    candidates: [[Candidate; 2]; 3],
    /// The first row of all.
    first: Option<RowKey>,
}

impl Witness {
    pub fn new() -> Self {
        let candidate = |field, direction| Candidate {
            field,
            direction,
            refuted: false,
            varies: false,
            strays: Strays::default(),
            differing: 0,
            tied: [None; 2],
        };
        let both = |field| [Direction::Descending, Direction::Ascending].map(|direction| candidate(field, direction));
        Self { candidates: Field::ALL.map(both), first: None }
    }

    /// Shows a response's rows to the candidates. Rows that are read again can refute, but a second look at
    /// the same neighbors adds nothing to the `evidence`.
    pub fn see(&mut self, rows: &[RowKey], evidence: bool) {
        self.first = self.first.or(rows.first().copied());
        let Some(first) = self.first else { return };
        for candidate in self.candidates.as_flattened_mut() {
            candidate.refuted |= rows.iter().any(|row| candidate.field.of(row).is_none());
            candidate.varies |= rows.iter().any(|row| candidate.field.of(row) != candidate.field.of(&first));
            candidate.see(rows, evidence);
        }
    }

    /// Compares the first copies among a response's rows with other responses.
    pub fn compare(&mut self, rows: &[RowKey], fresh: &[bool], others: Others) {
        for candidate in self.candidates.as_flattened_mut().iter_mut().filter(|candidate| !candidate.refuted) {
            let fresh = || rows.iter().zip(fresh).filter_map(|(row, fresh)| fresh.then_some(row));
            candidate.compare(fresh, others);
        }
    }

    /// The orders to be reckoned with: none if there is evidence enough for none, and else all that
    /// nothing contradicts, for any of them may be the one.
    pub fn orders(&self, tuning: &Tuning) -> Vec<Order> {
        if !tuning.makes(Check::Order) {
            let all = self.candidates.as_flattened().iter();
            return all.max_by_key(|candidate| candidate.differing).map(|c| c.order(0)).into_iter().collect();
        }
        let (borne_out, others): (Vec<&Candidate>, Vec<&Candidate>) =
            self.standing().partition(|candidate| candidate.differing >= tuning.evidence);
        let reckoned = if borne_out.is_empty() { Vec::new() } else { others };
        borne_out.into_iter().chain(reckoned).map(|candidate| candidate.order(tuning.evidence)).collect()
    }

    /// The candidates that nothing contradicts.
    fn standing(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.as_flattened().iter().filter(|candidate| candidate.varies && !candidate.refuted)
    }

    /// Whether more rows are out of their place across pages than so many writes explain.
    pub fn has_strays(&self, order: Order, writes: u64, page_size: u64) -> bool {
        let is_meant = |c: &&Candidate| c.field == order.field && c.direction == order.direction;
        let strays = self.candidates.as_flattened().iter().find(is_meant).map(|candidate| candidate.strays);
        strays.is_some_and(|strays| !strays.are_within(writes, page_size))
    }

    /// Whether rows may be tied in no fixed order: then a page may change, and change back, without a write.
    pub fn has_loose_ties(&self, tuning: &Tuning) -> bool {
        let tied = |c: &&Candidate| c.differing > 0 && c.tied.iter().any(Option::is_some);
        self.standing().filter(tied).any(|candidate| candidate.order(tuning.evidence).ties.is_none())
    }

    /// Whether the list may ascend: then its near end is its tail.
    pub fn may_ascend(&self) -> bool {
        let ascends = |c: &Candidate| c.direction == Direction::Ascending && c.differing > 0;
        self.standing().any(ascends)
    }

    /// The order to plan by: the strongest that anything speaks for, long before it is believed.
    pub fn leaning(&self) -> Option<Order> {
        self.standing().find(|candidate| candidate.differing > 0).map(|candidate| candidate.order(0))
    }
}

impl Strays {
    /// Whether so many writes may explain them. In pages that are small against the writes, they explain none.
    fn are_within(self, writes: u64, page_size: u64) -> bool {
        let strays = self.within[0].max(self.within[1]).max(self.before);
        strays <= writes.min(page_size / 20) && self.newer <= writes
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

    /// Counts the strays among the first copies of a response.
    fn compare<'a, I: Iterator<Item = &'a RowKey>>(&mut self, fresh: impl Fn() -> I, others: Others) {
        let field = self.field;
        let ends = |rows: &[RowKey]| {
            let (first, last) = (field.of(rows.first()?)?, field.of(rows.last()?)?);
            Some((first.min(last), first.max(last)))
        };
        let count = |is_stray: &dyn Fn(&RowKey) -> bool| fresh().filter(|row| is_stray(row)).count() as u64;
        for (strays, rows) in self.strays.within.iter_mut().zip(others.earlier) {
            let Some((least, greatest)) = ends(rows) else { continue };
            let inside = fresh().filter(|row| field.of(row).is_some_and(|value| least < value && value < greatest));
            *strays += inside.filter(|row| rows.iter().all(|other| other.id != row.id)).count() as u64;
        }
        if let Some((last, value)) = others.before.last().and_then(|last| Some((last, field.of(last)?))) {
            let ascends = self.direction == Direction::Ascending;
            let newest = others.earlier[0].first().and_then(|row| field.of(row)).unwrap_or(i64::MAX);
            let is_nearer = |it: i64| if ascends { it < value } else { value < it && it <= newest };
            self.strays.before += count(&|row| field.of(row).is_some_and(is_nearer));
            self.strays.newer += count(&|row| !ascends && field.of(row).is_some_and(|it| it > newest.max(value)));
            self.strays.tied[0] += count(&|row| field.of(row) == Some(value) && row.id < last.id);
            self.strays.tied[1] += count(&|row| field.of(row) == Some(value) && row.id > last.id);
        }
    }

    fn order(self, least: u64) -> Order {
        let ties = match self.tied {
            [None, Some(descending)] if descending >= least && self.strays.tied[1] == 0 => Some(Direction::Descending),
            [Some(ascending), None] if ascending >= least && self.strays.tied[0] == 0 => Some(Direction::Ascending),
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
        assert_eq!(orders(&[&[(9, 5, 5), (8, 5, 4), (7, 5, 5)]]), ["id descending"], "no two differ in created_at");
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
