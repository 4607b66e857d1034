//! Copies the contacts that leave into batches, and counts them.

use std::collections::HashSet;
use std::num::NonZeroU64;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use tokio::sync::mpsc;

use crate::config::ContactsConfig;
use crate::decode::{BatchBuilder, RawColumn};
use crate::error::Error;
use crate::events::{Counters, Event, Figures, ReadSummary, Reporter, Warning};
use crate::fetch::Page;
use crate::page::Finding;
use crate::proof::RowSelection;
use crate::resource::OWNER_ID;

/// Maximum JSON of the contacts in a batch, in bytes, unless one contact has more.
const BATCH_JSON: usize = 4 << 20;

/// Makes batches of pages.
pub(super) struct Batches {
    batch: BatchBuilder,
    batch_rows: usize,
    /// Rows that the limit still allows.
    left: u64,
    owners: HashSet<i64>,
    /// The summary so far.
    figures: ReadSummary,
    /// Counts every event.
    counters: Arc<Counters>,
}

impl Batches {
    pub fn new(config: &ContactsConfig, raw: RawColumn, counters: Arc<Counters>) -> Self {
        Self {
            batch: BatchBuilder::new(raw),
            batch_rows: config.batch_rows.get(),
            left: config.limit.map_or(u64::MAX, NonZeroU64::get),
            owners: HashSet::new(),
            figures: ReadSummary::default(),
            counters,
        }
    }

    /// Sends the contacts of all pages as batches. Returns what it knows of the summary.
    pub async fn make(
        mut self,
        mut pages: mpsc::Receiver<Page>,
        out: mpsc::Sender<RecordBatch>,
    ) -> Result<ReadSummary, Error> {
        while let Some(mut page) = pages.recv().await {
            self.begin(&page);
            let mut taken = 0;
            while self.fill(&mut page, &mut taken) {
                self.send(&out).await?;
            }
        }
        if self.batch.rows() > 0 {
            self.send(&out).await?;
        }
        let Figures { retries, failures, .. } = self.counters.figures();
        Ok(ReadSummary { owners: self.owners.len() as u64, retries, failures, ..self.figures })
    }

    /// Reports that contacts of a page leave.
    fn begin(&mut self, page: &Page) {
        let kept = match &page.keep {
            RowSelection::All => page.contacts.len(),
            RowSelection::Mask(keep) => keep.iter().filter(|keep| **keep).count(),
        };
        let contacts = self.left.min(kept as u64);
        if contacts > 0 {
            self.figures.pages += 1;
            self.counters.report(&Event::RowsEmitted { page: page.number, contacts });
        }
    }

    /// Copies contacts of a page into the batch, after those `taken` before. Returns whether the batch is full.
    fn fill(&mut self, page: &mut Page, taken: &mut usize) -> bool {
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
        for finding in self.batch.findings() {
            self.warn(page.number, finding);
        }
        is_full
    }

    /// Sends the batch, once there is room for it: until then, no next one takes memory.
    async fn send(&mut self, out: &mpsc::Sender<RecordBatch>) -> Result<(), Error> {
        let room = out.reserve().await.map_err(|_| Error::Cancelled)?;
        let batch = self.batch.finish().map_err(Error::bug)?;
        self.figures.contacts += batch.num_rows() as u64;
        let owners = batch.column_by_name(OWNER_ID).map(AsArray::as_primitive::<Int64Type>);
        self.owners.extend(owners.into_iter().flatten().flatten());
        room.send(batch);
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
}
