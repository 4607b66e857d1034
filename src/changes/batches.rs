//! The rows of the changes: first those of the old export, then those of the new one, each in its order.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};

use super::cells::{Cells, MAX_BYTES, Masks};
use super::change_type::ChangeType;
use super::compatible::watermark;
use super::error::ChangesError;
use super::gone::Gone;
use super::index::{Differences, Digests, differences};
use super::kept::{Again, Kept};
use super::side::{Rows, Side};
use super::summary::{ChangesSummary, most_changed};
use crate::dataset::Readback;
use crate::digest::{ContentDigest, leaf_names};
use crate::manifest::{ByType, Compared, ExportRecord, SourceRecord};
use crate::proof::Level;
use crate::resource::change_fields;
use crate::verify::VerifyError;

/// A batch has at least this many rows, unless it is the last one.
const BATCH_ROWS: usize = 8_192;

/// The changes between two exports: an iterator over record batches, which ends after its first error.
///
/// The columns are `change_type`, `changed_columns`, `seen_after` and `seen_by`, then those of the contacts. Deletes and
/// preimages have the values of the old export, the other rows those of the new one.
#[derive(Debug)]
pub struct Changes {
    schema: SchemaRef,
    names: Vec<String>,
    ends: Ends,
    gone: Gone,
    old: Rows,
    new: Rows,
    found: Differences,
    cells: Cells,
    masks: Masks,
    kept: Kept,
    reading: Phase,
    pending: Pending,
    by_type: ByType,
    by_column: Vec<u64>,
}

/// What a table holds after the changes were applied to it.
#[derive(Debug)]
pub(crate) struct Applied {
    pub digest: ContentDigest,
    /// The columns of the contacts.
    pub contacts: SchemaRef,
    /// When the new export ended, as its manifest says it.
    pub seen_by: String,
    /// The columns that were hashed, and the id of the key.
    pub hashed: Option<(Vec<String>, String)>,
}

/// Both exports as the changes describe them.
#[derive(Debug)]
pub(super) struct Ends {
    pub source: SourceRecord,
    /// `None` if the new export is the first one.
    pub from: Option<ExportRecord>,
    pub to: ExportRecord,
    pub seen_after: Option<DateTime<Utc>>,
    pub seen_by: Option<DateTime<Utc>>,
    pub inserts_proven: bool,
    /// The columns of the new export that were hashed, and the id of the key.
    pub hashed: Option<(Vec<String>, String)>,
}

/// The export that is being read.
#[derive(Debug)]
enum Phase {
    Old(Readback),
    New(Again),
    Done,
}

/// Rows that wait until a batch is full.
#[derive(Debug, Default)]
struct Pending {
    contacts: Vec<RecordBatch>,
    /// What each row is, and which columns an update changed.
    marks: Vec<(ChangeType, u32)>,
}

impl Changes {
    /// Compares two exports that can be compared; without an old one, all contacts of the new one are inserted.
    pub(super) fn between(old: Option<Side>, new: Side, digest: bool) -> Result<Self, ChangesError> {
        let seen_after = old.as_ref().and_then(watermark);
        let (rows, record, level) = match old {
            Some(Side { rows, record, level, .. }) => (rows, Some(record), level),
            None => (new.rows.without_rows(), None, Level::Incomplete),
        };
        let gone = Gone::new(new.level, &new.manifest, record.as_ref());
        let ends = Ends {
            seen_after,
            seen_by: new.record.finished_at.parse().ok(),
            inserts_proven: level >= Level::Complete,
            hashed: new.manifest.options.hmac_key.map(|key| (new.manifest.options.hmac_columns, key)),
            source: new.manifest.source,
            from: record,
            to: new.record,
        };
        let changes = Self::of(rows, new.rows, ends, gone, MAX_BYTES, digest)?;
        let due = changes.ends.from.as_ref().map_or(0, |from| from.rows);
        for (rows, found, due) in
            [(&changes.old, changes.found.old_rows, due), (&changes.new, changes.found.new_rows, changes.ends.to.rows)]
        {
            if found != due {
                return Err(VerifyError::Rows { path: rows.path.clone(), found, due }.into());
            }
        }
        Ok(changes)
    }

