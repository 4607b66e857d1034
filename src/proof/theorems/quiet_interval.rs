//! The quiet interval: how long after the opening no old row left the list, according to the totals.
//!
//! The total and the rows of a response may be of different instants (A5'), so a total says something only about
//! responses that were received before it was requested, and nothing about its own. The next look at the near end shows
//! which of the rows that it counts are new (A7).

use std::time::Duration;

use crate::proof::checks::{self, Check};
use crate::proof::opening::Opening;
use crate::proof::order::{Direction, Order};
use crate::proof::response::Response;

/// The time from the opening to the last total that includes all of the opening's rows.
#[derive(Debug)]
pub(crate) struct QuietInterval {
    since: Duration,
    until: Duration,
    /// When responses were received, ascending, and the least number of rows by which the list had grown by then.
    growth: Vec<(Duration, u64)>,
}

impl QuietInterval {
    /// Finds the interval. `None` if no total confirms it, or if the list ascends: there, positions are enough.
    pub fn of(opening: &Opening, responses: &[&Response], order: Order) -> Option<Self> {
        if opening.direction != Direction::Descending {
            return None;
        }
        let since = responses.get(opening.at)?.received;
        let looks = responses.iter().filter(|response| response.start() == 0 && response.sent >= since);
        let look = looks.min_by_key(|response| response.sent)?;
        let edge = order.height(&opening.edge)?;
        let last = look.edges.and_then(|(_, last)| order.height(&last))?;
        // Only if the look shows an old row, it shows all new rows, which come before it.
        if !order.is_below(last, edge) {
            return None;
        }
        let new = u64::from(look.counts.maybe_new[0][order.field as usize]);
        let counts =
            |response: &&&Response| response.rows > 0 && response.sent >= since && response.received <= look.sent;
        let mut counts: Vec<_> = responses.iter().filter(counts).collect();
        let full = if checks::enabled(Check::Newcomers) { opening.size + new } else { opening.size };
        // A greater total is impossible: a contact was created and deleted again, or the totals are wrong.
        if counts.iter().any(|response| response.total > opening.size + new) {
            return None;
        }
        let until = counts.iter().filter(|response| response.total >= full).map(|response| response.sent).max()?;
        counts.sort_by_key(|response| response.received);
        let mut most = 0;
        let growth = counts.iter().map(|response| {
            most = most.max(response.total.saturating_sub(opening.size));
            (response.received, most)
        });
        let growth = growth.collect();
        let until = if checks::enabled(Check::Quiet) { until } else { Duration::MAX };
        Some(Self { since, until, growth })
    }

    /// The greatest possible number of old rows up to a response's last row. `None` for a response outside the
    /// interval.
    pub fn old_up_to(&self, response: &Response) -> Option<u64> {
        let covers = response.sent >= self.since && response.received <= self.until;
        let earlier = self.growth.partition_point(|(received, _)| *received <= response.sent);
        let grown = earlier.checked_sub(1).map_or(0, |at| self.growth[at].1);
        covers.then(|| response.end().saturating_sub(grown))
    }
}
