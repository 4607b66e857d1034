//! The contacts of an organization as a stream of record batches.
//!
//! Fetching is a task of its own, so that a slow consumer does not lower its concurrency. Its pages arrive through a bounded
//! channel and leave as batches of equal size, in list order.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{BatchCoalescer, filter_record_batch};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use futures::{FutureExt, Stream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::redact::{Redacting, redacted};
use crate::config::{ContactsConfig, Token};
use crate::decode::PageTable;
use crate::error::Error;
use crate::events::{Counters, Event, Figures, ReadSummary, Reporter, Silent, Warning};
use crate::fetch::{ApiError, Page, Reader, Share};
use crate::page::Finding;
use crate::proof::RowSelection;
use crate::resource;

/// Pages between the scheduler and the stream. The scheduler's window holds more.
const CHANNEL: usize = 4;

/// Maximum bytes in a batch, approximately.
const BATCH_BYTES: usize = 4 << 20;

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
    read(config, Rows::OfTable, Arc::new(Silent))
}

/// The columns of a stream's batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// The columns of the table.
    OfTable,
    /// The columns of the table, and each contact's JSON as the API sent it.
    WithRaw,
}

/// Streams contacts, and reports the events to a reporter.
pub(super) fn read(config: &ContactsConfig, rows: Rows, reporter: Arc<dyn Reporter>) -> Result<Contacts, Error> {
    let schema = match rows {
        Rows::OfTable => resource::schema(),
        Rows::WithRaw => resource::schema_with_raw(),
    };
    let counters = Arc::new(Counters::new(Arc::new(Redacting { token: config.token.clone(), next: reporter })));
    let reader = Reader::new(config, rows == Rows::WithRaw, Arc::clone(&counters) as _)?;
    let (sender, pages) = mpsc::channel(CHANNEL);
    Ok(Contacts {
        pages,
        reading: Some(tokio::spawn(reader.read(sender))),
        rows: BatchCoalescer::new(schema, config.batch_rows.get()),
        share: None,
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
/// Batches have [`ContactsConfig::batch_rows`] rows; the last one has fewer, and so does any that would exceed 4 MiB. An
/// error ends the stream: the contacts before it are then incomplete.
pub struct Contacts {
    pages: mpsc::Receiver<Page>,
    /// The task that fetches; `None` once its result was taken.
    reading: Option<JoinHandle<Result<Option<ReadSummary>, ApiError>>>,
    /// Coalesces rows into batches.
    rows: BatchCoalescer,
    /// The memory of the last page, which is held until its batches have been taken.
    share: Option<Share>,
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

    fn take_page(&mut self, page: Page) -> Result<(), Error> {
        let PageTable { batch, findings } = page.table;
        let kept = match page.keep {
            RowSelection::All => batch,
            RowSelection::Mask(rows) => filter_record_batch(&batch, &rows.into()).map_err(bug)?,
        };
        let rows = usize::try_from(self.left).unwrap_or(usize::MAX).min(kept.num_rows());
        let batch = kept.slice(0, rows);
        if rows > 0 {
            self.figures.pages += 1;
            self.counters.report(&Event::RowsEmitted { page: page.number, contacts: rows as u64 });
        }
        self.left -= rows as u64;
        self.figures.contacts += rows as u64;
        let owners = batch.column_by_name("owner_id").map(AsArray::as_primitive::<Int64Type>);
        self.owners.extend(owners.into_iter().flatten().flatten());
        for finding in findings {
            self.warn(page.number, finding);
        }
        self.share = Some(page.share);
        self.push(&batch).map_err(bug)
    }

    /// Coalesces rows into batches. The rows of a large page are not copied: slices of it become batches.
    fn push(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let bytes = batch.get_array_memory_size();
        if self.rows.get_buffered_rows() > 0 && self.rows.size() + bytes > BATCH_BYTES {
            self.rows.finish_buffered_batch()?;
        }
        if bytes <= BATCH_BYTES {
            return self.rows.push_batch(batch.clone());
        }
        let parts = bytes.div_ceil(BATCH_BYTES);
        let rows = batch.num_rows().div_ceil(parts).max(1);
        for start in (0..batch.num_rows()).step_by(rows) {
            self.rows.push_batch(batch.slice(start, rows.min(batch.num_rows() - start)))?;
            self.rows.finish_buffered_batch()?;
        }
        Ok(())
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
        self.rows.finish_buffered_batch().map_err(bug)
    }
}

pub(super) fn bug(error: impl std::fmt::Display) -> Error {
    Error::Bug(error.to_string())
}

impl Stream for Contacts {
    type Item = Result<RecordBatch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(batch) = self.rows.next_completed_batch() {
                return Poll::Ready(Some(Ok(batch)));
            }
            // All batches of the last page have been taken.
            self.share = None;
            let taken = if let Some(page) = ready!(self.pages.poll_recv(context)) {
                self.take_page(page)
            } else {
                let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
                let joined = ready!(reading.poll_unpin(context));
                self.reading = None;
                joined.map_err(bug).and_then(|end| self.take_end(end))
            };
            if let Err(error) = taken {
                return Poll::Ready(Some(Err(error)));
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
