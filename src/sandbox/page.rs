//! One page of the list: which positions it covers and what it says about itself.
//!
//! Decides only; rows are written by whoever holds the list. What the API leaves unsaid is
//! chosen as Rails with Kaminari does it, and every page says truthfully what it is:
//! a `page` below 1 or no number is page 1; a `per_page` below 1 or no number is 25, one over
//! 100 is 100; a page past the end is empty; an empty list has 0 pages.

use std::ops::Range;

/// Rows a page when the request names none.
const DEFAULT_PER_PAGE: u64 = 25;
/// The most rows a page can have.
const MOST_PER_PAGE: u64 = 100;

/// A page before its rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// Which rows it has: positions of the list, from 0.
    pub(super) positions: Range<u64>,
    /// What it says about itself.
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
    /// The page that answers a request to a list of `total_count` contacts.
    pub(super) fn of(page: Option<u64>, per_page: Option<u64>, total_count: u64) -> Self {
        let current_page = page.unwrap_or(1).max(1);
        let per_page = match per_page {
            None | Some(0) => DEFAULT_PER_PAGE,
            Some(asked) => asked.min(MOST_PER_PAGE),
        };
        let start = (current_page - 1).saturating_mul(per_page).min(total_count);
        let end = start.saturating_add(per_page).min(total_count);
        Self {
            positions: start..end,
            pagination: Pagination { current_page, per_page, total_pages: total_count.div_ceil(per_page), total_count },
        }
    }
}

impl Pagination {
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
        Page::of(page, per_page, 250).positions
    }

    #[test]
    fn pages_are_cut_from_the_list() {
        assert_eq!(positions(Some(1), Some(100)), 0..100);
        assert_eq!(positions(Some(3), Some(100)), 200..250);
        assert_eq!(positions(Some(4), Some(100)), 250..250);
        assert_eq!(positions(Some(u64::MAX), Some(100)), 250..250);
    }

    #[test]
    fn defaults_and_clamps() {
        assert_eq!(positions(None, None), 0..25);
        assert_eq!(positions(Some(0), Some(0)), 0..25);
        assert_eq!(positions(Some(2), Some(101)), 100..200);
        assert_eq!(Page::of(Some(2), Some(1_000), 250).pagination.per_page, 100);
    }

    #[test]
    fn totals_follow_from_per_page() {
        assert_eq!(Page::of(None, Some(100), 250).pagination.total_pages, 3);
        assert_eq!(Page::of(None, Some(50), 250).pagination.total_pages, 5);
        assert_eq!(
            Page::of(None, None, 0).pagination.json(),
            r#"{"current_page":1,"per_page":25,"total_pages":0,"total_count":0}"#
        );
    }
}
