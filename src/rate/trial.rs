//! A trial of the rate before the last refusals, since slowing down did not stop them: does more come through?

use std::time::Duration;

use super::sample::{SHORTEST_SPAN, as_number};

/// Pages read at the rate on trial: 60 measured the same.
const PAGES: u64 = 40;

/// How much more must come through, as a factor: 1.2 measured the same.
pub(super) const GAIN: f64 = 1.1;

#[derive(Debug, Clone)]
pub(super) struct Trial {
    since: Duration,
    pages: u64,
    refused: u64,
    /// The rate to return to.
    pub(super) fallback: f64,
    /// Pages per second that came through before, waits included.
    before: f64,
}

impl Trial {
    /// Starts a trial after `pages` have come through in `seconds`.
    pub(super) fn begin(now: Duration, fallback: f64, pages: u64, seconds: f64) -> Self {
        let before = as_number(pages.max(1)) / seconds.max(SHORTEST_SPAN);
        Self { since: now, pages: 0, refused: 0, fallback, before }
    }

    pub(super) fn refused(&mut self) {
        self.refused = self.refused.saturating_add(1);
    }

    /// Counts a page. At the end of the trial, returns whether enough more came through.
    pub(super) fn admitted(&mut self, now: Duration) -> Option<bool> {
        self.pages += 1;
        let rate = || as_number(self.pages) / now.saturating_sub(self.since).as_secs_f64().max(SHORTEST_SPAN);
        (self.pages >= PAGES).then(|| rate() > GAIN * self.before)
    }

    /// The share of requests that were refused.
    pub(super) fn refused_share(&self) -> f64 {
        as_number(self.refused) / as_number(self.pages.max(1))
    }
}
