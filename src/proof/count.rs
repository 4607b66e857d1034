//! Whether the pages agree with the totals the server gives: every contact counted, and once.
//!
//! It keeps the ids, eight bytes a contact, and judges at the end.

use crate::page::Observed;

/// How the pages contradict each other or their totals.
///
/// Either the list moved while it was read, or the server counts wrongly. A page-numbered list that
/// moves loses rows, so nothing is published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Contradiction {
    /// Two responses gave different totals.
    #[error(
        "the list changed while it was read: total_count was {first} on page {first_page} and {now} on page {page}. \
         Rows may be missing or twice, so nothing was published: run it again"
    )]
    TotalMoved {
        /// The total of the first response.
        first: u64,
        /// The page of the first response.
        first_page: u64,
        /// The total that differs.
        now: u64,
        /// The page that gave it.
        page: u64,
    },
    /// The rows are not as many as the total says.
    #[error(
        "the server's totals disagree with its rows: total_count is {total} and the {pages} pages hold {rows} contacts"
    )]
    Rows {
        /// The total.
        total: u64,
        /// The rows of all pages.
        rows: u64,
        /// The pages read.
        pages: u64,
    },
    /// A contact stands on two pages, so that another may stand on none.
    #[error(
        "the list changed while it was read: the contact with id {id} came twice, so another may be missing. \
         Nothing was published: run it again"
    )]
    Twice {
        /// Its id.
        id: i64,
    },
}

/// The count so far.
#[derive(Debug, Default)]
pub(crate) struct Count {
    /// Page and total of the first response.
    first: Option<(u64, u64)>,
    pages: u64,
    ids: Vec<i64>,
}

impl Count {
    /// Takes a response into account.
    pub fn observe(&mut self, observed: &Observed) -> Result<(), Contradiction> {
        let (page, now) = (observed.asked.page, observed.said.total_count);
        let (first_page, first) = *self.first.get_or_insert((page, now));
        if now != first {
            return Err(Contradiction::TotalMoved { first, first_page, now, page });
        }
        self.pages += 1;
        self.ids.extend_from_slice(&observed.ids);
        Ok(())
    }

    /// The total that the server gives; none before the first response.
    pub fn total(&self) -> Option<u64> {
        self.first.map(|(_, total)| total)
    }

    /// Judges what was read as the whole list.
    pub fn judge_whole(self) -> Result<(), Contradiction> {
        let rows = self.ids.len() as u64;
        let total = self.total().unwrap_or(0);
        if rows != total {
            return Err(Contradiction::Rows { total, rows, pages: self.pages });
        }
        self.judge_part()
    }

    /// Judges what was read as a part of the list: each contact is in it once.
    pub fn judge_part(mut self) -> Result<(), Contradiction> {
        self.ids.sort_unstable();
        match self.ids.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Contradiction::Twice { id: pair[0] }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Asked, Pagination};

    fn observed(page: u64, total_count: u64, ids: &[i64]) -> Observed {
        Observed {
            asked: Asked { page, per_page: 2 },
            said: Pagination { current_page: page, per_page: 2, total_pages: total_count.div_ceil(2), total_count },
            ids: ids.to_vec(),
        }
    }

    fn judge(responses: &[Observed]) -> Result<(), Contradiction> {
        let mut count = Count::default();
        responses.iter().try_for_each(|response| count.observe(response))?;
        count.judge_whole()
    }

    #[test]
    fn a_still_list_is_counted() {
        assert_eq!(judge(&[observed(1, 3, &[7, 5]), observed(2, 3, &[1])]), Ok(()));
        assert_eq!(judge(&[observed(1, 0, &[])]), Ok(()));
    }

    #[test]
    fn a_total_that_moves_names_both_pages() {
        let moved = judge(&[observed(1, 3, &[7, 5]), observed(2, 4, &[1])]);
        assert_eq!(moved, Err(Contradiction::TotalMoved { first: 3, first_page: 1, now: 4, page: 2 }));
    }

    #[test]
    fn rows_that_are_not_as_many_as_the_total_are_told() {
        assert_eq!(judge(&[observed(1, 3, &[7, 5])]), Err(Contradiction::Rows { total: 3, rows: 2, pages: 1 }));
    }

    #[test]
    fn an_insert_and_a_delete_between_two_pages_are_seen() {
        assert_eq!(judge(&[observed(1, 4, &[7, 5]), observed(2, 4, &[5, 1])]), Err(Contradiction::Twice { id: 5 }));
    }
}
