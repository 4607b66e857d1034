//! The order witness: the orders that no response contradicts.
//!
//! The rows of every response are checked against six candidates: id, `created_at` and `updated_at`, in both
//! directions, if any two rows differ in the field. One pair of neighbors in the wrong order refutes a candidate. Across
//! pages, a write may misplace a row, so no single row refutes a candidate, but more misplaced rows than observed writes
//! withdraw the claims under it. Any of the remaining candidates may be *the* order: a level must hold under each.

use super::checks::{self, Check};
use super::order::{Direction, Field, Order};
use super::parameters::EVIDENCE;
use super::rows::Rows;
use crate::page::RowKey;

/// What was seen of one candidate.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    field: Field,
    direction: Direction,
    refuted: bool,
    /// Whether any two rows differ in the field.
    varies: bool,
    /// Rows that other responses leave no room for, in this order.
    strays: Strays,
    /// Bits of evidence from rows that differ in the field and are in order.
    differing: u64,
    /// Bits of evidence from rows that are equal in the field: with ids ascending, and descending. `None` if never
    /// seen.
    tied: [Option<u64>; 2],
}

/// Misplaced rows among those seen for the first time, by the response that contradicts their position.
#[derive(Clone, Copy, Debug, Default)]
struct Strays {
    /// Between two rows of an earlier response that shows all rows between them: page 1, and the opening.
    within: [u64; 2],
    /// Nearer to the head of the list than the last row of the previous response.
    before: u64,
    /// Nearer than that and than page 1, as new rows are.
    newer: u64,
    /// Tied with the last row of the previous response: with a smaller id, and with a greater one.
    tied: [u64; 2],
}

/// The rows that a new response is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Others<'a> {
    /// Page 1 and the opening: requested and received before all others.
    pub earlier: [Option<&'a Rows>; 2],
    /// The previous response in the order of the list.
    pub previous: &'a [RowKey],
}

/// What was seen of all candidates, the strongest first.
#[derive(Clone, Debug)]
pub(super) struct OrderWitness {
    candidates: [[Candidate; 2]; 3],
    /// The first row of all.
    first: Option<RowKey>,
    /// Bits of evidence from which an order is trusted.
    pub evidence: u64,
}

impl Default for OrderWitness {
    fn default() -> Self {
        let (strays, tied) = (Strays::default(), [None; 2]);
        let both = |field| {
            [Direction::Descending, Direction::Ascending].map(|direction| {
                let (refuted, varies, differing) = (false, false, 0);
                Candidate { field, direction, refuted, varies, strays, differing, tied }
            })
        };
        Self { candidates: Field::ALL.map(both), first: None, evidence: EVIDENCE }
    }
}

impl OrderWitness {
    /// Checks a response's rows against the candidates. Rows that are read again can refute a candidate, but
    /// they are not further `evidence` for it.
    pub fn see(&mut self, rows: &[RowKey], evidence: bool) {
        self.first = self.first.or(rows.first().copied());
        let Some(first) = self.first else { return };
        for candidate in self.candidates.as_flattened_mut().iter_mut().filter(|candidate| !candidate.refuted) {
            candidate.refuted |= rows.iter().any(|row| candidate.field.of(row).is_none());
            candidate.varies |= rows.iter().any(|row| candidate.field.of(row) != candidate.field.of(&first));
            candidate.see(rows, evidence);
        }
    }

    /// Compares the rows that a response is the first to show with other responses.
    pub fn compare(&mut self, rows: &[RowKey], new: &[bool], others: Others) {
        for candidate in self.candidates.as_flattened_mut().iter_mut().filter(|candidate| !candidate.refuted) {
            let new = || rows.iter().zip(new).filter_map(|(row, new)| new.then_some(row));
            candidate.compare(new, others);
        }
    }

    /// The orders under which a claim must hold: none if no order has enough evidence, otherwise all that nothing
    /// contradicts, because any of them may be the list's.
    pub fn orders(&self) -> Vec<Order> {
        if !checks::enabled(Check::Order) {
            let all = self.candidates.as_flattened().iter();
            return all.max_by_key(|candidate| candidate.differing).map(|c| c.order(0)).into_iter().collect();
        }
        let (trusted, others): (Vec<&Candidate>, Vec<&Candidate>) =
            self.possible().partition(|candidate| candidate.differing >= self.evidence);
        let others = if trusted.is_empty() { Vec::new() } else { others };
        trusted.into_iter().chain(others).map(|candidate| candidate.order(self.evidence)).collect()
    }

    /// The candidates that nothing contradicts.
    fn possible(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.as_flattened().iter().filter(|candidate| candidate.varies && !candidate.refuted)
    }

