//! The attempts at one page, how many there may be, and the server's state that decides about the next one.

use std::time::Duration;

use crate::page::FailureClass;

/// How often a page is tried before it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AttemptLimits {
    /// Transient failures while other pages are answered, after which the page is considered broken.
    pub failures: u32,
    /// Responses that are not the page.
    pub readings: u32,
    /// Whether retries count against the retry budget of the run; those of pieces are bounded anyway.
    pub pays: bool,
}

impl AttemptLimits {
    /// For a piece of a failed page: a few tries, because other pieces tell as much. A piece of one contact is the last
    /// chance and gets more.
    pub fn of_piece(is_single: bool) -> Self {
        let tries = if is_single { 4 } else { 2 };
        Self { failures: tries, readings: tries, pays: false }
    }
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self { failures: 8, readings: 4, pays: true }
    }
}

/// The failed attempts at one page so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Attempts {
    /// Transient failures, except probes in an outage.
    pub failures: u32,
    /// Responses that were not the page.
    pub readings: u32,
    pub probes: u32,
    /// Responses to all pages before this page failed first.
    pub answers_before: u64,
    /// Whether another page was read since.
    pub other_read: bool,
    pub limits: AttemptLimits,
}

impl Attempts {
    pub fn new(limits: AttemptLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Counts a failed attempt; `probe` if it was a probe in an outage. Returns whether its retry counts against the
    /// retry budget.
    pub fn count(&mut self, class: FailureClass, probe: bool) -> bool {
        if probe {
            self.probes += 1;
        } else {
            self.failures += u32::from(class == FailureClass::Transient);
            self.readings += u32::from(matches!(class, FailureClass::InvalidPage | FailureClass::NotAPage));
        }
        self.limits.pays && !probe && class.may_pass()
    }

    /// Whether the next reading is the last one.
    pub fn is_last_reading(self) -> bool {
        self.readings + 1 >= self.limits.readings
    }

    /// Whether nothing has failed yet, or not since everything was tried anew.
    pub fn are_new(self) -> bool {
        self.failures + self.readings == 0 && !self.other_read
    }
}

/// The server's state, for deciding whether to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerState {
    /// Responses to all pages so far.
    pub answers: u64,
    /// Pages received so far.
    pub pages: u64,
    /// How long the server has been failing without a response.
    pub failing_for: Duration,
    /// How long it has not returned a page.
    pub pageless_for: Duration,
    /// Whether this retry is within the retry budget.
    pub paid: bool,
}
