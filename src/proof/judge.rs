//! The judgement under one order: the best claim that a theorem gives, and what it rests on.
//!
//! A pure function of the books. At equal level the claim that needs fewer assumptions is made.

use std::cmp::Reverse;

use super::assumption::Assumption::{self, Count, End, Entrance, Order as Ordered, Slice};
use super::chain::{self, Chain, Gap, Reach, Span, follow};
use super::ledger::Ledger;
use super::level::Level;
use super::opening::Count as Counted;
use super::order::{Direction, Field, Order};
use super::reason::Reason;
use super::record::Record;
use super::tuning::{Check, Tuning};

/// What one order allows to be claimed.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub order: Order,
    /// [`Level::Complete`] or [`Level::Snapshot`]; [`Level::Counted`] where nothing is proven.
    pub level: Level,
    pub assumptions: Vec<Assumption>,
    /// Windows that overlap their neighbour in the chain of the claim.
    pub links: u64,
    /// What repair would have to bridge.
    pub gaps: Vec<Gap>,
    /// A contradiction, or contacts that were deleted.
    pub reason: Option<Reason>,
}

/// Judges the books under one order.
pub(super) fn under(order: Order, books: &Ledger, tuning: &Tuning) -> Claim {
    let evidence = Evidence::of(order, books, tuning);
    let contradiction = evidence.contradiction(books, tuning);
    let mut claims = evidence.claims(tuning);
    if books.doubts.has(Slice) || books.doubts.has(Ordered) {
        claims.clear();
    } else if contradiction.is_some() {
        // Totals, times or the entrance of rows are not what they should be: overlap alone needs none of them.
        claims.retain(|(_, basis, _)| !basis.contains(&Entrance) && !basis.contains(&Count));
    }
    let claim = claims.into_iter().max_by_key(|(level, basis, _)| (*level, Reverse(basis.len())));
    let (level, assumptions, links) = claim.unwrap_or((Level::Counted, Vec::new(), 0));
    let chain = if contradiction.is_some() { evidence.overlap.clone() } else { evidence.alive.clone() };
    let reason = contradiction.or(evidence.deleted().filter(|_| level == Level::Complete));
    let gaps = chain.or(evidence.stable).map(|chain| chain.gaps).unwrap_or_default();
    Claim { order, level, assumptions, links, gaps, reason }
}

/// Every claim that a theorem gives under one order, with what it rests on.
#[cfg(test)]
pub(super) fn claims(order: Order, books: &Ledger, tuning: &Tuning) -> Vec<(Level, Vec<Assumption>)> {
    let evidence = Evidence::of(order, books, tuning);
    assert_eq!(evidence.contradiction(books, tuning), None);
    evidence.claims(tuning).into_iter().map(|(level, basis, _)| (level, basis)).collect()
}

/// What the theorems say of the books.
struct Evidence {
    order: Order,
    /// Contacts in the export.
    union: u64,
    /// Theorem 1: the windows from any that shows the near end.
    overlap: Option<Chain>,
    /// The same with the count.
    stable: Option<Chain>,
    /// Theorem 2: the windows from the near end as it was read last.
    alive: Option<Chain>,
    /// Rows of the list when the near end was read last.
    last_size: Option<u64>,
    /// Theorem 3.
    count: Counted,
    /// Rows of the list at the opening.
    opening_size: Option<u64>,
    /// What the size at the last reading of the near end does not agree with.
    unexplained: Option<Reason>,
}

