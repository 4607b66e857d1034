//! The claims under one order: which theorem proves which level, and the assumptions it needs.
//!
//! A pure function of the observations. Among claims of equal level, the one with the fewest assumptions is made.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::certificate::Assumption::{self, Count, End, Entrance, Lasting, Order as Ordered, Slice};
use super::checks::{self, Check};
use super::level::Level;
use super::observations::Observations;
use super::order::{Direction, Field, Order};
use super::reason::Reason;
use super::response::Response;
use super::theorems::counting::{self, Count as Counted};
use super::theorems::overlapping_windows::{Chain, Frontier, Gap, Span, follow, is_crowded, is_inverted, spans};

/// What can be claimed under one order.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub order: Order,
    /// [`Level::Complete`] or [`Level::Snapshot`]; [`Level::Counted`] if nothing is proven.
    pub level: Level,
    pub assumptions: Vec<Assumption>,
    /// Windows that overlap their neighbor in the chain of the claim.
    pub overlaps: u64,
    /// The gaps to repair.
    pub gaps: Vec<Gap>,
    /// A contradiction, or deleted contacts.
    pub reason: Option<Reason>,
}

/// Evaluates the observations under one order.
pub(super) fn under(order: Order, observations: &Observations) -> Claim {
    let evidence = Evidence::of(order, observations);
    let contradiction = evidence.contradiction(observations);
    let contradicted = |assumption| observations.contradictions.contain(assumption);
    let mut claims = evidence.claims();
    if contradicted(Slice) || contradicted(Ordered) || evidence.is_overfull(observations) || evidence.disordered {
        claims.clear();
    } else if contradiction.is_some() {
        // Totals, times or the entrance of rows are wrong: only overlap needs none of them.
        claims.retain(|(_, basis, _)| !basis.contains(&Entrance));
    }
    let claim = claims.into_iter().max_by_key(|(level, basis, _)| (*level, Reverse(basis.len())));
    let (level, assumptions, overlaps) = claim.unwrap_or((Level::Counted, Vec::new(), 0));
    let chain = if contradiction.is_some() { evidence.overlap.clone() } else { evidence.last.clone() };
    let contradiction = evidence.disordered.then_some(Reason::Disorder { order }).or(contradiction);
    let reason = contradiction.or(evidence.deleted(observations).filter(|_| level == Level::Complete));
    let gaps = chain.or(evidence.counted).map(|chain| chain.gaps).unwrap_or_default();
    Claim { order, level, assumptions, overlaps, gaps, reason }
}

/// Every claim that a theorem proves under one order, with its assumptions.
#[cfg(test)]
pub(super) fn all(order: Order, observations: &Observations) -> Vec<(Level, Vec<Assumption>)> {
    let evidence = Evidence::of(order, observations);
    let claims = if evidence.contradiction(observations).is_none() { evidence.claims() } else { Vec::new() };
    claims.into_iter().map(|(level, basis, _)| (level, basis)).collect()
}

/// What the theorems yield for the observations.
struct Evidence {
    order: Order,
    /// The number of contacts in the export.
    union: u64,
    /// Theorem 1: the chain from any window that shows the near end.
    overlap: Option<Chain>,
    /// The same, with the help of the count.
    counted: Option<Chain>,
    /// Theorem 2: the chain from the last reading of the near end.
    last: Option<Chain>,
    /// Theorem 2 (b): the size of an ascending list when its tail was read last.
    last_size: Option<u64>,
    /// Theorem 2 (c): the chain from a look at the head of a descending list after which no row entered or left.
    settled: Option<Chain>,
    /// Theorem 3.
    count: Counted,
    /// The size of the list at the opening.
    opening_size: Option<u64>,
    /// Whether the order holds within pages, but not across them.
    disordered: bool,
    /// A contradiction of the size at the last reading of the near end.
    contradicted_size: Option<Reason>,
}

