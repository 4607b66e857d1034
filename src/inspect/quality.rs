//! How good the data are, in counts: missing and malformed values, and contacts that share an email address or a phone number.
//!
//! Values are compared in the normal form of `--hmac`. Of each, memory holds a hash: 16 bytes per contact and kind.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::transform::normal_form;

/// A company is listed only if at least this many contacts have it, so that it identifies nobody.
const FEWEST: u64 = 5;
/// The number of companies that are listed.
const LARGEST: usize = 10;

/// Missing, malformed and shared values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QualityFacts {
    /// Contacts without any name; `None` if the table has no names.
    pub without_name: Option<u64>,
    /// The email addresses; `None` if the table has none.
    pub emails: Option<ValueFacts>,
    /// The phone numbers; `None` if the table has none.
    pub phones: Option<ValueFacts>,
    /// The companies; `None` if the table has none, or only their hashes.
    pub companies: Option<CompaniesFacts>,
}

/// The values of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ValueFacts {
    /// Contacts without one.
    pub without: u64,
    /// Contacts whose email address has no text before and after an `@`, or whose phone number is not `+` and 8 to 15 digits; `None`
    /// if the values are hashed.
    pub malformed: Option<u64>,
    /// Values that more than one contact has.
    pub groups: u64,
    /// The contacts that have them.
    pub in_groups: u64,
    /// The number of groups by their size, in ascending order.
    pub sizes: Vec<GroupSize>,
}

/// How many groups have a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GroupSize {
    /// Contacts in each group.
    pub contacts: u64,
    /// The groups.
    pub groups: u64,
}

/// The companies of the contacts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CompaniesFacts {
    /// The number of distinct companies.
    pub distinct: u64,
    /// Contacts without one.
    pub without: u64,
    /// The ten companies with the most contacts, at least five each.
    pub largest: Vec<CompanyFacts>,
}

/// One company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompanyFacts {
    /// Its name.
    pub name: String,
    /// The number of its contacts.
    pub contacts: u64,
}

/// A contact that shares a value with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// `email` or `phone`.
    pub kind: &'static str,
    /// The number of the group, from 1.
    pub group: u64,
    /// The id of the contact.
    pub id: i64,
}

/// The counts so far.
#[derive(Debug, Default)]
pub(super) struct Quality {
    places: Places,
    without_name: u64,
    emails: Values,
    phones: Values,
    companies: FxHashMap<String, u64>,
    without_company: u64,
    hasher: RandomState,
}

/// The positions of the columns.
#[derive(Debug, Default)]
struct Places {
    id: Option<usize>,
    names: Vec<usize>,
    email: Option<usize>,
    phone: Option<usize>,
    company: Option<usize>,
    is_email_hashed: bool,
    is_phone_hashed: bool,
}

#[derive(Debug, Default)]
struct Values {
    without: u64,
    malformed: u64,
    /// The hash of each value, and the id of its contact.
    seen: Vec<(u64, i64)>,
}

impl Quality {
    /// `place` finds the position of a text column or of the ids. `hashed` are the columns that hold hashes.
    pub fn new(place: impl Fn(&str, &DataType) -> Option<usize>, hashed: &[String]) -> Self {
        let is_hashed = |name: &str| hashed.iter().any(|hashed| hashed == name);
        let text = |name: &str| place(name, &DataType::Utf8);
        let places = Places {
            id: place("id", &DataType::Int64),
            names: ["full_name", "first_name", "last_name"].into_iter().filter_map(text).collect(),
            email: text("email"),
            phone: text("phone_number"),
            company: text("company").filter(|_| !is_hashed("company")),
            is_email_hashed: is_hashed("email"),
            is_phone_hashed: is_hashed("phone_number"),
        };
        Self { places, ..Self::default() }
    }

