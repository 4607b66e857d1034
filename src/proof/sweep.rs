//! Reading the list through: plain pages while it stands still, overlapping windows when it moves.
//!
//! It only knows positions. Totals are a floor: past the last page said to exist it goes on, faster and
//! faster, until a page that is not full was seen.

use super::response::{self, Role};
use super::windows;
use crate::page::{Asked, Pagination};

/// Pages asked for at once past the end, at most.
const AT_ONCE: u64 = 16;

/// How windows are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// One plain page after the other.
    Plain,
    /// Windows that overlap by so many rows.
    Overlapping(u32),
}

/// The reading through.
#[derive(Clone, Debug)]
pub(super) struct Sweep {
    /// The widest page.
    size: u32,
    /// Position up to which windows were handed out.
    reached: u64,
    /// Position up to which they are to be.
    target: u64,
    /// Windows to hand out past the target.
    extra: u64,
    /// Windows to hand out at once when the next end turns out to be none.
    ahead: u64,
    /// Windows past the end that was said.
    pub beyond: u64,
}

impl Sweep {
    /// What page 1 says is to be read.
    pub fn new(size: u32, said: Pagination) -> Self {
        let pages = said.total_pages.saturating_sub(1).saturating_mul(u64::from(size)).saturating_add(1);
        let target = if said.total_pages > 1 { said.total_count.max(pages) } else { said.total_count };
        let size = size.max(1);
        Self { size, reached: u64::from(size), target, extra: 0, ahead: 1, beyond: 0 }
    }

    /// The next window, if there is one to hand out now.
    pub fn next(&mut self, step: Step) -> Option<(Asked, Role)> {
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
        let role = if response::start(asked) < self.reached { Role::Overlap } else { Role::Sweep };
        self.reached = windows::end(asked);
        Some((asked, role))
    }

    /// Whether all windows were handed out.
    pub fn is_done(&self) -> bool {
        self.reached >= self.target && self.extra == 0
    }

    /// Reads at least so far.
    pub fn reach(&mut self, position: u64) {
        self.target = self.target.max(position);
    }

    /// Reads on from a position where plain pages begin: windows that were handed out beyond it did not show what they should.
    pub fn go_back(&mut self, position: u64) {
        self.reached = self.reached.min(position);
    }

    /// Reads no farther than so far.
    pub fn stop_at(&mut self, position: u64) {
        self.target = self.target.min(position);
    }

    /// Position up to which windows were handed out.
    pub fn reached(&self) -> u64 {
        self.reached
    }

    /// Goes on past the target, where no end was.
    pub fn go_on(&mut self) {
        self.extra = self.ahead;
        self.beyond += self.ahead;
        self.ahead = (self.ahead * 2).min(AT_ONCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(total_pages: u64, total_count: u64) -> Vec<u64> {
        let mut sweep = Sweep::new(100, Pagination { current_page: 1, per_page: 100, total_pages, total_count });
        std::iter::from_fn(|| sweep.next(Step::Plain)).map(|(asked, _)| asked.page).collect()
    }

    #[test]
    fn both_totals_are_floors() {
        assert_eq!(pages(3, 250), [2, 3]);
        assert_eq!(pages(1, 250), [2, 3]);
        assert_eq!(pages(4, 250), [2, 3, 4]);
        for total_pages in [0, 1] {
            assert!(pages(total_pages, 0).is_empty());
        }
    }

    #[test]
    fn past_the_end_it_goes_on_faster_and_faster() {
        let mut sweep =
            Sweep::new(100, Pagination { current_page: 1, per_page: 100, total_pages: 1, total_count: 100 });
        let rounds = [1, 2, 4, 8, 16, 16].map(|_| {
            sweep.go_on();
            std::iter::from_fn(|| sweep.next(Step::Plain)).count()
        });
        assert_eq!(rounds, [1, 2, 4, 8, 16, 16]);
    }
}
