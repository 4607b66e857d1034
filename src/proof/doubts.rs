//! What contradicts an assumption: seen in one response, or in two copies of a row.
//!
//! A contradiction withdraws the claims that rest on the assumption. Not to see one proves nothing.

use super::assumption::Assumption;
use super::reason::Reason;
use super::record::Record;
use crate::page::RowKey;

/// The contradictions seen so far, the first of each kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    doubts: Vec<(Assumption, Reason)>,
    /// A row that had more rows beyond it when it was read later: in a descending, and in an ascending list.
    slipped: [Option<i64>; 2],
}

/// A row in a response, and its index there.
type Copy<'a> = (&'a Record, &'a RowKey, u64);

impl Doubts {
    /// Takes a response's rows and total into account.
    pub fn weigh(&mut self, record: &Record) {
        if !record.agrees() {
            let (page, per_page) = (record.asked.page, record.asked.per_page);
            let reason = Reason::TotalDisagrees { page, per_page, rows: record.rows, total: record.total };
            self.doubt(Assumption::Count, reason);
        }
    }

    /// What two copies of a row contradict: what was read later must not be older.
    pub fn of_copies(first: Copy, second: Copy) -> Self {
        let mut doubts = Self::default();
        let (earlier, later) = match () {
            () if first.0.received <= second.0.sent => (first, second),
            () if second.0.received <= first.0.sent => (second, first),
            () => return doubts,
        };
        let id = later.1.id;
        if earlier.1.created_at != later.1.created_at {
            doubts.doubt(Assumption::Order, Reason::KeyChanged { id });
        }
        if later.1.updated_at < earlier.1.updated_at {
            doubts.doubt(Assumption::Slice, Reason::Stale { id });
        }
        // The rows beyond one, away from the near end, only become fewer, unless it is moved itself.
        let beyond = |(record, _, index): Copy| {
            let above = record.start() + index;
            [record.total.saturating_sub(above), above]
        };
        if earlier.1.updated_at == later.1.updated_at {
            let more = beyond(later).into_iter().zip(beyond(earlier)).map(|(later, earlier)| later > earlier);
            doubts.slipped.iter_mut().zip(more).for_each(|(slipped, more)| *slipped = more.then_some(id));
        }
        doubts
    }

    pub fn add(&mut self, other: Self) {
        other.doubts.into_iter().for_each(|(assumption, reason)| self.doubt(assumption, reason));
        self.slipped.iter_mut().zip(other.slipped).for_each(|(known, new)| *known = known.or(new));
    }

    fn doubt(&mut self, assumption: Assumption, reason: Reason) {
        if !self.has(assumption) {
            self.doubts.push((assumption, reason));
        }
    }

    /// Whether something contradicts an assumption.
    pub fn has(&self, assumption: Assumption) -> bool {
        self.doubts.iter().any(|(doubted, _)| *doubted == assumption)
    }

    /// Whether a row slipped away from the near end of a list that descends, or ascends.
    pub fn slipped(&self, ascends: bool) -> Option<Reason> {
        self.slipped[usize::from(ascends)].map(|id| Reason::Slipped { id })
    }

    /// What contradicts the assumptions.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> {
        self.doubts.iter().map(|(_, reason)| reason.clone())
    }
}
