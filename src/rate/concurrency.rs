//! Counts requests in flight, and learns how many the server sustains: between 1 and the run's concurrency.

use std::collections::VecDeque;

/// How many pages are remembered to judge a refusal.
const REMEMBERED: usize = 50;

/// A refusal is blamed on the number in flight if at most this many of the [`REMEMBERED`] pages had as many in flight: 3
/// and 16 measured the same (87.9, 88.0 instead of 88.2 % of the ideal speed).
const SELDOM: usize = 8;

/// How many pages must have been read before a refusal is blamed on the number in flight: without this minimum, a server
/// without a limit that refuses 2 % at random was read at 86 instead of 92 % of the ideal speed.
const ENOUGH: usize = 25;

/// Pages read at the limit before it is raised by one: 20 and 100 measured the same.
const FIRST_TRIAL: u32 = 50;

/// The maximum of [`FIRST_TRIAL`], which doubles with each suspicion, so that raising the limit costs less than one
/// refusal in a thousand pages.
const LONGEST_TRIAL: u32 = 1600;

#[derive(Debug, Clone)]
pub(super) struct InFlight {
    pub(super) count: usize,
    most: usize,
    pub(super) limit: usize,
    /// Whether the limit was reached since it last changed: pages read below it do not show that it is too low.
    met: bool,
    pages_at_limit: u32,
    trial: u32,
    /// The number in flight at the request of each of the last pages.
    worked: VecDeque<usize>,
}

impl InFlight {
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

    /// Counts a sent request, and returns how many are in flight with it.
    pub(super) fn depart(&mut self) -> usize {
        self.count = self.count.saturating_add(1);
        self.met |= self.count >= self.limit;
        self.count
    }

    /// Counts a request that ended, however it did.
    pub(super) fn arrive(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// Remembers that a page was returned with this many requests in flight.
    pub(super) fn remember(&mut self, in_flight: usize) {
        if self.worked.len() == REMEMBERED {
            self.worked.pop_front();
        }
        self.worked.push_back(in_flight);
    }

    /// Counts a page towards raising the limit.
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

    /// Whether a request may have been refused for the number in flight rather than the rate.
    pub(super) fn is_suspect(&self, in_flight: usize) -> bool {
        let as_many = self.worked.iter().filter(|&&n| n >= in_flight).count();
        in_flight > 1 && self.worked.len() >= ENOUGH && as_many <= SELDOM
    }

    /// Stays below `in_flight` from now on, for twice as many pages as the last time.
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
    fn a_limit_grows_only_after_pages_read_at_it() {
        let mut in_flight = InFlight::new(4);
        in_flight.stay_below(3);
        (0..1000).for_each(|_| in_flight.grow());
        assert_eq!(in_flight.limit, 2, "the limit was never reached");
        (0..2).for_each(|_| _ = in_flight.depart());
        (0..99).for_each(|_| in_flight.grow());
        assert_eq!(in_flight.limit, 2);
        in_flight.grow();
        assert_eq!(in_flight.limit, 3);
    }

    #[test]
    fn only_rarely_successful_concurrency_is_suspect() {
        let mut in_flight = InFlight::new(16);
        assert!(!in_flight.is_suspect(2), "too few pages");
        (0..25).for_each(|_| in_flight.remember(1));
        assert!(in_flight.is_suspect(2));
        assert!(!in_flight.is_suspect(1));
        (0..9).for_each(|_| in_flight.remember(5));
        assert!(!in_flight.is_suspect(5));
        assert!(in_flight.is_suspect(6));
    }
}
