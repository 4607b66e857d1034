//! Reads pages concurrently and emits them in list order.
//!
//! The planner of the proof decides what to read and which rows leave. Up to `concurrency` tasks read pages, within the
//! memory budget; pages that arrive early wait for their turn. The output is a bounded channel: while it is full, or there
//! is no memory, no further page is requested. All requests are dropped when the receiver goes away or a page fails.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::error::ApiError;
use super::request::{Fetched, Fetcher};
use super::split_plan::Unreadable;
use crate::api::FailureKind;
use crate::api::memory_budget::{self, Budget, Share};
use crate::config::{ContactsConfig, Rate};
use crate::decode::PageTable;
use crate::events::{Event, Reporter};
use crate::page::{Asked, Observed, Pagination, Staleness};
use crate::proof::{Certificate, Keep, Leaving, Level, Planner, Reason, Request};

/// A page that leaves the reader.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its number.
    pub number: u64,
    /// Its rows.
    pub table: PageTable,
    /// Which of its rows leave: those that no earlier page had.
    pub keep: Keep,
    /// Its share of the memory budget: to be dropped once its rows have been used.
    pub share: Share,
}

/// The result of reading.
#[derive(Debug)]
pub(crate) struct Totals {
    /// Requests sent, including retries.
    pub requests: u64,
    /// JSON of the pages, in bytes.
    pub bytes: u64,
    /// The learned rate.
    pub learned: Option<Rate>,
    /// When reading began by the server's clock, or slightly earlier; `None` if its responses have no date.
    pub server_start: Option<DateTime<Utc>>,
    /// What is proven.
    pub certificate: Certificate,
}

/// A reader that is set up and has not started.
pub(crate) struct Reader {
    fetcher: Arc<Fetcher>,
    planner: Planner,
    concurrency: usize,
    deadline: Option<Duration>,
}

impl Reader {
    /// Sets up the HTTP client. `with_raw` if tables are to hold each contact's JSON, too.
    pub fn new(config: &ContactsConfig, with_raw: bool, reporter: Arc<dyn Reporter>) -> Result<Self, ApiError> {
        Ok(Self {
            fetcher: Arc::new(Fetcher::new(config, with_raw, reporter)?),
            planner: Planner::new(config.per_page.get(), config.limit, config.required()),
            concurrency: config.concurrency.get(),
            deadline: config.patience.deadline,
        })
    }

    /// Reads until the plan is done. Returns no totals if the receiver has gone away.
    pub async fn read(self, out: mpsc::Sender<Page>) -> Result<Option<Totals>, ApiError> {
        let deadline = self.deadline;
        let run = Run {
            fetcher: self.fetcher,
            planner: self.planner,
            concurrency: self.concurrency,
            progress: Progress::default(),
            tasks: JoinSet::new(),
            in_flight: BTreeSet::new(),
            waiting: HashMap::new(),
            leaving: VecDeque::new(),
            budget: Arc::default(),
        };
        let reading = run.read_all(out);
        match deadline {
            None => reading.await,
            Some(after) => tokio::select! {
                read = reading => read,
                () = sleep(after) => Err(ApiError::Deadline { after }),
            },
        }
    }
}

/// The result of a task that reads a page.
struct Read {
    request: Request,
    /// Whether the page was read in pieces, because it could not be read as a whole.
    in_pieces: bool,
    result: Result<Fetched, ApiError>,
    share: Share,
}

/// A reader at work.
struct Run {
    fetcher: Arc<Fetcher>,
    planner: Planner,
    concurrency: usize,
    progress: Progress,
    tasks: JoinSet<Read>,
    /// Tickets of the pages being read.
    in_flight: BTreeSet<u64>,
    /// Pages that wait for their turn, by ticket.
    waiting: HashMap<u64, Page>,
    leaving: VecDeque<Leaving>,
    budget: Arc<Budget>,
}

