//! Where to read to bridge a gap: a window that shows what is on both sides of it.
//!
//! A border stood at a known position when it was read; since then rows above it may have come and gone. The
//! totals say about how many, and a window has room on both sides. If it misses all the same, its own
//! rows are the nearer reference in the next round.

use super::observations::Ledger;
use super::order::{Direction, Field, Order};
use super::parameters::Tuning;
use super::reason::Reason;
use super::response::{self, Record};
use super::theorems::overlapping_windows::Gap;
use super::windows;
use crate::page::Asked;

/// The window to read; a reason if no window can bridge the gap.
pub(super) fn bridge(
    gap: Gap,
    books: &Ledger,
    order: Order,
    margin: u32,
    tuning: &Tuning,
) -> Result<Asked, Option<Reason>> {
    let drift = Drift::new(books, order, tuning);
    let near = books.record(gap.near);
    let far = gap.far.and_then(|at| books.record(at));
    let (earlier, later) = if order.direction == Direction::Descending { (near, far) } else { (far, near) };
    let end = earlier.map(|record| drift.now(record, record.end()));
    let start = later.map(|record| drift.now(record, record.start()));
    let (before, after) = ties(earlier, later, order);
    let size = books.size;
    match (earlier.zip(end), later.zip(start)) {
        (Some((earlier, end)), Some((later, start))) => {
            // Where the positions contradict the keys, the side that was read later knows where it is: from
            // there the window goes as far as it can.
            let contradict = before + after == 0 && end > start || end.abs_diff(start) > u64::from(size / 2);
            let (low, high) = (end.min(start), end.max(start));
            let span = |room: u64| windows::spanning(low.saturating_sub(before + room), high + after + room, size);
            let forth = || windows::next(end, margin, size);
            let back = || windows::back(start, margin, size);
            let centred =
                || span(u64::from(margin)).or_else(|| span(1)).ok_or_else(|| wide_tie(earlier, before + after));
            if !contradict {
                return centred();
            }
            Ok(if !books.moved || earlier.received > later.received { forth() } else { back() })
        }
        (Some((_, end)), None) => {
            let tail =
                windows::tail(drift.total, size).filter(|asked| response::start(*asked) + u64::from(margin) <= end);
            Ok(tail.unwrap_or_else(|| windows::next(end, margin, size)))
        }
        (None, Some((_, start))) => Ok(windows::back(start, margin, size)),
        (None, None) => Err(None),
    }
}

fn wide_tie(earlier: &Record, rows: u64) -> Option<Reason> {
    earlier.edges.filter(|_| rows > 0).map(|(_, last)| Reason::WideTie { id: last.id, rows })
}

/// How a list moved since its opening.
struct Drift {
    direction: Direction,
    /// Rows that entered, as far as they were seen.
    entered: u64,
    /// When the opening was received, and the latest response, in microseconds.
    span: (u128, u128),
    /// The latest total.
    total: u64,
}

impl Drift {
    fn new(books: &Ledger, order: Order, tuning: &Tuning) -> Self {
        let records = books.records();
        let opening = books.openings.iter().flatten().find(|opening| opening.direction == order.direction);
        let entered = opening.map_or(0, |opening| opening.entered(&records, order, tuning));
        let opened =
            opening.and_then(|opening| records.get(opening.at)).map_or(0, |record| record.received.as_micros());
        let (now, total) = books.latest();
        let now = now.as_micros();
        Self { direction: order.direction, entered, span: (opened, now), total }
    }

    /// Where a position of a response is now, about: rows entered and went steadily, and went anywhere.
    fn now(&self, record: &Record, position: u64) -> u64 {
        let (opened, now) = self.span;
        let since = now.saturating_sub(record.received.as_micros().max(opened));
        let share = |rows: u64, part: u128, whole: u128| {
            u64::try_from(u128::from(rows) * part / whole.max(1)).unwrap_or(u64::MAX)
        };
        let entered = share(self.entered, since, now - opened.min(now));
        let gone = (record.total + entered).saturating_sub(self.total);
        let entered = entered.max(self.total.saturating_sub(record.total));
        let entered = if self.direction == Direction::Descending { entered } else { 0 };
        (position + entered).saturating_sub(share(gone, position.into(), record.total.into()))
    }
}

/// Tied rows on both sides of a border, that a window must show and one more, where ties have no known order.
fn ties(earlier: Option<&Record>, later: Option<&Record>, order: Order) -> (u64, u64) {
    let field = match order.field {
        _ if order.is_unique() => return (0, 0),
        Field::UpdatedAt => 1,
        Field::Id | Field::CreatedAt => 0,
    };
    let before = earlier.map_or(0, |record| record.ties[field].1);
    let after = later.map_or(0, |record| record.ties[field].0);
    (u64::from(before), u64::from(after))
}
