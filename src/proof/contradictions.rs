//! What contradicts an assumption: seen in one response, or in two copies of a row.
//!
//! A contradiction withdraws the claims that rest on the assumption. Not to see one proves nothing.

use super::assumption::Assumption;
use super::reason::Reason;
use super::response::Record;
use crate::page::{RowKey, Staleness};

/// The contradictions seen so far, the first of each kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    doubts: Vec<(Assumption, Reason)>,
    /// A row that stood at a later position when it was read later.
    slipped: Option<i64>,
}

/// A row in a response, and its index there.
type Copy<'a> = (&'a Record, &'a RowKey, u64);

impl Doubts {
    /// Takes a response's rows and total into account, and what denies that it is of the present.
    pub fn weigh(&mut self, record: &Record, stale: Option<Staleness>) {
        if let Some(stale) = stale {
            let reason = match stale {
                Staleness::Assembled => Reason::Assembled,
                _ => Reason::Cached { page: record.asked.page, why: stale.to_string() },
            };
            self.doubt(Assumption::Slice, reason);
        }
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
        let position = |(record, _, index): Copy| record.start() + index;
        if earlier.1.updated_at == later.1.updated_at && position(later) > position(earlier) {
            doubts.slipped = Some(id);
        }
        doubts
    }

    pub fn add(&mut self, other: Self) {
        other.doubts.into_iter().for_each(|(assumption, reason)| self.doubt(assumption, reason));
        self.slipped = self.slipped.or(other.slipped);
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

    /// Whether a row slipped to a later position, as none does in a list that ascends: rows before it only leave.
    pub fn slipped(&self) -> Option<Reason> {
        self.slipped.map(|id| Reason::Slipped { id })
    }

    /// What contradicts the assumptions.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> {
        self.doubts.iter().map(|(_, reason)| reason.clone())
    }
}
