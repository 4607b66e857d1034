//! Reads all pages at once and hands them on in list order.
//!
//! The planner of the proof says what to read, and what of it leaves; up to `concurrency` tasks read it,
//! each page as often as the decision in `retry` wants, and as the budget has room for it; what has to wait for its
//! turn is kept. The way out is a bounded channel: when it is full, or there is no room, no further page is asked for.
//! When the receiver goes away or a page cannot be had, all requests are dropped at once.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::error::ApiError;
use super::request::{Fetched, Fetcher};
use super::split::Unreadable;
use crate::api::error::Failure;
use crate::api::memory_budget::{self, Budget, Share};
use crate::config::{ContactsConfig, Rate};
use crate::events::{Event, Reporter};
use crate::page::{Asked, DecodeError, Decoded, Observed, Pagination, Staleness};
use crate::proof::{Certificate, Emission, Level, Planner, Reason, Request, RowSelection};

/// Makes the tables of pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decoding<T> {
    /// Of a page's body.
    pub decode: fn(&[u8]) -> Result<Decoded<T>, DecodeError>,
    /// Of some rows of several tables, one after the other.
    pub join: Join<T>,
}

/// Joins tables; with the bytes that the joined one holds.
type Join<T> = fn(Vec<(T, Range<usize>)>) -> Result<(T, usize), String>;

/// A page that leaves the reader.
#[derive(Debug)]
pub(crate) struct Page<T> {
    /// Its number.
    pub number: u64,
    /// What the decode function made of it.
    pub table: T,
    /// Which of its rows leave: those that no earlier page had.
    pub keep: RowSelection,
    /// What it holds of the memory for pages: to be dropped once its rows were taken.
    pub share: Share,
}

/// What the reading came to.
#[derive(Debug)]
pub(crate) struct Totals {
    /// Requests sent, retries included.
    pub requests: u64,
    /// JSON of the pages, in bytes.
    pub bytes: u64,
    /// The rate that the run has learned to keep.
    pub learned: Option<Rate>,
    /// When the reading began by the server's clock, or a little earlier; none where its answers have no date.
    pub server_start: Option<DateTime<Utc>>,
    /// What is proven of all this.
    pub certificate: Certificate,
}

/// A reading that is set up and has not begun.
#[derive(Debug)]
pub(crate) struct Reader<T> {
    fetcher: Arc<Fetcher<T>>,
    planner: Planner,
    concurrency: usize,
    deadline: Option<Duration>,
}