    /// Counts the rows of a batch.
    pub fn count(&mut self, leaves: &[ArrayRef]) {
        let rows = leaves.first().map_or(0, Array::len);
        let text = |place: usize, row: usize| {
            let texts = leaves[place].as_string::<i32>();
            if texts.is_null(row) { "" } else { texts.value(row).trim() }
        };
        let Self { places, without_name, emails, phones, companies, without_company, hasher } = self;
        for row in 0..rows {
            let id = places.id.map_or(0, |place| leaves[place].as_primitive::<Int64Type>().value(row));
            if !places.names.is_empty() && places.names.iter().all(|place| text(*place, row).is_empty()) {
                *without_name += 1;
            }
            if let Some(place) = places.email {
                let is_good =
                    |text: &str| text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
                emails.count("email", text(place, row), places.is_email_hashed, is_good, id, hasher);
            }
            if let Some(place) = places.phone {
                phones.count("phone_number", text(place, row), places.is_phone_hashed, is_e164, id, hasher);
            }
            if let Some(place) = places.company {
                match text(place, row) {
                    "" => *without_company += 1,
                    company => match companies.get_mut(company) {
                        Some(contacts) => *contacts += 1,
                        None => drop(companies.insert(company.to_owned(), 1)),
                    },
                }
            }
        }
    }

    /// The result, and the contacts that share a value, if the table has ids.
    pub fn finish(self) -> (QualityFacts, Vec<Duplicate>) {
        let Self { places, without_name, emails, phones, companies, without_company, .. } = self;
        let mut duplicates = Vec::new();
        let mut facts = |kind, values: Values, is_hashed: bool| {
            let ids = places.id.is_some().then_some(&mut duplicates);
            values.finish(kind, is_hashed, ids)
        };
        let emails = places.email.map(|_| facts("email", emails, places.is_email_hashed));
        let phones = places.phone.map(|_| facts("phone", phones, places.is_phone_hashed));
        let companies = places.company.map(|_| {
            let distinct = companies.len() as u64;
            let named = companies.into_iter().filter(|(_, contacts)| *contacts >= FEWEST);
            let mut largest: Vec<_> = named.map(|(name, contacts)| CompanyFacts { name, contacts }).collect();
            largest.sort_by(|one, other| other.contacts.cmp(&one.contacts).then_with(|| one.name.cmp(&other.name)));
            largest.truncate(LARGEST);
            CompaniesFacts { distinct, without: without_company, largest }
        });
        let without_name = (!places.names.is_empty()).then_some(without_name);
        (QualityFacts { without_name, emails, phones, companies }, duplicates)
    }
}

impl Values {
    fn count(
        &mut self,
        column: &str,
        text: &str,
        is_hashed: bool,
        is_good: impl Fn(&str) -> bool,
        id: i64,
        hasher: &RandomState,
    ) {
        if text.is_empty() {
            self.without += 1;
            return;
        }
        let normal = if is_hashed { text.to_owned() } else { normal_form(column, text) };
        self.malformed += u64::from(!is_hashed && !is_good(&normal));
        self.seen.push((hasher.hash_one(&normal), id));
    }

    fn finish(mut self, kind: &'static str, is_hashed: bool, mut ids: Option<&mut Vec<Duplicate>>) -> ValueFacts {
        self.seen.sort_unstable();
        let mut groups: Vec<_> =
            self.seen.chunk_by(|one, other| one.0 == other.0).filter(|group| group.len() > 1).collect();
        groups.sort_unstable_by_key(|group| group[0].1);
        let mut sizes = BTreeMap::new();
        for (number, group) in (1..).zip(&groups) {
            *sizes.entry(group.len() as u64).or_default() += 1;
            if let Some(ids) = ids.as_deref_mut() {
                ids.extend(group.iter().map(|(_, id)| Duplicate { kind, group: number, id: *id }));
            }
        }
        ValueFacts {
            without: self.without,
            malformed: (!is_hashed).then_some(self.malformed),
            groups: groups.len() as u64,
            in_groups: groups.iter().map(|group| group.len() as u64).sum(),
            sizes: sizes.into_iter().map(|(contacts, groups)| GroupSize { contacts, groups }).collect(),
        }
    }
}

/// Whether a number has the shape of E.164. An extension is not part of it.
fn is_e164(normal: &str) -> bool {
    let number = normal.split('x').next().unwrap_or_default();
    let digits = number.strip_prefix('+').unwrap_or_default();
    (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shape_of_a_number_counts() {
        for (number, is_good) in [
            ("+15551234567", true),
            ("+15551234567x12", true),
            ("5551234567", false),
            ("+0555123456", false),
            ("+1234567", false),
            ("+1234567890123456", false),
            ("+1555call", false),
            ("unknown", false),
        ] {
            assert_eq!(is_e164(number), is_good, "{number}");
        }
    }
}
