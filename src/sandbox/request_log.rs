//! The request log: what the server received, for tests of a client's behavior.
//!
//! It keeps the latest entries up to its capacity, so that a long run does not fill the memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::faults::Fault;
use super::http::request::Protocol;

/// One request as the server received it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// When its head was received.
    pub arrived: Instant,
    /// The protocol it used.
    pub protocol: Protocol,
    /// Its path, without the query.
    pub path: Arc<str>,
    /// The requested `page`; `None` if missing or not a number.
    pub page: Option<u64>,
    /// The requested `per_page`, before limits; `None` if missing or not a number.
    pub per_page: Option<u64>,
    /// The id of the contact that was looked up; `None` for pages and other paths, and if it is not a number.
    pub lookup: Option<u64>,
    /// Its `User-Agent`.
    pub user_agent: Option<Arc<str>>,
    /// The status of the response, or the intended one if a fault or an outage prevented the response.
    pub status: u16,
    /// Why it got this response.
    pub verdict: Verdict,
    /// The state of the list that the contacts come from, numbered as in [`super::History`]; 0 in a list that does not
    /// change. Faults that drop the contacts do not change it. `None` if the request was rejected or has another path.
    pub state: Option<u64>,
    /// The state that the totals of a page describe, which differs from `state` with [`super::StaleCount`]. `None` for a
    /// single contact, which has no totals.
    pub counted: Option<u64>,
}

/// How a request was handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It got the response of the API.
    Served,
    /// It had no valid token.
    Unauthorized,
    /// It exceeded the limit.
    RateLimited,
    /// It arrived during an outage.
    Outage,
    /// It met this fault.
    Fault(Fault),
}

impl LoggedRequest {
    /// The fault it met, if any.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match &self.verdict {
            Verdict::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}

/// The maximum number of `requests` that arrived within any period of this length.
#[must_use]
pub fn max_within(requests: &[LoggedRequest], window: Duration) -> usize {
    let mut arrivals: Vec<_> = requests.iter().map(|seen| seen.arrived).collect();
    arrivals.sort_unstable();
    let mut first = 0;
    let mut max = 0;
    for (position, arrival) in arrivals.iter().enumerate() {
        while arrival.saturating_duration_since(arrivals[first]) >= window && first < position {
            first += 1;
        }
        max = max.max(position + 1 - first);
    }
    max
}

/// The latest requests, oldest first.
#[derive(Debug)]
pub(super) struct RequestLog {
    capacity: usize,
    entries: VecDeque<LoggedRequest>,
    received: u64,
    refusals: VecDeque<Instant>,
}

impl RequestLog {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, entries: VecDeque::new(), received: 0, refusals: VecDeque::new() }
    }

    pub(super) fn record(&mut self, mut entry: LoggedRequest) {
        self.received += 1;
        if let Some(last) = self.entries.back() {
            // Clients repeat themselves, so consecutive entries share their texts.
            if last.path == entry.path {
                entry.path = Arc::clone(&last.path);
            }
            if last.user_agent == entry.user_agent {
                entry.user_agent.clone_from(&last.user_agent);
            }
        }
        push(&mut self.entries, entry, self.capacity);
    }

    /// Records a connection that was reset before its first request.
    pub(super) fn record_refusal(&mut self, at: Instant) {
        push(&mut self.refusals, at, self.capacity);
    }

    pub(super) fn refusals(&self) -> Vec<Instant> {
        self.refusals.iter().copied().collect()
    }

    pub(super) fn entries(&self) -> Vec<LoggedRequest> {
        self.entries.iter().cloned().collect()
    }

    /// How many requests were received in total, including those no longer kept.
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

    fn seen(page: u64) -> LoggedRequest {
        LoggedRequest {
            arrived: Instant::now(),
            protocol: Protocol::Http1,
            path: "/api/partner/v2/contacts".into(),
            page: Some(page),
            per_page: None,
            lookup: None,
            user_agent: Some("test/1".into()),
            status: 200,
            verdict: Verdict::Served,
            state: Some(0),
            counted: Some(0),
        }
    }

    #[test]
    fn the_oldest_entries_are_dropped_but_counted() {
        let mut log = RequestLog::new(2);
        for page in 1..=5 {
            log.record(seen(page));
        }
        let pages: Vec<_> = log.entries().iter().map(|entry| entry.page).collect();
        assert_eq!(pages, [Some(4), Some(5)]);
        assert_eq!(log.received(), 5);
    }

    #[test]
    fn equal_texts_are_stored_once() {
        let mut log = RequestLog::new(10);
        log.record(seen(1));
        log.record(seen(2));
        let entries = log.entries();
        assert!(Arc::ptr_eq(&entries[0].path, &entries[1].path));
    }

    #[test]
    fn without_capacity_nothing_is_kept() {
        let mut log = RequestLog::new(0);
        log.record(seen(1));
        assert!(log.entries().is_empty());
        assert_eq!(log.received(), 1);
    }

    #[test]
    fn the_busiest_second_is_found() {
        let start = Instant::now();
        let at = |milliseconds| LoggedRequest { arrived: start + Duration::from_millis(milliseconds), ..seen(1) };
        let requests: Vec<_> = [0, 900, 1_000, 1_100, 5_000, 1_899].map(at).into();
        assert_eq!(max_within(&requests, Duration::from_secs(1)), 4);
        assert_eq!(max_within(&requests, Duration::from_millis(100)), 1);
        assert_eq!(max_within(&[], Duration::from_secs(1)), 0);
    }
}
