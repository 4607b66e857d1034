//! The column `extra` in another form: without what is dropped, with hashes of what is hashed, and with what a table of
//! owners has no row for, since the owner has no id.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::error::ArrowError;
use serde_json::value::{RawValue, to_raw_value};

use super::columns::Columns;
use super::keyed::Keyed;
use super::{column, text};
use crate::table;

/// How `extra` is changed.
#[derive(Debug)]
pub(super) struct Extra {
    /// What becomes of values that belong to a column, by their key in `extra`.
    changes: BTreeMap<String, Change>,
    /// The owner's columns that go into `extra` where the owner has no id; none where owners have no table.
    of_owner: Vec<String>,
}

/// What a value of a column becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Dropped,
    /// Hashed as a value of this column.
    Hashed(String),
}

type Object = BTreeMap<String, Box<RawValue>>;

impl Extra {
    pub fn new(columns: &Columns, keyed: Option<&Keyed>) -> Self {
        if columns.get(table::EXTRA).is_none() {
            return Self { changes: BTreeMap::new(), of_owner: Vec::new() };
        }
        let dropped = columns.dropped().iter().map(|name| (table::extra_key(name), Change::Dropped));
        let hashed = keyed.into_iter().flat_map(Keyed::names);
        let hashed = hashed.map(|name| (table::extra_key(name), Change::Hashed(name.clone())));
        let of_owner = columns.of_owner().filter(|_| columns.has_owners_table());
        Self {
            changes: dropped.chain(hashed).collect(),
            of_owner: of_owner.map(|field| field.name().clone()).collect(),
        }
    }

    /// Whether anything is to be changed.
    pub fn changes(&self) -> bool {
        !self.changes.is_empty() || !self.of_owner.is_empty()
    }

    /// The column as it is to be, from a batch of the whole table whose other columns are hashed already.
    pub fn column(&self, batch: &RecordBatch, keyed: Option<&Keyed>) -> Result<ArrayRef, ArrowError> {
        let extra = text(batch, table::EXTRA)?;
        let owner_ids = column(batch, table::OWNER_ID)?;
        let of_owner: Result<Vec<_>, _> =
            self.of_owner.iter().map(|name| text(batch, name).map(|texts| (name, texts))).collect();
        let of_owner = of_owner?;
        let changed = |row: usize| {
            let homeless = of_owner.iter().filter(|(_, texts)| owner_ids.is_null(row) && texts.is_valid(row));
            let homeless: Vec<_> = homeless.map(|(name, texts)| (table::extra_key(name), texts.value(row))).collect();
            let before = extra.is_valid(row).then(|| extra.value(row));
            self.changed(before, &homeless, keyed)
        };
        let column: Result<StringArray, serde_json::Error> = (0..batch.num_rows()).map(changed).collect();
        Ok(Arc::new(column.map_err(|error| ArrowError::ExternalError(error.into()))?))
    }

    fn changed(
        &self,
        before: Option<&str>,
        homeless: &[(String, &str)],
        keyed: Option<&Keyed>,
    ) -> Result<Option<String>, serde_json::Error> {
        let mut object: Object = before.map(serde_json::from_str).transpose()?.unwrap_or_default();
        if homeless.is_empty() && !object.keys().any(|key| self.changes.contains_key(key)) {
            return Ok(before.map(str::to_owned));
        }
        for (key, change) in &self.changes {
            let Some(value) = object.remove(key) else { continue };
            if let (Change::Hashed(column), Some(keyed)) = (change, keyed) {
                let text = serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned());
                object.insert(key.clone(), to_raw_value(&keyed.hash(column, &text))?);
            }
        }
        for (key, text) in homeless {
            object.insert(key.clone(), to_raw_value(text)?);
        }
        (!object.is_empty()).then(|| serde_json::to_string(&object)).transpose()
    }
}