impl Evidence {
    fn of(order: Order, observations: &Observations) -> Self {
        let responses = observations.responses();
        let spans = spans(responses.iter().copied(), order);
        let ascends = order.direction == Direction::Ascending;
        let opening = observations.openings.iter().flatten().find(|opening| opening.direction == order.direction);
        let count = opening.map(|opening| counting::count(opening, &responses, &spans, order)).unwrap_or_default();
        // In an unchanged descending list, totals add nothing to the size, and which rows they cover depends on
        // arrival.
        let usable = ascends || observations.changed && !observations.contradictions.contain(Count);
        let frontier = count.frontier.filter(|_| count.overfull.is_none() && !count.crowded && usable);

        let entries = || spans.iter().filter(|span| span.shows_near_end);
        let from = entries().min_by_key(|span| span.far).map(Frontier::from);
        let overlap = from.map(|from| follow(&spans, order, from, None));
        let counted = from.map(|from| best(&spans, order, from, frontier));
        let last = entries().find(|span| is_last(&responses, span));
        // The count does not cover rows that entered since: it helps only past the opening's edge.
        let edge = opening.and_then(|opening| order.height(&opening.edge));
        let past_edge = |span: &Span| edge.is_some_and(|edge| order.is_below(span.far, edge));
        let frontier = |span: &Span| frontier.filter(|_| past_edge(span));
        let chain = last.map(|span| best(&spans, order, span.into(), frontier(span)));
        let last_tail = last.filter(|_| ascends);
        let contradicted_size =
            opening.zip(last_tail).filter(|(_, span)| past_edge(span)).and_then(|(opening, span)| {
                let proven = chain.as_ref().is_some_and(|chain| chain.gaps.is_empty());
                let alive = proven.then(|| observations.contacts());
                counting::contradicted_size(opening, &responses, span.at, order.field, alive)
            });
        let settled = if ascends { None } else { settled(&responses, &spans, order, frontier, observations) };
        Self {
            order,
            union: observations.contacts(),
            overlap,
            counted,
            last: chain,
            last_size: last_tail.map(|span| responses[span.at].end()),
            settled,
            count,
            opening_size: opening.map(|opening| opening.size),
            disordered: is_disordered(observations, &responses, &spans, order),
            contradicted_size,
        }
    }

    /// All claims that a theorem proves: the level, its assumptions, and the overlaps of its chain.
    fn claims(&self) -> Vec<(Level, Vec<Assumption>, u64)> {
        let equals_union = |size: Option<u64>| size == Some(self.union) || !checks::enabled(Check::Count);
        // In an order by `updated_at` an updated contact is another row, so a contact that existed throughout may be
        // missing from a union that has all stable rows.
        let rows_are_versions = self.order.field == Field::UpdatedAt && checks::enabled(Check::Versions);
        let mut claims = Vec::new();
        let chains = self.overlap.iter().chain(&self.counted);
        for chain in chains.filter(|chain| chain.gaps.is_empty() && !rows_are_versions) {
            claims.push((Level::Complete, self.basis(&[Slice, Ordered, End], chain), chain.overlaps));
        }
        if let Some(chain) = self.last.as_ref().filter(|chain| chain.gaps.is_empty()) {
            let basis = || self.basis(&[Slice, Ordered, End, Entrance], chain);
            claims.push((Level::Complete, basis(), chain.overlaps));
            claims.extend(equals_union(self.last_size).then(|| (Level::Snapshot, basis(), chain.overlaps)));
        }
        if let Some(chain) = &self.settled {
            let basis = self.basis(&[Slice, Ordered, End, Entrance, Count, Lasting], chain);
            claims.push((Level::Snapshot, basis, chain.overlaps));
        }
        if self.count.is_complete && self.count.overfull.is_none() {
            let level = if equals_union(self.opening_size) { Level::Snapshot } else { Level::Complete };
            claims.push((level, vec![Slice, Ordered, End, Entrance], 0));
        }
        claims
    }

    /// `basis`, and the assumptions that the count needs if the chain uses it.
    fn basis(&self, basis: &[Assumption], chain: &Chain) -> Vec<Assumption> {
        let count: &[_] = match self.order.direction {
            _ if !chain.counted => &[],
            Direction::Ascending => &[Entrance],
            Direction::Descending => &[Entrance, Count, Lasting],
        };
        union(basis.iter().chain(count).copied())
    }

