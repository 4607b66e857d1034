//! Pages per second over a run, waits included: what the next run can expect.
//!
//! A run that has to learn the limit loses time at its beginning. So the last three quarters of the pages count, unless the
//! whole was faster, as with windows: they admit their quota at once, and nothing more for a while.

use std::time::Duration;

use super::sample::{SHORTEST_SPAN, as_number};
use crate::events::MeasuredRate;

/// The most times that are kept; of more, every second one is dropped.
const MOST: usize = 512;

/// When pages arrived.
#[derive(Debug, Clone)]
pub(super) struct Throughput {
    /// The arrival of each page whose number is a multiple of `stride`.
    arrivals: Vec<Duration>,
    stride: u64,
    pages: u64,
}

impl Default for Throughput {
    fn default() -> Self {
        Self { arrivals: Vec::new(), stride: 1, pages: 0 }
    }
}

impl Throughput {
    pub(super) fn page(&mut self, now: Duration) {
        self.pages = self.pages.saturating_add(1);
        if !self.pages.is_multiple_of(self.stride) {
            return;
        }
        self.arrivals.push(now);
        if self.arrivals.len() == MOST {
            let mut is_kept = true;
            self.arrivals.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
            self.stride *= 2;
        }
    }

    /// Pages per second; `None` if there were too few pages.
    pub(super) fn measured(&self) -> Option<f64> {
        let since = |skipped: usize, from: Duration| {
            let seconds = self.arrivals.last()?.saturating_sub(from).as_secs_f64().max(SHORTEST_SPAN);
            Some(as_number((self.arrivals.len() - skipped) as u64 * self.stride) / seconds)
        };
        let learning = self.arrivals.len() / 4;
        let learned = since(learning, *self.arrivals.get(learning.checked_sub(1)?)?)?;
        let whole = since(0, Duration::ZERO)?;
        (self.pages >= MeasuredRate::FEWEST_PAGES).then_some(learned.max(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pages: u64) -> Option<f64> {
        let mut throughput = Throughput::default();
        let mut now = Duration::ZERO;
        for page in 0..pages {
            now += Duration::from_millis(if page < pages / 4 { 500 } else { 20 });
            throughput.page(now);
        }
        throughput.measured()
    }

    #[test]
    fn the_time_of_learning_does_not_count() {
        assert_eq!(after(29), None);
        for pages in [30, 511, 512, 100_000] {
            let found = after(pages).unwrap();
            assert!((found / 50.0 - 1.0).abs() < 0.1, "{pages}: {found}");
        }
    }
}
