//! Reads all pages at once and hands them on in list order.
//!
//! The planner says what to read; up to `concurrency` tasks read it, each page as often as the
//! decision in `retry` wants; a window puts the pages in order. The way out is a bounded channel: when
//! it is full, or the window has no room, no further page is asked for. When the receiver goes away or
//! a page cannot be had, all requests are dropped at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::failure::ApiError;
use super::fetcher::{Fetched, Fetcher};
use super::planner::Planner;
use super::window::Window;
use crate::config::{ContactsConfig, Rate};
use crate::page::{DecodeError, Decoded};
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
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Totals {
    /// Pages read.
    pub pages: u64,
    /// Requests sent, retries included.
    pub requests: u64,
    /// JSON of the pages, in bytes.
    pub bytes: u64,
    /// Whether there was more than the limit let through.
    pub limited: bool,
    /// The rate that the run has learned to keep.
    pub learned: Option<Rate>,
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
    pub fn new(config: &ContactsConfig, decode: Decode<T>, reporter: Arc<dyn Reporter>) -> Result<Self, ApiError> {
        Ok(Self {
            fetcher: Arc::new(Fetcher::new(config, decode, reporter)?),
            planner: Planner::new(config.per_page, config.limit),
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
                fetcher.pacer.set_pages_left(queue.len() as u64);
                fetching.spawn(async move { (place, fetcher.fetch(asked).await) });
            }
            if fetching.is_empty() && !window.is_ready() {
                break;
            }
            tokio::select! {
                permit = out.reserve(), if window.is_ready() => match (permit, window.pop()) {
                    (Ok(permit), Some(Some(page))) => permit.send(page),
                    (Ok(_), Some(None)) => {}
                    _ => return Ok(None),
                },
                Some(joined) = fetching.join_next() => {
                    let (place, fetched) = joined.unwrap_or_else(|error| rethrow(error));
                    if fetched.as_ref().is_err_and(|error| planner.is_end(error)) {
                        window.insert(place, None, 0);
                        continue;
                    }
                    let Fetched { observed, page, held, bytes } = fetched?;
                    let opening = totals.pages == 0;
                    queue.extend(planner.next(&observed)?);
                    if opening {
                        fetcher.reporter.report(&Event::Planned { pages: 1 + queue.len() as u64, contacts: planner.expected() });
                    }
                    // An empty page beyond the end only says that it is one.
                    totals.pages += u64::from(opening || !observed.ids.is_empty());
                    totals.bytes += bytes as u64;
                    largest = largest.max(bytes + held);
                    window.insert(place, Some(page), held);
                }
                () = out.closed() => return Ok(None),
            }
        }
        totals.requests = fetcher.requests();
        totals.learned = fetcher.pacer.learned();
        totals.limited = planner.is_limited();
        planner.finish()?;
        Ok(Some(totals))
    }
}

/// Goes on with a panic of a task: it is a fault of the program, and not to be hidden.
fn rethrow(error: JoinError) -> ! {
    std::panic::resume_unwind(error.into_panic())
}