impl Run {
    async fn read_all(mut self, out: mpsc::Sender<Page>) -> Result<Option<Totals>, ApiError> {
        let budget = Arc::clone(&self.budget);
        loop {
            self.leaving.extend(std::iter::from_fn(|| self.planner.leave()));
            let changed = budget.changed();
            let has_room = self.start_requests();
            self.leaving.extend(std::iter::from_fn(|| self.planner.leave()));
            if self.tasks.is_empty() && self.leaving.is_empty() && has_room {
                return Ok(Some(self.finish()));
            }
            budget.set_next(self.in_flight.first().copied().filter(|_| self.leaving.is_empty()));
            tokio::select! {
                permit = out.reserve(), if !self.leaving.is_empty() => {
                    let (Ok(permit), Some(Leaving { ticket, keep })) = (permit, self.leaving.pop_front()) else {
                        return Ok(None);
                    };
                    // A response beyond the end of the list has no page.
                    if let Some(page) = self.waiting.remove(&ticket) {
                        permit.send(Page { keep, share: page.share.hand_on(), ..page });
                    }
                }
                Some(joined) = self.tasks.join_next() => {
                    self.accept(joined.unwrap_or_else(|error| rethrow(error)))?;
                }
                () = changed, if !has_room => {}
                () = out.closed() => return Ok(None),
            }
        }
    }

    /// Starts as many requests as concurrency and memory allow. Returns whether there was enough memory.
    fn start_requests(&mut self) -> bool {
        while self.tasks.len() < self.concurrency {
            let idle = self.tasks.is_empty() && self.leaving.is_empty();
            let Some(share) = self.budget.share(self.progress.expected, idle) else { return false };
            let Some(request) = self.planner.next() else { break };
            let (fetcher, share) = (Arc::clone(&self.fetcher), share.of(request.ticket));
            fetcher.pacer.set_pages_left(self.progress.sent());
            self.in_flight.insert(request.ticket);
            self.tasks.spawn(async move {
                let result = match request.ticket {
                    0 => fetcher.fetch_first(request.asked, &share).await,
                    _ => fetcher.fetch(request.asked, &share).await,
                };
                Read { request, in_pieces: false, result, share }
            });
        }
        true
    }

    /// Passes what a task has read on to the planner.
    fn accept(&mut self, Read { request, in_pieces, result, share }: Read) -> Result<(), ApiError> {
        let Request { ticket, asked } = request;
        let fetcher = &self.fetcher;
        let observed = match result {
            Ok(Fetched { observed, table, bytes, .. }) => {
                if let Some(table) = table {
                    self.waiting.insert(ticket, Page { number: asked.page, table, keep: Keep::All, share });
                }
                self.progress.count(observed.said, bytes);
                if let Some(ahead) = fetcher.skew().filter(|_| self.progress.is_first_skew()) {
                    fetcher.reporter.report(&Event::ClockSkew { ahead });
                }
                if let Some(stale) = observed.stale.filter(|stale| self.progress.is_first_stale(*stale)) {
                    fetcher.reporter.report(&Event::Stale { page: asked.page, cause: stale.to_string() });
                }
                observed
            }
            Err(error) => {
                let now = fetcher.pacer.now();
                let end = self.progress.end_of_list(asked, self.planner.total(), now).filter(|_| denies_page(&error));
                if end.is_none() && !in_pieces && fetcher.is_worth_splitting(&error) {
                    let fetcher = Arc::clone(fetcher);
                    self.tasks.spawn(async move {
                        let result = fetcher.split(asked, error, &share).await;
                        Read { request, in_pieces: true, result, share }
                    });
                    return Ok(());
                }
                end.ok_or(error)?
            }
        };
        self.in_flight.remove(&ticket);
        self.planner.observe(ticket, observed);
        let contacts = self.planner.expected();
        if self.progress.plan(contacts) {
            fetcher.reporter.report(&Event::Planned { pages: self.progress.planned, contacts });
        }
        Ok(())
    }

    fn finish(self) -> Totals {
        let Self { fetcher, planner, progress, .. } = self;
        let server_start = fetcher.freshness().start().and_then(DateTime::from_timestamp_millis);
        let mut certificate = planner.finish();
        for Unreadable { place, beside: [before, after] } in fetcher.unreadable().drain(..) {
            certificate.lower(Level::Incomplete, Reason::Unreadable { place, before, after });
        }
        let (requests, learned) = (fetcher.requests(), fetcher.pacer.learned());
        Totals { requests, bytes: progress.bytes, learned, server_start, certificate }
    }
}

