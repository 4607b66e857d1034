//! The columns of a text of JSON lines: the first lines come in, their keys go out, in order.

use std::fmt;

use serde::Deserializer;
use serde::de::{Deserialize, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::ReadbackError;
use super::ndjson::refused;
use crate::format::read::Lines;
use crate::format::schema::Found;
use crate::resource::OWNER;

/// The columns that the first line has. The owner's keys are those of the first line with an owner; where no line has
/// one they are `owner`, which only who wrote them can know.
pub(super) fn columns(mut lines: Lines, owner: &[String]) -> Result<Vec<Found>, ReadbackError> {
    let mut line = Vec::new();
    lines.read(&mut line)?;
    let Keys(mut found) = keys(&line, &lines)?;
    while let Some(place) = found.iter().position(|column| column.name == OWNER && column.within.is_none()) {
        line.clear();
        if !lines.read(&mut line)? {
            found[place].within = Some(owner.to_vec());
            break;
        }
        let Keys(mut next) = keys(&line, &lines)?;
        found[place].within =
            next.iter_mut().find(|column| column.name == OWNER).and_then(|column| column.within.take());
    }
    Ok(found)
}

fn keys(line: &[u8], lines: &Lines) -> Result<Keys, ReadbackError> {
    serde_json::from_slice(line).map_err(|error| refused(lines, line, &error))
}

/// The keys of an object, and those of the objects in it.
struct Keys(Vec<Found>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Vec::new();
        while let Some((name, Within(within))) = map.next_entry()? {
            keys.push(Found { name, within });
        }
        Ok(Keys(keys))
    }
}

/// The keys of a value, if it is an object.
struct Within(Option<Vec<String>>);

impl<'de> Deserialize<'de> for Within {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WithinVisitor)
    }
}

struct WithinVisitor;

/// Values that are no objects have no keys.
macro_rules! none {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<Within, E> {
            Ok(Within(None))
        })*
    };
}

impl<'de> Visitor<'de> for WithinVisitor {
    type Value = Within;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    none!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<Within, E> {
        Ok(Within(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Within, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Within(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Within, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry()? {
            keys.push(key);
        }
        Ok(Within(Some(keys)))
    }
}
