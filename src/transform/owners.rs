//! The owners table: one row per owner, collected from the contacts.
//!
//! The API repeats an owner in each of its contacts. Copies may contradict each other, because pages are read at different
//! times. The copy in the most recently updated contact wins; of several, the one with the greatest id.

use std::collections::btree_map::{self, BTreeMap, Entry};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;

use super::batch::{column, text};
use super::select::Columns;
use crate::config::ConfigError;
use crate::resource;

/// Maximum number of rows per batch.
const BATCH_ROWS: usize = 8_192;

/// The owners so far.
#[derive(Debug)]
pub(super) struct OwnersTally {
    schema: SchemaRef,
    /// The text columns.
    texts: Vec<FieldRef>,
    owners: BTreeMap<i64, Owner>,
}

/// The texts of an owner, in the order of the columns.
type Texts = Box<[Option<Box<str>>]>;

/// An owner, as seen so far.
#[derive(Debug)]
struct Owner {
    /// The copy that wins.
    texts: Texts,
    /// The update time and the id of the contact with that copy.
    latest: (Option<i64>, i64),
    /// Number of contacts with this copy.
    contacts: u64,
    /// Number of contacts with each other copy, by its hash. Few owners have any.
    others: BTreeMap<u64, u64>,
}

impl OwnersTally {
    pub fn new(columns: &Columns) -> Result<Self, ConfigError> {
        if columns.get(resource::OWNER_ID).is_none() {
            return Err(ConfigError::Usage(
                "--owners table requires owner_id, which links a contact to its owner".to_owned(),
            ));
        }
        let texts: Vec<FieldRef> = columns.of_owner().map(Arc::clone).collect();
        let mut fields = vec![Arc::new(Field::new(resource::OWNER_ID, DataType::Int64, false))];
        fields.extend(texts.iter().map(Arc::clone));
        fields.push(Arc::new(Field::new(resource::CONTACTS, DataType::Int64, false)));
        Ok(Self { schema: Arc::new(Schema::new(fields)), texts, owners: BTreeMap::new() })
    }

    /// The columns of the table.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Adds the owners of a batch of the whole table.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let owner_ids = column(batch, resource::OWNER_ID)?.as_primitive::<Int64Type>();
        let ids = column(batch, resource::ID)?.as_primitive::<Int64Type>();
        let updates = column(batch, resource::UPDATED_AT)?.as_primitive::<TimestampMicrosecondType>();
        let texts: Result<Vec<&StringArray>, _> = self.texts.iter().map(|field| text(batch, field.name())).collect();
        let texts = texts?;
        for row in (0..batch.num_rows()).filter(|row| owner_ids.is_valid(*row)) {
            let said = texts.iter().map(|texts| texts.is_valid(row).then(|| texts.value(row)));
            let latest = (updates.is_valid(row).then(|| updates.value(row)), ids.value(row));
            match self.owners.entry(owner_ids.value(row)) {
                Entry::Vacant(entry) => drop(entry.insert(Owner::new(owned(said), latest))),
                Entry::Occupied(mut entry) => entry.get_mut().take(said, latest),
            }
        }
        Ok(())
    }

    /// The table of all owners so far.
    pub fn finish(self) -> OwnersTable {
        let contradictions = self.owners.values().map(Owner::contradictions).sum();
        OwnersTable { schema: self.schema, owners: self.owners.into_iter(), contradictions }
    }
}

impl Owner {
    fn new(texts: Texts, latest: (Option<i64>, i64)) -> Self {
        Self { texts, latest, contacts: 1, others: BTreeMap::new() }
    }

    /// Adds the copy of another contact.
    fn take<'t>(&mut self, said: impl Iterator<Item = Option<&'t str>> + Clone, latest: (Option<i64>, i64)) {
        if said.clone().zip(&self.texts).all(|(said, text)| said == text.as_deref()) {
            self.contacts += 1;
            self.latest = self.latest.max(latest);
            return;
        }
        let same = self.others.entry(hash(said.clone())).or_default();
        *same += 1;
        if latest > self.latest {
            let contacts = std::mem::take(same);
            let before = std::mem::replace(&mut self.texts, owned(said));
            *self.others.entry(hash(before.iter().map(Option::as_deref))).or_default() += self.contacts;
            (self.latest, self.contacts) = (latest, contacts);
        }
    }

    fn contradictions(&self) -> u64 {
        self.others.values().sum()
    }
}

fn owned<'t>(texts: impl Iterator<Item = Option<&'t str>>) -> Texts {
    texts.map(|text| text.map(Into::into)).collect()
}

fn hash<'t>(texts: impl Iterator<Item = Option<&'t str>>) -> u64 {
    let mut hasher = DefaultHasher::new();
    texts.for_each(|text| text.hash(&mut hasher));
    hasher.finish()
}

/// The owners of all contacts, in batches, ordered by id.
#[derive(Debug)]
pub(crate) struct OwnersTable {
    schema: SchemaRef,
    owners: btree_map::IntoIter<i64, Owner>,
    contradictions: u64,
}

impl OwnersTable {
    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Number of contacts whose copy of the owner differs from the table.
    pub fn contradictions(&self) -> u64 {
        self.contradictions
    }
}

impl Iterator for OwnersTable {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut texts: Vec<_> = (2..self.schema.fields().len()).map(|_| StringBuilder::new()).collect();
        let (mut ids, mut counts) = (Vec::new(), Vec::new());
        for (id, owner) in self.owners.by_ref().take(BATCH_ROWS) {
            ids.push(id);
            counts.push(i64::try_from(owner.contacts + owner.contradictions()).unwrap_or(i64::MAX));
            for (builder, text) in texts.iter_mut().zip(owner.texts) {
                builder.append_option(text);
            }
        }
        if ids.is_empty() {
            return None;
        }
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(ids))];
        columns.extend(texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        columns.push(Arc::new(Int64Array::from(counts)));
        Some(RecordBatch::try_new(Arc::clone(&self.schema), columns))
    }
}