/// How far reading has come.
#[derive(Debug, Default)]
struct Progress {
    /// The pagination of the last page.
    said: Option<Pagination>,
    /// Contacts per page according to page 1; 0 before that.
    size: u64,
    /// Number of pages according to page 1; 0 before that.
    planned: u64,
    /// Pages requested so far.
    asked: u64,
    /// JSON so far, in bytes.
    bytes: u64,
    /// Memory that a page is expected to need, in bytes.
    expected: usize,
    /// Whether a stale page was reported.
    stale: bool,
    /// Whether a clock skew was reported.
    skewed: bool,
}

impl Progress {
    /// Counts a request. Returns how many are still to come, as far as is known.
    fn sent(&mut self) -> u64 {
        self.asked += 1;
        self.planned.saturating_sub(self.asked)
    }

    /// Counts a page.
    fn count(&mut self, said: Pagination, bytes: usize) {
        // The size of the first page is the one that the server uses unless a smaller one is requested.
        self.size = if self.size == 0 { said.per_page } else { self.size };
        self.said = Some(said);
        self.bytes += bytes as u64;
        // After a large page, large pages are expected; a single one is forgotten again.
        self.expected = memory_budget::needs(bytes).max(self.expected - self.expected / 8);
    }

    /// Whether this is the first page from a cache: only the first is reported.
    fn is_first_stale(&mut self, stale: Staleness) -> bool {
        stale != Staleness::Assembled && !std::mem::replace(&mut self.stale, true)
    }

    /// Whether a clock skew is seen for the first time.
    fn is_first_skew(&mut self) -> bool {
        !std::mem::replace(&mut self.skewed, true)
    }

    /// Plans the pages of this many contacts. Returns whether they are planned for the first time.
    fn plan(&mut self, contacts: u64) -> bool {
        let Some(said) = self.said.filter(|_| self.planned == 0) else { return false };
        self.planned = contacts.div_ceil(said.per_page.max(1)).max(1);
        true
    }

    /// An empty page, if the requested one is beyond the end of the list. A server that ignores the requested page size
    /// counts pages by its own.
    fn end_of_list(&self, asked: Asked, total_count: u64, now: Duration) -> Option<Observed> {
        let said = self.said?;
        let is_beyond = |size: &u64| (asked.page - 1).saturating_mul(*size) >= total_count;
        let per_page = [asked.per_page.into(), self.size].into_iter().find(is_beyond)?;
        let said = Pagination { current_page: asked.page, per_page, total_count, ..said };
        Some(Observed { asked, said, rows: Vec::new(), sent: now, received: now, stale: None })
    }
}

/// Whether the server's answer means that there is no such page.
fn denies_page(error: &ApiError) -> bool {
    let ApiError::Page { failure, .. } = error else { return false };
    matches!(
        failure.kind,
        FailureKind::Status { status: 400 | 404 | 410 | 416 | 422, .. }
            | FailureKind::InvalidPage { .. }
            | FailureKind::NotAPage { .. }
    )
}

/// Resumes the panic of a task: it is a bug of this program, and must not be hidden.
fn rethrow(error: JoinError) -> ! {
    std::panic::resume_unwind(error.into_panic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_expected_to_be_as_large_as_recent_ones() {
        let said = Pagination { current_page: 1, per_page: 100, total_pages: 9, total_count: 900 };
        let mut progress = Progress::default();
        progress.count(said, 1_000);
        let usual = progress.expected;
        progress.count(said, 8_000);
        assert_eq!(progress.expected, 8 * usual);
        progress.count(said, 1_000);
        assert_eq!(progress.expected, 7 * usual);
        (0..20).for_each(|_| progress.count(said, 1_000));
        assert_eq!(progress.expected, usual);
    }

    #[test]
    fn the_end_of_the_list_follows_the_servers_page_size() {
        let mut progress = Progress::default();
        let said = |per_page| Pagination { current_page: 1, per_page, total_pages: 3, total_count: 250 };
        progress.count(said(100), 0);
        progress.count(said(66), 0);
        let end = |page, per_page| {
            let end = progress.end_of_list(Asked { page, per_page }, 250, Duration::ZERO);
            end.map(|observed| (observed.said.current_page, observed.said.per_page))
        };
        assert_eq!([end(3, 100), end(4, 100)], [None, Some((4, 100))]);
        assert_eq!(end(5, 66), Some((5, 66)), "beyond the end by the requested size");
        // Page 4 of size 66 shows positions 199 to 250; for a server that uses 100 it is beyond the end.
        assert_eq!([end(4, 66), end(3, 66)], [Some((4, 100)), None]);
    }
}
