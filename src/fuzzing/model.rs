//! A second implementation of the page decoder, with `serde_json`, to compare with.
//!
//! It accepts less than the decoder: no invalid UTF-8, no numbers beyond `f64`. The decoder must accept all that it does.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::page::Pagination;

/// The pagination of a page, and its ids; `None` if it is not a page, or if a contact has no id.
pub(super) fn page(body: &[u8]) -> Option<(Pagination, Vec<i64>)> {
    let Entries(entries) = serde_json::from_slice(body).ok()?;
    // If a key is repeated, either choice would lose contacts.
    let only = |key: &'static str| {
        let mut values = entries.iter().filter(|(name, _)| name == key).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    };
    let contacts = only("contacts")?.as_array()?;
    let ids = contacts.iter().map(|contact| id(contact.as_object()?.get("id")?)).collect::<Option<_>>()?;
    Some((pagination(only("pagination")?)?, ids))
}

/// The entries of an object in order, including repeated keys.
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

/// Text without a plus sign.
fn whole(text: &str) -> Option<&str> {
    (!text.starts_with('+')).then_some(text)
}