impl Evidence {
    fn of(order: Order, books: &Ledger, tuning: &Tuning) -> Self {
        let records = books.records();
        let spans = chain::spans(records.iter().copied(), order, tuning);
        // Head and tail of the list are known by its totals, or by the rows of a page that is not full.
        let by_total = order.direction == Direction::Descending;
        let trusted = !by_total || !books.doubts.has(Count);
        let opening = books.openings.iter().flatten().find(|opening| opening.direction == order.direction);
        let opening = opening.filter(|_| trusted);
        let count = opening.map(|opening| opening.count(&records, &spans, order, tuning)).unwrap_or_default();
        let reach = count.reach.filter(|_| !count.overfull);

        let entries = || spans.iter().filter(|span| span.entry);
        let from = entries().min_by_key(|span| span.far).map(Reach::from);
        let overlap = from.map(|from| follow(&spans, order, from, None, tuning));
        let stable = from.map(|from| best(&spans, order, from, reach, tuning));
        let last = entries().find(|span| is_last(&records, span, tuning));
        // The count knows nothing of rows that entered since: it helps only past the opening's edge.
        let edge = opening.and_then(|opening| order.height(&opening.edge));
        let past_edge = |span: &Span| edge.is_some_and(|edge| order.is_below(span.far, edge));
        let alive = last.map(|span| best(&spans, order, span.into(), reach.filter(|_| past_edge(span)), tuning));
        let size = |span: &Span| if by_total { records[span.at].total } else { records[span.at].end() };
        let last_size = last.filter(|_| trusted).map(size);
        let opening_size = opening.map(|opening| opening.size);
        let unexplained = opening.zip(last.zip(last_size)).and_then(|(opening, (span, size))| {
            let proven = alive.as_ref().is_some_and(|chain| chain.gaps.is_empty());
            let living = proven.then(|| books.contacts());
            opening.unexplained(&records, span.at, order.field, size, living).filter(|_| past_edge(span))
        });
        Self { order, union: books.contacts(), overlap, stable, alive, last_size, count, opening_size, unexplained }
    }

    /// All claims that a theorem gives.
    fn claims(&self, tuning: &Tuning) -> Vec<(Level, Vec<Assumption>, u64)> {
        let counts = |size: Option<u64>| size == Some(self.union) || !tuning.makes(Check::Count);
        // An updated row of such a list is another row: who was there all the time may be there as a new one.
        let moves = self.order.field == Field::UpdatedAt && tuning.makes(Check::Versions);
        let mut claims = Vec::new();
        let chains = self.overlap.iter().chain(&self.stable);
        for chain in chains.filter(|chain| chain.gaps.is_empty() && !moves) {
            claims.push((Level::Complete, self.basis(&[Slice, Ordered, End], chain.counted, false), chain.links));
        }
        if let Some(chain) = self.alive.as_ref().filter(|chain| chain.gaps.is_empty()) {
            let basis = |total| self.basis(&[Slice, Ordered, End, Entrance], chain.counted, total);
            claims.push((Level::Complete, basis(false), chain.links));
            claims.extend(counts(self.last_size).then(|| (Level::Snapshot, basis(true), chain.links)));
        }
        if self.count.whole && !self.count.overfull {
            let level = if counts(self.opening_size) { Level::Snapshot } else { Level::Complete };
            let basis: &[_] = if self.is_descending() { &[Slice, Ordered] } else { &[Slice, Ordered, End] };
            claims.push((level, self.basis(basis, true, true), 0));
        }
        claims
    }

    fn is_descending(&self) -> bool {
        self.order.direction == Direction::Descending
    }

    /// `basis`, with what the count and a total need besides.
    fn basis(&self, basis: &[Assumption], counted: bool, total: bool) -> Vec<Assumption> {
        let entrance = counted.then_some(Entrance);
        let count = (self.is_descending() && (counted || total)).then_some(Count);
        let all: std::collections::BTreeSet<_> = basis.iter().copied().chain(entrance).chain(count).collect();
        all.into_iter().collect()
    }

    /// What cannot be, if all assumptions hold.
    fn contradiction(&self, books: &Ledger, tuning: &Tuning) -> Option<Reason> {
        let slipped = books.doubts.slipped(!self.is_descending());
        // Tied rows in no fixed order change places all the time.
        let slipped = slipped.filter(|_| self.order.is_unique() || !books.witness.has_loose_ties(tuning));
        self.count.overfull.then_some(Reason::Overfull).or(self.unexplained.clone()).or(slipped)
    }

    fn deleted(&self) -> Option<Reason> {
        let contacts = self.union.checked_sub(self.last_size?).filter(|contacts| *contacts > 0)?;
        Some(Reason::Deleted { contacts })
    }
}

/// Follows the windows without the count if they reach, and with it if not.
fn best(spans: &[Span], order: Order, from: Reach, counted: Option<Reach>, tuning: &Tuning) -> Chain {
    let chain = follow(spans, order, from, None, tuning);
    if chain.gaps.is_empty() || counted.is_none() { chain } else { follow(spans, order, from, counted, tuning) }
}

/// Whether a response was asked for when all others had been received.
fn is_last(records: &[&Record], span: &Span, tuning: &Tuning) -> bool {
    let sent = records[span.at].sent;
    let mut others = records.iter().enumerate().filter(|(at, _)| *at != span.at);
    !tuning.makes(Check::Last) || others.all(|(_, other)| other.received <= sent)
}
