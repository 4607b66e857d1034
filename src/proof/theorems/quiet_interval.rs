//! The quiet interval: how long after the opening no old row left the list, by its totals.
//!
//! The total of a response is of another instant than its rows (A5'), so it speaks of the responses that were
//! received before it was asked for, and never of its own. What it counts besides old rows, the next look at the
//! near end shows (A7).

use std::time::Duration;

use super::counting::Opening;
use crate::proof::order::{Direction, Field, Order};
use crate::proof::parameters::{Check, Tuning};
use crate::proof::response::Record;

/// From the opening to the last total that counts all of the opening's rows.
#[derive(Debug)]
pub(in crate::proof) struct Quiet {
    since: Duration,
    until: Duration,
    /// When responses were received, ascending, and by how many rows the list had grown by then, at least.
    grown: Vec<(Duration, u64)>,
}

impl Quiet {
    /// Finds it for a list that descends. None if no total confirms that any time was quiet.
    pub fn of(opening: &Opening, records: &[&Record], order: Order, tuning: &Tuning) -> Option<Self> {
        let field = Field::ALL.iter().position(|field| *field == order.field)?;
        let since = records.get(opening.at)?.received;
        let looks = records.iter().filter(|record| record.start() == 0 && record.sent >= since);
        let look = looks.min_by_key(|record| record.sent)?;
        let edge = order.height(&opening.edge)?;
        let last = look.edges.and_then(|(_, last)| order.height(&last))?;
        // All that is new stands before the first old row.
        if !order.is_below(last, edge) {
            return None;
        }
        let new = u64::from(look.above[0][field]);
        let counts = |record: &&&Record| record.rows > 0 && record.sent >= since && record.received <= look.sent;
        let mut counts: Vec<_> = records.iter().filter(counts).collect();
        let full = if tuning.makes(Check::Newcomers) { opening.size + new } else { opening.size };
        // More than there can be: one of them was created and deleted again, or the totals are not what they should be.
        if counts.iter().any(|record| record.total > opening.size + new) {
            return None;
        }
        let until = counts.iter().filter(|record| record.total >= full).map(|record| record.sent).max()?;
        counts.sort_by_key(|record| record.received);
        let mut most = 0;
        let grown = counts.iter().map(|record| {
            most = most.max(record.total.saturating_sub(opening.size));
            (record.received, most)
        });
        let grown = grown.collect();
        let until = if tuning.makes(Check::Quiet) { until } else { Duration::MAX };
        Some(Self { since, until, grown })
    }

    /// Old rows that a response has at and before its last row, at most: none if it is not of the quiet interval.
    pub fn old_before(&self, record: &Record) -> Option<u64> {
        let covers = record.sent >= self.since && record.received <= self.until;
        let earlier = self.grown.partition_point(|(received, _)| *received <= record.sent);
        let grown = earlier.checked_sub(1).map_or(0, |at| self.grown[at].1);
        covers.then(|| record.end().saturating_sub(grown))
    }
}

impl Opening {
    /// The quiet interval after it, where the count needs one: in a list that ascends positions are enough.
    pub fn quiet(&self, records: &[&Record], order: Order, tuning: &Tuning) -> Option<Quiet> {
        let descends = self.direction == Direction::Descending;
        if descends { Quiet::of(self, records, order, tuning) } else { None }
    }
}
