//! The name of a value in `extra`: its key, with a prefix if it belongs to the owner.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::json::Raw;

/// A name. It compares like its text, but builds the text only if necessary.
#[derive(Debug, Clone)]
pub(super) struct Name<'a> {
    /// The object that contains the key; empty for the contact.
    within: &'static str,
    key: Cow<'a, str>,
    /// The bytes of a key with invalid characters, which its text does not represent exactly, and their number.
    pub broken: Option<(&'a [u8], u64)>,
}

impl<'a> Name<'a> {
    /// The name of a key.
    pub fn of(within: &'static str, key: Raw<'a>) -> Self {
        let text = key.text();
        let broken = text.as_ref().and_then(|text| (text.replaced > 0).then_some((key.bytes, text.replaced)));
        Self { within, key: text.map(|text| text.text).unwrap_or_default(), broken }
    }

    /// A name that this program assigns.
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

    /// Characters of the key that were replaced.
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
