//! What a request that may meet a fault is for.

use std::ops::Range;

/// Separates the random streams of faults from that of contacts, and lookups from pages.
const PAGES: u64 = 0x4661_756c_7473;
const LOOKUPS: u64 = 0x4c6f_6f6b_7570;

/// A page or a single contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) enum Target {
    /// The page with this number, from 1.
    Page {
        number: u64,
        /// The positions of the list that it shows, from 0.
        shown: Range<u64>,
    },
    /// The contact with this id; `None` if it is not a number.
    Contact { id: Option<u64> },
}

impl Target {
    /// What requests are counted by: the random stream of their kind, and the number of the page or contact.
    pub(super) fn key(&self) -> (u64, u64) {
        match self {
            Self::Page { number, .. } => (PAGES, *number),
            Self::Contact { id } => (LOOKUPS, id.unwrap_or(0)),
        }
    }
}
