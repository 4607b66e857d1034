//! Which pages to read: page 1 first, and from what it says all others.
//!
//! Observations come in, requests go out; the proof keeps the books. It knows no HTTP and no clock.

use std::num::NonZeroU64;

use super::failure::{ApiError, Failure};
use crate::config::PerPage;
use crate::page::{Asked, Observed, Pagination};
use crate::proof::{Contradiction, Count};

/// Decides what to read, and whether what was read is whole.
#[derive(Debug)]
pub(super) struct Planner {
    per_page: PerPage,
    /// What the server gave for it on page 1: it may clamp.
    page_size: u64,
    /// The last page of the plan.
    last: u64,
    limit: Option<NonZeroU64>,
    count: Count,
}

impl Planner {
    pub fn new(per_page: PerPage, limit: Option<NonZeroU64>) -> Self {
        Self { per_page, page_size: per_page.get().into(), last: 1, limit, count: Count::default() }
    }

    /// The request that everything starts with.
    pub fn first(&self) -> Asked {
        Asked { page: 1, per_page: self.per_page.get() }
    }

    /// Takes a response into account, and says what to read now that it is known.
    pub fn next(&mut self, observed: &Observed) -> Result<Vec<Asked>, Contradiction> {
        let opening = self.count.total().is_none();
        self.count.observe(observed)?;
        let mut asked = if opening { self.rest(observed.said) } else { Vec::new() };
        if observed.asked.page == self.last && observed.ids.len() as u64 == self.page_size && !self.is_limited() {
            // A full last page is no end: totals may be too low, and must not cut the export.
            self.last += 1;
            asked.push(self.page(self.last));
        }
        Ok(asked)
    }

    /// Judges the reading, when all that was asked has been observed.
    pub fn finish(self) -> Result<(), Contradiction> {
        if self.is_limited() { self.count.judge_part() } else { self.count.judge_whole() }
    }

    /// Whether there is more in the list than will be read.
    pub fn is_limited(&self) -> bool {
        self.limit.is_some_and(|limit| self.count.total().is_some_and(|total| total > limit.get()))
    }

    /// Whether an error only says that the list has ended before the page, where it has by its own count.
    pub fn is_end(&self, error: &ApiError) -> bool {
        let ApiError::Page { page, failure: Failure::Status { status: 404, .. }, .. } = error else { return false };
        self.count.total().is_some_and(|total| (page - 1).saturating_mul(self.page_size) >= total)
    }

    /// Contacts that will be read, by what the server says.
    pub fn expected(&self) -> u64 {
        let total = self.count.total().unwrap_or(0);
        self.limit.map_or(total, |limit| total.min(limit.get()))
    }

    fn page(&self, page: u64) -> Asked {
        // Never more than what was asked for page 1, which fits.
        Asked { page, per_page: u32::try_from(self.page_size).unwrap_or(self.per_page.get()) }
    }

    /// Pages 2 to the last: the last is as far as either total reaches, since `total_pages` is a floor.
    fn rest(&mut self, said: Pagination) -> Vec<Asked> {
        self.page_size = said.per_page.clamp(1, self.page_size);
        let pages_of = |contacts: u64| contacts.div_ceil(self.page_size);
        let whole = said.total_pages.max(pages_of(said.total_count));
        self.last = self.limit.map_or(whole, |limit| whole.min(pages_of(limit.get()))).max(1);
        (2..=self.last).map(|page| self.page(page)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_last_page_is_read_on_from() {
        let mut planner = Planner::new(PerPage::MAX, None);
        let said = |current_page| Pagination { current_page, per_page: 2, total_pages: 2, total_count: 4 };
        let full = |asked: Asked| Observed { asked, said: said(asked.page), ids: vec![0, 1] };
        assert_eq!(planner.next(&full(planner.first())), Ok(vec![Asked { page: 2, per_page: 2 }]));
        assert_eq!(planner.next(&full(planner.page(2))), Ok(vec![Asked { page: 3, per_page: 2 }]));
        let empty = Observed { asked: planner.page(3), said: said(3), ids: Vec::new() };
        assert_eq!(planner.next(&empty), Ok(Vec::new()));
    }

    fn pages(limit: Option<u64>, per_page: u64, total_pages: u64, total_count: u64) -> Vec<u64> {
        let mut planner = Planner::new(PerPage::MAX, limit.and_then(NonZeroU64::new));
        let said = Pagination { current_page: 1, per_page, total_pages, total_count };
        let next = planner.next(&Observed { asked: planner.first(), said, ids: Vec::new() }).unwrap();
        assert!(next.iter().all(|asked| u64::from(asked.per_page) == per_page));
        next.iter().map(|asked| asked.page).collect()
    }

    #[test]
    fn all_pages_follow_from_the_first() {
        assert_eq!(pages(None, 100, 3, 250), [2, 3]);
        assert_eq!(pages(None, 25, 3, 60), [2, 3]);
        for total_pages in [0, 1] {
            assert!(pages(None, 100, total_pages, 0).is_empty());
        }
    }

    #[test]
    fn total_pages_is_a_floor_and_not_the_truth() {
        assert_eq!(pages(None, 100, 1, 250), [2, 3]);
        assert_eq!(pages(None, 100, 4, 250), [2, 3, 4]);
    }

    #[test]
    fn a_limit_reads_no_page_too_many() {
        assert_eq!(pages(Some(101), 100, 9, 900), [2]);
        assert!(pages(Some(100), 100, 9, 900).is_empty());
        assert_eq!(pages(Some(10_000), 100, 3, 250), [2, 3]);
    }
}
