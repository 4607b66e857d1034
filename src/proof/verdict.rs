//! The verdict: the level that holds under every order to be reckoned with, and its reasons.
//!
//! Where no order can be believed, two equal passes may prove a level; where nothing proves one, the
//! counts decide between counted and incomplete.

use super::assumption::Assumption;
use super::claims::{self, Claim};
use super::level::Level;
use super::observations::Ledger;
use super::order::Order;
use super::parameters::{Check, Tuning};
use super::reason::Reason;
use super::response::Record;
use super::theorems::overlapping_windows::Gap;

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
    let claims: Vec<_> = books.orders(tuning).into_iter().map(|order| claims::under(order, books, tuning)).collect();
    let first = claims.first();
    let (order, links) = (first.map(|claim| claim.order), first.map_or(0, |claim| claim.links));
    let weakest = claims.iter().min_by_key(|claim| claim.level);
    let gaps = weakest.map(|claim| claim.gaps.clone()).unwrap_or_default();
    let verdict = |level, assumptions, reasons| {
        let weakest = weakest.map(|claim| claim.order);
        Verdict { level, assumptions, reasons, order, links, weakest, gaps: gaps.clone() }
    };

    let sound = !books.doubts.has(Assumption::Slice) && ended.is_ok();
    if let Some(level) = one_page(books, tuning).filter(|_| sound) {
        return verdict(level, vec![Assumption::Slice, Assumption::End], Vec::new());
    }
    let passed = passed(books, tuning).filter(|_| sound);
    if let Some(claim) = weakest.filter(|claim| sound && claim.level >= Level::Complete)
        && passed.as_ref().is_none_or(|(level, ..)| *level <= claim.level)
    {
        let assumptions = claims.iter().flat_map(|claim| claim.assumptions.clone());
        let mut reasons: Vec<_> = claim.reason.iter().cloned().chain(books.doubts.reasons()).collect();
        let moved = claim.level < Level::Snapshot && reasons.is_empty() && books.moved;
        reasons.extend(moved.then_some(Reason::Moved));
        return verdict(claim.level, union(assumptions), reasons);
    }
    if let Some((level, reason)) = passed {
        use Assumption::{End, Repeat, Slice};
        let reasons = reason.into_iter().chain(books.doubts.reasons()).collect();
        return verdict(level, vec![Slice, End, Repeat], reasons);
    }
    if let Err(reason @ Reason::Limited { .. }) = ended {
        return verdict(Level::Incomplete, Vec::new(), vec![reason]);
    }
    let (level, missing) = counted(books, ended);
    let reasons = missing.into_iter().chain(books.doubts.reasons()).chain(unproven(books, weakest, tuning)).collect();
    verdict(level, Vec::new(), reasons)
}

/// A list that one response shows from head to tail, when it was read twice: what is in none of the two left in between.
fn one_page(books: &Ledger, tuning: &Tuning) -> Option<Level> {
    let records = books.records();
    let (last, others) = records.split_last()?;
    let twice = others.iter().any(|record| record.is_whole(tuning)) || !tuning.makes(Check::Twice);
    let level = if last.rows == books.contacts() { Level::Snapshot } else { Level::Complete };
    (twice && last.is_whole(tuning)).then_some(level)
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
    let (seen, total) = (books.contacts(), books.latest().1);
    // A list that has contacts twice counts them twice.
    let (extra, _) = books.twice();
    match ended {
        Err(reason) => (Level::Incomplete, Some(reason)),
        Ok(()) if total > seen + extra => (Level::Incomplete, Some(Reason::Missing { seen, total })),
        Ok(()) => (Level::Counted, None),
    }
}

/// Why nothing is proven.
fn unproven(books: &Ledger, weakest: Option<&Claim>, tuning: &Tuning) -> Vec<Reason> {
    let mut reasons: Vec<_> = books.moved.then_some(Reason::Moved).into_iter().chain(books.fixed.clone()).collect();
    let Some(claim) = weakest else {
        if let Some(twice) = books.twice().1 {
            reasons.push(twice);
            return reasons;
        }
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
        Some(far) if edges(far)?.0.id == near => Reason::TiedBorder { id: near },
        Some(far) => Reason::Gap { near, far: edges(far)?.0.id },
        None => Reason::OpenEnd { id: near },
    })
}

fn union(assumptions: impl Iterator<Item = Assumption>) -> Vec<Assumption> {
    assumptions.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
