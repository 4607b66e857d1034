//! Copies the emitted contacts into batches, and counts them.

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
use crate::resource::OWNER_ID;

/// Maximum JSON of the contacts in a batch, in bytes, unless one contact has more.
const BATCH_JSON: usize = 4 << 20;

/// Turns pages into batches.
pub(super) struct Batches {
    batch: BatchBuilder,
    batch_rows: usize,
    /// Rows that the limit still allows.
    left: u64,
    owners: HashSet<i64>,
    /// The summary so far.
    summary: ReadSummary,
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
            summary: ReadSummary::default(),
            counters,
        }
    }

    /// Sends the contacts of all pages as batches. Returns what it knows of the summary.
    pub async fn make(
        mut self,
        mut pages: mpsc::Receiver<Page>,
        out: mpsc::Sender<RecordBatch>,
    ) -> Result<ReadSummary, Error> {
        while let Some(Page { number, contacts, keep, share }) = pages.recv().await {
            let left = self.left;
            let kept = (0..).zip(contacts).filter(|(index, _)| keep.keeps(*index));
            for (index, contact) in kept.take(usize::try_from(left).unwrap_or(usize::MAX)) {
                if self.batch.rows() > 0 && self.batch.json() + contact.json_len() > BATCH_JSON {
                    self.send(&out).await?;
                }
                let Self { batch, summary, counters, .. } = &mut self;
                batch.push(contact, |kind, column, count| {
                    let warning = Warning { kind, page: number, column, position: index + 1 };
                    warn(summary, counters, &warning, count);
                });
                self.left -= 1;
                if self.batch.rows() == self.batch_rows {
                    self.send(&out).await?;
                }
            }
            drop(share);
            if self.left < left {
                self.summary.pages += u64::from(number > 0);
                self.counters.report(&Event::RowsEmitted { page: number, contacts: left - self.left });
            }
        }
        if self.batch.rows() > 0 {
            self.send(&out).await?;
        }
        let Figures { retries, failures, .. } = self.counters.figures();
        Ok(ReadSummary { owners: self.owners.len() as u64, retries, failures, ..self.summary })
    }

    /// Sends the batch as soon as the channel has room. Until then, the next one takes no memory.
    async fn send(&mut self, out: &mpsc::Sender<RecordBatch>) -> Result<(), Error> {
        let room = out.reserve().await.map_err(|_| Error::Cancelled)?;
        let batch = self.batch.finish().map_err(Error::bug)?;
        self.summary.contacts += batch.num_rows() as u64;
        let owners = batch.column_by_name(OWNER_ID).map(AsArray::as_primitive::<Int64Type>);
        self.owners.extend(owners.into_iter().flatten().flatten());
        room.send(batch);
        Ok(())
    }
}

/// Reports the first warning of its kind and column, and counts all.
fn warn(summary: &mut ReadSummary, counters: &Counters, warning: &Warning, count: u64) {
    let first = || {
        counters.report(&Event::Warned(warning.clone()));
        (warning.clone(), 0)
    };
    summary.warnings.entry((warning.kind, warning.column)).or_insert_with(first).1 += count;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::memory_budget::Budget;
    use crate::config::{BaseUrl, Token};
    use crate::decode::decode;
    use crate::events::Silent;
    use crate::proof::RowSelection;

    fn page(ids: &[i64], keep: RowSelection) -> Page {
        let contacts: Vec<_> = ids.iter().map(|id| format!(r#"{{"id":{id},"created_at":"?"}}"#)).collect();
        let said = r#"{"current_page":1,"per_page":100,"total_pages":1,"total_count":1}"#;
        let body = format!(r#"{{"contacts":[{}],"pagination":{said}}}"#, contacts.join(","));
        let share = Arc::new(Budget::default()).share(0, true).unwrap();
        Page { number: 1, contacts: decode(&body.into()).unwrap().contacts, keep, share }
    }

    /// The ids of each batch, and the summary, of pages that are followed by no others until all full batches were taken.
    async fn batches(pages: Vec<Page>, rows: usize, limit: Option<u64>, full: usize) -> (Vec<Vec<i64>>, ReadSummary) {
        let mut config = ContactsConfig::new(BaseUrl::production(), Token::new("batches-0123456789").unwrap());
        config.batch_rows = rows.try_into().unwrap();
        config.limit = limit.and_then(NonZeroU64::new);
        let counters = Arc::new(Counters::new(Arc::new(Silent)));
        let (sender, receiver) = mpsc::channel(pages.len());
        let (out, mut taken) = mpsc::channel::<RecordBatch>(1);
        let ids = |batch: &RecordBatch| batch.column(0).as_primitive::<Int64Type>().values().to_vec();
        let take = async {
            for page in pages {
                sender.send(page).await.unwrap();
            }
            let mut batches = Vec::new();
            while batches.len() < full {
                batches.push(ids(&taken.recv().await.unwrap()));
            }
            drop(sender);
            while let Some(batch) = taken.recv().await {
                batches.push(ids(&batch));
            }
            batches
        };
        let (made, batches) =
            tokio::join!(Batches::new(&config, RawColumn::Without, counters).make(receiver, out), take);
        (batches, made.unwrap())
    }

    #[tokio::test]
    async fn a_full_batch_does_not_wait_for_the_next_contact() {
        let pages = vec![page(&[1, 2], RowSelection::All), page(&[3, 4, 5], RowSelection::All)];
        let (batches, _) = batches(pages, 2, None, 2).await;
        assert_eq!(batches, [vec![1, 2], vec![3, 4], vec![5]]);
    }

    #[tokio::test]
    async fn only_emitted_contacts_are_copied_counted_and_warned_about() {
        let mask = |keep: &[bool]| RowSelection::Mask(keep.to_vec());
        let pages = vec![
            page(&[1, 2, 3], mask(&[true, false, true])),
            page(&[1, 2], mask(&[false; 2])),
            page(&[4, 5], RowSelection::All),
        ];
        let (batches, summary) = batches(pages, 100, Some(3), 0).await;
        assert_eq!(batches, [[1, 3, 4]]);
        assert_eq!((summary.contacts, summary.pages), (3, 2));
        assert_eq!(summary.warnings.values().map(|(_, count)| *count).collect::<Vec<_>>(), [3]);
    }
}
