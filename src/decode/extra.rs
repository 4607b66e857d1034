//! The column `extra`: a JSON object of everything in a contact that no other column can hold.
//!
//! Keys of the contact and of its owner share the object, and invalid characters can make two keys equal. No value is lost:
//! a name that is already taken gets a suffix, `_`, then `_2` and so on. A page may have nearly a million keys, so only the
//! offset of each is kept, and the key parsed again when needed.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt::Write;
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashSet};

use super::json::{Raw, compare_keys, key_at, value_at};
use super::key::Name;
use crate::resource::{OWNER, extra_key};

/// The name without the suffix that it got because it was taken, if it has one.
pub(crate) fn before_suffix(name: &str) -> Option<&str> {
    name.trim_end_matches(|character: char| character.is_ascii_digit()).strip_suffix('_')
}

/// The values of one contact, by the keys under which they were sent.
#[derive(Debug)]
pub(super) struct Extra<'a> {
    page: &'a [u8],
    of_contact: Vec<Member>,
    of_owner: Vec<Member>,
    /// Values that get the name of a column. There are only a few.
    ours: Vec<(&'static str, Raw<'a>)>,
}

/// Where a value comes from. Names are assigned in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A key of the contact without a column.
    Contact,
    /// A column that cannot hold the value. The key is the column's name.
    Column,
    /// A key of the owner without a column.
    Owner,
    /// The owner itself, if it is not an object.
    WholeOwner,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    origin: Origin,
    /// The offset of its key in the page, or the index in `ours`.
    at: u32,
}

/// A member whose name is already taken.
#[derive(Debug, Clone, Copy)]
struct Suffixed {
    member: Member,
    suffix: u32,
    /// Equal for members of the same name.
    group: u32,
}

/// Irregularities found while writing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Characters that were replaced.
    pub replaced: u64,
    /// Values that a later one of the same key replaced.
    pub lost: u64,
}

impl<'a> Extra<'a> {
    /// An empty object for a contact in this page.
    pub fn new(page: &'a [u8]) -> Self {
        Self { page, of_contact: Vec::new(), of_owner: Vec::new(), ours: Vec::new() }
    }

    /// Adds a value of the contact, whose key is at this offset.
    pub fn take(&mut self, at: u32) {
        self.of_contact.push(Member { origin: Origin::Contact, at });
    }

    /// Adds a value of the owner, whose key is at this offset.
    pub fn take_of_owner(&mut self, at: u32) {
        self.of_owner.push(Member { origin: Origin::Owner, at });
    }

    /// Adds a value that its column cannot hold unchanged.
    pub fn take_column(&mut self, name: &'static str, value: Raw<'a>) {
        let member = self.our(Origin::Column, name, value);
        self.of_contact.push(member);
    }

    /// Adds an owner that is not an object.
    pub fn take_owner(&mut self, value: Raw<'a>) {
        let member = self.our(Origin::WholeOwner, OWNER, value);
        self.of_owner.push(member);
    }

    fn our(&mut self, origin: Origin, name: &'static str, value: Raw<'a>) -> Member {
        self.ours.push((name, value));
        Member { origin, at: u32::try_from(self.ours.len() - 1).unwrap_or(u32::MAX) }
    }

    /// Forgets the members of the owner. Returns how many of its values were lost before that.
    pub fn forget_owner(&mut self) -> u64 {
        let mut forgotten = std::mem::take(&mut self.of_owner);
        self.settle(&mut forgotten)
    }

    /// Writes the object. `None` if it is empty.
    pub fn write(mut self, out: &mut impl Write) -> Option<Found> {
        let mut members = std::mem::take(&mut self.of_contact);
        members.append(&mut self.of_owner);
        if members.is_empty() {
            return None;
        }
        let mut found = Found { replaced: 0, lost: self.settle(&mut members) };
        let suffixed = self.suffixes(&mut members);
        let mut suffixed = suffixed.iter().peekable();
        let mut object = Object { out, found: &mut found, is_empty: true };
        for member in members {
            let name = self.name(member);
            while let Some(before) = suffixed.next_if(|suffixed| *self.suffixed(suffixed) < *name.text()) {
                object.add(&self.suffixed(before), &self.name(before.member), self.value(before.member));
            }
            object.add(&name.text(), &name, self.value(member));
        }
        for last in suffixed {
            object.add(&self.suffixed(last), &self.name(last.member), self.value(last.member));
        }
        object.end();
        Some(found)
    }

