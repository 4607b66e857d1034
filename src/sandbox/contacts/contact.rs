//! One contact as a value: what it says of itself, before it is written as JSON.
//!
//! The shares of values, nulls, empty texts and missing keys stand here. The API asks for one
//! of first name, last name, email and phone number, and leaves all else open.

use super::super::random::Random;
use super::instant::{Instant, Zone};
use super::words::{
    AREA_CODES, COMPANIES, COMPANY_SUFFIXES, EMAIL_DOMAINS, LATIN_FAMILY, LOCATIONS, Name, ODD_COMPANIES,
    ODD_LOCATIONS, PEOPLE, TITLES,
};

/// No contact is invented as updated so long after its creation, in ms: a little over 13 months.
pub(super) const DELAY_LIMIT: u64 = 1 << 35;

/// A field of a contact, in the four ways in which the API may send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field<T> {
    Value(T),
    Null,
    /// `""`.
    Empty,
    /// The key is missing.
    Absent,
}

/// Of 100 fields, how many are something else than a value.
struct Gaps {
    null: u64,
    empty: u64,
    absent: u64,
}

const NAME_GAPS: Gaps = gaps(3, 1, 2);
const EMAIL_GAPS: Gaps = gaps(6, 2, 4);
const PHONE_GAPS: Gaps = gaps(6, 2, 3);
const WORK_GAPS: Gaps = gaps(6, 2, 3);
const IMAGE_GAPS: Gaps = gaps(68, 2, 5);
const OWNER_GAPS: Gaps = gaps(7, 0, 4);

const fn gaps(null: u64, empty: u64, absent: u64) -> Gaps {
    Gaps { null, empty, absent }
}

/// An address made of two names, a number and a domain.
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
    /// Follows the prefix, written with `width` digits.
    pub(super) number: u64,
    pub(super) width: usize,
}

/// A contact. Values are pieces that are joined when it is written.
#[derive(Debug)]
pub(in crate::sandbox) struct Contact {
    pub(super) id: u64,
    pub(super) first_name: Field<&'static str>,
    pub(super) last_name: Field<&'static str>,
    /// What stands before and after the separator.
    pub(super) full_name: Field<[&'static str; 3]>,
    pub(super) email: Field<Email>,
    pub(super) phone_number: Field<Phone>,
    /// Stem and suffix.
    pub(super) company: Field<[&'static str; 2]>,
    pub(super) title: Field<&'static str>,
    pub(super) location: Field<&'static str>,
    /// Whether there is an image; its address follows from the id.
    pub(super) image_url: Field<()>,
    pub(super) created_at: Instant,
    pub(super) updated_at: Instant,
    pub(super) owner: Field<OwnerReference>,
}

/// An owner, and whether this contact shows the owner's email.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnerReference {
    pub(super) number: u64,
    pub(super) with_email: bool,
}

impl Contact {
    /// Draws a contact that was created at `created` (ms since 1970).
    pub(super) fn invent(random: &mut Random, id: u64, created: u64) -> Self {
        let people = PEOPLE.of(random.below(100));
        let (given, family) = (random.pick(people.given), random.pick(people.family));
        let first_name = field(random, &NAME_GAPS, given.text);
        let last_name = field(random, &NAME_GAPS, family.text);
        let full_name = match field(random, &NAME_GAPS, joined(first_name, last_name, people.family_first)) {
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
            title: invent_text(random, TITLES),
            location: if random.chance(2) {
                Field::Value(random.pick(ODD_LOCATIONS))
            } else {
                invent_text(random, LOCATIONS)
            },
            image_url: field(random, &IMAGE_GAPS, ()),
            created_at: Instant { milliseconds: created, zone: invent_zone(random) },
            updated_at: Instant { milliseconds: created + invent_delay(random), zone: invent_zone(random) },
            owner: invent_owner(random),
        }
    }

