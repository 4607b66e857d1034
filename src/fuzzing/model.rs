//! A page of contacts as `serde_json` reads it, by other means than the decoder's.
//!
//! It takes less than the decoder does: no broken characters, no numbers beyond `f64`. What it takes, the decoder must.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::page::Pagination;

/// What a page says of the list, and the ids on it; nothing if it is none, or a contact has no identity.
pub(super) fn page(body: &[u8]) -> Option<(Pagination, Vec<i64>)> {
    let Entries(entries) = serde_json::from_slice(body).ok()?;
    // Of a key that is repeated, either value would lose something.
    let only = |key: &'static str| {
        let mut values = entries.iter().filter(|(name, _)| name == key).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    };
    let contacts = only("contacts")?.as_array()?;
    let ids = contacts.iter().map(|contact| id(contact.as_object()?.get("id")?)).collect::<Option<_>>()?;
    Some((pagination(only("pagination")?)?, ids))
}

/// The entries of an object, in their order, keys that are there twice included.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Entries;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn pagination(value: &Value) -> Option<Pagination> {
    let number = |key: &str| match value.as_object()?.get(key)? {
        Value::String(text) => whole(text)?.parse().ok(),
        number => number.as_u64(),
    };
    Some(Pagination {
        current_page: number("current_page")?,
        per_page: number("per_page")?,
        total_pages: number("total_pages")?,
        total_count: number("total_count")?,
    })
}

fn id(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => whole(text)?.parse().ok(),
        number => number.as_i64(),
    }
}

/// A text that has no other sign than minus.
fn whole(text: &str) -> Option<&str> {
    (!text.starts_with('+')).then_some(text)
}
