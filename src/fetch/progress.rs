//! How far reading has come, and what that says about pages still to come.

use std::time::Duration;

use crate::api::memory_budget;
use crate::page::{Asked, Observed, Pagination, Staleness};

/// How far reading has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The pagination of the last page.
    said: Option<Pagination>,
    /// Contacts per page according to page 1; 0 before that.
    size: u64,
    /// Number of pages according to page 1; 0 before that.
    pub planned: u64,
    /// Pages requested so far.
    asked: u64,
    /// JSON so far, in bytes.
    pub bytes: u64,
    /// Memory that a page is expected to need, in bytes.
    pub expected: usize,
    /// Whether a stale page was reported.
    stale: bool,
    /// Whether a clock skew was reported.
    skewed: bool,
}

impl Progress {
    /// Counts a request. Returns how many are still to come, as far as is known.
    pub fn sent(&mut self) -> u64 {
        self.asked += 1;
        self.planned.saturating_sub(self.asked)
    }

    pub fn count(&mut self, said: Pagination, bytes: usize) {
        // The size of the first page is the one that the server uses unless a smaller one is requested.
        self.size = if self.size == 0 { said.per_page } else { self.size };
        self.said = Some(said);
        self.bytes += bytes as u64;
        // After a large page, large pages are expected; a single one is forgotten again.
        self.expected = memory_budget::needs(bytes).max(self.expected - self.expected / 8);
    }

    /// Whether this is the first page from a cache: only the first is reported.
    pub fn is_first_stale(&mut self, stale: Staleness) -> bool {
        stale != Staleness::Assembled && !std::mem::replace(&mut self.stale, true)
    }

    /// Whether a clock skew is seen for the first time.
    pub fn is_first_skew(&mut self) -> bool {
        !std::mem::replace(&mut self.skewed, true)
    }

    /// Plans the pages of this many contacts. Returns whether they are planned for the first time.
    pub fn plan(&mut self, contacts: u64) -> bool {
        let Some(said) = self.said.filter(|_| self.planned == 0) else { return false };
        self.planned = contacts.div_ceil(said.per_page.max(1)).max(1);
        true
    }

    /// An empty page, if the requested one is beyond the end of the list. A server that ignores the requested page size
    /// counts pages by its own.
    pub fn end_of_list(&self, asked: Asked, total_count: u64, now: Duration) -> Option<Observed> {
        let said = self.said?;
        let is_beyond = |size: &u64| (asked.page - 1).saturating_mul(*size) >= total_count;
        let per_page = [asked.per_page.into(), self.size].into_iter().find(is_beyond)?;
        let said = Pagination { current_page: asked.page, per_page, total_count, ..said };
        Some(Observed { asked, said, rows: Vec::new(), sent: now, received: now, stale: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_expected_to_be_as_large_as_recent_ones() {
        let said = Pagination { current_page: 1, per_page: 100, total_pages: 9, total_count: 900 };
        let mut progress = Progress::default();
        progress.count(said, 1_000);
        let usual = progress.expected;
        progress.count(said, 8_000);
        assert_eq!(progress.expected, 8 * usual);
        progress.count(said, 1_000);
        assert_eq!(progress.expected, 7 * usual);
        (0..20).for_each(|_| progress.count(said, 1_000));
        assert_eq!(progress.expected, usual);
    }

    #[test]
    fn the_end_of_the_list_follows_the_servers_page_size() {
        let mut progress = Progress::default();
        let said = |per_page| Pagination { current_page: 1, per_page, total_pages: 3, total_count: 250 };
        progress.count(said(100), 0);
        progress.count(said(66), 0);
        let end = |page, per_page| {
            let end = progress.end_of_list(Asked { page, per_page }, 250, Duration::ZERO);
            end.map(|observed| (observed.said.current_page, observed.said.per_page))
        };
        assert_eq!([end(3, 100), end(4, 100)], [None, Some((4, 100))]);
        assert_eq!(end(5, 66), Some((5, 66)), "beyond the end by the requested size");
        // Page 4 of size 66 shows positions 199 to 250; for a server that uses 100 it is beyond the end.
        assert_eq!([end(4, 66), end(3, 66)], [Some((4, 100)), None]);
    }
}
