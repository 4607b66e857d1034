//! The certificate: what a run proved, and what the proof rests on.
//!
//! The manifest, the summary and the end of the stream are made of it.

use super::assumption::Assumption;
use super::level::Level;
use super::order::Order;
use super::reason::Reason;

/// What a run proved of its completeness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// The level.
    pub level: Level,
    /// What the level rests on. Empty below [`Level::Complete`], which proves nothing.
    pub assumptions: Vec<Assumption>,
    /// Why the level is not higher, and what was seen that bears on it.
    pub reasons: Vec<Reason>,
    /// The order witness: the strongest order that every response agrees with.
    pub order: Option<Order>,
    /// `total_count` of the first response.
    pub total_first: u64,
    /// `total_count` of the response that was received last.
    pub total_last: u64,
    /// Contacts in the export.
    pub contacts: u64,
    /// Later copies that were dropped.
    pub duplicates: u64,
    /// Responses read.
    pub windows: u64,
    /// Windows that overlap their neighbour and so carried the proof on.
    pub links: u64,
    /// Responses read to bridge gaps.
    pub repairs: u64,
    /// Pages read again to compare them with their earlier reading.
    pub passes: u64,
}

impl Certificate {
    /// Whether reading stopped early, because a limit was set and there was more.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.reasons.iter().any(|reason| matches!(reason, Reason::Limited { .. }))
    }

    /// Lowers the level, for a reason that only the reading knows.
    pub(crate) fn lower(&mut self, most: Level, reason: Reason) {
        if self.level > most {
            self.level = most;
        }
        if self.level < Level::Complete {
            self.assumptions.clear();
        }
        self.reasons.insert(0, reason);
    }

    /// The reasons, as one text.
    #[must_use]
    pub fn why(&self) -> String {
        let reasons: Vec<_> = self.reasons.iter().map(ToString::to_string).collect();
        reasons.join("; ")
    }
}
