//! Owners in a table of their own: gathered from the contacts, one row an owner.
//!
//! The API repeats an owner in each of its contacts, and copies may contradict each other, since pages are read at
//! different instants. The copy on the contact that was updated last counts; of several, that on the greatest id.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;

use super::columns::Columns;
use super::{column, text};
use crate::config::ConfigError;
use crate::table;

/// The owners of all contacts.
#[derive(Debug)]
pub(crate) struct OwnersTable {
    /// A row an owner, by their ids.
    pub batch: RecordBatch,
    /// Contacts whose copy of their owner differs from the one in the table.
    pub contradictions: u64,
}

/// The owners so far.
#[derive(Debug)]
pub(super) struct OwnersTally {
    schema: SchemaRef,
    /// The columns of text.
    texts: Vec<FieldRef>,
    /// Each owner's copies.
    owners: BTreeMap<i64, HashMap<Texts, Copies>>,
}

/// An owner's texts, in the order of the columns.
type Texts = Box<[Option<Box<str>>]>;

/// Copies of an owner that say the same.
#[derive(Debug)]
struct Copies {
    contacts: u64,
    /// The greatest time of an update, and id, of the contacts they stand on.
    latest: (Option<i64>, i64),
}

impl OwnersTally {
    pub fn new(columns: &Columns) -> Result<Self, ConfigError> {
        if columns.get(table::OWNER_ID).is_none() {
            return Err(ConfigError::Usage(
                "a table of owners needs owner_id, or nothing says which owner a contact has".to_owned(),
            ));
        }
        let texts: Vec<FieldRef> = columns.of_owner().map(Arc::clone).collect();
        let mut fields = vec![Arc::new(Field::new(table::OWNER_ID, DataType::Int64, false))];
        fields.extend(texts.iter().map(Arc::clone));
        fields.push(Arc::new(Field::new(table::CONTACTS, DataType::Int64, false)));
        Ok(Self { schema: Arc::new(Schema::new(fields)), texts, owners: BTreeMap::new() })
    }

    /// The columns of the table.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Takes the owners of a batch of the whole table.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let owner_ids = column(batch, table::OWNER_ID)?.as_primitive::<Int64Type>();
        let ids = column(batch, table::ID)?.as_primitive::<Int64Type>();
        let updates = column(batch, table::UPDATED_AT)?.as_primitive::<TimestampMicrosecondType>();
        let texts: Result<Vec<&StringArray>, _> = self.texts.iter().map(|field| text(batch, field.name())).collect();
        let texts = texts?;
        for row in (0..batch.num_rows()).filter(|row| owner_ids.is_valid(*row)) {
            let said: Texts = texts.iter().map(|texts| texts.is_valid(row).then(|| texts.value(row).into())).collect();
            let latest = (updates.is_valid(row).then(|| updates.value(row)), ids.value(row));
            let copies = self.owners.entry(owner_ids.value(row)).or_default().entry(said);
            let copies = copies.or_insert(Copies { contacts: 0, latest });
            copies.contacts += 1;
            copies.latest = copies.latest.max(latest);
        }
        Ok(())
    }

    /// The table of all owners taken.
    pub fn finish(self) -> Result<OwnersTable, ArrowError> {
        let mut texts: Vec<_> = self.texts.iter().map(|_| StringBuilder::new()).collect();
        let (mut ids, mut counts, mut contradictions) = (Vec::new(), Vec::new(), 0);
        for (id, copies) in self.owners {
            let contacts: u64 = copies.values().map(|copies| copies.contacts).sum();
            let Some((said, chosen)) = copies.into_iter().max_by_key(|(_, copies)| copies.latest) else { continue };
            ids.push(id);
            counts.push(i64::try_from(contacts).unwrap_or(i64::MAX));
            contradictions += contacts - chosen.contacts;
            for (builder, text) in texts.iter_mut().zip(said) {
                builder.append_option(text);
            }
        }
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(ids))];
        columns.extend(texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        columns.push(Arc::new(Int64Array::from(counts)));
        Ok(OwnersTable { batch: RecordBatch::try_new(self.schema, columns)?, contradictions })
    }
}
