//! The checks without which a claim could be wrong.
//!
//! All of them are always enabled. Only tests can disable one, to show that it is needed.

/// A check without which wrong claims would be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// A1: neighboring windows overlap; touching is not enough.
    Overlap,
    /// A2: no response contradicts the order.
    Order,
    /// A2: an updated contact is a different row in an order by `updated_at`.
    Versions,
    /// A2: tied rows without a known order are overlapped past the tie.
    Ties,
    /// A2: the order holds across pages, except for as many rows as the observed writes explain.
    Across,
    /// A3: a page that is not full showed the end of the list.
    End,
    /// A list of one page is read twice.
    Twice,
    /// A4: a row counts as old only if it is not nearer than the near edge of the opening.
    Entrance,
    /// A4: the last reading of the near end was requested after all other responses had been received.
    Last,
    /// As many old rows were seen as the list had.
    Count,
    /// A row of page 1 counts only if a later response shows it again.
    Again,
    /// A5': a total says something only about responses received before it was requested.
    Quiet,
    /// A7: contacts that a look at the near end shows to be new are subtracted from a total.
    Newcomers,
    /// A6: a page is read twice.
    Repeat,
    /// A6: a common instant lies between the two equal readings of every page.
    Instant,
}

/// Whether a check is enabled.
#[cfg(not(test))]
pub(super) const fn enabled(_: Check) -> bool {
    true
}

#[cfg(test)]
pub(super) use switch::{enabled, without};

#[cfg(test)]
mod switch {
    use std::cell::Cell;

    use super::Check;

    thread_local! {
        static DISABLED: Cell<Option<Check>> = const { Cell::new(None) };
    }

    pub fn enabled(check: Check) -> bool {
        DISABLED.get() != Some(check)
    }

    /// Runs something on this thread with one check disabled.
    pub fn without<T>(check: Check, run: impl FnOnce() -> T) -> T {
        DISABLED.set(Some(check));
        let result = run();
        DISABLED.set(None);
        result
    }
}