    /// Sorts by name, and keeps only the last value of each key. Returns how many values that loses.
    fn settle(&self, members: &mut Vec<Member>) -> u64 {
        members.sort_unstable_by(|one, other| self.compare(*one, *other).then(one.at.cmp(&other.at)));
        let mut lost = 0;
        members.dedup_by(|next, kept| {
            let same = self.compare(*next, *kept) == Ordering::Equal;
            if same {
                lost += u64::from(self.value(*next).bytes != self.value(*kept).bytes);
                *kept = *next;
            }
            same
        });
        lost
    }

    /// Keeps the first member of each name. Returns the others with a suffix, sorted by the new name.
    fn suffixes(&self, members: &mut Vec<Member>) -> Vec<Suffixed> {
        let mut homeless = Vec::new();
        members.dedup_by(|next, kept| {
            let same = self.compare_names(*next, *kept) == Ordering::Equal;
            if same {
                homeless.push(*next);
            }
            same
        });
        let mut all: Vec<Suffixed> = Vec::new();
        let mut taken = FxHashSet::default();
        for member in homeless {
            let before = all.last().filter(|before| self.compare_names(before.member, member) == Ordering::Equal);
            let (mut suffix, group) = match before {
                Some(before) => (before.suffix, before.group),
                None => (0, u32::try_from(all.len()).unwrap_or(u32::MAX)),
            };
            let suffixed = loop {
                suffix += 1;
                let suffixed = Suffixed { member, suffix, group };
                let name = self.suffixed(&suffixed);
                let is_key = members.binary_search_by(|other| self.name(*other).text().as_ref().cmp(&name)).is_ok();
                // A hash collision only skips a number.
                if !is_key && taken.insert(FxBuildHasher.hash_one(&name)) {
                    break suffixed;
                }
            };
            all.push(suffixed);
        }
        all.sort_unstable_by(|one, other| {
            if one.group == other.group {
                one.suffix.to_string().cmp(&other.suffix.to_string())
            } else {
                self.suffixed(one).cmp(&self.suffixed(other))
            }
        });
        all
    }

    /// Compares by name, then by what distinguishes keys of the same name.
    fn compare(&self, one: Member, other: Member) -> Ordering {
        self.compare_names(one, other)
            .then(one.origin.cmp(&other.origin))
            .then_with(|| self.name(one).broken.cmp(&self.name(other).broken))
    }

    fn compare_names(&self, one: Member, other: Member) -> Ordering {
        let sent = one.origin == other.origin && matches!(one.origin, Origin::Contact | Origin::Owner);
        let compared = if sent { compare_keys(self.page, one.at, other.at) } else { None };
        compared.unwrap_or_else(|| self.name(one).cmp(&self.name(other)))
    }

    fn name(&self, Member { origin, at }: Member) -> Name<'a> {
        match origin {
            Origin::Contact => Name::of("", key_at(self.page, at)),
            Origin::Owner => Name::of(OWNER, key_at(self.page, at)),
            Origin::Column | Origin::WholeOwner => Name::ours(extra_key(self.ours[at as usize].0)),
        }
    }

    fn suffixed(&self, Suffixed { member, suffix, .. }: &Suffixed) -> String {
        let name = self.name(*member);
        if *suffix == 1 { format!("{}_", name.text()) } else { format!("{}_{suffix}", name.text()) }
    }

    fn value(&self, Member { origin, at }: Member) -> Raw<'a> {
        match origin {
            Origin::Contact | Origin::Owner => value_at(self.page, at),
            Origin::Column | Origin::WholeOwner => self.ours[at as usize].1,
        }
    }
}

/// A JSON object under construction.
struct Object<'o, W> {
    out: &'o mut W,
    found: &'o mut Found,
    is_empty: bool,
}

impl<W: Write> Object<'_, W> {
    fn add(&mut self, text: &str, name: &Name<'_>, value: Raw<'_>) {
        let before = if std::mem::replace(&mut self.is_empty, false) { '{' } else { ',' };
        // Writing to memory cannot fail.
        let _ = write!(self.out, "{before}{}:", serde_json::Value::from(text));
        self.found.replaced += name.replaced() + value.write_json(self.out);
    }

    fn end(&mut self) {
        // Writing to memory cannot fail.
        let _ = self.out.write_char('}');
    }
}
