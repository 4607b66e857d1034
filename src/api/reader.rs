//! Reads all pages at once and hands them on in list order.
//!
//! The planner says what to read; up to `concurrency` tasks read it, each page as often as the
//! decision in `retry` wants; a window puts the pages in order. The way out is a bounded channel: when
//! it is full, or the window has no room, no further page is asked for. When the receiver goes away or
//! a page cannot be had, all requests are dropped at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep};

use super::client::{Answer, Client};
use super::contract;
use super::failure::{ApiError, Failure, Said};
use super::limiter::Limiter;
use super::planner::Planner;
use super::retry::{Decision, decide};
use super::window::Window;
use super::wire;
use crate::config::{Backoff, ContactsConfig};
use crate::page::{Asked, DecodeError, Decoded, Observed};
use crate::report::{Event, Reporter};

/// What pages that wait in the window and those under way may hold together, in bytes.
const WINDOW: usize = 32 << 20;

/// Makes a page's table of its body.
pub(crate) type Decode<T> = fn(&[u8]) -> Result<Decoded<T>, DecodeError>;

/// A page that leaves the reader.
#[derive(Debug)]
pub(crate) struct Page<T> {
    /// Its number.
    pub number: u64,
    /// What the decode function made of it.
    pub table: T,
}

/// What the reading came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Pages read.
    pub pages: u64,
    /// Requests sent, retries included.
    pub requests: u64,
    /// JSON of the pages, in bytes.
    pub bytes: u64,
    /// Whether there was more than the limit let through.
    pub limited: bool,
}

/// A reading that is set up and has not begun.
#[derive(Debug)]
pub(crate) struct Reader<T> {
    fetcher: Arc<Fetcher<T>>,
    planner: Planner,
    concurrency: usize,
}

impl<T: Send + 'static> Reader<T> {
    pub fn new(config: &ContactsConfig, decode: Decode<T>, reporter: Arc<dyn Reporter>) -> Result<Self, ApiError> {
        let fetcher = Fetcher {
            client: Client::new(config)?,
            limiter: Limiter::new(config.rate),
            backoff: config.backoff,
            decode,
            reporter,
            requests: AtomicU64::new(0),
        };
        let planner = Planner::new(config.per_page, config.limit);
        Ok(Self { fetcher: Arc::new(fetcher), planner, concurrency: config.concurrency.get() })
    }

    /// Reads until the plan is done. Ends without totals when nobody takes the pages any more.
    pub async fn read(self, out: mpsc::Sender<Page<T>>) -> Result<Option<Totals>, ApiError> {
        let Self { fetcher, mut planner, concurrency } = self;
        let mut queue = VecDeque::from([planner.first()]);
        let mut places = 0..;
        let mut fetching = JoinSet::new();
        let mut window = Window::new();
        let mut largest = 0;
        let mut totals = Totals::default();
        loop {
            while fetching.len() < concurrency
                && (fetching.is_empty() || window.held() + (fetching.len() + 1) * largest <= WINDOW)
                && let Some(asked) = queue.pop_front()
                && let Some(place) = places.next()
            {
                let fetcher = Arc::clone(&fetcher);
                fetching.spawn(async move { fetcher.fetch(asked).await.map(|fetched| (place, fetched)) });
            }
            if fetching.is_empty() && !window.is_ready() {
                break;
            }
            tokio::select! {
                permit = out.reserve(), if window.is_ready() => match (permit, window.pop()) {
                    (Ok(permit), Some(page)) => permit.send(page),
                    _ => return Ok(None),
                },
                Some(joined) = fetching.join_next() => {
                    let (place, Fetched { observed, page, held, bytes }) = joined.unwrap_or_else(|error| rethrow(error))?;
                    let opening = totals.pages == 0;
                    queue.extend(planner.next(&observed)?);
                    if opening {
                        fetcher.reporter.report(&Event::Planned { pages: 1 + queue.len() as u64, contacts: planner.expected() });
                    }
                    totals.pages += 1;
                    totals.bytes += bytes as u64;
                    largest = largest.max(bytes + held);
                    window.insert(place, page, held);
                }
                () = out.closed() => return Ok(None),
            }
        }
        totals.requests = fetcher.requests.load(Ordering::Relaxed);
        totals.limited = planner.is_limited();
        planner.finish()?;
        Ok(Some(totals))
    }
}

/// Goes on with a panic of a task: it is a fault of the program, and not to be hidden.
fn rethrow(error: JoinError) -> ! {
    std::panic::resume_unwind(error.into_panic())
}

/// A page as its task leaves it.
struct Fetched<T> {
    observed: Observed,
    page: Page<T>,
    /// Bytes that the table holds.
    held: usize,
    /// Bytes of JSON.
    bytes: usize,
}

/// What the tasks share.
struct Fetcher<T> {
    client: Client,
    limiter: Limiter,
    backoff: Backoff,
    decode: Decode<T>,
    reporter: Arc<dyn Reporter>,
    requests: AtomicU64,
}

impl<T> std::fmt::Debug for Fetcher<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("client", &self.client).finish_non_exhaustive()
    }
}

impl<T> Fetcher<T> {
    /// Fetches a page, with as many attempts as it takes and `retry` allows.
    async fn fetch(&self, asked: Asked) -> Result<Fetched<T>, ApiError> {
        let page = asked.page;
        for attempt in 1.. {
            self.limiter.slot().await;
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.reporter.report(&Event::Requested { page, attempt });
            let sent = Instant::now();
            let failure = match self.client.get(asked).await.and_then(|answer| self.decode(asked, &answer)) {
                Ok(fetched) => {
                    let (contacts, bytes) = (fetched.observed.ids.len() as u64, fetched.bytes as u64);
                    self.reporter.report(&Event::PageRead { page, contacts, bytes, took: sent.elapsed() });
                    return Ok(fetched);
                }
                Err(failure) => failure,
            };
            let wait = match decide(&failure, attempt, self.backoff, fastrand::f64()) {
                Decision::Stop => return Err(ApiError::Page { page, attempt, failure }),
                Decision::Again(wait) => wait,
                Decision::Pause(wait) => {
                    self.limiter.pause(wait);
                    Duration::ZERO
                }
            };
            self.reporter.report(&Event::Retrying { page, attempt, wait, cause: failure.to_string() });
            sleep(wait).await;
        }
        unreachable!("a page is given up after a bounded number of attempts")
    }

    fn decode(&self, asked: Asked, answer: &Answer) -> Result<Fetched<T>, Failure> {
        let no_page = |reason| Failure::NoPage { reason, said: wire::said(&answer.headers, &answer.body) };
        let Decoded { table, said, ids, held } = (self.decode)(&answer.body).map_err(|error| match error {
            DecodeError::Malformed(reason) => no_page(reason),
            DecodeError::Identity(reason) => Failure::Identity(reason),
        })?;
        if let Some(reason) = contract::violation(asked, said, ids.len()) {
            return Err(Failure::NoPage { reason, said: Said::default() });
        }
        let page = Page { number: asked.page, table };
        Ok(Fetched { observed: Observed { asked, said, ids }, page, held, bytes: answer.body.len() })
    }
}