    /// Whether more rows are misplaced across pages than this number of writes explains.
    pub fn has_strays(&self, order: Order, writes: u64, page_size: u64) -> bool {
        let is_meant = |c: &&Candidate| c.field == order.field && c.direction == order.direction;
        let strays = self.candidates.as_flattened().iter().find(is_meant).map(|candidate| candidate.strays);
        strays.is_some_and(|strays| !strays.are_within(writes, page_size))
    }

    /// Whether tied rows may be in no fixed order. Then a page may change, and change back, without a write.
    pub fn has_loose_ties(&self) -> bool {
        let tied = |c: &&Candidate| c.differing > 0 && c.tied.iter().any(Option::is_some);
        self.possible().filter(tied).any(|candidate| candidate.order(self.evidence).ties.is_none())
    }

    /// Whether the list may be ascending, so that its near end is its tail.
    pub fn may_ascend(&self) -> bool {
        self.possible().any(|candidate| candidate.direction == Direction::Ascending && candidate.differing > 0)
    }

    /// The order to plan by: the strongest candidate with any evidence, long before it is trusted.
    pub fn likely(&self) -> Option<Order> {
        self.possible().find(|candidate| candidate.differing > 0).map(|candidate| candidate.order(0))
    }
}

impl Strays {
    /// Whether this number of writes may explain them. If pages are small compared with the writes, it explains none.
    fn are_within(self, writes: u64, page_size: u64) -> bool {
        let strays = self.within[0].max(self.within[1]).max(self.before);
        strays <= writes.min(page_size / 20) && self.newer <= writes
    }
}

impl Candidate {
    /// In random order, the n-th row of a run sorts after all rows before it with probability 1/n: the evidence is the
    /// binary logarithm of n, rounded down.
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

    /// Counts the strays among the `new` rows of a response.
    fn compare<'a, I: Iterator<Item = &'a RowKey>>(&mut self, new: impl Fn() -> I, others: Others) {
        let field = self.field;
        let ends = |rows: &[RowKey]| {
            let (first, last) = (field.of(rows.first()?)?, field.of(rows.last()?)?);
            Some((first.min(last), first.max(last)))
        };
        let count = |is_stray: &dyn Fn(&RowKey) -> bool| new().filter(|row| is_stray(row)).count() as u64;
        for (strays, rows) in self.strays.within.iter_mut().zip(others.earlier) {
            let Some((rows, (least, greatest))) = rows.and_then(|rows| Some((rows, ends(rows.as_slice())?))) else {
                continue;
            };
            let is_inside = |row: &RowKey| field.of(row).is_some_and(|value| least < value && value < greatest);
            *strays += count(&|row| is_inside(row) && rows.with_id(row.id).next().is_none());
        }
        if let Some((last, value)) = others.previous.last().and_then(|last| Some((last, field.of(last)?))) {
            let ascends = self.direction == Direction::Ascending;
            let first = others.earlier[0].and_then(|rows| rows.as_slice().first());
            let newest = first.and_then(|row| field.of(row)).unwrap_or(i64::MAX);
            let is_nearer = |it: i64| if ascends { it < value } else { value < it && it <= newest };
            self.strays.before += count(&|row| field.of(row).is_some_and(is_nearer));
            self.strays.newer += count(&|row| !ascends && field.of(row).is_some_and(|it| it > newest.max(value)));
            self.strays.tied[0] += count(&|row| field.of(row) == Some(value) && row.id < last.id);
            self.strays.tied[1] += count(&|row| field.of(row) == Some(value) && row.id > last.id);
        }
    }

    /// The order, with the order of ids among ties if its evidence is at least `least`.
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
        let key = |&(id, created, updated): &(i64, i64, i64)| {
            let (created_at, updated_at) = (Some(created), Some(updated));
            RowKey { id, created_at, updated_at, hash: 0 }
        };
        rows.iter().map(key).collect()
    }

    fn orders(pages: &[&[(i64, i64, i64)]]) -> Vec<String> {
        let mut witness = OrderWitness { evidence: 2, ..OrderWitness::default() };
        for page in pages {
            witness.see(&rows(page), true);
        }
        witness.orders().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn one_wrong_pair_refutes_an_order() {
        let newest: &[_] = &[(9, 90, 95), (8, 80, 99), (7, 70, 97)];
        assert_eq!(orders(&[newest]), ["id descending", "created_at descending"]);
        assert_eq!(orders(&[newest, &[(6, 60, 60), (7, 50, 50)]]), ["created_at descending"]);
        assert_eq!(orders(&[&[(9, 5, 5), (8, 5, 4), (7, 5, 5)]]), ["id descending"], "no two differ in created_at");
        assert!(orders(&[newest, &[(6, 60, 61), (7, 65, 60)]]).is_empty());
    }

    #[test]
    fn ids_order_ties_after_enough_consistent_pairs() {
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
        let mut witness = OrderWitness { evidence: 1, ..OrderWitness::default() };
        witness.see(&page, true);
        assert!(witness.orders().iter().all(|order| order.field != Field::CreatedAt));
    }
}
