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

    /// What was found out: the limit of `plateau`, or a higher rate that was sustained since; `None` if that is known from too
    /// few pages.
    pub(super) fn measured(&self, plateau: Option<&Plateau>, ceiling: Rate) -> Option<MeasuredRate> {
        let span = self.last.saturating_sub(self.first);
        let limit = plateau.map(|Plateau { base, sample, .. }| {
            let seconds = Duration::try_from_secs_f64(sample.seconds).unwrap_or_default();
            let rate = Rate::within(ceiling, *base);
            // The pages since then have confirmed it.
            let pages = sample.pages.saturating_add(self.pages);
            let known = sample.pages > 0 && pages >= MeasuredRate::FEWEST_PAGES;
            (known, MeasuredRate { rate, pages, span: seconds.saturating_add(span), is_limit: true })
        });
        let limit = limit.and_then(|(known, limit)| known.then_some(limit));
        let sustained = self.highest.map(|highest| {
            let rate = Rate::within(ceiling, highest);
            MeasuredRate { rate, pages: self.pages, span, is_limit: false }
        });
        match (limit, sustained) {
            (Some(limit), Some(sustained)) if sustained.rate > limit.rate => Some(sustained),
            (limit, sustained) => limit.or(sustained),
        }
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
