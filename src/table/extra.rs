//! What no column of one contact can hold, on its way into `extra`: keys and raw values come in, a JSON object goes out.
//!
//! Keys of the contact and of its owner share one object, and broken characters can make two keys one text. No value is
//! lost by that: a name that is taken gets a suffix, `_`, then `_2` and so on.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};

use super::json::Raw;
use super::schema::{OWNER, extra_key};

/// The name before the suffix of one that was taken, if it has one.
pub(crate) fn before_suffix(name: &str) -> Option<&str> {
    name.trim_end_matches(|character: char| character.is_ascii_digit()).strip_suffix('_')
}

/// The values, by the keys that they were sent under.
#[derive(Debug, Default)]
pub(super) struct Extra<'a> {
    values: BTreeMap<Key<'a>, Raw<'a>>,
}

/// Where a value comes from: in this order they choose their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A key of the contact that has no column.
    Contact,
    /// A column that cannot hold it. The key is the column's name.
    Column,
    /// A key of the owner that has no column.
    Owner,
    /// The owner itself, where it is not an object. The key is its own.
    WholeOwner,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    origin: Origin,
    text: Cow<'a, str>,
    /// The bytes of a key with broken characters, for which its text stands only roughly, and how many there are.
    broken: Option<(&'a [u8], u64)>,
}

impl<'a> Extra<'a> {
    /// Takes the value of a key; returns whether it takes the place of another value of that very key.
    pub fn set(&mut self, origin: Origin, key: Raw<'a>, value: Raw<'a>) -> bool {
        let Some(text) = key.text() else { return false };
        let broken = (text.replaced > 0).then_some((key.bytes, text.replaced));
        self.insert(Key { origin, text: text.text, broken }, value)
    }

    /// Takes a value that its column cannot hold as it is.
    pub fn set_column(&mut self, name: &'static str, value: Raw<'a>) {
        self.insert(Key { origin: Origin::Column, text: Cow::Borrowed(name), broken: None }, value);
    }

    /// Takes an owner that is not an object.
    pub fn set_owner(&mut self, value: Raw<'a>) {
        self.insert(Key { origin: Origin::WholeOwner, text: Cow::Borrowed(OWNER), broken: None }, value);
    }

    /// Forgets all that came from the owner.
    pub fn forget_owner(&mut self) {
        self.values.retain(|key, _| !matches!(key.origin, Origin::Owner | Origin::WholeOwner));
    }

    fn insert(&mut self, key: Key<'a>, value: Raw<'a>) -> bool {
        self.values.insert(key, value).is_some_and(|before| before.bytes != value.bytes)
    }

    /// The object, and how many characters had to be replaced in it; nothing where there is nothing.
    pub fn json(&self) -> Option<(String, u64)> {
        if self.values.is_empty() {
            return None;
        }
        let mut replaced = 0;
        let (mut named, mut homeless) = (BTreeMap::new(), Vec::new());
        for (key, value) in &self.values {
            replaced += key.broken.map_or(0, |(_, characters)| characters);
            match named.entry(key.name()) {
                Entry::Vacant(entry) => drop(entry.insert(value)),
                Entry::Occupied(entry) => homeless.push((entry.key().clone(), value)),
            }
        }
        // Counted by name: keys that are many and broken alike would be compared with each other otherwise.
        let mut suffixes = HashMap::new();
        for (name, value) in homeless {
            let suffix: &mut u64 = suffixes.entry(name.clone()).or_default();
            let free = loop {
                *suffix += 1;
                let free = if *suffix == 1 { format!("{name}_") } else { format!("{name}_{suffix}") };
                if !named.contains_key(&free) {
                    break free;
                }
            };
            named.insert(free, value);
        }
        let mut json = String::from("{");
        for (name, value) in named {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&serde_json::Value::from(name).to_string());
            json.push(':');
            let value = value.json();
            json.push_str(&value.text);
            replaced += value.replaced;
        }
        json.push('}');
        Some((json, replaced))
    }
}

impl Key<'_> {
    fn name(&self) -> String {
        match self.origin {
            Origin::Contact | Origin::WholeOwner => self.text.clone().into_owned(),
            Origin::Column => extra_key(&self.text),
            Origin::Owner => format!("{OWNER}.{}", self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, table, text};
    use crate::page::FindingKind;

    #[test]
    fn no_two_keys_become_one_in_extra() {
        for (contact, extra) in [
            // The contact's own key, and one of its owner's.
            (
                r#""contact_owner.role":"a","contact_owner":{"id":5,"role":"b"}"#,
                r#"{"contact_owner.role":"a","contact_owner.role_":"b"}"#,
            ),
            (
                r#""contact_owner":{"role":"b","role_":"c"},"contact_owner.role":"a""#,
                r#"{"contact_owner.role":"a","contact_owner.role_":"c","contact_owner.role_2":"b"}"#,
            ),
            // The contact's own key, and a column that cannot hold its value.
            (
                r#""contact_owner.id":"mine","contact_owner":{"id":1.5}"#,
                r#"{"contact_owner.id":"mine","contact_owner.id_":1.5}"#,
            ),
            // Keys with broken characters, and one that has the character that replaces them.
            (
                r#""k\ud800":1,"k\ud801":2,"k\ufffd":3,"k\ud802":4"#,
                "{\"k\u{fffd}\":3,\"k\u{fffd}_\":1,\"k\u{fffd}_2\":2,\"k\u{fffd}_3\":4}",
            ),
            // An owner that is not an object, and one without a key.
            (r#""contact_owner":"Jane","contact_owner.":1"#, r#"{"contact_owner":"Jane","contact_owner.":1}"#),
            (r#""contact_owner":{"":2},"contact_owner.":1,"":3"#, r#"{"":3,"contact_owner.":1,"contact_owner._":2}"#),
            // Names that are columns of the output only.
            (r#""extra":1,"owner_id":2,"raw":3"#, r#"{"extra":1,"owner_id":2,"raw":3}"#),
        ] {
            let table = table(format!(r#"{{"id":1,{contact}}}"#));
            assert_eq!(text(&table.batch, "extra", 0), Some(extra), "{contact}");
            assert!(table.findings.iter().all(|finding| finding.kind != FindingKind::RepeatedKey), "{contact}");
        }
        let broken = table(r#"{"id":1,"k\ud800":1,"k\ud801\ud802":"\ud803"}"#);
        assert_eq!(found(&broken), [(FindingKind::ReplacedCharacter, "extra")]);
        assert_eq!(broken.findings[0].count, 4);
    }

    /// A page may have 8 MiB of such keys: each is compared with none of the others.
    #[test]
    fn many_keys_that_are_broken_alike_cost_no_more_than_others() {
        let keys: Vec<_> = (0..100_000_u32)
            .map(|number| {
                format!(r#""\ud8{:02x}x\ud8{:02x}x\ud8{:02x}":{number}"#, number >> 16, number >> 8 & 255, number & 255)
            })
            .collect();
        let table = table(format!(r#"{{"id":1,{}}}"#, keys.join(",")));
        let extra: serde_json::Value = serde_json::from_str(text(&table.batch, "extra", 0).unwrap()).unwrap();
        assert_eq!(extra.as_object().unwrap().len(), keys.len());
    }

    #[test]
    fn a_suffix_is_told_from_a_name() {
        for (name, before) in [("a_", Some("a")), ("a_2", Some("a")), ("a__", Some("a_")), ("a2", None), ("a", None)] {
            assert_eq!(super::before_suffix(name), before, "{name}");
        }
    }
}
