//! Requests in flight, and how many of them the server seems to bear. In come sends and answers, out
//! goes a limit between 1 and the run's concurrency. It never looks at the time.

use std::collections::VecDeque;

/// How many pages are remembered when a refusal is judged.
const REMEMBERED: usize = 50;

/// A refusal is blamed on the number in flight if at most this many of the [`REMEMBERED`] pages came
/// with as many: 3 and 16 measured the same (87.9, 88.0 against 88.2 % of the ideal speed).
const SELDOM: usize = 8;

/// Pages read at the limit before one more is tried: 20 and 100 measured the same.
const FIRST_TRIAL: u32 = 50;

/// The most pages before one more is tried: each suspicion doubles [`FIRST_TRIAL`] up to here, which keeps the
/// price of trying below one refusal in a thousand pages.
const LONGEST_TRIAL: u32 = 1600;

#[derive(Debug, Clone)]
pub(super) struct Flight {
    count: usize,
    most: usize,
    limit: usize,
    /// The limit was met since it last changed: pages read below it do not show that it is too low.
    met: bool,
    pages_at_limit: u32,
    trial: u32,
    /// Of each of the last pages, the number in flight when it was asked for.
    worked: VecDeque<usize>,
}

impl Flight {
    pub(super) fn new(most: usize) -> Self {
        Self {
            count: 0,
            most,
            limit: most,
            met: false,
            pages_at_limit: 0,
            trial: FIRST_TRIAL,
            worked: VecDeque::with_capacity(REMEMBERED),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Counts a request in, and answers how many are in flight with it.
    pub(super) fn depart(&mut self) -> usize {
        self.count = self.count.saturating_add(1);
        self.met |= self.count >= self.limit;
        self.count
    }

    /// Counts a request out, however it ended.
    pub(super) fn arrive(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// Remembers that a page came with `in_flight` requests under way.
    pub(super) fn remember(&mut self, in_flight: usize) {
        if self.worked.len() == REMEMBERED {
            self.worked.pop_front();
        }
        self.worked.push_back(in_flight);
    }

    /// Counts a page towards one more request in flight.
    pub(super) fn grow(&mut self) {
        if !self.met || self.limit >= self.most {
            return;
        }
        self.pages_at_limit += 1;
        if self.pages_at_limit >= self.trial {
            self.limit += 1;
            self.pages_at_limit = 0;
            self.met = false;
        }
    }

    /// Whether the number in flight, rather than the rate, may be why a request was refused.
    pub(super) fn is_suspect(&self, in_flight: usize) -> bool {
        let as_many = self.worked.iter().filter(|&&n| n >= in_flight).count();
        in_flight > 1 && as_many <= SELDOM
    }

    /// Stays below `in_flight` requests from now on, and for twice as many pages as the last time.
    pub(super) fn stay_below(&mut self, in_flight: usize) {
        self.limit = in_flight.saturating_sub(1).max(1);
        self.trial = self.trial.saturating_mul(2).min(LONGEST_TRIAL);
        self.pages_at_limit = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_grows_back_only_after_pages_read_at_it() {
        let mut flight = Flight::new(4);
        flight.stay_below(3);
        (0..1000).for_each(|_| flight.grow());
        assert_eq!(flight.limit(), 2, "the limit was never met");
        (0..2).for_each(|_| _ = flight.depart());
        (0..99).for_each(|_| flight.grow());
        assert_eq!(flight.limit(), 2);
        flight.grow();
        assert_eq!(flight.limit(), 3);
    }

    #[test]
    fn only_a_number_that_seldom_worked_is_suspect_and_one_never_is() {
        let mut flight = Flight::new(16);
        assert!(flight.is_suspect(2));
        assert!(!flight.is_suspect(1));
        (0..9).for_each(|_| flight.remember(5));
        assert!(!flight.is_suspect(5));
        assert!(flight.is_suspect(6));
    }
}
