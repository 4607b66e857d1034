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

use super::json::{Raw, Scanner, compare_keys, read_at};
use super::key::Name;
use crate::resource::contacts::COLUMNS;
use crate::resource::{OWNER, extra_key};

/// The name without the suffix that it got because it was taken, if it has one.
pub(crate) fn before_suffix(name: &str) -> Option<&str> {
    name.trim_end_matches(|character: char| character.is_ascii_digit()).strip_suffix('_')
}

/// The values of one contact, by the keys under which they were sent. Only offsets are stored: each method takes the
/// contact's JSON.
#[derive(Debug, Default)]
pub(super) struct Extra {
    of_contact: Vec<Member>,
    of_owner: Vec<Member>,
}

/// Where a value comes from. Names are assigned in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// A key of the contact without a column.
    Contact,
    /// A column that cannot hold the value, by its index. The key is the column's name.
    Column(u8),
    /// A key of the owner without a column.
    Owner,
    /// The owner itself, if it is not an object.
    WholeOwner,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    origin: Origin,
    /// The offset of its key, or of its value if this program assigns the key.
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

impl Extra {
    /// Adds a value of the contact, whose key is at this offset.
    pub fn add_key(&mut self, at: u32) {
        self.of_contact.push(Member { origin: Origin::Contact, at });
    }

    /// Adds a value of the owner, whose key is at this offset.
    pub fn add_owner_key(&mut self, at: u32) {
        self.of_owner.push(Member { origin: Origin::Owner, at });
    }

    /// Adds a value that the column of this index cannot hold unchanged.
    pub fn add_column(&mut self, index: usize, value: Raw<'_>) {
        let origin = Origin::Column(u8::try_from(index).unwrap_or(u8::MAX));
        self.of_contact.push(Member { origin, at: value.at });
    }

    /// Adds an owner that is not an object.
    pub fn add_owner(&mut self, value: Raw<'_>) {
        self.of_owner.push(Member { origin: Origin::WholeOwner, at: value.at });
    }

    /// Forgets the members of the owner. Returns how many of its values were lost before that.
    pub fn forget_owner(&mut self, json: &[u8]) -> u64 {
        Json(json).settle(&mut std::mem::take(&mut self.of_owner))
    }

    /// The memory that it holds, in bytes.
    pub fn held(&self) -> usize {
        (self.of_contact.capacity() + self.of_owner.capacity()) * size_of::<Member>()
    }

    /// Writes the object. `None` if it is empty.
    pub fn write(self, json: &[u8], out: &mut impl Write) -> Option<Found> {
        let Self { of_contact: mut members, of_owner } = self;
        members.extend(of_owner);
        if members.is_empty() { None } else { Some(Json(json).write(members, out)) }
    }
}

/// The JSON of the contact, in which the members are.
struct Json<'a>(&'a [u8]);

impl<'a> Json<'a> {
    fn write(&self, mut members: Vec<Member>, out: &mut impl Write) -> Found {
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
        found
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
        let mut unnamed = Vec::new();
        members.dedup_by(|next, kept| {
            let same = self.compare_names(*next, *kept) == Ordering::Equal;
            if same {
                unnamed.push(*next);
            }
            same
        });
        let mut all: Vec<Suffixed> = Vec::new();
        let mut taken = FxHashSet::default();
        for member in unnamed {
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
        let compared = if sent { compare_keys(self.0, one.at, other.at) } else { None };
        compared.unwrap_or_else(|| self.name(one).cmp(&self.name(other)))
    }

    fn name(&self, Member { origin, at }: Member) -> Name<'a> {
        match origin {
            Origin::Contact => Name::of("", read_at(self.0, at, Scanner::string)),
            Origin::Owner => Name::of(OWNER, read_at(self.0, at, Scanner::string)),
            Origin::Column(index) => Name::ours(extra_key(COLUMNS[usize::from(index)].name)),
            Origin::WholeOwner => Name::ours(OWNER.to_owned()),
        }
    }

    fn suffixed(&self, Suffixed { member, suffix, .. }: &Suffixed) -> String {
        let name = self.name(*member);
        if *suffix == 1 { format!("{}_", name.text()) } else { format!("{}_{suffix}", name.text()) }
    }

    fn value(&self, Member { origin, at }: Member) -> Raw<'a> {
        match origin {
            Origin::Contact | Origin::Owner => {
                read_at(self.0, at, |scanner| scanner.key().and_then(|_| scanner.value()))
            }
            Origin::Column(_) | Origin::WholeOwner => read_at(self.0, at, Scanner::value),
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
