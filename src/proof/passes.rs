//! Two equal passes: a proof for lists whose order cannot be seen.
//!
//! A page that is the same in two readings was so throughout (A6), from when the first was received to
//! when the second was sent. If one instant lies in that time for every page up to one that ends the
//! list, the pages were the list at that instant. A page settled late has no instant in common with the
//! others until they are read once more.

use std::collections::BTreeMap;
use std::time::Duration;

use super::record::Record;
use super::tuning::{Check, Tuning};

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
pub(super) struct Passes(BTreeMap<u64, Reading>);

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
        let settled = |reading: &Reading| match tuning.makes(Check::Instant) {
            true => reading.until >= since && since.is_some(),
            false => reading.until.is_some(),
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
