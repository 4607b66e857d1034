//! What page 1 and the last page let a run expect: its requests, and the level that it can prove.
//!
//! Says what the planner will do, without doing it, for a list that does not change meanwhile.

use std::num::NonZeroU64;

use super::level::{Level, Require};
use super::order::Order;
use super::order_witness::OrderWitness;
use crate::page::{Asked, Observed};

/// Requests per 10 pages of a list that changes.
const CHANGING: u64 = 12;

/// What a run can expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outlook {
    /// Contacts in the list.
    pub contacts: u64,
    /// Pages of the list.
    pub pages: u64,
    /// Contacts per page, as applied by the server.
    pub per_page: u64,
    /// The order that both pages have.
    pub order: Option<Order>,
    /// The level that can be proven; `None` if a limit stops the run.
    pub level: Option<Level>,
    /// Whether the list changed between the two requests.
    pub changes: bool,
    /// The number of requests in each phase of the run.
    pub steps: Vec<u64>,
    /// Contacts that these requests show, those that are shown again included.
    pub shown: u64,
}

/// The last page of a list of which page 1 is known.
pub(crate) fn last_page(first: &Observed) -> Asked {
    let page = first.said.total_count.div_ceil(applied(first)).max(1);
    Asked { page, per_page: u32::try_from(applied(first)).unwrap_or(first.asked.per_page) }
}

/// What can be expected by page 1, and by the last page, if it could be read.
pub(crate) fn outlook(
    first: &Observed,
    end: Option<&Observed>,
    limit: Option<NonZeroU64>,
    require: Require,
) -> Outlook {
    let mut witness = OrderWitness::default();
    [Some(first), end].into_iter().flatten().for_each(|page| witness.see(&page.rows, true));
    let per_page = applied(first);
    let contacts = end.unwrap_or(first).said.total_count;
    let changes = contacts != first.said.total_count;
    let limit = limit.map(NonZeroU64::get).filter(|limit| contacts > *limit);
    // Page 1 is one of them; the last one is the empty page past the end if all others are full.
    let sweep = contacts / per_page + 1;
    let is_whole = contacts < per_page;
    let order = witness.likely();
    let has_order = !witness.orders().is_empty();
    let (steps, level) = match limit {
        Some(limit) => (vec![1, limit.div_ceil(per_page).saturating_sub(1)], None),
        None if is_whole => (vec![1, 1], Some(Level::Snapshot)),
        None if changes => (vec![1, 1, (sweep * CHANGING).div_ceil(10), 1], Some(level(has_order, require))),
        None if order.is_some() => (vec![1, 1, sweep - 2, 1], Some(level(has_order, require))),
        // Each page is read again, except the first, which was read again already, and an empty one.
        None if require >= Require::Complete => {
            (vec![1, sweep - 1, 1, contacts.div_ceil(per_page) - 1], Some(level(false, require)))
        }
        None => (vec![1, sweep - 1, 1], Some(Level::Counted)),
    };
    let requests: u64 = steps.iter().sum();
    let shown = match limit {
        Some(_) => requests * per_page,
        None => contacts + requests.saturating_sub(sweep) * per_page.min(contacts),
    };
    let pages = contacts.div_ceil(per_page);
    Outlook { contacts, pages, per_page, order: order.filter(|_| has_order), level, changes, steps, shown }
}

impl Outlook {
    /// Requests of the whole run.
    pub fn requests(&self) -> u64 {
        self.steps.iter().sum()
    }
}

/// Without an order, only reading everything twice proves something, which is done if it is required.
fn level(has_order: bool, require: Require) -> Level {
    if has_order || require >= Require::Complete { Level::Complete } else { Level::Counted }
}

fn applied(first: &Observed) -> u64 {
    first.said.per_page.max(1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::page::{Pagination, RowKey};

    fn page(asked: Asked, total_count: u64, sorted: bool) -> Observed {
        let per_page = u64::from(asked.per_page);
        let total_pages = total_count.div_ceil(per_page);
        let said = Pagination { current_page: asked.page, per_page, total_pages, total_count };
        let start = (asked.page - 1) * per_page;
        let ids = (start..(start + per_page).min(total_count)).map(|at| {
            let at = i64::try_from(at).unwrap();
            1_000_000 - if sorted { at } else { at * 7_919 % 10_007 }
        });
        let rows = ids.map(|id| RowKey { id, ..RowKey::default() }).collect();
        let (sent, received) = (Duration::ZERO, Duration::ZERO);
        Observed { asked, said, rows, sent, received, stale: None }
    }

    fn expected(contacts: u64, sorted: bool, limit: u64, require: Require) -> Outlook {
        let first = page(Asked { page: 1, per_page: 100 }, contacts, sorted);
        let end = page(last_page(&first), contacts, sorted);
        outlook(&first, Some(&end), NonZeroU64::new(limit), require)
    }

    #[test]
    fn requests_and_levels_are_those_of_the_planner() {
        use Require::{Complete, Counted};
        for (contacts, sorted, limit, require, requests, level) in [
            (0, true, 0, Counted, 2, Some(Level::Snapshot)),
            (50, true, 0, Counted, 2, Some(Level::Snapshot)),
            (100, true, 0, Counted, 3, Some(Level::Complete)),
            (150, true, 0, Counted, 3, Some(Level::Complete)),
            (1_000, true, 0, Counted, 12, Some(Level::Complete)),
            (2_550, true, 0, Complete, 27, Some(Level::Complete)),
            (2_550, true, 1_234, Counted, 13, None),
            (1_000, false, 0, Counted, 12, Some(Level::Counted)),
            (2_550, false, 0, Counted, 27, Some(Level::Counted)),
            (2_550, false, 0, Complete, 52, Some(Level::Complete)),
        ] {
            let found = expected(contacts, sorted, limit, require);
            assert_eq!((found.requests(), found.level), (requests, level), "{contacts} {sorted} {limit} {require}");
        }
    }

    #[test]
    fn a_list_that_changes_costs_a_fifth_more() {
        let first = page(Asked { page: 1, per_page: 100 }, 100_000, true);
        let end = page(last_page(&first), 100_001, true);
        let found = outlook(&first, Some(&end), None, Require::Counted);
        assert!(found.changes && (1_199..1_236).contains(&found.requests()), "{found:?}");
    }
}
