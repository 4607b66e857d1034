//! Contradictions of an assumption, seen in one response or in two copies of a row.
//!
//! A contradiction withdraws the claims that rest on the assumption. The absence of contradictions proves nothing.

use super::certificate::Assumption;
use super::reason::Reason;
use super::response::Response;
use crate::page::{RowKey, Staleness};

/// The contradictions seen so far, the first for each assumption.
#[derive(Clone, Debug, Default)]
pub(super) struct Contradictions {
    found: Vec<(Assumption, Reason)>,
    /// A row that was at a later position when it was read later.
    slipped: Option<i64>,
}

/// A row in a response, and its index there.
type Copy<'a> = (&'a Response, &'a RowKey, u64);

impl Contradictions {
    /// Checks the rows of a response against its total, and that the response is current.
    pub fn check(&mut self, response: &Response, stale: Option<Staleness>) {
        let page = response.asked.page;
        if let Some(stale) = stale {
            let reason = match stale {
                Staleness::Assembled => Reason::Assembled,
                _ => Reason::Cached { page, why: stale.to_string() },
            };
            self.add(Assumption::Slice, reason);
        }
        if !response.agrees() {
            let (per_page, rows, total) = (response.asked.per_page, response.rows, response.total);
            self.add(Assumption::Count, Reason::TotalDisagrees { page, per_page, rows, total });
        }
    }

    /// Checks that the copy of a row that was read later is not older.
    pub fn check_copies(&mut self, first: Copy, second: Copy) {
        let (earlier, later) = match () {
            () if first.0.received <= second.0.sent => (first, second),
            () if second.0.received <= first.0.sent => (second, first),
            () => return,
        };
        let id = later.1.id;
        if earlier.1.created_at != later.1.created_at {
            self.add(Assumption::Order, Reason::KeyChanged { id });
        }
        if later.1.updated_at < earlier.1.updated_at {
            self.add(Assumption::Slice, Reason::Stale { id });
        }
        let position = |(response, _, index): Copy| response.start() + index;
        if earlier.1.updated_at == later.1.updated_at && position(later) > position(earlier) {
            self.slipped = self.slipped.or(Some(id));
        }
    }

    fn add(&mut self, assumption: Assumption, reason: Reason) {
        if !self.contain(assumption) {
            self.found.push((assumption, reason));
        }
    }

    /// Whether an assumption is contradicted.
    pub fn contain(&self, assumption: Assumption) -> bool {
        self.found.iter().any(|(contradicted, _)| *contradicted == assumption)
    }

    /// A row that moved to a later position. In an ascending list this is impossible, because rows before it can only
    /// leave.
    pub fn slipped(&self) -> Option<Reason> {
        self.slipped.map(|id| Reason::Slipped { id })
    }

    /// The contradictions, as reasons.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> {
        self.found.iter().map(|(_, reason)| reason.clone())
    }
}
