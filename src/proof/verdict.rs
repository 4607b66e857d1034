//! The verdict: the level that holds under every possible order, and its reasons.
//!
//! If no order can be trusted, two equal passes may prove a level. If nothing is proven, the counts decide between
//! counted and incomplete.

use super::certificate::Assumption::{self, End, Repeat, Slice};
use super::checks::{self, Check};
use super::claims::{self, Claim};
use super::level::Level;
use super::observations::Observations;
use super::order::Order;
use super::parameters::GAPS_LISTED;
use super::reason::Reason;
use super::response::Response;
use super::theorems::overlapping_windows::Gap;

/// What the observations prove so far.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub level: Level,
    pub assumptions: Vec<Assumption>,
    pub reasons: Vec<Reason>,
    pub order: Option<Order>,
    pub overlaps: u64,
    /// The order to repair by: the one with the lowest level.
    pub weakest: Option<Order>,
    /// The gaps to repair.
    pub gaps: Vec<Gap>,
}

/// Evaluates the observations. `ended` tells whether the end of the list was seen.
pub(super) fn of(observations: &Observations, ended: Result<(), Reason>) -> Verdict {
    let claims: Vec<_> =
        observations.order_witness.orders().into_iter().map(|order| claims::under(order, observations)).collect();
    let first = claims.first();
    let (order, overlaps) = (first.map(|claim| claim.order), first.map_or(0, |claim| claim.overlaps));
    let weakest = claims.iter().min_by_key(|claim| claim.level);
    let gaps = weakest.map(|claim| claim.gaps.clone()).unwrap_or_default();
    let verdict = |level, assumptions, reasons| {
        let weakest = weakest.map(|claim| claim.order);
        Verdict { level, assumptions, reasons, order, overlaps, weakest, gaps: gaps.clone() }
    };
    let contradictions = || observations.contradictions.reasons();

    let sound = !observations.contradictions.contain(Slice) && ended.is_ok();
    if let Some(level) = one_page(observations).filter(|_| sound) {
        return verdict(level, vec![Slice, End], Vec::new());
    }
    let equal = equal_passes(observations).filter(|_| sound);
    if let Some(claim) = weakest.filter(|claim| sound && claim.level >= Level::Complete)
        && equal.as_ref().is_none_or(|(level, ..)| *level <= claim.level)
    {
        let assumptions = claims.iter().flat_map(|claim| claim.assumptions.clone());
        let mut reasons: Vec<_> = claim.reason.iter().cloned().chain(contradictions()).collect();
        let changed = claim.level < Level::Snapshot && reasons.is_empty() && observations.changed;
        reasons.extend(changed.then_some(Reason::Moved));
        return verdict(claim.level, claims::union(assumptions), reasons);
    }
    if let Some((level, reason)) = equal {
        let reasons = reason.into_iter().chain(contradictions()).collect();
        return verdict(level, vec![Slice, End, Repeat], reasons);
    }
    if let Err(reason @ Reason::Limited { .. }) = ended {
        return verdict(Level::Incomplete, Vec::new(), vec![reason]);
    }
    let (level, missing) = counted(observations, ended);
    let reasons = missing.into_iter().chain(contradictions()).chain(unproven(observations, weakest)).collect();
    verdict(level, Vec::new(), reasons)
}

/// The level of a list that one response shows from head to tail, if it was read twice. Rows that only the first
/// reading shows were deleted in between.
fn one_page(observations: &Observations) -> Option<Level> {
    let responses = observations.responses();
    let (last, others) = responses.split_last()?;
    let twice = others.iter().any(|response| response.is_whole()) || !checks::enabled(Check::Twice);
    let level = if last.rows == observations.contacts() { Level::Snapshot } else { Level::Complete };
    (twice && last.is_whole()).then_some(level)
}

/// What two equal passes prove.
fn equal_passes(observations: &Observations) -> Option<(Level, Option<Reason>)> {
    let settled = observations.equal_passes.settled();
    let (rows, id_sum) = settled.filter(|_| !observations.order_witness.has_loose_ties())?;
    match observations.contacts().checked_sub(rows)? {
        0 if observations.id_sum() == id_sum => Some((Level::Snapshot, None)),
        0 => None,
        contacts => Some((Level::Complete, Some(Reason::Deleted { contacts }))),
    }
}

/// Whether the counts agree, if nothing is proven.
fn counted(observations: &Observations, ended: Result<(), Reason>) -> (Level, Option<Reason>) {
    let (seen, total) = (observations.contacts(), observations.latest().1);
    // If the list has a contact twice, its total counts it twice.
    let (extra, _) = observations.repeated_within();
    match ended {
        Err(reason) => (Level::Incomplete, Some(reason)),
        Ok(()) if total > seen + extra => (Level::Incomplete, Some(Reason::Missing { seen, total })),
        Ok(()) => (Level::Counted, None),
    }
}

/// Why nothing is proven.
fn unproven(observations: &Observations, weakest: Option<&Claim>) -> Vec<Reason> {
    let changed = observations.changed.then_some(Reason::Moved);
    let mut reasons: Vec<_> = changed.into_iter().chain(observations.fixed_page_size.clone()).collect();
    let witness = &observations.order_witness;
    let Some(claim) = weakest else {
        if let Some(repeated) = observations.repeated_within().1 {
            reasons.push(repeated);
            return reasons;
        }
        reasons.extend(witness.has_loose_ties().then_some(Reason::LooseTies));
        reasons.push(if witness.likely().is_some() { Reason::LittleOrder } else { Reason::NoOrder });
        return reasons;
    };
    reasons.extend(claim.reason.clone());
    let responses = observations.responses();
    reasons.extend(claim.gaps.iter().take(GAPS_LISTED).filter_map(|gap| describe(gap, &responses, claim.order)));
    reasons
}

fn describe(gap: &Gap, responses: &[&Response], order: Order) -> Option<Reason> {
    let edges = |at: usize| responses.get(at)?.edges.as_ref().map(|(first, last)| order.near_far(first, last));
    let near = edges(gap.near)?.1.id;
    Some(match gap.far {
        Some(far) if edges(far)?.0.id == near => Reason::TiedBorder { id: near },
        Some(far) => Reason::Gap { near, far: edges(far)?.0.id },
        None => Reason::OpenEnd { id: near },
    })
}
