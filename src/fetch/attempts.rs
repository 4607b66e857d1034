//! The attempts at one page, how many there may be, and the server's state that decides about the next one.

use std::time::Duration;

use crate::api::Failure;
use crate::page::FailureClass;

/// How often a page is tried before it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AttemptLimits {
    /// Transient failures while other pages are answered, after which the page is considered broken.
    pub failures: u32,
    /// Responses that are not the page.
    pub readings: u32,
    /// Whether this is a page of the plan that was not expected to fail. Its retries count against the retry budget of the
    /// run, and it waits for a server that returns something other than pages. All others are bounded by the tries above.
    pub is_planned: bool,
}

impl AttemptLimits {
    /// For a piece of a failed page: a few tries, because other pieces tell as much. A piece of one contact is the last
    /// chance and gets more.
    pub fn of_piece(is_single: bool) -> Self {
        let tries = if is_single { 4 } else { 2 };
        Self { failures: tries, readings: tries, is_planned: false }
    }

    /// For another page, which only shows whether the server is up.
    pub fn of_other() -> Self {
        Self { failures: 1, readings: 1, is_planned: false }
    }

    /// For a lookup, which a few failures leave unanswered.
    pub fn of_lookup() -> Self {
        Self { failures: 4, readings: 2, is_planned: false }
    }
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self { failures: 8, readings: 4, is_planned: true }
    }
}

/// So many of the pages may fail for each other page that arrives, at most, if the page and not the server is at fault.
const ARRIVING_PER_FAILING: u64 = 4;
/// 503s for one page in a row, after which it may be the page rather than a rate limit.
const SUSPICIOUS: u32 = 3;

/// What had happened to all pages when one of them first failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct FirstFailure {
    pub at: Duration,
    /// Pages received by then.
    pub pages: u64,
    /// Pages that had failed, and then arrived or were given up, by then.
    pub settled: u64,
}

/// The failed attempts at one page so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Attempts {
    /// Transient failures, except probes in an outage, and refusals with 503.
    pub failures: u32,
    /// Responses that were not the page.
    pub readings: u32,
    pub probes: u32,
    /// `None` until something fails other than by an explicit rate limit, or since everything was tried anew.
    pub first: Option<FirstFailure>,
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
    pub fn count(&mut self, failure: &Failure, probe: bool) -> bool {
        let class = failure.class;
        if probe {
            self.probes += 1;
        } else {
            self.failures += u32::from(class == FailureClass::Transient || failure.may_be_refusal());
            self.readings += u32::from(matches!(class, FailureClass::InvalidPage | FailureClass::NotAPage));
        }
        self.limits.is_planned && !probe && class.may_pass()
    }

    /// Whether the next reading is the last one.
    pub fn is_last_reading(self) -> bool {
        self.readings + 1 >= self.limits.readings
    }

    /// How long the page has been failing.
    pub fn lasted(self, server: ServerState) -> Duration {
        self.first.map_or(Duration::ZERO, |first| server.now.saturating_sub(first.at))
    }

    /// Whether the page is at fault, and not the server: since it first failed, other pages have arrived, and few of them
    /// have failed, too. For a piece of such a page it is enough that another page has arrived.
    pub fn fail_alone(self, server: ServerState) -> bool {
        let first = self.first.unwrap_or_default();
        let arrived = server.pages.saturating_sub(first.pages).max(self.other_read.into());
        let others = if self.limits.is_planned { server.failed.saturating_sub(first.settled + 1) } else { 0 };
        arrived > others.saturating_mul(ARRIVING_PER_FAILING)
    }

    /// Whether a 503 for the page may be taken as rate limiting, rather than as the page's own fault.
    pub fn may_be_refused(self, server: ServerState) -> bool {
        self.limits.is_planned && (self.failures < SUSPICIOUS || !self.fail_alone(server))
    }
}

/// The server's state, for deciding whether to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerState {
    /// Time since the start of the run.
    pub now: Duration,
    /// Pages received so far.
    pub pages: u64,
    /// Pages that have failed so far, whether or not they arrived later.
    pub failed: u64,
    /// How long the server has been failing without a response.
    pub failing_for: Duration,
    /// How long it has not returned a page.
    pub pageless_for: Duration,
    /// Whether this retry is within the retry budget.
    pub paid: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(pages: u64, failed: u64) -> ServerState {
        let none = Duration::ZERO;
        ServerState { now: none, pages, failed, failing_for: none, pageless_for: none, paid: true }
    }

    /// Of a page that first failed when ten pages had arrived, and two others had failed and arrived.
    fn attempts(limits: AttemptLimits) -> Attempts {
        let first = FirstFailure { at: Duration::ZERO, pages: 10, settled: 2 };
        Attempts { first: Some(first), ..Attempts::new(limits) }
    }

    #[test]
    fn a_page_fails_alone_if_others_arrive_and_few_of_them_fail() {
        let alone = |pages, failed| attempts(AttemptLimits::default()).fail_alone(server(pages, failed));
        assert_eq!([alone(10, 3), alone(11, 3)], [false, true], "nothing failed but this page");
        assert_eq!([alone(14, 4), alone(15, 4)], [false, true], "another page failed, too");
        assert!(!alone(40, 18), "all workers fail alike");
        let other_read = Attempts { other_read: true, ..attempts(AttemptLimits::default()) };
        assert!(other_read.fail_alone(server(10, 3)));
    }

    #[test]
    fn a_piece_fails_alone_if_any_page_arrives() {
        let alone = |pages| attempts(AttemptLimits::of_piece(false)).fail_alone(server(pages, 18));
        assert_eq!([alone(10), alone(11)], [false, true]);
    }

    #[test]
    fn a_page_that_is_refused_again_and_again_alone_is_suspicious() {
        let refused = |failures, failed| {
            Attempts { failures, ..attempts(AttemptLimits::default()) }.may_be_refused(server(30, failed))
        };
        assert_eq!([refused(2, 3), refused(3, 3)], [true, false]);
        assert!(refused(100, 18), "the limit refuses all pages alike");
        assert!(!attempts(AttemptLimits::of_piece(false)).may_be_refused(server(30, 18)));
    }
}