    /// Whether more old rows were seen than the greatest total. More than the opening's list had, but not more than a
    /// total, means that new rows enter elsewhere than at the near end; if no total explains them, the list is sorted
    /// differently.
    fn is_overfull(&self, observations: &Observations) -> bool {
        self.count.overfull.is_some_and(|rows| rows > observations.greatest_total())
    }

    /// An observation that is impossible if all assumptions hold.
    fn contradiction(&self, observations: &Observations) -> Option<Reason> {
        // Tied rows in no fixed order change positions all the time.
        let fixed = self.order.is_unique() || !observations.order_witness.has_loose_ties();
        let slipped =
            observations.contradictions.slipped().filter(|_| fixed && self.order.direction == Direction::Ascending);
        let overfull = self.count.overfull.is_some() || self.count.crowded;
        overfull.then_some(Reason::Overfull).or(self.contradicted_size.clone()).or(slipped)
    }

    /// The contacts that were deleted during the run, by the latest total.
    fn deleted(&self, observations: &Observations) -> Option<Reason> {
        let contacts = self.union.checked_sub(self.last_size.unwrap_or(observations.latest().1))?;
        (contacts > 0).then_some(Reason::Deleted { contacts })
    }
}

/// Theorem 2 (c): three looks at the head of a descending list, one after the other and after everything else. A chain
/// leads from the first to the far end, the total of the second is the number of contacts found, and the third shows
/// nothing newer.
fn settled(
    responses: &[&Response],
    spans: &[Span],
    order: Order,
    frontier: impl Fn(&Span) -> Option<Frontier>,
    observations: &Observations,
) -> Option<Chain> {
    let mut looks: Vec<_> = spans.iter().filter(|span| span.shows_near_end).collect();
    looks.sort_by_key(|span| Reverse(responses[span.at].sent));
    let [third, second, first] = looks.first_chunk()?;
    let after = |earlier: &Span, later: &Span| responses[earlier.at].received <= responses[later.at].sent;
    let mut others = responses.iter().enumerate().filter(|(at, _)| ![first.at, second.at, third.at].contains(at));
    let last = others.all(|(_, response)| response.received <= responses[first.at].sent);
    let in_turn = after(first, second) && after(second, third);
    let newest = if order.is_unique() {
        third.near.max(second.near) <= first.near
    } else {
        // Any row tied with the first may be new: the looks must show all tied rows, and be equal.
        let same = |span: &Span| responses[span.at].content == responses[first.at].content;
        first.far.value < first.near.value && same(second) && same(third)
    };
    if !(last && in_turn && newest && responses[second.at].total == observations.contacts()) {
        return None;
    }
    let before: Vec<_> = spans.iter().filter(|span| span.at != second.at && span.at != third.at).copied().collect();
    let chain = best(&before, order, (*first).into(), frontier(first));
    chain.gaps.is_empty().then_some(chain)
}

/// Follows the windows without the count, and with it if there are gaps otherwise.
fn best(spans: &[Span], order: Order, from: Frontier, counted: Option<Frontier>) -> Chain {
    let chain = follow(spans, order, from, None);
    if chain.gaps.is_empty() || counted.is_none() { chain } else { follow(spans, order, from, counted) }
}

/// Whether a response was requested after all others had been received.
fn is_last(responses: &[&Response], span: &Span) -> bool {
    let mut others = responses.iter().enumerate().filter(|(at, _)| *at != span.at);
    !checks::enabled(Check::Last) || others.all(|(_, other)| other.received <= responses[span.at].sent)
}

/// Whether the order holds within pages, but not across them: more rows are misplaced than writes explain.
fn is_disordered(observations: &Observations, responses: &[&Response], spans: &[Span], order: Order) -> bool {
    let (writes, size) = (observations.writes(), u64::from(observations.per_page));
    checks::enabled(Check::Across)
        && (observations.order_witness.has_strays(order, writes, size)
            || is_crowded(spans, responses, writes.min(size / 4))
            || is_inverted(spans, responses, order, writes + size))
}

/// The assumptions, each once.
pub(super) fn union(assumptions: impl Iterator<Item = Assumption>) -> Vec<Assumption> {
    assumptions.collect::<BTreeSet<_>>().into_iter().collect()
}
