//! The name that a value has in `extra`: its key, as text, with what stands before it where it is the owner's.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::json::Raw;

/// A name. It compares as its text does, which it makes only where it must.
#[derive(Debug, Clone)]
pub(super) struct Name<'a> {
    /// The object that the key stands in; empty for the contact.
    within: &'static str,
    key: Cow<'a, str>,
    /// The bytes of a key with broken characters, for which its text stands only roughly, and how many there are.
    pub broken: Option<(&'a [u8], u64)>,
}

impl<'a> Name<'a> {
    /// That of a key.
    pub fn of(within: &'static str, key: Raw<'a>) -> Self {
        let text = key.text();
        let broken = text.as_ref().and_then(|text| (text.replaced > 0).then_some((key.bytes, text.replaced)));
        Self { within, key: text.map(|text| text.text).unwrap_or_default(), broken }
    }

    /// One that this program gives.
    pub fn ours(name: String) -> Self {
        Self { within: "", key: Cow::Owned(name), broken: None }
    }

    pub fn text(&self) -> Cow<'_, str> {
        if self.within.is_empty() {
            Cow::Borrowed(&self.key)
        } else {
            Cow::Owned(format!("{}.{}", self.within, self.key))
        }
    }

    /// Characters of the key that had to be replaced.
    pub fn replaced(&self) -> u64 {
        self.broken.map_or(0, |(_, characters)| characters)
    }
}

impl Ord for Name<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.within == other.within { self.key.cmp(&other.key) } else { self.text().cmp(&other.text()) }
    }
}

impl PartialOrd for Name<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Name<'_> {}
