//! JSON into columns, without a tree between them: a value comes in as it is parsed, and its column takes it.
//!
//! Errors name the column and what it should have held, never the value.

use std::fmt;

use arrow::datatypes::{DataType, Fields};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use crate::decode::builder::{Column, Record, Unfit};
use crate::format::schema::kind;
use crate::text::sanitize::escape;

/// An object of which each key is a column: a line.
pub(super) struct Row<'r>(pub &'r mut Record);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(record) = self;
        record.begin();
        // A bit for each column; no table has more than 64.
        let mut seen = 0_u64;
        let mut due = 0;
        while let Some(place) = map.next_key_seed(Key { fields: &record.fields, due })? {
            let field = &record.fields[place];
            if seen & (1 << place) != 0 {
                return Err(A::Error::custom(format_args!("{} is there twice", field.name())));
            }
            seen |= 1 << place;
            due = place + 1;
            let required = !field.is_nullable();
            let cell = Cell { name: field.name(), of: field.data_type(), required, column: &mut record.columns[place] };
            map.next_value_seed(cell)?;
        }
        match (0..record.fields.len()).find(|place| seen & (1 << place) == 0) {
            Some(place) => Err(A::Error::custom(format_args!("{} is missing", record.fields[place].name()))),
            None => Ok(()),
        }
    }
}

/// A key, which becomes the place of its column.
struct Key<'f> {
    fields: &'f Fields,
    /// The place that is likely: lines have their keys in one order.
    due: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<usize, E> {
        if self.fields.get(self.due).is_some_and(|field| field.name() == key) {
            return Ok(self.due);
        }
        let place = self.fields.iter().position(|field| field.name() == key);
        place.ok_or_else(|| E::custom(format_args!("{} is no column of the lines before it", escape(key))))
    }
}

/// A value, which its column takes.
struct Cell<'c> {
    name: &'c str,
    of: &'c DataType,
    required: bool,
    column: &'c mut Column,
}

impl Cell<'_> {
    fn took<E: Error>(&self, took: Result<(), Unfit>) -> Result<(), E> {
        took.map_err(|Unfit| E::custom(format_args!("{} is no {}", self.name, kind(self.of))))
    }
}

impl<'de> DeserializeSeed<'de> for Cell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(kind(self.of))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if self.required {
            return Err(E::custom(format_args!("{} is null", self.name)));
        }
        self.column.null();
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        let took = self.column.integer(value);
        self.took(took)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        let took = i64::try_from(value).map_err(|_| Unfit).and_then(|value| self.column.integer(value));
        self.took(took)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        let took = self.column.text(value);
        self.took(took)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.took(Err(Unfit))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.took(Err(Unfit))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.took(Err(Unfit))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        match self.column {
            Column::Record(record) => Row(record).visit_map(map),
            _ => self.took(Err(Unfit)),
        }
    }
}
