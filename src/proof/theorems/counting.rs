//! Theorem 3: counting old rows against the size of the list at the opening.
//!
//! A row that is seen later and was in the list at the opening is one of the opening's rows. Once as many of them were
//! seen as the list had, none is missing, whatever changed since. The same holds for the part of the list from the near
//! end to a window's far row, as long as no row left that part.

use super::overlapping_windows::{Frontier, Span};
use super::quiet_interval::QuietInterval;
use crate::proof::checks::{self, Check};
use crate::proof::opening::Opening;
use crate::proof::order::{Direction, Field, Order};
use crate::proof::reason::Reason;
use crate::proof::response::Response;

/// The result of counting.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    /// Whether every row of the opening's list was seen.
    pub is_complete: bool,
    /// The farthest row up to which nothing is missing.
    pub frontier: Option<Frontier>,
    /// The number of old rows, if more were seen than the list had.
    pub overfull: Option<u64>,
    /// Whether more old rows were seen on the near side of a window's far row than can have been there.
    pub crowded: bool,
}

/// Counts the rows first seen in each window. `responses` are all responses, `spans` those with rows.
pub(crate) fn count(opening: &Opening, responses: &[&Response], spans: &[Span], order: Order) -> Count {
    let Some(edge) = order.height(&opening.edge) else { return Count::default() };
    let quiet = QuietInterval::of(opening, responses, order);
    let mut later: Vec<_> = spans.iter().filter(|span| opening.precedes(responses, span.at)).collect();
    later.sort_by_key(|span| std::cmp::Reverse(span.far));
    let mut count = Count::default();
    // Old rows of the windows that end nearer than the current ones.
    let mut nearer = 0;
    for group in later.chunk_by(|a, b| a.far == b.far) {
        let olds: Vec<_> = group.iter().map(|span| old(opening, responses[span.at], span.at, order)).collect();
        let together: u64 = olds.iter().sum();
        for (span, own) in group.iter().zip(olds) {
            let seen = nearer + if order.is_unique() { together } else { own };
            let most = near_side(opening, responses[span.at], quiet.as_ref());
            let Some(most) = most.filter(|_| order.is_below(span.far, edge)) else { continue };
            count.crowded |= seen > most;
            if seen >= most {
                let is_far_end = most >= opening.size;
                count.frontier = Some(Frontier { height: span.far, is_far_end, at: span.at });
            }
        }
        nearer += together;
    }
    count.overfull = (nearer > opening.size).then_some(nearer);
    count.is_complete = nearer == opening.size || !checks::enabled(Check::Count);
    count
}

/// The number of rows that were seen to have entered since the opening.
pub(crate) fn entered(opening: &Opening, responses: &[&Response], order: Order) -> u64 {
    let later = responses.iter().enumerate().filter(|(at, _)| opening.precedes(responses, *at));
    later.map(|(at, response)| response.counts.first_seen.saturating_sub(old(opening, response, at, order))).sum()
}

/// A contradiction in the size of an ascending list, as its tail showed it in the response `last`. The opening's rows
/// can only become fewer, all rows that entered since are in that response, and if all rows alive at that time are
/// known (`alive`), the size cannot exceed their number.
pub(crate) fn contradicted_size(
    opening: &Opening,
    responses: &[&Response],
    last: usize,
    field: Field,
    alive: Option<u64>,
) -> Option<Reason> {
    let response = responses.get(last)?;
    let size = response.end();
    let old = size.saturating_sub(response.counts.maybe_new[1][field as usize].into());
    let between = |at: &usize| opening.precedes(responses, *at) && responses[*at].received <= response.sent;
    let fewest = (0..responses.len()).filter(between).map(|at| responses[at].total).min();
    let alive = alive.filter(|alive| size > *alive);
    let seen = fewest.filter(|fewest| *fewest < old).or(alive)?;
    Some(Reason::TotalUnexplained { seen, total: size })
}

/// The number of old rows that a response is the first to show. A row of page 1 counts in the response that shows it
/// again: page 1 was read before the opening, so the row may have been deleted before the opening.
fn old(opening: &Opening, response: &Response, at: usize, order: Order) -> u64 {
    let counts = &response.counts;
    let reshown = u64::from(counts.reshown[usize::from(order.field == Field::UpdatedAt)]);
    let reshown = if checks::enabled(Check::Again) { reshown } else { 0 };
    if at == opening.at || at == 0 || !checks::enabled(Check::Entrance) {
        return counts.first_seen + reshown;
    }
    let side = usize::from(opening.direction == Direction::Ascending);
    counts.old[side][order.field as usize].certain(order) + reshown
}

/// The greatest possible number of the opening's rows from the near end to a window's far row, that row included.
fn near_side(opening: &Opening, response: &Response, quiet: Option<&QuietInterval>) -> Option<u64> {
    match opening.direction {
        Direction::Descending => quiet?.old_up_to(response),
        // The rows before it in the list are all farther from the near end.
        Direction::Ascending => Some(opening.size.saturating_sub(response.start())),
    }
}