    /// Finds what differs, and begins to read it. The cells of updates take up to `bytes` of memory at a time, and so do rows
    /// that are kept.
    pub(super) fn of(
        old: Rows,
        new: Rows,
        ends: Ends,
        gone: Gone,
        bytes: usize,
        digest: bool,
    ) -> Result<Self, ChangesError> {
        let names = leaf_names(&new.schema).map_err(|unknown| new.other_columns(&unknown.to_string()))?;
        let mut cells = Cells::new(names.len(), bytes);
        let mut kept = Kept::new(bytes);
        let mut found = differences(&old, &new, &mut cells, &mut kept, digest.then_some(&gone))?;
        let masks = Masks::of(&mut found.updated, &mut cells, &old, &new)?;
        let fields = change_fields().iter().cloned().map(Arc::new).chain(new.schema.fields().iter().cloned());
        Ok(Self {
            schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())),
            by_column: vec![0; names.len()],
            names,
            ends,
            reading: Phase::Old(old.read_some(found.updated.and(gone.is_written().then_some(&found.gone)))?),
            gone,
            old,
            new,
            found,
            cells,
            masks,
            kept,
            pending: Pending::default(),
            by_type: ByType::default(),
        })
    }

    /// The columns of all batches.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What changed. Complete once all batches have been read.
    #[must_use]
    pub fn summary(&self) -> ChangesSummary {
        ChangesSummary {
            old_contacts: self.found.old_rows,
            new_contacts: self.found.new_rows,
            inserts: self.by_type.insert,
            updates: self.by_type.update_postimage,
            deletions: self.gone.evidence(),
            deletes: self.by_type.delete,
            missing: self.by_type.missing,
            inserts_proven: self.ends.inserts_proven,
            columns: most_changed(&self.names, &self.by_column),
        }
    }

    /// The digest of the old export with the changes applied, if it was requested: that of the new export, plus contacts that it
    /// lacks, but that are not proven to be deleted.
    #[must_use]
    pub fn applied_digest(&self) -> Option<ContentDigest> {
        let Digests { new, kept } = self.found.digests?;
        Some(ContentDigest { rows: new.rows + kept.rows, sum: new.sum + kept.sum })
    }

    /// What a table holds after the changes were applied to it, if its digest was requested.
    pub(crate) fn applied(&self) -> Option<Applied> {
        Some(Applied {
            digest: self.applied_digest()?,
            contacts: Arc::clone(&self.new.schema),
            seen_by: self.ends.to.finished_at.clone(),
            hashed: self.ends.hashed.clone(),
        })
    }

    /// What the manifest of the changes says of them.
    pub(crate) fn compared(&self) -> Compared {
        let Ends { source, from, to, .. } = &self.ends;
        let by_lookups = self.by_type.delete > 0 && self.gone.is_by_lookups();
        let kept = (self.found.gone.len() as u64).saturating_sub(self.by_type.delete);
        let changes = self.summary().record(self.by_type, by_lookups, kept);
        Compared { source: source.clone(), from: from.clone(), to: to.clone(), changes }
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, ChangesError> {
        while self.pending.marks.len() < BATCH_ROWS {
            match &mut self.reading {
                Phase::Old(rows) => {
                    if let Some(batch) = rows.next().transpose()? {
                        self.take_old(&batch)?;
                    } else {
                        self.old.check()?;
                        self.reading = Phase::New(
                            self.kept.read(&self.new, || self.found.updated.and(Some(&self.found.inserted)))?,
                        );
                    }
                }
                Phase::New(rows) => {
                    if let Some(batch) = rows.next()? {
                        self.take_new(&batch)?;
                    } else {
                        self.new.check()?;
                        self.reading = Phase::Done;
                    }
                }
                Phase::Done => break,
            }
        }
        if self.pending.marks.is_empty() {
            return Ok(None);
        }
        self.batch().map(Some).map_err(|error| self.new.other_columns(&error.to_string()))
    }

    /// Keeps the rows of the old export that differ.
    fn take_old(&mut self, batch: &RecordBatch) -> Result<(), ChangesError> {
        let texts = self.old.texts(batch)?;
        let mut kept = Vec::with_capacity(batch.num_rows());
        for (row, id) in self.old.ids(batch)?.iter().enumerate() {
            let mark = if let Some(position) = self.found.updated.find(*id) {
                let mask = self.masks.find(position, *id, &mut self.cells, &texts, row);
                for (column, updates) in self.by_column.iter_mut().enumerate() {
                    *updates += u64::from(mask >> column & 1);
                }
                Some((ChangeType::UpdatePreimage, mask))
            } else {
                self.gone.kind(*id).filter(|_| self.found.gone.find(*id).is_some()).map(|gone| (gone, 0))
            };
            kept.push(mark);
        }
        self.keep(batch, &kept, true)
    }

    /// Keeps the rows of the new export that differ.
    fn take_new(&mut self, batch: &RecordBatch) -> Result<(), ChangesError> {
        let mut kept = Vec::with_capacity(batch.num_rows());
        for id in self.new.ids(batch)? {
            let mark = if let Some(position) = self.found.updated.find(*id) {
                Some((ChangeType::UpdatePostimage, self.masks.known(position)))
            } else {
                self.found.inserted.find(*id).map(|_| (ChangeType::Insert, 0))
            };
            kept.push(mark);
        }
        self.keep(batch, &kept, false)
    }

    fn keep(
        &mut self,
        batch: &RecordBatch,
        marks: &[Option<(ChangeType, u32)>],
        is_old: bool,
    ) -> Result<(), ChangesError> {
        let before = self.pending.marks.len();
        for mark in marks.iter().flatten() {
            mark.0.count(&mut self.by_type);
            self.pending.marks.push(*mark);
        }
        if self.pending.marks.len() > before {
            let filter: BooleanArray = marks.iter().map(|mark| Some(mark.is_some())).collect();
            let rows = if is_old { &self.old } else { &self.new };
            self.pending.contacts.push(rows.filter(batch, &filter)?);
        }
        Ok(())
    }

    /// Puts the pending rows together.
    fn batch(&mut self) -> Result<RecordBatch, ArrowError> {
        let Pending { contacts, marks } = std::mem::take(&mut self.pending);
        let contacts = concat_batches(&self.new.schema, &contacts)?;
        let types = StringArray::from_iter_values(marks.iter().map(|(kind, _)| kind.name()));
        let columns: StringArray =
            marks.iter().map(|(_, mask)| (*mask != 0).then(|| changed(&self.names, *mask))).collect();
        let time = |field: &Field, time: Option<DateTime<Utc>>| -> ArrayRef {
            let times = TimestampMicrosecondArray::from(vec![time.map(|time| time.timestamp_micros()); marks.len()]);
            Arc::new(times.with_data_type(field.data_type().clone()))
        };
        let (fields, Ends { seen_after, seen_by, .. }) = (self.schema.fields(), &self.ends);
        let mut all: Vec<ArrayRef> =
            vec![Arc::new(types), Arc::new(columns), time(&fields[2], *seen_after), time(&fields[3], *seen_by)];
        all.extend(contacts.columns().iter().cloned());
        RecordBatch::try_new(Arc::clone(&self.schema), all)
    }
}

/// The names of the changed columns, in table order.
fn changed(names: &[String], mask: u32) -> String {
    let changed = names.iter().enumerate().filter(|(column, _)| mask >> column & 1 == 1);
    changed.map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(",")
}

impl Iterator for Changes {
    type Item = Result<RecordBatch, ChangesError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_batch();
        if next.is_err() {
            self.reading = Phase::Done;
            self.pending = Pending::default();
        }
        next.transpose()
    }
}
