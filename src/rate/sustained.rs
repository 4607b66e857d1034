//! The highest rate at which pages have arrived for a while.

use std::collections::VecDeque;
use std::time::Duration;

use super::capacity::Plateau;
use super::sample::{SHORTEST_SPAN, as_number};
use crate::config::Rate;
use crate::events::MeasuredRate;

#[derive(Debug, Clone, Default)]
pub(super) struct Sustained {
    /// When the last pages arrived.
    arrivals: VecDeque<Duration>,
    pages: u64,
    first: Duration,
    last: Duration,
    /// Pages per second.
    highest: Option<f64>,
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

    /// What was found out, by the limit that this run has learned, if any; `None` if too few pages tell.
    pub(super) fn measured(&self, limit: Option<&Plateau>, ceiling: Rate) -> Option<MeasuredRate> {
        let span = self.last.saturating_sub(self.first);
        let measured = match limit {
            None => {
                let rate = Rate::within(ceiling, self.highest?);
                MeasuredRate { rate, pages: self.pages, span, is_limit: false, throughput: None }
            }
            Some(Plateau { base, sample, .. }) => {
                // The rate may have climbed since then; waits count, since the quota of a window is read faster than it lasts.
                let mean = as_number(self.pages) / span.as_secs_f64().max(SHORTEST_SPAN);
                let climbed = if self.pages >= MeasuredRate::FEWEST_PAGES { mean } else { 0.0 };
                let seconds = Duration::try_from_secs_f64(sample.seconds).unwrap_or_default();
                MeasuredRate {
                    rate: Rate::within(ceiling, base.max(climbed)),
                    pages: sample.pages.saturating_add(self.pages),
                    span: seconds.saturating_add(span),
                    is_limit: true,
                    throughput: None,
                }
            }
        };
        (measured.pages >= MeasuredRate::FEWEST_PAGES).then_some(measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_thirty_pages_count() {
        let mut sustained = Sustained::default();
        let mut now = Duration::ZERO;
        let mut read = |sustained: &mut Sustained, pages: u32, milliseconds| {
            for _ in 0..pages {
                now += Duration::from_millis(milliseconds);
                sustained.page(now);
            }
        };
        read(&mut sustained, 30, 20);
        assert_eq!(sustained.highest, None, "thirty pages have 29 intervals");
        read(&mut sustained, 31, 10);
        read(&mut sustained, 300, 50);
        assert!((sustained.highest.unwrap() - 100.0).abs() < 1e-9);
        assert_eq!(sustained.pages, 361);
    }
}
