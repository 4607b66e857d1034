//! One page of the list: the positions it covers, and its `pagination`.
//!
//! What the API leaves undocumented follows Rails with Kaminari: a `page` that is below 1 or not a number means page 1;
//! a `per_page` that is below 1 or not a number means 25, and one over 100 means 100; a page past the end is empty; an
//! empty list has 0 pages.

use std::ops::Range;

use super::quirks::WrongTotals;

/// Rows per page if the request does not say.
const DEFAULT_PER_PAGE: u64 = 25;

/// A page before its rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// Its rows: positions of the list, from 0.
    pub(super) positions: Range<u64>,
    pub(super) pagination: Pagination,
}

/// The `pagination` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pagination {
    pub(super) current_page: u64,
    pub(super) per_page: u64,
    pub(super) total_pages: u64,
    pub(super) total_count: u64,
}

impl Page {
    /// The requested page of a list of `total_count` contacts, with at most `max` of them.
    pub(super) fn of(page: Option<u64>, per_page: Option<u64>, max: u64, total_count: u64) -> Self {
        let (current_page, per_page) = (number(page), size(per_page, max));
        let start = (current_page - 1).saturating_mul(per_page).min(total_count);
        let end = start.saturating_add(per_page).min(total_count);
        Self {
            positions: start..end,
            pagination: Pagination { current_page, per_page, total_pages: total_count.div_ceil(per_page), total_count },
        }
    }
}

/// The positions that a page covers in a list that is long enough.
pub(super) fn shown(page: Option<u64>, per_page: Option<u64>, max: u64) -> Range<u64> {
    let size = size(per_page, max);
    let start = (number(page) - 1).saturating_mul(size);
    start..start.saturating_add(size)
}

fn size(per_page: Option<u64>, max: u64) -> u64 {
    match per_page {
        None | Some(0) => DEFAULT_PER_PAGE.min(max),
        Some(per_page) => per_page.min(max),
    }
}

/// The number of the requested page.
pub(super) fn number(page: Option<u64>) -> u64 {
    page.unwrap_or(1).max(1)
}

impl Pagination {
    /// Whether it comes after the last page; page 1 always exists.
    pub(super) fn is_past_the_end(&self) -> bool {
        self.current_page > self.total_pages.max(1)
    }

    /// Sets the totals of a list of another length.
    pub(super) fn recount(&mut self, total_count: u64) {
        self.total_count = total_count;
        self.total_pages = total_count.div_ceil(self.per_page);
    }

    /// Makes the totals wrong.
    pub(super) fn falsify(&mut self, totals: WrongTotals) {
        self.recount(self.total_count.saturating_add_signed(totals.count));
        self.total_pages = self.total_pages.saturating_add_signed(totals.pages);
    }

    pub(super) fn json(&self) -> String {
        format!(
            r#"{{"current_page":{},"per_page":{},"total_pages":{},"total_count":{}}}"#,
            self.current_page, self.per_page, self.total_pages, self.total_count
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(page: Option<u64>, per_page: Option<u64>) -> Range<u64> {
        Page::of(page, per_page, 100, 250).positions
    }

    #[test]
    fn pages_are_cut_from_the_list() {
        assert_eq!(positions(Some(1), Some(100)), 0..100);
        assert_eq!(positions(Some(3), Some(100)), 200..250);
        assert_eq!(positions(Some(4), Some(100)), 250..250);
        assert_eq!(positions(Some(u64::MAX), Some(100)), 250..250);
    }

    #[test]
    fn sizes_have_a_default_and_a_maximum() {
        assert_eq!(positions(None, None), 0..25);
        assert_eq!(positions(Some(0), Some(0)), 0..25);
        assert_eq!(positions(Some(2), Some(101)), 100..200);
        assert_eq!(Page::of(Some(2), Some(1_000), 100, 250).pagination.per_page, 100);
    }

    #[test]
    fn totals_follow_from_per_page() {
        assert_eq!(Page::of(None, Some(100), 100, 250).pagination.total_pages, 3);
        assert_eq!(Page::of(None, Some(50), 100, 250).pagination.total_pages, 5);
        assert_eq!(
            Page::of(None, None, 100, 0).pagination.json(),
            r#"{"current_page":1,"per_page":25,"total_pages":0,"total_count":0}"#
        );
    }

    #[test]
    fn a_server_may_have_smaller_pages() {
        assert_eq!(Page::of(Some(2), Some(100), 40, 250).positions, 40..80);
        assert_eq!(Page::of(None, None, 10, 250).pagination.total_pages, 25);
    }

    #[test]
    fn pages_end_where_the_contacts_do() {
        let is_past =
            |page, total_count| Page::of(Some(page), Some(100), 100, total_count).pagination.is_past_the_end();
        assert_eq!([is_past(3, 250), is_past(4, 250), is_past(3, 200)], [false, true, true]);
        assert_eq!([is_past(1, 0), is_past(2, 0)], [false, true]);
    }

    #[test]
    fn wrong_totals_are_added() {
        for (count, pages, expected) in [(0, 0, (250, 3)), (-100, 0, (150, 2)), (0, 2, (250, 5)), (-999, -9, (0, 0))] {
            let mut pagination = Page::of(None, Some(100), 100, 250).pagination;
            pagination.falsify(WrongTotals { count, pages });
            assert_eq!((pagination.total_count, pagination.total_pages), expected);
        }
    }
}
