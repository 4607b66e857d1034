//! The completeness certificate: what a run proved, and the assumptions that the proof rests on.

use std::fmt;

use super::level::Level;
use super::order::Order;
use super::reason::Reason;

/// What a run proved about the completeness of its export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// The level.
    pub level: Level,
    /// The assumptions that the level rests on. Empty below [`Level::Complete`], where nothing is proven.
    pub assumptions: Vec<Assumption>,
    /// Why the level is not higher, and other observations that affect it.
    pub reasons: Vec<Reason>,
    /// The order of the list: the strongest one that no response contradicts.
    pub order: Option<Order>,
    /// `total_count` of the first response.
    pub total_first: u64,
    /// `total_count` of the response that was received last.
    pub total_last: u64,
    /// Contacts in the export.
    pub contacts: u64,
    /// Rows that repeat a contact and were dropped.
    pub repeated_rows: u64,
    /// Responses read.
    pub responses: u64,
    /// Responses that overlap their neighbor in the proof.
    pub overlaps: u64,
    /// Responses read to close gaps.
    pub repair_requests: u64,
    /// Pages read again to compare them with their earlier reading.
    pub verification_passes: u64,
}

impl Certificate {
    /// Whether reading stopped at the limit although the list has more contacts.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.reasons.iter().any(|reason| matches!(reason, Reason::Limited { .. }))
    }

    /// Lowers the level to at most `most`, for a reason that the proof cannot see.
    pub(crate) fn lower(&mut self, most: Level, reason: Reason) {
        self.level = self.level.min(most);
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

/// Something that must be true of the server for a level to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Assumption {
    /// A1: a response is one contiguous slice of the list at one instant between request and answer.
    Slice,
    /// A2: the list is sorted by an immutable key. An update that moves a row counts as a deletion and an insertion.
    Order,
    /// A3: a page with fewer contacts than requested reaches the end of the list.
    End,
    /// A4: new rows are added at one end of the list, beyond all others.
    Entrance,
    /// A5': the `total_count` of a response was correct at one instant between request and answer. Its rows may be of
    /// another instant.
    Count,
    /// A6: no page is changed and changed back between its two readings.
    Repeat,
    /// A7: no contact is created and deleted again between two successive readings of the near end.
    Lasting,
}

impl Assumption {
    fn facts(self) -> (&'static str, Basis, &'static str) {
        use Basis::{Assumed, Checked};
        match self {
            Self::Slice => ("A1", Assumed, "a response is one contiguous slice of the list at one instant"),
            Self::Order => ("A2", Checked, "the list is sorted by an immutable key"),
            Self::End => ("A3", Checked, "a page with fewer contacts than requested reaches the end of the list"),
            Self::Entrance => ("A4", Assumed, "new contacts are added at one end of the list, beyond all others"),
            Self::Count => ("A5'", Assumed, "each total_count was correct at one instant between request and answer"),
            Self::Repeat => ("A6", Assumed, "no page was changed and changed back between its two readings"),
            Self::Lasting => {
                ("A7", Assumed, "no contact was created and deleted between two readings of the newest ones")
            }
        }
    }

    /// Its short name: `A1` to `A4`, `A5'`, `A6` or `A7`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// Whether the data was checked for it. The order is checked for every pair of neighbors within and across pages,
    /// and an end is accepted only if the total of its page agrees.
    #[must_use]
    pub fn basis(self) -> Basis {
        self.facts().1
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().2)
    }
}

/// Whether the data was checked for an assumption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Every response agrees with it; a contradiction would have withdrawn the claim.
    Checked,
    /// A contradiction withdraws the claim, but the assumption can be false without being noticed.
    Assumed,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checked => "checked",
            Self::Assumed => "assumed",
        })
    }
}
