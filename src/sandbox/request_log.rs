//! The journal: what the server received, so that tests can ask how a client behaved.
//!
//! Bounded: beyond its capacity the oldest entries go, so that a long run costs no memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::faults::Fault;

/// One request as the server saw it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Seen {
    /// When its head had been read.
    pub arrived: Instant,
    /// How it came.
    pub protocol: Protocol,
    /// Its path, without the query.
    pub path: Arc<str>,
    /// The `page` it asked for; `None` if it named none, or no number.
    pub page: Option<u64>,
    /// The `per_page` it asked for, before any clamping; `None` as for `page`.
    pub per_page: Option<u64>,
    /// Its `User-Agent`.
    pub user_agent: Option<Arc<str>>,
    /// The status of the answer; where a fault or an outage left the request without one, the
    /// status that it would have had.
    pub status: u16,
    /// Why it was answered so.
    pub verdict: Verdict,
    /// The state of the list that its contacts are of, as [`super::History`] numbers them; 0 in
    /// a list that stands still. `None` where the list was not looked at: the request was not
    /// let in, or its path is another. Where a fault left nothing of the contacts, the state that
    /// they would have come from.
    pub state: Option<u64>,
    /// The state that the totals of a page are of, which [`super::Count`] may set apart from
    /// `state`; else as for `state`. `None` for a single contact, which tells no total.
    pub counted: Option<u64>,
}

/// The protocol of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 or older.
    Http1,
    /// HTTP/2.
    Http2,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was answered as the API would.
    Served,
    /// It had no valid token.
    Unauthorized,
    /// It was over the limit.
    Limited,
    /// It came while an outage lasted.
    Outage,
    /// It met this fault.
    Fault(Fault),
}

impl Seen {
    /// The fault it met.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match &self.verdict {
            Verdict::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}

/// The most of `requests` that arrived within any stretch of this length.
#[must_use]
pub fn most_within(requests: &[Seen], window: Duration) -> usize {
    let mut arrivals: Vec<_> = requests.iter().map(|seen| seen.arrived).collect();
    arrivals.sort_unstable();
    let mut first = 0;
    let mut most = 0;
    for (position, arrival) in arrivals.iter().enumerate() {
        while arrival.saturating_duration_since(arrivals[first]) >= window && first < position {
            first += 1;
        }
        most = most.max(position + 1 - first);
    }
    most
}

/// The latest requests, oldest first.
#[derive(Debug)]
pub(super) struct Journal {
    capacity: usize,
    entries: VecDeque<Seen>,
    received: u64,
    refusals: VecDeque<Instant>,
}

impl Journal {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, entries: VecDeque::new(), received: 0, refusals: VecDeque::new() }
    }

    pub(super) fn record(&mut self, mut seen: Seen) {
        self.received += 1;
        if let Some(last) = self.entries.back() {
            // A client says the same of itself each time: one copy serves all its entries.
            if last.path == seen.path {
                seen.path = Arc::clone(&last.path);
            }
            if last.user_agent == seen.user_agent {
                seen.user_agent.clone_from(&last.user_agent);
            }
        }
        push(&mut self.entries, seen, self.capacity);
    }

    /// Notes a connection that was reset before it could ask anything.
    pub(super) fn record_refusal(&mut self, at: Instant) {
        push(&mut self.refusals, at, self.capacity);
    }

    pub(super) fn refusals(&self) -> Vec<Instant> {
        self.refusals.iter().copied().collect()
    }

    pub(super) fn entries(&self) -> Vec<Seen> {
        self.entries.iter().cloned().collect()
    }

    /// How many were received in all, forgotten ones included.
    pub(super) fn received(&self) -> u64 {
        self.received
    }
}

fn push<T>(latest: &mut VecDeque<T>, entry: T, capacity: usize) {
    if capacity == 0 {
        return;
    }
    if latest.len() == capacity {
        latest.pop_front();
    }
    latest.push_back(entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(page: u64) -> Seen {
        Seen {
            arrived: Instant::now(),
            protocol: Protocol::Http1,
            path: "/api/partner/v2/contacts".into(),
            page: Some(page),
            per_page: None,
            user_agent: Some("test/1".into()),
            status: 200,
            verdict: Verdict::Served,
            state: Some(0),
            counted: Some(0),
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

    #[test]
    fn the_busiest_second_is_found_wherever_it_lies() {
        let start = Instant::now();
        let at = |milliseconds| Seen { arrived: start + Duration::from_millis(milliseconds), ..seen(1) };
        let requests: Vec<_> = [0, 900, 1_000, 1_100, 5_000, 1_899].map(at).into();
        assert_eq!(most_within(&requests, Duration::from_secs(1)), 4);
        assert_eq!(most_within(&requests, Duration::from_millis(100)), 1);
        assert_eq!(most_within(&[], Duration::from_secs(1)), 0);
    }
}
