//! The contacts of an organization as a stream of record batches.
//!
//! Fetching is a task of its own, so that a slow consumer does not lower its concurrency. Its pages arrive through a bounded
//! channel and leave as batches of equal size, in list order.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use futures::{FutureExt, Stream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::redact::{Redacting, redacted};
use crate::config::{ContactsConfig, Token};
use crate::decode::{BatchBuilder, RawColumn};
use crate::error::Error;
use crate::events::{Counters, Event, Figures, ReadSummary, Reporter, Silent, Warning};
use crate::fetch::{ApiError, Page, Reader};
use crate::page::Finding;
use crate::proof::RowSelection;
use crate::resource::OWNER_ID;

/// Pages between the scheduler and the stream. The scheduler's window holds more.
const CHANNEL: usize = 4;

/// Maximum JSON of the contacts in a batch, in bytes, unless one contact has more.
const BATCH_JSON: usize = 4 << 20;

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
    read(config, RawColumn::Without, Arc::new(Silent))
}

/// Streams contacts, and reports the events to a reporter.
pub(super) fn read(config: &ContactsConfig, raw: RawColumn, reporter: Arc<dyn Reporter>) -> Result<Contacts, Error> {
    let counters = Arc::new(Counters::new(Arc::new(Redacting { token: config.token.clone(), next: reporter })));
    let reader = Reader::new(config, Arc::clone(&counters) as _)?;
    let (sender, pages) = mpsc::channel(CHANNEL);
    Ok(Contacts {
        pages,
        reading: Some(tokio::spawn(reader.read(sender))),
        page: None,
        batch: BatchBuilder::new(raw),
        batch_rows: config.batch_rows.get(),
        left: config.limit.map_or(u64::MAX, std::num::NonZeroU64::get),
        owners: HashSet::new(),
        figures: ReadSummary::default(),
        summary: None,
        counters,
        token: config.token.clone(),
    })
}

/// A stream of record batches, with a summary at its end.
///
/// Batches have [`ContactsConfig::batch_rows`] rows; the last one has fewer, and so does any whose contacts
/// would exceed 4 MiB as JSON. An error ends the stream: the contacts before it are then incomplete.
pub struct Contacts {
    pages: mpsc::Receiver<Page>,
    /// The task that fetches; `None` once its result was taken.
    reading: Option<JoinHandle<Result<Option<ReadSummary>, ApiError>>>,
    /// The page whose contacts are being copied into the batch, and the number of those that were.
    page: Option<(Page, usize)>,
    batch: BatchBuilder,
    batch_rows: usize,
    /// Rows that the limit still allows.
    left: u64,
    owners: HashSet<i64>,
    /// The summary so far.
    figures: ReadSummary,
    /// The summary, once the stream has ended without an error.
    summary: Option<ReadSummary>,
    /// Counts every event.
    counters: Arc<Counters>,
    /// Is removed from every error.
    token: Token,
}

impl Contacts {
    /// The summary of the stream, once it has ended without an error.
    #[must_use]
    pub fn summary(&self) -> Option<&ReadSummary> {
        self.summary.as_ref()
    }

    /// Begins with a page.
    fn take_page(&mut self, page: Page) {
        let kept = match &page.keep {
            RowSelection::All => page.contacts.len(),
            RowSelection::Mask(keep) => keep.iter().filter(|keep| **keep).count(),
        };
        let contacts = self.left.min(kept as u64);
        if contacts > 0 {
            self.figures.pages += 1;
            self.counters.report(&Event::RowsEmitted { page: page.number, contacts });
        }
        self.page = Some((page, 0));
    }

    /// Copies contacts of the page into the batch. Returns whether the batch is full.
    fn fill_batch(&mut self) -> bool {
        let Some((page, taken)) = &mut self.page else { return false };
        let mut is_full = false;
        while let Some(contact) = page.contacts.get_mut(*taken).filter(|_| self.left > 0) {
            if page.keep.keeps(*taken) {
                let rows = self.batch.rows();
                is_full = rows == self.batch_rows || (rows > 0 && self.batch.json() + contact.json_len() > BATCH_JSON);
                if is_full {
                    break;
                }
                self.batch.push(contact, *taken + 1);
                self.left -= 1;
            }
            *taken += 1;
        }
        let number = page.number;
        for finding in self.batch.findings() {
            self.warn(number, finding);
        }
        is_full
    }

    /// The batch, complete or the last one.
    fn take_batch(&mut self) -> Result<RecordBatch, Error> {
        let batch = self.batch.finish().map_err(bug)?;
        self.figures.contacts += batch.num_rows() as u64;
        let owners = batch.column_by_name(OWNER_ID).map(AsArray::as_primitive::<Int64Type>);
        self.owners.extend(owners.into_iter().flatten().flatten());
        Ok(batch)
    }

    fn warn(&mut self, page: u64, Finding { kind, column, row, count }: Finding) {
        let first = || {
            let warning = Warning { kind, page, column, position: row };
            self.counters.report(&Event::Warned(warning.clone()));
            (warning, 0)
        };
        self.figures.warnings.entry((kind, column)).or_insert_with(first).1 += count;
    }

    fn take_end(&mut self, end: Result<Option<ReadSummary>, ApiError>) -> Result<(), Error> {
        let read = end.map_err(|error| redacted(error, &self.token))?.ok_or(Error::Cancelled)?;
        let ReadSummary { contacts, pages, warnings, .. } = std::mem::take(&mut self.figures);
        let Figures { retries, failures, .. } = self.counters.figures();
        let owners = self.owners.len() as u64;
        self.summary = Some(ReadSummary { contacts, owners, pages, retries, failures, warnings, ..read });
        Ok(())
    }
}

pub(super) fn bug(error: impl std::fmt::Display) -> Error {
    Error::Bug(error.to_string())
}

impl Stream for Contacts {
    type Item = Result<RecordBatch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.fill_batch() {
                return Poll::Ready(Some(self.take_batch()));
            }
            // Releases its memory.
            self.page = None;
            if let Some(page) = ready!(self.pages.poll_recv(context)) {
                self.take_page(page);
            } else if self.batch.rows() > 0 {
                return Poll::Ready(Some(self.take_batch()));
            } else {
                let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
                let joined = ready!(reading.poll_unpin(context));
                self.reading = None;
                if let Err(error) = joined.map_err(bug).and_then(|end| self.take_end(end)) {
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
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
        f.debug_struct("Contacts").field("figures", &self.figures).finish_non_exhaustive()
    }
}