impl<T: Send + 'static> Reader<T> {
    pub fn new(config: &ContactsConfig, decode: Decoding<T>, reporter: Arc<dyn Reporter>) -> Result<Self, ApiError> {
        Ok(Self {
            fetcher: Arc::new(Fetcher::new(config, decode, reporter)?),
            planner: Planner::new(config.per_page.get(), config.limit, config.required()),
            concurrency: config.concurrency.get(),
            deadline: config.patience.deadline,
        })
    }

    /// Reads until the plan is done. Ends without totals when nobody takes the pages any more.
    pub async fn read(self, out: mpsc::Sender<Page<T>>) -> Result<Option<Totals>, ApiError> {
        let deadline = self.deadline;
        let reading = self.read_all(out);
        match deadline {
            None => reading.await,
            Some(after) => tokio::select! {
                read = reading => read,
                () = sleep(after) => Err(ApiError::Deadline { after }),
            },
        }
    }

    async fn read_all(self, out: mpsc::Sender<Page<T>>) -> Result<Option<Totals>, ApiError> {
        let Self { fetcher, mut planner, concurrency, .. } = self;
        let mut progress = Progress::default();
        let mut fetching = JoinSet::new();
        let mut under_way = BTreeSet::new();
        let mut waiting = HashMap::new();
        let mut leaving = VecDeque::new();
        let budget = Arc::new(Budget::default());
        loop {
            leaving.extend(std::iter::from_fn(|| planner.emit()));
            let changed = budget.changed();
            let mut has_room = true;
            while fetching.len() < concurrency {
                let idle = fetching.is_empty() && leaving.is_empty();
                let Some(share) = budget.share(progress.expected, idle) else {
                    has_room = false;
                    break;
                };
                let Some(request) = planner.next() else { break };
                let (fetcher, share) = (Arc::clone(&fetcher), share.of(request.ticket));
                fetcher.pacer.set_pages_left(progress.sent());
                under_way.insert(request.ticket);
                fetching.spawn(async move {
                    let Request { ticket, asked } = request;
                    let read = match ticket {
                        0 => fetcher.fetch_first(asked, &share).await,
                        _ => fetcher.fetch(asked, &share).await,
                    };
                    (request, Reading::Whole, read, share)
                });
            }
            leaving.extend(std::iter::from_fn(|| planner.emit()));
            if fetching.is_empty() && leaving.is_empty() && has_room {
                break;
            }
            budget.set_next(under_way.first().copied().filter(|_| leaving.is_empty()));
            tokio::select! {
                permit = out.reserve(), if !leaving.is_empty() => {
                    let (Ok(permit), Some(Emission { ticket, rows: keep })) = (permit, leaving.pop_front()) else {
                        return Ok(None);
                    };
                    // An answer beyond the end has no page.
                    if let Some((number, table, share)) = waiting.remove(&ticket) {
                        permit.send(Page { number, table, keep, share: Share::hand_on(share) });
                    }
                }
                Some(joined) = fetching.join_next() => {
                    let (request, reading, read, share) = joined.unwrap_or_else(|error| rethrow(error));
                    let Request { ticket, asked } = request;
                    let observed = match read {
                        Ok(Fetched { observed, table, bytes, .. }) => {
                            if let Some(table) = table {
                                waiting.insert(ticket, (asked.page, table, share));
                            }
                            progress.take(observed.said, bytes);
                            if let Some(ahead) = fetcher.skew().filter(|_| progress.is_first_skew()) {
                                fetcher.reporter.report(&Event::ClockSkew { ahead });
                            }
                            if let Some(stale) = observed.stale.filter(|stale| progress.is_first_stale(*stale)) {
                                fetcher.reporter.report(&Event::Stale { page: asked.page, cause: stale.to_string() });
                            }
                            observed
                        }
                        Err(error) => {
                            let now = fetcher.pacer.now();
                            let end = progress.end_of_list(asked, planner.total(), now).filter(|_| denies_page(&error));
                            if end.is_none() && reading == Reading::Whole && fetcher.is_worth_splitting(&error) {
                                let fetcher = Arc::clone(&fetcher);
                                fetching.spawn(async move {
                                    let read = fetcher.split(asked, error, &share).await;
                                    (request, Reading::InPieces, read, share)
                                });
                                continue;
                            }
                            end.ok_or(error)?
                        }
                    };
                    under_way.remove(&ticket);
                    planner.observe(ticket, observed);
                    if progress.plan(planner.expected()) {
                        fetcher.reporter.report(&Event::Planned { pages: progress.planned, contacts: planner.expected() });
                    }
                }
                () = changed, if !has_room => {}
                () = out.closed() => return Ok(None),
            }
        }
        let (requests, learned) = (fetcher.requests(), fetcher.pacer.learned());
        let server_start = fetcher.freshness().start().and_then(DateTime::from_timestamp_millis);
        let mut certificate = planner.finish();
        for Unreadable { place, beside: [before, after] } in fetcher.unreadable().drain(..) {
            certificate.lower(Level::Incomplete, Reason::Unreadable { place, before, after });
        }
        Ok(Some(Totals { requests, bytes: progress.bytes, learned, server_start, certificate }))
    }
}

/// How far the reading is.
#[derive(Debug, Default)]
struct Progress {
    /// What the last page said.
    said: Option<Pagination>,
    /// Contacts a page, by what page 1 said; 0 before that.
    size: u64,
    /// Pages that there are, by what page 1 said; 0 before that.
    planned: u64,
    /// Requests for pages so far.
    asked: u64,
    /// JSON so far, in bytes.
    bytes: u64,
    /// What a page is expected to need, in bytes.
    expected: usize,
    /// Whether a page was from a cache.
    stale: bool,
    /// Whether it was told that the clocks differ.
    skewed: bool,
}

