//! Whether an answer is the page that was asked for: a pure check of one page against its own words.
//!
//! What it finds wrong may pass (a proxy's cache, a replica that lags): such a page is read again.
//! Whether the pages agree with each other is the proof's to say.

use crate::page::{Asked, Pagination};

/// What is wrong with a page of `rows` contacts, if anything is.
pub(super) fn violation(asked: Asked, said: Pagination, rows: usize) -> Option<String> {
    let Asked { page, per_page } = asked;
    let (rows, asked_rows) = (rows as u64, u64::from(per_page));
    if said.current_page != page {
        return Some(format!("the server answered with page {}", said.current_page));
    }
    if said.per_page == 0 || said.per_page > asked_rows || (said.per_page < asked_rows && page > 1) {
        return Some(format!("the server answered with {} contacts a page where {per_page} were asked", said.per_page));
    }
    if rows > said.per_page {
        return Some(format!("the page has {rows} contacts, and says it has at most {}", said.per_page));
    }
    let due = due(said, page);
    (rows < due).then(|| format!("the page has {rows} contacts, and by its own pagination {due}"))
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
        assert_eq!(violation(ASKED, SAID, 50), None);
        assert_eq!(violation(ASKED, Pagination { total_count: 1_000, ..SAID }, 100), None);
        assert_eq!(violation(ASKED, Pagination { total_count: 200, ..SAID }, 0), None);
    }

    #[test]
    fn page_1_may_be_clamped_and_later_pages_not() {
        let said = Pagination { current_page: 1, per_page: 25, ..SAID };
        assert_eq!(violation(Asked { page: 1, per_page: 100 }, said, 25), None);
        assert!(violation(ASKED, Pagination { per_page: 25, ..SAID }, 25).is_some());
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
            assert!(violation(ASKED, said, rows).is_some(), "{said:?} {rows}");
        }
    }
}
