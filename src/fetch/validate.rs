//! Whether an answer is the page that was asked for: a pure check of one page against its own words.
//!
//! What it finds wrong may pass (a proxy's cache, a replica that lags): such a page is read again.
//! Whether the pages agree with each other is the proof's to say.

use crate::page::{Asked, Pagination};

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Violation {
    /// It is not the page that was asked for, or not all of it.
    NotThePage(String),
    /// It is no more than two pages from the end, and shorter than its own total says: the total may be wrong, which
    /// is for the proof to judge if the page stays like that.
    ShortEnd(String),
}

/// What is wrong with a page of `rows` contacts in a run with pages of `size`, if anything is.
pub(super) fn violation(asked: Asked, said: Pagination, rows: usize, size: u64) -> Option<Violation> {
    let Asked { page, per_page } = asked;
    let (rows, asked_rows) = (rows as u64, u64::from(per_page));
    let not_the_page = |reason| Some(Violation::NotThePage(reason));
    if said.current_page != page {
        return not_the_page(format!("the server answered with page {}", said.current_page));
    }
    // Page 1 may be clamped; later a server may go on with its own size whatever is asked, which the proof must know.
    let ignored = page > 1 && said.per_page > asked_rows && said.per_page <= size;
    if said.per_page == 0 || (said.per_page > asked_rows && !ignored) || (said.per_page < asked_rows && page > 1) {
        let given = said.per_page;
        return not_the_page(format!("the server answered with {given} contacts a page where {per_page} were asked"));
    }
    if rows > said.per_page {
        return not_the_page(format!("the page has {rows} contacts, and says it has at most {}", said.per_page));
    }
    let due = due(said, page);
    if rows >= due {
        return None;
    }
    let reason = format!("the page has {rows} contacts, and by its own pagination {due}");
    let near_end = page > 1 && page.saturating_mul(said.per_page) + 2 * size >= said.total_count;
    Some(if near_end { Violation::ShortEnd(reason) } else { Violation::NotThePage(reason) })
}

/// Contacts that page `page` has by what was said.
fn due(said: Pagination, page: u64) -> u64 {
    said.total_count.saturating_sub((page - 1).saturating_mul(said.per_page)).min(said.per_page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked = Asked { page: 3, per_page: 100 };
    const SAID: Pagination = Pagination { current_page: 3, per_page: 100, total_pages: 3, total_count: 250 };

    #[test]
    fn the_page_asked_for_is_let_through() {
        assert_eq!(violation(ASKED, SAID, 50, 100), None);
        assert_eq!(violation(ASKED, Pagination { total_count: 1_000, ..SAID }, 100, 100), None);
        assert_eq!(violation(ASKED, Pagination { total_count: 200, ..SAID }, 0, 100), None);
    }

    #[test]
    fn a_short_end_is_told_from_a_page_cut_in_the_middle() {
        assert!(matches!(violation(ASKED, SAID, 40, 100), Some(Violation::ShortEnd(_))));
        let more = Pagination { total_count: 501, ..SAID };
        assert!(matches!(violation(ASKED, more, 40, 100), Some(Violation::NotThePage(_))));
    }

    #[test]
    fn page_1_may_be_clamped_and_later_pages_not() {
        let said = Pagination { current_page: 1, per_page: 25, ..SAID };
        assert_eq!(violation(Asked { page: 1, per_page: 100 }, said, 25, 100), None);
        assert!(violation(ASKED, Pagination { per_page: 25, ..SAID }, 25, 100).is_some());
    }

    #[test]
    fn a_server_that_goes_on_with_its_own_page_size_is_for_the_proof_to_judge() {
        let asked = Asked { page: 3, per_page: 66 };
        assert_eq!(violation(asked, SAID, 50, 100), None);
        assert!(violation(asked, Pagination { per_page: 101, ..SAID }, 50, 100).is_some());
    }

    #[test]
    fn what_it_says_of_itself_must_hold() {
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
