//! The numbers that the proof is tuned by, and the checks it makes.
//!
//! Each check has a name so that the test suite can leave out one at a time and show that it is needed.

/// A check without which wrong claims would be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// A1: neighbouring windows overlap; touching is not enough.
    Overlap,
    /// A2: the order of an order witness was never broken.
    Order,
    /// A2: a row that an update moves is another row.
    Versions,
    /// A2: tied rows in no known order are overlapped past the tie.
    Ties,
    /// A2: the order holds across pages, but for as many rows as writes were seen.
    Across,
    /// A3: the end was seen in a page that is not full.
    End,
    /// A list of one page is read twice.
    Twice,
    /// A4: a row counts as old only below the near edge of the opening.
    Entrance,
    /// A4: the closing response is the last of all.
    Last,
    /// As many old rows were seen as the list had.
    Count,
    /// A row of page 1 counts only where a later response shows it again.
    Again,
    /// A5': a total speaks only of responses that were received before it was asked for.
    Quiet,
    /// A7: contacts that a look at the near end shows to be new are taken off a total.
    Newcomers,
    /// A6: a page is read twice.
    Repeat,
    /// A6: one instant lies between the two equal readings of every page.
    Instant,
}

/// The numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuning {
    /// Bits of evidence for an order, or for ids ordering ties, before it is believed: rows in any order would
    /// look so by chance once in two to this power.
    pub evidence: u64,
    /// Windows overlap by one row in so many, and by more when the list moves fast.
    pub margin: u32,
    /// Rounds of repair, and of passes after the second.
    pub rounds: u32,
    /// The check that is left out: none, but where the tests test themselves.
    pub left_out: Option<Check>,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { evidence: 28, margin: 20, rounds: 3, left_out: None }
    }
}

impl Tuning {
    /// Whether a check is made.
    pub(super) fn makes(&self, check: Check) -> bool {
        self.left_out != Some(check)
    }
}
