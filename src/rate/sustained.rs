//! The highest rate at which pages have arrived for a while.

use std::collections::VecDeque;
use std::time::Duration;

use super::sample::{SHORTEST_SPAN, as_number};
use crate::events::MeasuredRate;

#[derive(Debug, Clone, Default)]
pub(super) struct Sustained {
    /// When the last pages arrived.
    arrivals: VecDeque<Duration>,
    pub(super) pages: u64,
    first: Duration,
    last: Duration,
    /// Pages per second.
    pub(super) highest: Option<f64>,
}

impl Sustained {
    pub(super) fn page(&mut self, now: Duration) {
        if self.pages == 0 {
            self.first = now;
        }
        self.last = now;
        self.pages = self.pages.saturating_add(1);
        self.arrivals.push_back(now);
        if self.arrivals.len() as u64 <= MeasuredRate::FEWEST_PAGES {
            return;
        }
        if let Some(earliest) = self.arrivals.pop_front() {
            let seconds = now.saturating_sub(earliest).as_secs_f64().max(SHORTEST_SPAN);
            let rate = as_number(MeasuredRate::FEWEST_PAGES) / seconds;
            self.highest = Some(self.highest.unwrap_or_default().max(rate));
        }
    }

    /// The time from the first page to the last.
    pub(super) fn span(&self) -> Duration {
        self.last.saturating_sub(self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_hundred_pages_count() {
        let mut sustained = Sustained::default();
        let mut now = Duration::ZERO;
        let mut read = |sustained: &mut Sustained, pages: u32, milliseconds| {
            for _ in 0..pages {
                now += Duration::from_millis(milliseconds);
                sustained.page(now);
            }
        };
        read(&mut sustained, 100, 20);
        assert_eq!(sustained.highest, None, "a hundred pages have 99 intervals");
        read(&mut sustained, 101, 10);
        read(&mut sustained, 300, 50);
        assert!((sustained.highest.unwrap() - 100.0).abs() < 1e-9);
        assert_eq!(sustained.pages, 501);
    }
}
