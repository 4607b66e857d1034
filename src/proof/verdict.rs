//! The verdict: the level that holds under every order to be reckoned with, and its reasons.
//!
//! Where no order can be believed, two equal passes may prove a level; where nothing proves one, the
//! counts decide between counted and incomplete.

use super::assumption::Assumption;
use super::chain::Gap;
use super::judge::{self, Claim};
use super::ledger::Ledger;
use super::level::Level;
use super::order::Order;
use super::reason::Reason;
use super::record::Record;
use super::tuning::Tuning;

/// Gaps that are described one by one.
const DESCRIBED: usize = 3;

/// What the books prove so far.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub level: Level,
    pub assumptions: Vec<Assumption>,
    pub reasons: Vec<Reason>,
    pub order: Option<Order>,
    pub links: u64,
    /// The order to repair by: the one that allows least.
    pub weakest: Option<Order>,
    /// What repair would have to bridge.
    pub gaps: Vec<Gap>,
}

/// Judges the books. `ended` says whether the end of the list was seen.
pub(super) fn of(books: &Ledger, ended: Result<(), Reason>, tuning: &Tuning) -> Verdict {
    let claims: Vec<_> = books.orders(tuning).into_iter().map(|order| judge::under(order, books, tuning)).collect();
    let first = claims.first();
    let (order, links) = (first.map(|claim| claim.order), first.map_or(0, |claim| claim.links));
    let weakest = claims.iter().min_by_key(|claim| claim.level);
    let gaps = weakest.map(|claim| claim.gaps.clone()).unwrap_or_default();
    let verdict = |level, assumptions, reasons| {
        let weakest = weakest.map(|claim| claim.order);
        Verdict { level, assumptions, reasons, order, links, weakest, gaps: gaps.clone() }
    };

    let sound = !books.doubts.has(Assumption::Slice) && ended.is_ok();
    if let Some((level, assumptions)) = one_page(books, tuning).filter(|_| sound) {
        return verdict(level, assumptions, Vec::new());
    }
    let passed = passed(books, tuning).filter(|_| sound);
    if let Some(claim) = weakest.filter(|claim| sound && claim.level >= Level::Complete)
        && passed.as_ref().is_none_or(|(level, ..)| *level <= claim.level)
    {
        let assumptions = claims.iter().flat_map(|claim| claim.assumptions.clone());
        let reasons = claim.reason.iter().cloned().chain(books.doubts.reasons()).collect();
        return verdict(claim.level, union(assumptions), reasons);
    }
    if let Some((level, reason)) = passed {
        use Assumption::{Count, End, Repeat, Slice};
        let reasons = reason.into_iter().chain(books.doubts.reasons()).collect();
        return verdict(level, vec![Slice, End, Count, Repeat], reasons);
    }
    if let Err(reason @ Reason::Limited { .. }) = ended {
        return verdict(Level::Incomplete, Vec::new(), vec![reason]);
    }
    let (level, missing) = counted(books, ended);
    let reasons = missing.into_iter().chain(books.doubts.reasons()).chain(unproven(books, weakest, tuning)).collect();
    verdict(level, Vec::new(), reasons)
}

/// A list that one response shows from head to tail.
fn one_page(books: &Ledger, tuning: &Tuning) -> Option<(Level, Vec<Assumption>)> {
    let is_whole = |record: &&Record| {
        let empty = record.rows == 0 && record.total == 0;
        record.start() == 0 && (empty || record.shows_tail(tuning)) && record.rows == books.contacts()
    };
    let whole = books.records().into_iter().any(|record| is_whole(&record));
    whole.then(|| (Level::Snapshot, vec![Assumption::Slice, Assumption::End]))
}

/// What two equal passes prove.
fn passed(books: &Ledger, tuning: &Tuning) -> Option<(Level, Option<Reason>)> {
    let (rows, id_sum) = books.passes.settled(tuning).filter(|_| !books.witness.has_loose_ties(tuning))?;
    match books.contacts().checked_sub(rows)? {
        0 if books.id_sum() == id_sum => Some((Level::Snapshot, None)),
        0 => None,
        contacts => Some((Level::Complete, Some(Reason::Deleted { contacts }))),
    }
}

/// Whether the counts agree, when nothing is proven.
fn counted(books: &Ledger, ended: Result<(), Reason>) -> (Level, Option<Reason>) {
    let seen = books.contacts();
    // Where totals and rows disagree, the rows of the latest page that is not full say how many there are.
    let records = books.records();
    let tails = records.iter().filter(|record| record.is_short() && record.rows > 0);
    let by_rows = tails.max_by_key(|record| record.received).map(|record| record.end());
    let by_total = Some(books.latest().1);
    let total = if books.doubts.has(Assumption::Count) { by_rows.or(by_total) } else { by_total };
    match (ended, total) {
        (Err(reason), _) => (Level::Incomplete, Some(reason)),
        (Ok(()), Some(total)) if total > seen => (Level::Incomplete, Some(Reason::Missing { seen, total })),
        _ => (Level::Counted, None),
    }
}

/// Why nothing is proven.
fn unproven(books: &Ledger, weakest: Option<&Claim>, tuning: &Tuning) -> Vec<Reason> {
    let mut reasons: Vec<_> = books.moved.then_some(Reason::Moved).into_iter().chain(books.fixed.clone()).collect();
    let Some(claim) = weakest else {
        reasons.extend(books.witness.has_loose_ties(tuning).then_some(Reason::LooseTies));
        reasons.push(if books.witness.leaning().is_some() { Reason::LittleOrder } else { Reason::NoOrder });
        return reasons;
    };
    reasons.extend(claim.reason.clone());
    let records = books.records();
    let described = claim.gaps.iter().take(DESCRIBED).filter_map(|gap| describe(gap, &records, claim.order));
    reasons.extend(described);
    reasons
}

fn describe(gap: &Gap, records: &[&Record], order: Order) -> Option<Reason> {
    let edges = |at: usize| records.get(at)?.edges.as_ref().map(|(first, last)| order.near_far(first, last));
    let near = edges(gap.near)?.1.id;
    Some(match gap.far {
        Some(far) => Reason::Gap { near, far: edges(far)?.0.id },
        None => Reason::OpenEnd { id: near },
    })
}

fn union(assumptions: impl Iterator<Item = Assumption>) -> Vec<Assumption> {
    assumptions.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
