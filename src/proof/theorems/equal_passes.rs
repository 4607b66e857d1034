//! Theorem 4: two equal passes prove a level for lists without a visible order.
//!
//! A page that is equal in two readings did not change in between (A6), from when the first was received to when the
//! second was sent. If a common instant lies in that time for every page up to the one that ends the list, the pages
//! were the list at that instant. A page that became stable late has no instant in common with the others until they
//! are read once more.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::proof::checks::{self, Check};
use crate::proof::response::Response;

/// Consecutive equal readings of one page.
#[derive(Clone, Copy, Debug)]
struct Reading {
    content: u64,
    rows: u64,
    total: u64,
    id_sum: u64,
    is_short: bool,
    agrees: bool,
    /// When the first was received.
    since: Duration,
    /// When the last was sent; `None` before the second.
    until: Option<Duration>,
}

/// All pages of one page size.
#[derive(Clone, Debug, Default)]
pub(crate) struct EqualPasses(BTreeMap<u64, Reading>);

impl EqualPasses {
    /// Adds a reading.
    pub fn add(&mut self, response: &Response) {
        let new = Reading {
            content: response.content,
            rows: response.rows,
            total: response.total,
            id_sum: response.id_sum,
            is_short: response.is_short(),
            agrees: response.agrees(),
            since: response.received,
            until: None,
        };
        let known = self.0.entry(response.asked.page).or_insert(new);
        if known.content != new.content {
            *known = new;
        } else if response.sent >= known.since {
            known.until = known.until.max(Some(response.sent));
        }
    }

    /// Memory that the readings hold, in bytes, plus half as much for the tree.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.0.len() * size_of::<(u64, Reading)>() * 3 / 2
    }

    /// The number of pages read.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The pages up to the first that ends the list; if none does, also the number of the next page.
    fn pages(&self) -> (Vec<(u64, &Reading)>, Option<u64>) {
        let mut pages = Vec::new();
        for page in 1.. {
            let Some(reading) = self.0.get(&page) else { return (pages, Some(page)) };
            pages.push((page, reading));
            if reading.is_short {
                break;
            }
        }
        (pages, None)
    }

    /// The pages that must be read again before they prove anything.
    pub fn unsettled(&self) -> Vec<u64> {
        let (pages, missing) = self.pages();
        let since = pages.iter().map(|(_, reading)| reading.since).max();
        let settled = |reading: &Reading| match reading.until {
            Some(until) => since.is_some_and(|since| until >= since) || !checks::enabled(Check::Instant),
            None => !checks::enabled(Check::Repeat),
        };
        pages.iter().filter(|(_, reading)| !settled(reading)).map(|(page, _)| *page).chain(missing).collect()
    }

    /// The number of rows in the list at the common instant, if there is one, and the sum of the hashes of their ids.
    pub fn settled(&self) -> Option<(u64, u64)> {
        let (pages, _) = self.pages();
        let rows: u64 = pages.iter().map(|(_, reading)| reading.rows).sum();
        let agree = pages.iter().all(|(_, reading)| reading.agrees && reading.total == rows);
        let id_sum = pages.iter().map(|(_, reading)| reading.id_sum).fold(0, u64::wrapping_add);
        (agree && self.unsettled().is_empty()).then_some((rows, id_sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Asked, Observed, Pagination, RowKey};
    use crate::proof::response::Purpose;

    /// Adds a reading of a page of two rows in a list of three; times in seconds.
    fn read(passes: &mut EqualPasses, page: u64, ids: &[i64], sent: u64, received: u64) {
        let row = |id: &i64| RowKey { id: *id, created_at: None, updated_at: None, hash: 0 };
        let response = Response::new(
            Purpose::Verification,
            &Observed {
                asked: Asked { page, per_page: 2 },
                said: Pagination { current_page: page, per_page: 2, total_pages: 2, total_count: 3 },
                rows: ids.iter().map(row).collect(),
                sent: Duration::from_secs(sent),
                received: Duration::from_secs(received),
                stale: None,
            },
        );
        passes.add(&response);
    }

    #[test]
    fn a_page_stable_late_needs_the_others_reread() {
        let mut passes = EqualPasses::default();
        read(&mut passes, 1, &[1, 2], 0, 1);
        read(&mut passes, 2, &[3], 0, 2);
        assert_eq!(passes.unsettled(), [1, 2]);
        // The list was 1 2 3. First 9 replaced 1, then 4 replaced 3: 9 2 4. It never was 1 2 4.
        read(&mut passes, 1, &[1, 2], 3, 4);
        read(&mut passes, 2, &[4], 6, 7);
        assert_eq!(passes.unsettled(), [1, 2]);
        read(&mut passes, 2, &[4], 8, 9);
        assert_eq!((passes.unsettled(), passes.settled()), (vec![1], None));
        let broken = checks::without(Check::Instant, || passes.settled());
        assert_eq!(broken.map(|(rows, _)| rows), Some(3), "the broken checker takes it for a state");
        read(&mut passes, 1, &[9, 2], 10, 11);
        assert_eq!(passes.unsettled(), [1, 2]);
        read(&mut passes, 1, &[9, 2], 12, 13);
        read(&mut passes, 2, &[4], 12, 13);
        assert_eq!(passes.settled().map(|(rows, _)| rows), Some(3));
    }

    #[test]
    fn the_page_that_ends_the_list_is_required() {
        let mut passes = EqualPasses::default();
        read(&mut passes, 1, &[1, 2], 0, 1);
        assert_eq!(passes.unsettled(), [1, 2]);
    }
}
