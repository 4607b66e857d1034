//! Two equal passes: a proof for lists whose order cannot be seen.
//!
//! A page that is the same in two readings was so throughout (A6), from when the first was received to
//! when the second was sent. If one instant lies in that time for every page up to one that ends the
//! list, the pages were the list at that instant. A page settled late has no instant in common with the
//! others until they are read once more.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::proof::parameters::{Check, Tuning};
use crate::proof::response::Record;

/// The readings of one page, as long as they are the same.
#[derive(Clone, Copy, Debug)]
struct Reading {
    content: u64,
    rows: u64,
    total: u64,
    id_sum: u64,
    ends: bool,
    agrees: bool,
    /// When the first was received.
    since: Duration,
    /// When the last was sent; none before the second.
    until: Option<Duration>,
}

/// All pages of one size.
#[derive(Clone, Debug, Default)]
pub(in crate::proof) struct Passes(BTreeMap<u64, Reading>);

impl Passes {
    /// Takes a reading into account.
    pub fn take(&mut self, record: &Record) {
        let new = Reading {
            content: record.content,
            rows: record.rows,
            total: record.total,
            id_sum: record.id_sum,
            ends: record.is_short(),
            agrees: record.agrees(),
            since: record.received,
            until: None,
        };
        let known = self.0.entry(record.asked.page).or_insert(new);
        if known.content != new.content {
            *known = new;
        } else if record.sent >= known.since {
            known.until = known.until.max(Some(record.sent));
        }
    }

    /// Bytes that the readings hold, with half as much again for the tree.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.0.len() * size_of::<(u64, Reading)>() * 3 / 2
    }

    /// Pages that were read.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The pages up to the first that ends the list; if none does, also the page after them.
    fn pages(&self) -> (Vec<(u64, &Reading)>, Option<u64>) {
        let mut pages = Vec::new();
        for page in 1.. {
            let Some(reading) = self.0.get(&page) else { return (pages, Some(page)) };
            pages.push((page, reading));
            if reading.ends {
                break;
            }
        }
        (pages, None)
    }

    /// The pages that must be read again before they prove anything.
    pub fn unsettled(&self, tuning: &Tuning) -> Vec<u64> {
        let (pages, missing) = self.pages();
        let since = pages.iter().map(|(_, reading)| reading.since).max();
        let settled = |reading: &Reading| match reading.until {
            Some(until) => since.is_some_and(|since| until >= since) || !tuning.makes(Check::Instant),
            None => !tuning.makes(Check::Repeat),
        };
        pages.iter().filter(|(_, reading)| !settled(reading)).map(|(page, _)| *page).chain(missing).collect()
    }

    /// Rows of the list at the common instant, if there is one, and the sum of their ids' hashes.
    pub fn settled(&self, tuning: &Tuning) -> Option<(u64, u64)> {
        let (pages, _) = self.pages();
        let rows: u64 = pages.iter().map(|(_, reading)| reading.rows).sum();
        let agree = pages.iter().all(|(_, reading)| reading.agrees && reading.total == rows);
        let id_sum = pages.iter().map(|(_, reading)| reading.id_sum).fold(0, u64::wrapping_add);
        (agree && self.unsettled(tuning).is_empty()).then_some((rows, id_sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Asked, Observed, Pagination, RowKey};
    use crate::proof::response::Role;

    /// A reading of a page of two in a list of three, sent and received at some seconds.
    fn read(passes: &mut Passes, page: u64, ids: &[i64], sent: u64, received: u64) {
        let row = |id: &i64| RowKey { id: *id, created_at: None, updated_at: None, hash: 0 };
        let record = Record::new(
            Role::Pass,
            &Observed {
                asked: Asked { page, per_page: 2 },
                said: Pagination { current_page: page, per_page: 2, total_pages: 2, total_count: 3 },
                rows: ids.iter().map(row).collect(),
                sent: Duration::from_secs(sent),
                received: Duration::from_secs(received),
                stale: None,
            },
        );
        passes.take(&record);
    }

    #[test]
    fn a_page_that_settled_late_obliges_the_others() {
        let sound = Tuning::default();
        let mut passes = Passes::default();
        read(&mut passes, 1, &[1, 2], 0, 1);
        read(&mut passes, 2, &[3], 0, 2);
        assert_eq!(passes.unsettled(&sound), [1, 2]);
        // The list was 1 2 3. Then 1 left and 9 came before it, then 3 left and 4 came: 9 2 4. It never was 1 2 4.
        read(&mut passes, 1, &[1, 2], 3, 4);
        read(&mut passes, 2, &[4], 6, 7);
        assert_eq!(passes.unsettled(&sound), [1, 2]);
        read(&mut passes, 2, &[4], 8, 9);
        assert_eq!((passes.unsettled(&sound), passes.settled(&sound)), (vec![1], None));
        let broken = Tuning { left_out: Some(Check::Instant), ..sound };
        assert_eq!(passes.settled(&broken).map(|(rows, _)| rows), Some(3), "the broken checker takes it for a state");
        read(&mut passes, 1, &[9, 2], 10, 11);
        assert_eq!(passes.unsettled(&sound), [1, 2]);
        read(&mut passes, 1, &[9, 2], 12, 13);
        read(&mut passes, 2, &[4], 12, 13);
        assert_eq!(passes.settled(&sound).map(|(rows, _)| rows), Some(3));
    }

    #[test]
    fn the_page_that_ends_the_list_must_be_there() {
        let mut passes = Passes::default();
        read(&mut passes, 1, &[1, 2], 0, 1);
        assert_eq!(passes.unsettled(&Tuning::default()), [1, 2]);
    }
}
