//! The judgement under one order: the best claim that a theorem gives, and what it rests on.
//!
//! A pure function of the books. At equal level the claim that needs fewer assumptions is made.

use std::cmp::Reverse;

use super::assumption::Assumption::{self, Count, End, Entrance, Lasting, Order as Ordered, Slice};
use super::level::Level;
use super::observations::Ledger;
use super::order::{Direction, Field, Order};
use super::parameters::{Check, Tuning};
use super::reason::Reason;
use super::response::Record;
use super::theorems::counting::Count as Counted;
use super::theorems::overlapping_windows::{self, Chain, Gap, Reach, Span, follow};

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
    if books.doubts.has(Slice) || books.doubts.has(Ordered) || evidence.is_overfull(books) || evidence.disordered {
        claims.clear();
    } else if contradiction.is_some() {
        // Totals, times or the entrance of rows are not what they should be: overlap alone needs none of them.
        claims.retain(|(_, basis, _)| !basis.contains(&Entrance));
    }
    let claim = claims.into_iter().max_by_key(|(level, basis, _)| (*level, Reverse(basis.len())));
    let (level, assumptions, links) = claim.unwrap_or((Level::Counted, Vec::new(), 0));
    let chain = if contradiction.is_some() { evidence.overlap.clone() } else { evidence.alive.clone() };
    let contradiction = evidence.disordered.then_some(Reason::Disorder { order }).or(contradiction);
    let reason = contradiction.or(evidence.deleted(books).filter(|_| level == Level::Complete));
    let gaps = chain.or(evidence.stable).map(|chain| chain.gaps).unwrap_or_default();
    Claim { order, level, assumptions, links, gaps, reason }
}

/// Every claim that a theorem gives under one order, with what it rests on.
#[cfg(test)]
pub(super) fn claims(order: Order, books: &Ledger, tuning: &Tuning) -> Vec<(Level, Vec<Assumption>)> {
    let evidence = Evidence::of(order, books, tuning);
    if evidence.contradiction(books, tuning).is_some() {
        return Vec::new();
    }
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
    /// Theorem 2: rows of the list that ascends when its tail was read last.
    last_size: Option<u64>,
    /// Theorem 2: the windows to a look at the head of a list that descends, after which nothing entered or left.
    settled: Option<Chain>,
    /// Theorem 3.
    count: Counted,
    /// Rows of the list at the opening.
    opening_size: Option<u64>,
    /// Whether the order holds within pages, and not across them.
    disordered: bool,
    /// What the size at the last reading of the near end does not agree with.
    unexplained: Option<Reason>,
}

impl Evidence {
    fn of(order: Order, books: &Ledger, tuning: &Tuning) -> Self {
        let records = books.records();
        let spans = overlapping_windows::spans(records.iter().copied(), order, tuning);
        let ascends = order.direction == Direction::Ascending;
        let opening = books.openings.iter().flatten().find(|opening| opening.direction == order.direction);
        let count = opening.map(|opening| opening.count(&records, &spans, order, tuning)).unwrap_or_default();
        // Totals speak of a list that stands still no more than its size does, and when they speak is a matter of arrival.
        let speak = ascends || books.moved && !books.doubts.has(Count);
        let trusted = count.overfull.is_none() && !count.crowded && speak;
        let reach = count.reach.filter(|_| trusted);

        let entries = || spans.iter().filter(|span| span.entry);
        let from = entries().min_by_key(|span| span.far).map(Reach::from);
        let overlap = from.map(|from| follow(&spans, order, from, None, tuning));
        let stable = from.map(|from| best(&spans, order, from, reach, tuning));
        let last = entries().find(|span| is_last(&records, span, tuning));
        // The count knows nothing of rows that entered since: it helps only past the opening's edge.
        let edge = opening.and_then(|opening| order.height(&opening.edge));
        let past_edge = |span: &Span| edge.is_some_and(|edge| order.is_below(span.far, edge));
        let alive = last.map(|span| best(&spans, order, span.into(), reach.filter(|_| past_edge(span)), tuning));
        let last_size = last.filter(|_| ascends).map(|span| records[span.at].end());
        let unexplained = opening.zip(last.filter(|_| ascends)).and_then(|(opening, span)| {
            let proven = alive.as_ref().is_some_and(|chain| chain.gaps.is_empty());
            let living = proven.then(|| books.contacts());
            opening.unexplained(&records, span.at, order.field, living, tuning).filter(|_| past_edge(span))
        });
        let reach = |span: &Span| reach.filter(|_| past_edge(span));
        let settled = if ascends { None } else { settled(&records, &spans, order, reach, books, tuning) };
        let opening_size = opening.map(|opening| opening.size);
        let union = books.contacts();
        let disordered = books.is_disordered(order, &records, &spans, tuning);
        Self { order, union, overlap, stable, alive, last_size, settled, count, opening_size, disordered, unexplained }
    }

