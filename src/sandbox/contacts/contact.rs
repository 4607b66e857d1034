//! One contact as a value, before it is written as JSON.
//!
//! The constants set the shares of values, nulls, empty texts and missing keys. The API requires one of
//! first name, last name, email and phone number; everything else is optional.

use serde::Serialize;

use super::words::{
    AREA_CODES, COMPANIES, COMPANY_SUFFIXES, EMAIL_DOMAINS, LATIN_FAMILY, LATIN_GIVEN, LOCATIONS, Name, ODD_COMPANIES,
    ODD_LOCATIONS, People, TITLES,
};
use crate::sandbox::random::Random;

/// Upper limit for the time from a contact's creation to its invented last update, in ms: a little over 13 months.
pub(super) const DELAY_LIMIT: u64 = 1 << 35;

/// How many owners there are.
pub(super) const OWNERS: u64 = 40;
const FIRST_OWNER_ID: u64 = 456;
const OWNER_ID_STRIDE: u64 = 13;

/// A field of a contact, in one of the four forms that the API may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field<T> {
    Value(T),
    Null,
    /// `""`.
    Empty,
    /// The key is missing.
    Absent,
}

/// How many of 100 fields are null, empty and absent.
type Gaps = [u64; 3];

const NAME_GAPS: Gaps = [3, 1, 2];
const EMAIL_GAPS: Gaps = [6, 2, 4];
const PHONE_GAPS: Gaps = [6, 2, 3];
const WORK_GAPS: Gaps = [6, 2, 3];
const IMAGE_GAPS: Gaps = [68, 2, 5];
const OWNER_GAPS: Gaps = [7, 0, 4];

/// An email address made from a name, a number and a domain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Email {
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    pub(super) number: u64,
    pub(super) domain: &'static str,
}

/// An E.164 number from ranges set aside for fiction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phone {
    pub(super) prefix: &'static str,
    /// Follows the prefix, in `width` digits.
    pub(super) number: u64,
    pub(super) width: usize,
}

/// The time zone a timestamp is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Utc,
    UsCentral,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Timestamp {
    /// Since 1970-01-01T00:00:00Z.
    pub(super) milliseconds: u64,
    pub(super) zone: Zone,
}

/// A contact. Some values are in pieces, which are joined when it is written.
#[derive(Debug)]
pub(in crate::sandbox) struct Contact {
    pub(super) id: u64,
    pub(super) first_name: Field<&'static str>,
    pub(super) last_name: Field<&'static str>,
    pub(super) full_name: Field<[&'static str; 3]>,
    pub(super) email: Field<Email>,
    pub(super) phone_number: Field<Phone>,
    pub(super) company: Field<[&'static str; 2]>,
    pub(super) title: Field<&'static str>,
    pub(super) location: Field<&'static str>,
    /// Its URL follows from the id.
    pub(super) image_url: Field<()>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) owner: Field<OwnerReference>,
}

/// The owner of a contact, and whether the contact shows the owner's email.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnerReference {
    pub(super) number: u64,
    pub(super) with_email: bool,
}

/// A user who owns contacts: one of a few, the same for every seed.
#[derive(Debug, Serialize)]
pub(super) struct Owner {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    first_name: Option<&'static str>,
    last_name: &'static str,
    name: String,
}

impl Contact {
    /// Draws a contact that was created at `created` (ms since 1970).
    pub(super) fn invent(random: &mut Random, id: u64, created: u64) -> Self {
        let people = People::of(random.below(100));
        let (given, family) = (random.pick(people.given), random.pick(people.family));
        let first_name = field(random, NAME_GAPS, given.text);
        let last_name = field(random, NAME_GAPS, family.text);
        let full_name = match field(random, NAME_GAPS, joined(first_name, last_name, people.family_first)) {
            Field::Value(["", "", ""]) => Field::Empty,
            other => other,
        };
        let nameless = !matches!((first_name, last_name), (Field::Value(_), _) | (_, Field::Value(_)));
        let email = invent_email(random, given, family, nameless);
        Self {
            id,
            first_name,
            last_name,
            full_name,
            email,
            phone_number: invent_phone(random),
            company: invent_company(random),
            title: invent_text(random, &TITLES),
            location: if random.chance(2) {
                Field::Value(random.pick(&ODD_LOCATIONS))
            } else {
                invent_text(random, &LOCATIONS)
            },
            image_url: field(random, IMAGE_GAPS, ()),
            created_at: Timestamp { milliseconds: created, zone: invent_zone(random) },
            updated_at: Timestamp { milliseconds: created + invent_delay(random), zone: invent_zone(random) },
            owner: invent_owner(random),
        }
    }

