//! The journal: what the server received, so that tests can ask how a client behaved.
//!
//! Bounded: beyond its capacity the oldest entries go, so that a long run costs no memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// One request as the server saw it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Seen {
    /// When its head had been read.
    pub arrived: Instant,
    /// Its path, without the query.
    pub path: Arc<str>,
    /// The `page` it asked for; `None` if it named none, or no number.
    pub page: Option<u64>,
    /// The `per_page` it asked for, before any clamping; `None` as for `page`.
    pub per_page: Option<u64>,
    /// Its `User-Agent`.
    pub user_agent: Option<Arc<str>>,
    /// The status of the answer.
    pub status: u16,
}

/// The latest requests, oldest first.
#[derive(Debug)]
pub(super) struct Journal {
    capacity: usize,
    entries: VecDeque<Seen>,
    received: u64,
}

impl Journal {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, entries: VecDeque::new(), received: 0 }
    }

    pub(super) fn record(&mut self, mut seen: Seen) {
        self.received += 1;
        if self.capacity == 0 {
            return;
        }
        if let Some(last) = self.entries.back() {
            // A client says the same of itself each time: one copy serves all its entries.
            if last.path == seen.path {
                seen.path = Arc::clone(&last.path);
            }
            if last.user_agent == seen.user_agent {
                seen.user_agent.clone_from(&last.user_agent);
            }
        }
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(seen);
    }

    pub(super) fn entries(&self) -> Vec<Seen> {
        self.entries.iter().cloned().collect()
    }

    /// How many were received in all, forgotten ones included.
    pub(super) fn received(&self) -> u64 {
        self.received
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(page: u64) -> Seen {
        Seen {
            arrived: Instant::now(),
            path: "/api/partner/v2/contacts".into(),
            page: Some(page),
            per_page: None,
            user_agent: Some("test/1".into()),
            status: 200,
        }
    }

    #[test]
    fn the_oldest_entries_go_first_and_still_count() {
        let mut journal = Journal::new(2);
        for page in 1..=5 {
            journal.record(seen(page));
        }
        let pages: Vec<_> = journal.entries().iter().map(|entry| entry.page).collect();
        assert_eq!(pages, [Some(4), Some(5)]);
        assert_eq!(journal.received(), 5);
    }

    #[test]
    fn equal_texts_are_kept_once() {
        let mut journal = Journal::new(10);
        journal.record(seen(1));
        journal.record(seen(2));
        let entries = journal.entries();
        assert!(Arc::ptr_eq(&entries[0].path, &entries[1].path));
    }

    #[test]
    fn no_capacity_keeps_nothing() {
        let mut journal = Journal::new(0);
        journal.record(seen(1));
        assert!(journal.entries().is_empty());
        assert_eq!(journal.received(), 1);
    }
}
