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