impl Progress {
    /// Counts a request; returns how many are still to come, as far as is known.
    fn sent(&mut self) -> u64 {
        self.asked += 1;
        self.planned.saturating_sub(self.asked)
    }

    fn take(&mut self, said: Pagination, bytes: usize) {
        // What the first page gives is what the server gives where it is not asked for less.
        self.size = if self.size == 0 { said.per_page } else { self.size };
        self.said = Some(said);
        self.bytes += bytes as u64;
        // A large page makes those after it be expected to be large, and a single one is forgotten again.
        self.expected = memory_budget::needs(bytes).max(self.expected - self.expected / 8);
    }

    /// Whether a page that is from a cache is the first: one is worth a warning.
    fn is_first_stale(&mut self, stale: Staleness) -> bool {
        stale != Staleness::Assembled && !std::mem::replace(&mut self.stale, true)
    }

    /// Whether it is told for the first time that the clocks differ.
    fn is_first_skew(&mut self) -> bool {
        !std::mem::replace(&mut self.skewed, true)
    }

    /// Plans the pages of so many contacts; true if they were not planned before.
    fn plan(&mut self, contacts: u64) -> bool {
        let Some(said) = self.said.filter(|_| self.planned == 0) else { return false };
        self.planned = contacts.div_ceil(said.per_page.max(1)).max(1);
        true
    }

    /// An empty page, where the list has ended before the page asked for by its own count. A server that goes on with
    /// its own page size, whatever is asked, counts by that.
    fn end_of_list(&self, asked: Asked, total_count: u64, now: Duration) -> Option<Observed> {
        let said = self.said?;
        let is_beyond = |size: &u64| (asked.page - 1).saturating_mul(*size) >= total_count;
        let per_page = [asked.per_page.into(), self.size].into_iter().find(is_beyond)?;
        let said = Pagination { current_page: asked.page, per_page, total_count, ..said };
        Some(Observed { asked, said, rows: Vec::new(), sent: now, received: now, stale: None })
    }
}

/// How a page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Whole,
    InPieces,
}

/// Whether the server has answered that there is no such page, in one of the ways in which servers do.
fn denies_page(error: &ApiError) -> bool {
    let ApiError::Page { failure, .. } = error else { return false };
    matches!(
        failure,
        Failure::Status { status: 400 | 404 | 410 | 416 | 422, .. } | Failure::NoPage { .. } | Failure::StandIn { .. }
    )
}

/// Goes on with a panic of a task: it is a fault of the program, and not to be hidden.
fn rethrow(error: JoinError) -> ! {
    std::panic::resume_unwind(error.into_panic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_expected_to_be_like_the_largest_of_the_last_ones() {
        let said = Pagination { current_page: 1, per_page: 100, total_pages: 9, total_count: 900 };
        let mut progress = Progress::default();
        progress.take(said, 1_000);
        let usual = progress.expected;
        progress.take(said, 8_000);
        assert_eq!(progress.expected, 8 * usual);
        progress.take(said, 1_000);
        assert_eq!(progress.expected, 7 * usual);
        (0..20).for_each(|_| progress.take(said, 1_000));
        assert_eq!(progress.expected, usual);
    }

    #[test]
    fn the_end_is_reckoned_by_the_size_that_the_server_gives() {
        let mut progress = Progress::default();
        let said = |per_page| Pagination { current_page: 1, per_page, total_pages: 3, total_count: 250 };
        progress.take(said(100), 0);
        progress.take(said(66), 0);
        let end = |page, per_page| {
            let end = progress.end_of_list(Asked { page, per_page }, 250, Duration::ZERO);
            end.map(|observed| (observed.said.current_page, observed.said.per_page))
        };
        assert_eq!([end(3, 100), end(4, 100)], [None, Some((4, 100))]);
        assert_eq!(end(5, 66), Some((5, 66)), "beyond the end by what was asked");
        // Page 4 of 66 shows places 199 to 250; for a server that goes on with 100 it is beyond the end.
        assert_eq!([end(4, 66), end(3, 66)], [Some((4, 100)), None]);
    }
}
