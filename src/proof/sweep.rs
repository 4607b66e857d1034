//! The sweep: reading through the list in plain pages while it is unchanged, in overlapping windows once it changes.
//!
//! Totals are lower bounds: past the reported last page it continues in growing steps, until a page is not full.
//! Totals change while it reads, so each response corrects how far it goes.

use super::checks::{self, Check};
use super::observations::Observations;
use super::order::Direction;
use super::parameters::{EXTENSION, OVERLAP_SHARE};
use super::reason::Reason;
use super::response::{self, Purpose, Response};
use super::windows;
use crate::page::{Asked, Pagination};

/// How windows are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// One plain page after the other.
    Plain,
    /// Windows that overlap by this number of rows.
    Overlapping(u32),
}

/// The sweep.
#[derive(Clone, Debug)]
pub(super) struct Sweep {
    /// The widest page.
    size: u32,
    /// The position up to which windows were requested.
    reached: u64,
    /// The position up to which to read.
    target: u64,
    /// Windows still to request past the target.
    extra: u64,
    /// Windows to request at once if the next end turns out not to be one.
    ahead: u64,
    /// Windows requested past the reported end.
    beyond: u64,
    /// The position from which windows overlap.
    overlapping_from: Option<u64>,
}

impl Sweep {
    /// A sweep to the end that page 1 reports.
    pub fn new(size: u32, said: Pagination) -> Self {
        let pages = said.total_pages.saturating_sub(1).saturating_mul(u64::from(size)).saturating_add(1);
        let target = if said.total_pages > 1 { said.total_count.max(pages) } else { said.total_count };
        let size = size.max(1);
        Self { size, reached: u64::from(size), target, extra: 0, ahead: 1, beyond: 0, overlapping_from: None }
    }

    /// The next window, if there is one to request now.
    pub fn next(&mut self, step: Step) -> Option<(Asked, Purpose)> {
        if step != Step::Plain && self.overlapping_from.is_none() {
            self.overlapping_from = Some(self.reached);
        }
        if self.is_done() {
            return None;
        }
        if self.reached >= self.target {
            self.extra -= 1;
        }
        let asked = match step {
            Step::Plain => Asked { page: self.reached / u64::from(self.size) + 1, per_page: self.size },
            Step::Overlapping(margin) => windows::next(self.reached, margin, self.size),
        };
        let purpose = if response::start(asked) < self.reached { Purpose::Overlap } else { Purpose::Sweep };
        self.reached = windows::end(asked);
        Some((asked, purpose))
    }

    /// Whether all windows were requested.
    pub fn is_done(&self) -> bool {
        self.reached >= self.target && self.extra == 0
    }

    /// Reads at least to this position.
    pub fn reach(&mut self, position: u64) {
        self.target = self.target.max(position);
    }

    /// Reads no farther than this position.
    pub fn stop_at(&mut self, position: u64) {
        self.target = self.target.min(position);
    }

    /// Continues past the target, because the list did not end there.
    pub fn extend(&mut self) {
        self.extra = self.ahead;
        self.beyond += self.ahead;
        self.ahead = (self.ahead * 2).min(EXTENSION);
    }

    /// How to choose the next window: overlapping once the list has changed, if windows can be compared.
    pub fn step(&self, observations: &Observations) -> Step {
        let overlaps = observations.fixed_page_size.is_none() && observations.order_witness.likely().is_some();
        let wanted = observations.changed || self.beyond > 0;
        if overlaps && wanted { Step::Overlapping(margin(observations)) } else { Step::Plain }
    }

    /// Corrects how far to read, after a response.
    pub fn adjust(&mut self, observations: &Observations, asked: Asked, said: Pagination, rows: usize) {
        let likely = observations.order_witness.likely();
        let ascends = likely.is_none_or(|order| order.direction == Direction::Ascending);
        let (fixed, size) = (observations.fixed_page_size.is_some(), u64::from(observations.per_page.max(1)));
        // The windows did not overlap as intended: reads on in plain pages from where they began.
        if let Some(from) = self.overlapping_from.take_if(|_| fixed) {
            self.reached = self.reached.min(from / size * size);
        }
        match observations.tail() {
            // The windows must overlap the tail too, which rows that entered before it have moved.
            Some((start, total)) if observations.changed => {
                let entered = if ascends { 0 } else { said.total_count.saturating_sub(total) };
                self.reach(start.saturating_add(margin(observations).into()).saturating_add(entered));
            }
            Some(_) => {}
            None => {
                self.reach(said.total_count);
                if rows == 0 {
                    self.stop_at(response::start(asked).max(said.total_count));
                }
            }
        }
    }

    /// Checks that the end of the list was seen: a page that is not full, at or past the last one requested.
    pub fn check_end(&self, observations: &Observations) -> Result<(), Reason> {
        let at_end = |response: &&Response| {
            let is_tail = response.purpose == Purpose::Tail && response.ends();
            response.is_short() && (windows::end(response.asked) >= self.reached || is_tail)
        };
        let ended = observations.responses().iter().any(at_end) || !checks::enabled(Check::End);
        if ended { Ok(()) } else { Err(Reason::NoEnd { pages: self.beyond }) }
    }
}

/// The number of rows by which windows overlap: more if the list changes fast.
pub(super) fn margin(observations: &Observations) -> u32 {
    let size = observations.per_page;
    let wanted = u64::from(size / OVERLAP_SHARE) + observations.drift() / 2;
    u32::try_from(wanted).unwrap_or(u32::MAX).min(size / 4).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(total_pages: u64, total_count: u64) -> Vec<u64> {
        let mut sweep = Sweep::new(100, Pagination { current_page: 1, per_page: 100, total_pages, total_count });
        std::iter::from_fn(|| sweep.next(Step::Plain)).map(|(asked, _)| asked.page).collect()
    }

    #[test]
    fn both_totals_are_lower_bounds() {
        assert_eq!(pages(3, 250), [2, 3]);
        assert_eq!(pages(1, 250), [2, 3]);
        assert_eq!(pages(4, 250), [2, 3, 4]);
        for total_pages in [0, 1] {
            assert!(pages(total_pages, 0).is_empty());
        }
    }

    #[test]
    fn it_extends_past_the_end_in_growing_steps() {
        let mut sweep =
            Sweep::new(100, Pagination { current_page: 1, per_page: 100, total_pages: 1, total_count: 100 });
        let rounds = [1, 2, 4, 8, 16, 16].map(|_| {
            sweep.extend();
            std::iter::from_fn(|| sweep.next(Step::Plain)).count()
        });
        assert_eq!(rounds, [1, 2, 4, 8, 16, 16]);
    }
}