    /// Changes one field, and sets the time of the last update to `at` (ms since 1970).
    pub(super) fn revise(&mut self, random: &mut Random, at: u64) {
        match random.below(3) {
            0 => {
                let last_names = LATIN_FAMILY.iter().map(|name| name.text);
                self.rename(another(random, last_names, self.last_name));
            }
            1 => self.title = Field::Value(another(random, TITLES.iter().copied(), self.title)),
            _ => self.location = Field::Value(another(random, LOCATIONS.iter().copied(), self.location)),
        }
        self.updated_at = Timestamp { milliseconds: at, zone: invent_zone(random) };
    }

    fn rename(&mut self, last_name: &'static str) {
        self.last_name = Field::Value(last_name);
        if let Field::Value(full_name) = &mut self.full_name {
            *full_name = joined(self.first_name, self.last_name, false);
        }
    }

    /// Last name and first name; `""` for a name without a value.
    pub(in crate::sandbox) fn names(&self) -> [&'static str; 2] {
        [self.last_name, self.first_name].map(|name| if let Field::Value(name) = name { name } else { "" })
    }

    /// The time of the last update, in ms since 1970.
    pub(in crate::sandbox) fn updated(&self) -> u64 {
        self.updated_at.milliseconds
    }
}

impl Owner {
    pub(super) fn new(number: u64, with_email: bool) -> Self {
        let pick = |names: &[Name], factor: u64| names[usize::try_from(number * factor).unwrap_or(0) % names.len()];
        let (given, family) = (pick(&LATIN_GIVEN, 3), pick(&LATIN_FAMILY, 7));
        // The last owner has entered only a display name.
        let has_names = number != OWNERS - 1;
        Self {
            id: FIRST_OWNER_ID + number * OWNER_ID_STRIDE,
            email: with_email.then(|| format!("{}.{}@team.example", given.handle, family.handle)),
            first_name: has_names.then_some(given.text),
            last_name: if has_names { family.text } else { "" },
            name: format!("{} {}", given.text, family.text),
        }
    }
}

/// The pieces of a full name.
fn joined(first: Field<&'static str>, last: Field<&'static str>, family_first: bool) -> [&'static str; 3] {
    match (first, last) {
        (Field::Value(first), Field::Value(last)) if family_first => [last, "", first],
        (Field::Value(first), Field::Value(last)) => [first, " ", last],
        (Field::Value(one), _) | (_, Field::Value(one)) => [one, "", ""],
        _ => [""; 3],
    }
}

/// One of several `choices`, other than the present value.
fn another(
    random: &mut Random,
    choices: impl Iterator<Item = &'static str>,
    present: Field<&'static str>,
) -> &'static str {
    let others: Vec<_> = choices.filter(|choice| present != Field::Value(*choice)).collect();
    random.pick(&others)
}

/// `value`, or one of the gaps.
fn field<T>(random: &mut Random, [null, empty, absent]: Gaps, value: T) -> Field<T> {
    match random.below(100) {
        roll if roll < null => Field::Null,
        roll if roll < null + empty => Field::Empty,
        roll if roll < null + empty + absent => Field::Absent,
        _ => Field::Value(value),
    }
}

fn invent_text(random: &mut Random, choices: &[&'static str]) -> Field<&'static str> {
    let value = random.pick(choices);
    field(random, WORK_GAPS, value)
}

/// A contact without a name always has an email address, since the API requires one of them.
fn invent_email(random: &mut Random, given: Name, family: Name, nameless: bool) -> Field<Email> {
    let email = Email {
        given: given.handle,
        family: family.handle,
        number: random.below(100_000),
        domain: random.pick(&EMAIL_DOMAINS),
    };
    if nameless { Field::Value(email) } else { field(random, EMAIL_GAPS, email) }
}

fn invent_phone(random: &mut Random) -> Field<Phone> {
    let (prefix, width) = match random.below(20) {
        0 => ("+447700900", 3),
        1 => ("+4930231250", 2),
        2 => ("+61491570", 3),
        _ => (random.pick(&AREA_CODES), 4),
    };
    let phone = Phone { prefix, number: random.below(10_000), width };
    field(random, PHONE_GAPS, phone)
}

fn invent_company(random: &mut Random) -> Field<[&'static str; 2]> {
    let company = if random.chance(3) {
        [random.pick(&ODD_COMPANIES), ""]
    } else {
        [random.pick(&COMPANIES), random.pick(&COMPANY_SUFFIXES)]
    };
    field(random, WORK_GAPS, company)
}

fn invent_zone(random: &mut Random) -> Zone {
    if random.chance(6) { Zone::Utc } else { Zone::UsCentral }
}

/// Time from creation to the last update, in ms: zero for a third, otherwise seconds to 13 months.
fn invent_delay(random: &mut Random) -> u64 {
    if random.chance(35) {
        return 0;
    }
    (random.bits() >> 29) >> random.below(26)
}

fn invent_owner(random: &mut Random) -> Field<OwnerReference> {
    let owner = OwnerReference { number: random.below(OWNERS), with_email: random.chance(80) };
    field(random, OWNER_GAPS, owner)
}
