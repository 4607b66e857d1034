//! Reads pages concurrently and emits them in list order.
//!
//! The planner of the proof decides what to read and which rows leave. Up to `concurrency` tasks read pages, within the
//! memory budget; pages that arrive early wait for their turn. The output is a bounded channel: while it is full, or there
//! is no memory, no further page is requested. All requests are dropped when the receiver goes away or a page fails.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::DateTime;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::error::{ApiError, FailedAttempt};
use super::lookup::Lookups;
use super::progress::Progress;
use super::request::{Fetched, Fetcher};
use super::split_plan::Unreadable;
use crate::api::memory_budget::{Budget, Share};
use crate::api::{Failure, FailureKind};
use crate::config::ContactsConfig;
use crate::decode::Contact;
use crate::events::{Event, ReadSummary, Reporter};
use crate::proof::{Emission, Level, Planner, Reason, Request, RowSelection, Seen};

/// Pages ready for a consumer that is slower than the server, above which no further page is requested. Reading
/// further ahead would only use memory.
const READY: usize = 16;

/// A page that leaves the reader.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its number; 0 if its contacts were looked up by their ids.
    pub number: u64,
    /// Its contacts.
    pub contacts: Vec<Contact>,
    /// Which of them leave: those that no earlier page had.
    pub keep: RowSelection,
    /// Its share of the memory budget, to be dropped once its contacts have been copied.
    pub share: Share,
}

/// The result of reading all pages.
pub(crate) struct AllRead {
    /// What the fetcher and the proof know of the summary.
    pub summary: ReadSummary,
    /// The contacts.
    pub seen: Seen,
    /// Looks up other contacts.
    pub lookups: Lookups,
}

/// The result of a task that reads a page.
struct Read {
    request: Request,
    /// Whether the page was read in pieces, because it could not be read as a whole.
    in_pieces: bool,
    result: Result<Fetched, ApiError>,
    share: Share,
}

/// Reads all pages of a run.
pub(crate) struct Reader {
    fetcher: Arc<Fetcher>,
    planner: Planner,
    concurrency: usize,
    deadline: Option<Duration>,
    progress: Progress,
    tasks: JoinSet<Read>,
    /// Tickets of the pages being read.
    in_flight: BTreeSet<u64>,
    /// Pages that wait for their turn, by ticket.
    waiting: HashMap<u64, Page>,
    leaving: VecDeque<Emission>,
    budget: Arc<Budget>,
}

impl Reader {
    /// Sets up the HTTP client.
    pub fn new(config: &ContactsConfig, reporter: Arc<dyn Reporter>) -> Result<Self, ApiError> {
        Ok(Self {
            fetcher: Arc::new(Fetcher::new(config, reporter)?),
            planner: Planner::new(config.per_page.get(), config.limit, config.required()),
            concurrency: config.concurrency.get(),
            deadline: config.retry_limits.deadline,
            progress: Progress::default(),
            tasks: JoinSet::new(),
            in_flight: BTreeSet::new(),
            waiting: HashMap::new(),
            leaving: VecDeque::new(),
            budget: Arc::default(),
        })
    }

    /// Reads until the plan is done. Returns `None` if the receiver has gone away.
    pub async fn read(self, out: &mpsc::Sender<Page>) -> Result<Option<AllRead>, ApiError> {
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

    async fn read_all(mut self, out: &mpsc::Sender<Page>) -> Result<Option<AllRead>, ApiError> {
        let budget = Arc::clone(&self.budget);
        loop {
            self.leaving.extend(std::iter::from_fn(|| self.planner.emit()));
            let changed = budget.changed();
            let has_room = self.start_requests();
            self.leaving.extend(std::iter::from_fn(|| self.planner.emit()));
            if self.tasks.is_empty() && self.leaving.is_empty() && has_room {
                return Ok(Some(self.finish()));
            }
            budget.set_next(self.in_flight.first().copied().filter(|_| self.leaving.is_empty()));
            tokio::select! {
                permit = out.reserve(), if !self.leaving.is_empty() => {
                    let (Ok(permit), Some(Emission { ticket, rows: keep })) = (permit, self.leaving.pop_front()) else {
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

    /// Starts as many requests as concurrency, memory and the consumer allow. Returns whether there was enough memory.
    fn start_requests(&mut self) -> bool {
        while self.tasks.len() < self.concurrency && self.leaving.len() < READY {
            let idle = self.tasks.is_empty() && self.leaving.is_empty();
            let Some(share) = self.budget.share(self.progress.expected, idle) else { return false };
            let Some(request) = self.planner.next() else { break };
            let (fetcher, share) = (Arc::clone(&self.fetcher), share.of(request.ticket));
            fetcher.pacer.set_pages_left(self.progress.sent());
            self.in_flight.insert(request.ticket);
            let now = fetcher.pacer.now();
            let is_past_the_end = self.progress.end_of_list(request.asked, self.planner.total(), now).is_some();
            self.tasks.spawn(async move {
                let result = match request.ticket {
                    0 => fetcher.fetch_first(request.asked, &share).await,
                    _ if is_past_the_end => fetcher.fetch_past_the_end(request.asked, &share).await,
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
            Ok(Fetched { observed, contacts, bytes, .. }) => {
                self.waiting.insert(ticket, Page { number: asked.page, contacts, keep: RowSelection::All, share });
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
                let end = self.progress.end_of_list(asked, self.planner.total(), now).filter(
                    |_| matches!(&error, ApiError::Page(FailedAttempt { failure, .. }) if denies_page(failure)),
                );
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

    fn finish(self) -> AllRead {
        let Self { fetcher, planner, progress, concurrency, budget, .. } = self;
        let server_start = fetcher.freshness().start().and_then(DateTime::from_timestamp_millis);
        let mut certificate = planner.finish();
        for Unreadable { place, beside: [before, after] } in fetcher.unreadable().drain(..) {
            certificate.lower(Level::Incomplete, Reason::Unreadable { place, before, after });
        }
        let summary = ReadSummary {
            requests: fetcher.requests.load(Ordering::Relaxed),
            bytes: progress.bytes,
            rate: fetcher.pacer.measured(),
            server_start,
            certificate,
            ..ReadSummary::default()
        };
        AllRead { summary, seen: planner.into_seen(), lookups: Lookups { fetcher, concurrency, budget } }
    }
}

/// Whether the server's answer means that there is no such page.
pub(super) fn denies_page(failure: &Failure) -> bool {
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
