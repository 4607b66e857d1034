//! The contacts of an organization as a stream of record batches.
//!
//! Pages are read and made into batches in one task, so that a slow consumer does not lower the concurrency. Batches are of
//! equal size and in list order.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use futures::{FutureExt, Stream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::accounting::Accounting;
use super::batches::Batches;
use super::redact::{Redacting, redacted};
use crate::config::{ContactsConfig, Token};
use crate::decode::RawColumn;
use crate::error::Error;
use crate::events::{Counters, ReadSummary, Reporter, Silent};
use crate::fetch::Reader;

/// Pages between the scheduler and the batches. The scheduler's window holds more.
const PAGES: usize = 4;
/// Batches between the task and the consumer.
const BATCHES: usize = 1;

/// Streams all contacts of an organization, each once, in the order of the server's list.
///
/// Unlike most streams, it starts sending requests at once, in a task of its own, and not when it is first polled. Dropping
/// the stream cancels them.
///
/// # Errors
/// If the HTTP client cannot be set up. Every other error is an item of the stream.
///
/// # Panics
/// Outside a tokio runtime.
pub fn contacts(config: &ContactsConfig) -> Result<Contacts, Error> {
    read(config, RawColumn::Without, None, Arc::new(Silent))
}

/// Streams contacts, accounts for those of an export before, and reports the events to a reporter.
pub(super) fn read(
    config: &ContactsConfig,
    raw: RawColumn,
    accounting: Option<Accounting>,
    reporter: Arc<dyn Reporter>,
) -> Result<Contacts, Error> {
    let token = config.token.clone();
    let counters = Arc::new(Counters::new(Arc::new(Redacting { token: token.clone(), next: reporter })));
    let reader = Reader::new(config, Arc::clone(&counters) as _)?;
    let (out, batches) = mpsc::channel(BATCHES);
    let batches_made = Batches::new(config, raw, Arc::clone(&counters));
    let reading = tokio::spawn(read_all(reader, accounting, batches_made, out, counters, token));
    Ok(Contacts { batches, reading: Some(reading), summary: None })
}

/// Reads all pages, and makes batches of them in the same task, so that the consumer wakes up once per batch, not per page.
/// The token is redacted from errors.
async fn read_all(
    reader: Reader,
    accounting: Option<Accounting>,
    batches: Batches,
    out: mpsc::Sender<RecordBatch>,
    counters: Arc<Counters>,
    token: Token,
) -> Result<ReadSummary, Error> {
    let (sender, pages) = mpsc::channel(PAGES);
    let reading = async {
        let read = reader.read(&sender).await.map_err(|error| redacted(error, &token))?;
        let read = match (read, accounting) {
            (Some(read), Some(accounting)) => accounting.account(read, &sender, &*counters).await?,
            (read, _) => read.map(|read| read.summary),
        };
        // Ends the batches.
        drop(sender);
        Ok::<_, Error>(read)
    };
    let (read, made) = tokio::join!(reading, batches.make(pages, out));
    let read = read?;
    let ReadSummary { contacts, owners, pages, retries, failures, warnings, .. } = made?;
    let read = read.ok_or(Error::Cancelled)?;
    Ok(ReadSummary { contacts, owners, pages, retries, failures, warnings, ..read })
}

/// A stream of record batches, with a summary at its end.
///
/// Batches have [`ContactsConfig::batch_rows`] rows; the last one has fewer, and so does any whose contacts would exceed
/// 4 MiB as JSON. An error ends the stream: the contacts before it are then incomplete.
pub struct Contacts {
    batches: mpsc::Receiver<RecordBatch>,
    /// The task that reads; `None` once its result was taken.
    reading: Option<JoinHandle<Result<ReadSummary, Error>>>,
    /// The summary, once the stream has ended without an error.
    summary: Option<ReadSummary>,
}

impl Contacts {
    /// The summary of the stream, once it has ended without an error.
    #[must_use]
    pub fn summary(&self) -> Option<&ReadSummary> {
        self.summary.as_ref()
    }
}

impl Stream for Contacts {
    type Item = Result<RecordBatch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(batch) = ready!(self.batches.poll_recv(context)) {
            return Poll::Ready(Some(Ok(batch)));
        }
        let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
        let joined = ready!(reading.poll_unpin(context));
        self.reading = None;
        Poll::Ready(match joined.map_err(Error::bug).flatten() {
            Ok(summary) => {
                self.summary = Some(summary);
                None
            }
            Err(error) => Some(Err(error)),
        })
    }
}

impl Drop for Contacts {
    fn drop(&mut self) {
        if let Some(reading) = &self.reading {
            reading.abort();
        }
    }
}

impl std::fmt::Debug for Contacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contacts").field("summary", &self.summary).finish_non_exhaustive()
    }
}
