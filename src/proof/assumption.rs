//! What a level rests on: the assumptions, by the names that the manifest gives them.
//!
//! A claim lists those it needs, and says of each whether the data could be checked for it.

use std::fmt;

/// Something that must be true of the server for a level to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Assumption {
    /// A1: a response is one contiguous slice of the list at one instant between request and answer.
    Slice,
    /// A2: the order is by an immutable key. An update that moves a row counts as a deletion and an insertion.
    Order,
    /// A3: a response shorter than its page reaches the end of the list.
    End,
    /// A4: new rows enter beyond all rows there were, at one end.
    Entrance,
    /// A5': the `total_count` of a response is that of one instant between its request and its answer. Its rows may be of
    /// another one.
    Count,
    /// A6: no page is changed and changed back between its two readings.
    Repeat,
    /// A7: no contact is created and deleted again between two successive readings of the near end.
    Lasting,
}

impl Assumption {
    /// Its short name: `A1` to `A4`, `A5'`, `A6` or `A7`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Slice => "A1",
            Self::Order => "A2",
            Self::End => "A3",
            Self::Entrance => "A4",
            Self::Count => "A5'",
            Self::Repeat => "A6",
            Self::Lasting => "A7",
        }
    }

    /// Whether the responses are checked for it, or it is taken on trust. The order is compared in every pair of
    /// neighbors within pages and across them, and an end is believed only where the page's own total agrees with its rows.
    #[must_use]
    pub fn standing(self) -> Standing {
        match self {
            Self::Order | Self::End => Standing::Checked,
            Self::Slice | Self::Entrance | Self::Count | Self::Repeat | Self::Lasting => Standing::Assumed,
        }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slice => "a response is one contiguous slice of the list at one instant",
            Self::Order => "the order is by an immutable key",
            Self::End => "a page that is not full reaches the end of the list",
            Self::Entrance => "new contacts enter beyond all others, at one end of the list",
            Self::Count => "the total_count of a response is that of one instant between its request and its answer",
            Self::Repeat => "no page was changed and changed back between its two readings",
            Self::Lasting => "no contact was created and deleted again between two readings of the newest contacts",
        })
    }
}

/// Whether an assumption was looked for in the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Every response agrees with it; one that had not would have withdrawn the claim.
    Checked,
    /// What contradicts it withdraws the claim, but it can be false without being seen.
    Assumed,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checked => "checked",
            Self::Assumed => "assumed",
        })
    }
}
