//! Checks whether a response is the requested page, by its own pagination.
//!
//! Violations may pass (a proxy's cache, a lagging replica), so such a page is read again. Whether pages agree with each
//! other is up to the proof.

use crate::page::{Asked, Pagination};

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Violation {
    /// It is not the requested page, or incomplete.
    NotThePage(String),
    /// It is at most two pages from the end, and shorter than its own total implies. The total may be wrong, which the
    /// proof judges if the page stays like that.
    ShortEnd(String),
}

/// What is wrong with a page of `rows` contacts in a run with pages of `size`, if anything.
pub(super) fn violation(asked: Asked, said: Pagination, rows: usize, size: u64) -> Option<Violation> {
    let Asked { page, per_page } = asked;
    let (rows, asked_rows) = (rows as u64, u64::from(per_page));
    let not_the_page = |reason| Some(Violation::NotThePage(reason));
    if said.current_page != page {
        return not_the_page(format!("the server returned page {}", said.current_page));
    }
    // Page 1 may be clamped. Later a server may ignore the requested size and use its own, which the proof must know.
    let ignored = page > 1 && said.per_page > asked_rows && said.per_page <= size;
    if said.per_page == 0 || (said.per_page > asked_rows && !ignored) || (said.per_page < asked_rows && page > 1) {
        let given = said.per_page;
        return not_the_page(format!("the server returned pages of {given} contacts instead of {per_page}"));
    }
    if rows > said.per_page {
        return not_the_page(format!("the page has {rows} contacts, but its per_page is {}", said.per_page));
    }
    let due = due(said, page);
    if rows >= due {
        return None;
    }
    let reason = format!("the page has {rows} contacts, but should have {due} according to its pagination");
    let near_end = page > 1 && page.saturating_mul(said.per_page) + 2 * size >= said.total_count;
    Some(if near_end { Violation::ShortEnd(reason) } else { Violation::NotThePage(reason) })
}

/// Contacts that page `page` should have according to its pagination.
fn due(said: Pagination, page: u64) -> u64 {
    said.total_count.saturating_sub((page - 1).saturating_mul(said.per_page)).min(said.per_page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked = Asked { page: 3, per_page: 100 };
    const SAID: Pagination = Pagination { current_page: 3, per_page: 100, total_pages: 3, total_count: 250 };

    #[test]
    fn the_requested_page_is_accepted() {
        assert_eq!(violation(ASKED, SAID, 50, 100), None);
        assert_eq!(violation(ASKED, Pagination { total_count: 1_000, ..SAID }, 100, 100), None);
        assert_eq!(violation(ASKED, Pagination { total_count: 200, ..SAID }, 0, 100), None);
    }

    #[test]
    fn a_short_end_differs_from_a_truncated_page() {
        assert!(matches!(violation(ASKED, SAID, 40, 100), Some(Violation::ShortEnd(_))));
        let more = Pagination { total_count: 501, ..SAID };
        assert!(matches!(violation(ASKED, more, 40, 100), Some(Violation::NotThePage(_))));
    }

    #[test]
    fn only_page_1_may_be_clamped() {
        let said = Pagination { current_page: 1, per_page: 25, ..SAID };
        assert_eq!(violation(Asked { page: 1, per_page: 100 }, said, 25, 100), None);
        assert!(violation(ASKED, Pagination { per_page: 25, ..SAID }, 25, 100).is_some());
    }

    #[test]
    fn a_server_that_ignores_the_page_size_is_accepted() {
        let asked = Asked { page: 3, per_page: 66 };
        assert_eq!(violation(asked, SAID, 50, 100), None);
        assert!(violation(asked, Pagination { per_page: 101, ..SAID }, 50, 100).is_some());
    }

    #[test]
    fn pages_must_match_their_pagination() {
        for (said, rows) in [
            (Pagination { current_page: 2, ..SAID }, 50),
            (Pagination { per_page: 0, ..SAID }, 0),
            (Pagination { per_page: 101, ..SAID }, 50),
            (SAID, 49),
            (SAID, 0),
            (SAID, 101),
            (Pagination { total_count: u64::MAX, ..SAID }, 99),
        ] {
            assert!(violation(ASKED, said, rows, 100).is_some(), "{said:?} {rows}");
        }
    }
}