    /// All claims that a theorem gives.
    fn claims(&self, tuning: &Tuning) -> Vec<(Level, Vec<Assumption>, u64)> {
        let counts = |size: Option<u64>| size == Some(self.union) || !tuning.makes(Check::Count);
        // An updated row of such a list is another row: who was there all the time may be there as a new one.
        let moves = self.order.field == Field::UpdatedAt && tuning.makes(Check::Versions);
        let mut claims = Vec::new();
        let chains = self.overlap.iter().chain(&self.stable);
        for chain in chains.filter(|chain| chain.gaps.is_empty() && !moves) {
            claims.push((Level::Complete, self.basis(&[Slice, Ordered, End], chain), chain.links));
        }
        if let Some(chain) = self.alive.as_ref().filter(|chain| chain.gaps.is_empty()) {
            let basis = || self.basis(&[Slice, Ordered, End, Entrance], chain);
            claims.push((Level::Complete, basis(), chain.links));
            claims.extend(counts(self.last_size).then(|| (Level::Snapshot, basis(), chain.links)));
        }
        if let Some(chain) = &self.settled {
            let basis = self.basis(&[Slice, Ordered, End, Entrance, Count, Lasting], chain);
            claims.push((Level::Snapshot, basis, chain.links));
        }
        if self.count.whole && self.count.overfull.is_none() {
            let level = if counts(self.opening_size) { Level::Snapshot } else { Level::Complete };
            claims.push((level, vec![Slice, Ordered, End, Entrance], 0));
        }
        claims
    }

    fn is_descending(&self) -> bool {
        self.order.direction == Direction::Descending
    }

    /// `basis`, with what the count needs besides.
    fn basis(&self, basis: &[Assumption], chain: &Chain) -> Vec<Assumption> {
        let counted = chain.counted.then_some(Entrance);
        let total = if self.is_descending() && chain.counted { [Some(Count), Some(Lasting)] } else { [None; 2] };
        let all = basis.iter().copied().chain(counted).chain(total.into_iter().flatten());
        all.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    }

    /// More old rows than the list had, though not more than it ever said to have: then new ones enter elsewhere than at
    /// its near end. If the totals do not explain it, the rows are in another order.
    fn is_overfull(&self, books: &Ledger) -> bool {
        self.count.overfull.is_some_and(|rows| rows > books.most())
    }

    /// What cannot be, if all assumptions hold.
    fn contradiction(&self, books: &Ledger, tuning: &Tuning) -> Option<Reason> {
        let slipped = books.doubts.slipped().filter(|_| !self.is_descending());
        // Tied rows in no fixed order change places all the time.
        let slipped = slipped.filter(|_| self.order.is_unique() || !books.witness.has_loose_ties(tuning));
        let overfull = self.count.overfull.is_some() || self.count.crowded;
        overfull.then_some(Reason::Overfull).or(self.unexplained.clone()).or(slipped)
    }

    /// Contacts that were deleted during the run, by the total that was said last.
    fn deleted(&self, books: &Ledger) -> Option<Reason> {
        let contacts =
            self.union.checked_sub(self.last_size.unwrap_or(books.latest().1)).filter(|contacts| *contacts > 0)?;
        Some(Reason::Deleted { contacts })
    }
}

/// Theorem 2, its equality for a list that descends: three looks at the head, one after the other and after all else. From
/// the first a chain leads to the far end, the second counts all that were found, and the third shows nothing newer.
fn settled(
    records: &[&Record],
    spans: &[Span],
    order: Order,
    reach: impl Fn(&Span) -> Option<Reach>,
    books: &Ledger,
    tuning: &Tuning,
) -> Option<Chain> {
    let mut looks: Vec<_> = spans.iter().filter(|span| span.entry).collect();
    looks.sort_by_key(|span| Reverse(records[span.at].sent));
    let [third, second, first] = looks.first_chunk()?;
    let after = |earlier: &Span, later: &Span| records[earlier.at].received <= records[later.at].sent;
    let is_look = |at: usize| [first.at, second.at, third.at].contains(&at);
    let others = records.iter().enumerate().filter(|(at, _)| !is_look(*at));
    let last = others.into_iter().all(|(_, record)| record.received <= records[first.at].sent);
    let in_turn = after(first, second) && after(second, third);
    let newest = if order.is_unique() {
        third.near.max(second.near) <= first.near
    } else {
        // Rows tied with the first may be new anywhere among them: all of them must be shown, and be the same.
        let same = |span: &Span| records[span.at].content == records[first.at].content;
        first.far.value < first.near.value && same(second) && same(third)
    };
    let all = records[second.at].total == books.contacts();
    if !(last && in_turn && newest && all) {
        return None;
    }
    let before: Vec<_> = spans.iter().filter(|span| span.at != second.at && span.at != third.at).copied().collect();
    let chain = best(&before, order, (*first).into(), reach(first), tuning);
    chain.gaps.is_empty().then_some(chain)
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
