//! Repair: which window to read to bridge a gap, so that it shows rows on both sides.
//!
//! The position of a border was known when it was read; since then, rows before it may have entered or left. The
//! totals tell roughly how many, and a window leaves room on both sides. If it misses the border nevertheless, its own
//! rows are a better reference in the next round.

use super::observations::Observations;
use super::order::{Direction, Field, Order};
use super::reason::Reason;
use super::response::{self, Response};
use super::theorems::counting;
use super::theorems::overlapping_windows::Gap;
use super::windows;
use crate::page::Asked;

/// The window to read, or a reason why no window can bridge the gap.
pub(super) fn bridge(
    gap: Gap,
    observations: &Observations,
    order: Order,
    margin: u32,
) -> Result<Asked, Option<Reason>> {
    let drift = Drift::new(observations, order);
    let near = observations.response(gap.near);
    let far = gap.far.and_then(|at| observations.response(at));
    let (earlier, later) = if order.direction == Direction::Descending { (near, far) } else { (far, near) };
    let end = earlier.map(|response| drift.now(response, response.end()));
    let start = later.map(|response| drift.now(response, response.start()));
    let (before, after) = ties(earlier, later, order);
    let size = observations.per_page;
    match (earlier.zip(end), later.zip(start)) {
        (Some((earlier, end)), Some((later, start))) => {
            // If the positions contradict the keys, the side that was received later is more reliable: the window
            // extends from there as far as possible.
            let contradict = before + after == 0 && end > start || end.abs_diff(start) > u64::from(size / 2);
            let (low, high) = (end.min(start), end.max(start));
            // The first position of the later side is already one row beyond the border.
            let span = |room: u64| {
                windows::spanning(low.saturating_sub(before + room), (high + after + room).saturating_sub(1), size)
            };
            let forth = || windows::next(end, margin, size);
            let back = || windows::back(start, margin, size);
            let centered =
                || span(u64::from(margin)).or_else(|| span(1)).ok_or_else(|| wide_tie(earlier, before + after));
            if !contradict {
                return centered();
            }
            Ok(if !observations.changed || earlier.received > later.received { forth() } else { back() })
        }
        (Some((_, end)), None) => {
            let shows_end = |asked: &Asked| response::start(*asked) + u64::from(margin) <= end;
            Ok(windows::tail(drift.total, size).filter(shows_end).unwrap_or_else(|| windows::next(end, margin, size)))
        }
        (None, Some((_, start))) => Ok(windows::back(start, margin, size)),
        (None, None) => Err(None),
    }
}

fn wide_tie(earlier: &Response, rows: u64) -> Option<Reason> {
    earlier.edges.filter(|_| rows > 0).map(|(_, last)| Reason::WideTie { id: last.id, rows })
}

/// How positions in the list have changed since its opening.
struct Drift {
    direction: Direction,
    /// The number of rows that were seen to enter.
    entered: u64,
    /// When the opening was received, and the latest response, in microseconds.
    span: (u128, u128),
    /// The latest total.
    total: u64,
}

impl Drift {
    fn new(observations: &Observations, order: Order) -> Self {
        let responses = observations.responses();
        let opening = observations.openings.iter().flatten().find(|opening| opening.direction == order.direction);
        // Rows that only may have entered, such as those tied with the newest, displaced nothing in an unchanged list.
        let entered =
            opening.filter(|_| observations.changed).map_or(0, |opening| counting::entered(opening, &responses, order));
        let opened =
            opening.and_then(|opening| responses.get(opening.at)).map_or(0, |response| response.received.as_micros());
        let (now, total) = observations.latest();
        Self { direction: order.direction, entered, span: (opened, now.as_micros()), total }
    }

    /// Estimates where a position of a response is now, assuming that rows entered and left at a steady rate, and left
    /// at random positions.
    fn now(&self, response: &Response, position: u64) -> u64 {
        let (opened, now) = self.span;
        let since = now.saturating_sub(response.received.as_micros().max(opened));
        let share = |rows: u64, part: u128, whole: u128| {
            u64::try_from(u128::from(rows) * part / whole.max(1)).unwrap_or(u64::MAX)
        };
        let entered = share(self.entered, since, now - opened.min(now));
        let gone = (response.total + entered).saturating_sub(self.total);
        let entered = entered.max(self.total.saturating_sub(response.total));
        let entered = if self.direction == Direction::Descending { entered } else { 0 };
        (position + entered).saturating_sub(share(gone, position.into(), response.total.into()))
    }
}

/// The numbers of tied rows before and after a border. If ties have no known order, a window must show all of them and
/// one row more.
fn ties(earlier: Option<&Response>, later: Option<&Response>, order: Order) -> (u64, u64) {
    let field = match order.field {
        _ if order.is_unique() => return (0, 0),
        Field::UpdatedAt => 1,
        Field::Id | Field::CreatedAt => 0,
    };
    let before = earlier.map_or(0, |response| response.ties[field].1);
    let after = later.map_or(0, |response| response.ties[field].0);
    (u64::from(before), u64::from(after))
}
