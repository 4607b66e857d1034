//! The column `extra` in another form: without what is dropped, with hashes of what is hashed, and with what a table of
//! owners has no row for, since the owner has no id.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::error::ArrowError;
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::{RawValue, to_raw_value};

use super::hash::Keyed;
use super::select::Columns;
use super::{column, text};
use crate::{decode, resource};

/// How `extra` is changed.
#[derive(Debug)]
pub(super) struct Extra {
    /// What becomes of values that belong to a column, by their key in `extra`.
    changes: BTreeMap<String, Change>,
    /// Whether nothing of the owner is written, so that no key of it may stand in `extra` either.
    without_owner: bool,
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
        if columns.get(resource::EXTRA).is_none() {
            return Self { changes: BTreeMap::new(), without_owner: false, of_owner: Vec::new() };
        }
        let is_owners = |name: &&String| name.starts_with(resource::OWNER_COLUMNS);
        let dropped = columns.dropped().iter().map(|name| (name, Change::Dropped));
        let hashed = keyed.into_iter().flat_map(Keyed::names).map(|name| (name, Change::Hashed(name.clone())));
        let mut changes = BTreeMap::new();
        for (name, change) in hashed.chain(dropped) {
            if is_owners(&name) {
                // An owner that is no object is kept whole, and what is to be hidden may stand anywhere in it.
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

    /// What becomes of the value of a key of `object`.
    fn change(&self, key: &str, object: &Object) -> Option<&Change> {
        let of_owner = key.strip_prefix(resource::OWNER).is_some_and(|rest| rest.starts_with('.'));
        let change = self.changes.get(key).or((self.without_owner && of_owner).then_some(&Change::Dropped));
        // A name that was taken has a suffix, and may stand for the column all the same.
        let taken = || decode::before_suffix(key).filter(|name| object.contains_key(*name));
        change.or_else(|| self.changes.get(taken()?))
    }

    /// Whether the value of a key is changed in some object.
    fn may_change(&self, key: &str) -> bool {
        let of_owner = key.strip_prefix(resource::OWNER).is_some_and(|rest| rest.starts_with('.'));
        let known = |name: &str| self.changes.contains_key(name);
        known(key) || (self.without_owner && of_owner) || decode::before_suffix(key).is_some_and(known)
    }

    /// Whether anything is to be changed.
    pub fn changes(&self) -> bool {
        !self.changes.is_empty() || !self.of_owner.is_empty()
    }

    /// The column as it is to be, from a batch of the whole table whose other columns are hashed already.
    pub fn column(&self, batch: &RecordBatch, keyed: Option<&Keyed>) -> Result<ArrayRef, ArrowError> {
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
        // A page may have nearly a million keys, which are not to be held where none is of interest.
        if homeless.is_empty()
            && !before.map(|before| any_key(before, |key| self.may_change(key))).transpose()?.unwrap_or_default()
        {
            return Ok(before.map(str::to_owned));
        }
        let object: Object = before.map(serde_json::from_str).transpose()?.unwrap_or_default();
        if homeless.is_empty() && object.keys().all(|key| self.change(key, &object).is_none()) {
            return Ok(before.map(str::to_owned));
        }
        let mut changed = Object::new();
        for (key, value) in &object {
            match (self.change(key, &object), keyed) {
                (None, _) => drop(changed.insert(key.clone(), value.clone())),
                (Some(Change::Hashed(column)), Some(keyed)) => {
                    let text = serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned());
                    changed.insert(key.clone(), to_raw_value(&keyed.hash(column, &text))?);
                }
                (Some(_), _) => {}
            }
        }
        for (key, text) in homeless {
            let mut key = key.clone();
            // The contact may have a key of that name itself.
            while changed.contains_key(&key) {
                key.push('_');
            }
            changed.insert(key, to_raw_value(text)?);
        }
        (!changed.is_empty()).then(|| serde_json::to_string(&changed)).transpose()
    }
}

/// Whether a key of a JSON object is such; holds none of them.
fn any_key(object: &str, is_such: impl Fn(&str) -> bool) -> Result<bool, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(object);
    (&mut reader).deserialize_map(AnyKey(is_such))
}

struct AnyKey<F>(F);

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for AnyKey<F> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<bool, M::Error> {
        let mut any = false;
        while let Some((key, _)) = members.next_entry::<String, IgnoredAny>()? {
            any |= (self.0)(&key);
        }
        Ok(any)
    }
}