    /// Changes one field, and with it the instant of the last update, to `at` (ms since 1970).
    pub(super) fn revise(&mut self, random: &mut Random, at: u64) {
        match random.below(3) {
            0 => {
                let last_names = LATIN_FAMILY.iter().map(|name| name.text);
                self.rename(another(random, last_names, self.last_name));
            }
            1 => self.title = Field::Value(another(random, TITLES.iter().copied(), self.title)),
            _ => self.location = Field::Value(another(random, LOCATIONS.iter().copied(), self.location)),
        }
        self.updated_at = Instant { milliseconds: at, zone: invent_zone(random) };
    }

    fn rename(&mut self, last_name: &'static str) {
        self.last_name = Field::Value(last_name);
        if let Field::Value(full_name) = &mut self.full_name {
            *full_name = joined(self.first_name, self.last_name, false);
        }
    }

    /// Last name and first name; nothing for one that there is not.
    pub(in crate::sandbox) fn names(&self) -> [&'static str; 2] {
        [self.last_name, self.first_name].map(|name| if let Field::Value(name) = name { name } else { "" })
    }

    /// When it was last updated, in ms since 1970.
    pub(in crate::sandbox) fn updated(&self) -> u64 {
        self.updated_at.milliseconds
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

/// One of `choices`, which are several, and not the one that is there.
fn another(
    random: &mut Random,
    choices: impl Iterator<Item = &'static str>,
    present: Field<&'static str>,
) -> &'static str {
    let others: Vec<_> = choices.filter(|choice| present != Field::Value(*choice)).collect();
    random.pick(&others)
}

/// `value`, or one of the gaps.
fn field<T>(random: &mut Random, gaps: &Gaps, value: T) -> Field<T> {
    let roll = random.below(100);
    if roll < gaps.null {
        Field::Null
    } else if roll < gaps.null + gaps.empty {
        Field::Empty
    } else if roll < gaps.null + gaps.empty + gaps.absent {
        Field::Absent
    } else {
        Field::Value(value)
    }
}

fn invent_text(random: &mut Random, choices: &'static [&'static str]) -> Field<&'static str> {
    let value = random.pick(choices);
    field(random, &WORK_GAPS, value)
}

/// A nameless contact always has an address: something must tell who it is.
fn invent_email(random: &mut Random, given: Name, family: Name, nameless: bool) -> Field<Email> {
    let email = Email {
        given: given.handle,
        family: family.handle,
        number: random.below(100_000),
        domain: random.pick(EMAIL_DOMAINS),
    };
    if nameless {
        return Field::Value(email);
    }
    field(random, &EMAIL_GAPS, email)
}

fn invent_phone(random: &mut Random) -> Field<Phone> {
    let phone = match random.below(20) {
        0 => fictional(random, "+447700900", 3),
        1 => fictional(random, "+4930231250", 2),
        2 => fictional(random, "+61491570", 3),
        _ => {
            let prefix = random.pick(AREA_CODES);
            fictional(random, prefix, 4)
        }
    };
    field(random, &PHONE_GAPS, phone)
}

/// A number with `width` random digits after `prefix`.
fn fictional(random: &mut Random, prefix: &'static str, width: usize) -> Phone {
    Phone { prefix, number: random.below(10_000), width }
}

fn invent_company(random: &mut Random) -> Field<[&'static str; 2]> {
    let company = if random.chance(3) {
        [random.pick(ODD_COMPANIES), ""]
    } else {
        [random.pick(COMPANIES), random.pick(COMPANY_SUFFIXES)]
    };
    field(random, &WORK_GAPS, company)
}

fn invent_zone(random: &mut Random) -> Zone {
    if random.chance(6) { Zone::Utc } else { Zone::UsCentral }
}

/// Ms from creation to the last update: none for a third, else seconds to 13 months.
fn invent_delay(random: &mut Random) -> u64 {
    if random.chance(35) {
        return 0;
    }
    (random.bits() >> 29) >> random.below(26)
}

fn invent_owner(random: &mut Random) -> Field<OwnerReference> {
    let reference = OwnerReference { number: random.below(super::owners::COUNT), with_email: random.chance(80) };
    field(random, &OWNER_GAPS, reference)
}
