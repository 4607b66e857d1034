//! The column `extra` of the output: without dropped values, with hashes of hashed ones, and with owners that have no row
//! in the owners table because they have no id.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::error::ArrowError;
use serde_json::value::{RawValue, to_raw_value};

use super::batch::{column, text};
use super::hash::HashedColumns;
use super::select::Columns;
use crate::decode::{Scanner, before_suffix};
use crate::resource;

/// The changes to `extra`.
#[derive(Debug)]
pub(super) struct Extra {
    /// The change to each column's values, by their key in `extra`.
    changes: BTreeMap<String, Change>,
    /// Whether no column of the owner is written, so that `extra` must not have any of its keys either.
    without_owner: bool,
    /// The owner's columns that go into `extra` if the owner has no id. Empty unless owners have their own table.
    of_owner: Vec<String>,
}

/// The change to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Dropped,
    /// Hashed like a value of this column.
    Hashed(String),
}

type Object = BTreeMap<String, Box<RawValue>>;

impl Extra {
    pub fn new(columns: &Columns, hashed: Option<&HashedColumns>) -> Self {
        if columns.get(resource::EXTRA).is_none() {
            return Self { changes: BTreeMap::new(), without_owner: false, of_owner: Vec::new() };
        }
        let is_owners = |name: &&String| name.starts_with(resource::OWNER_COLUMNS);
        let dropped = columns.dropped().iter().map(|name| (name, Change::Dropped));
        let hashed = hashed.into_iter().flat_map(HashedColumns::names).map(|name| (name, Change::Hashed(name.clone())));
        let mut changes = BTreeMap::new();
        for (name, change) in hashed.chain(dropped) {
            if is_owners(&name) {
                // An owner that is not an object is kept as a whole, and may contain the value anywhere.
                changes.insert(resource::OWNER.to_owned(), change.clone());
            }
            changes.insert(resource::extra_key(name), change);
        }
        let schema = resource::schema();
        let mut owners = schema.fields().iter().map(|field| field.name()).filter(is_owners);
        let without_owner = owners.all(|name| columns.get(name).is_none());
        let of_owner = columns.of_owner().filter(|_| columns.has_owners_table());
        Self { changes, without_owner, of_owner: of_owner.map(|field| field.name().clone()).collect() }
    }

    /// The change to the value of a key of `object`, if any.
    fn change(&self, key: &str, object: &Object) -> Option<&Change> {
        let of_owner = key.strip_prefix(resource::OWNER).is_some_and(|rest| rest.starts_with('.'));
        let change = self.changes.get(key).or((self.without_owner && of_owner).then_some(&Change::Dropped));
        // The name may have got a suffix because it was taken, and mean the column nevertheless.
        let taken = || before_suffix(key).filter(|name| object.contains_key(*name));
        change.or_else(|| self.changes.get(taken()?))
    }

    /// Whether the value of a key could change, whatever the rest of the object.
    fn may_change(&self, key: &str) -> bool {
        let of_owner = key.strip_prefix(resource::OWNER).is_some_and(|rest| rest.starts_with('.'));
        let known = |name: &str| self.changes.contains_key(name);
        known(key) || (self.without_owner && of_owner) || before_suffix(key).is_some_and(known)
    }

    /// Whether there is anything to change.
    pub fn changes(&self) -> bool {
        !self.changes.is_empty() || !self.of_owner.is_empty()
    }

    /// The new column, from a batch of the whole table whose other columns are already hashed.
    pub fn column(&self, batch: &RecordBatch, hashed: Option<&HashedColumns>) -> Result<ArrayRef, ArrowError> {
        let extra = text(batch, resource::EXTRA)?;
        let owner_ids = column(batch, resource::OWNER_ID)?;
        let of_owner: Result<Vec<_>, _> =
            self.of_owner.iter().map(|name| text(batch, name).map(|texts| (name, texts))).collect();
        let of_owner = of_owner?;
        let changed = |row: usize| {
            let homeless = of_owner.iter().filter(|(_, texts)| owner_ids.is_null(row) && texts.is_valid(row));
            let homeless: Vec<_> =
                homeless.map(|(name, texts)| (resource::extra_key(name), texts.value(row))).collect();
            let before = extra.is_valid(row).then(|| extra.value(row));
            self.changed(before, &homeless, hashed)
        };
        let column: Result<StringArray, serde_json::Error> = (0..batch.num_rows()).map(changed).collect();
        Ok(Arc::new(column.map_err(|error| ArrowError::ExternalError(error.into()))?))
    }

    fn changed(
        &self,
        before: Option<&str>,
        homeless: &[(String, &str)],
        hashed: Option<&HashedColumns>,
    ) -> Result<Option<String>, serde_json::Error> {
        // An object may have nearly a million keys, which are not held in memory if none of them can change.
        if homeless.is_empty() && !before.is_some_and(|before| any_key(before, |key| self.may_change(key))) {
            return Ok(before.map(str::to_owned));
        }
        let object: Object = before.map(serde_json::from_str).transpose()?.unwrap_or_default();
        if homeless.is_empty() && object.keys().all(|key| self.change(key, &object).is_none()) {
            return Ok(before.map(str::to_owned));
        }
        let mut changed = Object::new();
        for (key, value) in &object {
            match (self.change(key, &object), hashed) {
                (None, _) => drop(changed.insert(key.clone(), value.clone())),
                (Some(Change::Hashed(column)), Some(hashed)) => {
                    let text = serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned());
                    changed.insert(key.clone(), to_raw_value(&hashed.hash(column, &text))?);
                }
                (Some(_), _) => {}
            }
        }
        for (key, text) in homeless {
            let mut key = key.clone();
            // The contact may have a key of that name.
            while changed.contains_key(&key) {
                key.push('_');
            }
            changed.insert(key, to_raw_value(text)?);
        }
        (!changed.is_empty()).then(|| serde_json::to_string(&changed)).transpose()
    }
}

/// Whether any key of a JSON object matches, without holding the keys in memory.
fn any_key(object: &str, matches: impl Fn(&str) -> bool) -> bool {
    let mut any = false;
    let scanned = Scanner::new(object.as_bytes()).object(|scanner, key| {
        any |= key.text().is_some_and(|key| matches(&key.text));
        scanner.value().map(drop)
    });
    // If this is not JSON, the parser of the whole object reports the error.
    scanned.is_err() || any
}
