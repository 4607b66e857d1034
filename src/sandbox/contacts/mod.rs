//! Invented contacts: any of them from (seed, count, index), none of them stored.
//!
//! An index counts contacts by age, 0 is the oldest. Ids and creation instants are plain
//! arithmetic over the index with a random part that never reaches the next one, so both rise
//! with it, leave gaps, and an id leads back to its index. Contacts may share the instant of their
//! creation in groups, as after a bulk import. Whoever lets contacts come and change later keeps
//! when; what they are then follows from that, too.

mod contact;
mod instant;
mod json;
mod owners;
mod render;
mod words;

pub(super) use contact::Contact;
use contact::DELAY_LIMIT;
use owners::Owners;

use super::random::Random;

/// Every id is above this.
const FIRST_ID: u64 = 10_000_000;
/// Ids lie this far apart on average; one of so many numbers in a row is used.
const ID_STRIDE: u64 = 7;

/// The oldest contact is created in the first step from here: 2021-03-01T00:00:00Z, in ms.
const OLDEST: u64 = 1_614_556_800_000;
/// The years that contacts are spread over, in ms: the newest are of 2025-07-30.
const SPAN: u64 = 139_330_800_000;
/// However many there are, creations lie a second apart on average.
const SHORTEST_STEP: u64 = 1_000;

/// Sets ids and instants apart from the other values of the same contact.
const IDENTITY: u64 = 0x4964_656e_7469_7479;
/// Sets updates apart from the contacts that they change.
const REVISIONS: u64 = 0x5265_7669_7369_6f6e;

/// All contacts of an organisation.
#[derive(Debug)]
pub(super) struct Contacts {
    seed: u64,
    count: u64,
    ties: u64,
    step: u64,
    owners: Owners,
}

impl Contacts {
    pub(super) fn new(seed: u64, count: u64) -> Self {
        Self { seed, count, ties: 1, step: (SPAN / count.max(1)).max(SHORTEST_STEP), owners: Owners::new() }
    }

    /// The same, where every `ties` contacts in a row are of one instant; at least 1.
    pub(super) fn with_ties(self, ties: u64) -> Self {
        Self { ties: ties.max(1), ..self }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The id of the contact at `index`; a larger index has a larger id.
    pub(super) fn id(&self, index: u64) -> u64 {
        self.identity(index).0
    }

    /// When the contact at `index` was created, in ms since 1970; not before those below it.
    pub(super) fn created(&self, index: u64) -> u64 {
        self.identity(index).1
    }

    /// The index that has this id, whether or not there is a contact at it.
    pub(super) fn index_of(&self, id: u64) -> Option<u64> {
        let index = id.checked_sub(FIRST_ID)? / ID_STRIDE;
        (self.id(index) == id).then_some(index)
    }

    /// An instant, in ms since 1970, at which all contacts have been created and updated.
    pub(super) fn settled(&self) -> u64 {
        OLDEST + self.count * self.step + DELAY_LIMIT
    }

    /// Writes the contact at `index` as the API would send it.
    pub(super) fn write(&self, index: u64, out: &mut Vec<u8>) {
        let (id, created) = self.identity(index);
        self.write_contact(&self.invent(index, id, created), out);
    }

    /// Writes `contact` as the API would send it.
    pub(super) fn write_contact(&self, contact: &Contact, out: &mut Vec<u8>) {
        render::contact(contact, &self.owners, out);
    }

    /// The contact at `index`, created at `created` and updated at each of `updates`, all in ms
    /// since 1970. An index from [`Contacts::count`] on is that of a contact that came later.
    pub(super) fn contact(&self, index: u64, created: u64, updates: impl Iterator<Item = u64>) -> Contact {
        let mut contact = self.invent(index, self.id(index), created);
        if index >= self.count {
            contact.updated_at.milliseconds = created;
        }
        for at in updates {
            contact.revise(&mut Random::of(self.seed ^ REVISIONS, at), at);
        }
        contact
    }

    fn invent(&self, index: u64, id: u64, created: u64) -> Contact {
        Contact::invent(&mut Random::of(self.seed, index), id, created)
    }

    /// Id and creation instant (ms since 1970) of the contact at `index`.
    fn identity(&self, index: u64) -> (u64, u64) {
        let (id, created) = self.own_identity(index);
        // The first of a group gives all of it its instant.
        let first = if self.ties == 1 { index } else { index - index % self.ties };
        (id, if first == index { created } else { self.own_identity(first).1 })
    }

    fn own_identity(&self, index: u64) -> (u64, u64) {
        let mut random = Random::of(self.seed ^ IDENTITY, index);
        let id = FIRST_ID + index * ID_STRIDE + random.below(ID_STRIDE);
        // A step is below 2^38 ms, so its random part is drawn in units of 64 ms, then refined.
        let within = random.below(self.step / 64) * 64 + random.below(64);
        (id, OLDEST + index * self.step + within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn parsed(contacts: &Contacts, index: u64) -> Value {
        let mut json = Vec::new();
        contacts.write(index, &mut json);
        serde_json::from_slice(&json).expect("a contact is valid JSON")
    }

    #[test]
    fn the_seed_decides_everything() {
        let (one, same, other) = (Contacts::new(1, 100), Contacts::new(1, 100), Contacts::new(2, 100));
        assert!((0..100).all(|i| parsed(&one, i) == parsed(&same, i)));
        assert!((0..100).all(|i| parsed(&one, i) != parsed(&other, i)));
    }

    #[test]
    fn ids_and_instants_rise_with_gaps_and_ids_lead_back() {
        for count in [1, 2_500, 1_000_000] {
            let contacts = Contacts::new(3, count);
            let identities: Vec<_> = (0..count.min(5_000)).map(|i| contacts.identity(i)).collect();
            assert!(identities.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
            for (index, (id, _)) in identities.iter().enumerate() {
                assert_eq!(contacts.index_of(*id), Some(index as u64));
            }
        }
        let contacts = Contacts::new(3, 10);
        let known = (0..FIRST_ID + 10 * ID_STRIDE).filter(|id| contacts.index_of(*id).is_some());
        assert_eq!(known.count(), 10);
    }

    #[test]
    fn groups_share_their_instant_and_nothing_else() {
        let (tied, apart) = (Contacts::new(3, 1_000).with_ties(300), Contacts::new(3, 1_000));
        for index in 0..1_000 {
            assert_eq!(tied.created(index), apart.created(index / 300 * 300));
            assert_eq!(tied.id(index), apart.id(index));
        }
        let updated = |index| tied.contact(index, tied.created(index), [].into_iter()).updated();
        assert!((0..1_000).all(|index| (tied.created(index)..tied.settled()).contains(&updated(index))));
    }

    #[test]
    fn an_update_changes_one_field_and_its_instant() {
        let contacts = Contacts::new(1, 300);
        let mut changed = BTreeSet::new();
        for index in 0..300 {
            let value = |updates: &[u64]| -> Value {
                let contact = contacts.contact(index, contacts.created(index), updates.iter().copied());
                let mut json = Vec::new();
                contacts.write_contact(&contact, &mut json);
                serde_json::from_slice(&json).unwrap()
            };
            let (before, after) = (value(&[]), value(&[contacts.settled() + index]));
            assert_eq!(before, parsed(&contacts, index));
            let keys: Vec<_> = after.as_object().unwrap().keys().filter(|key| before[*key] != after[*key]).collect();
            assert!(keys.iter().any(|key| *key == "updated_at") && (2..=3).contains(&keys.len()), "{keys:?}");
            changed.extend(keys.into_iter().cloned());
        }
        let keys = ["full_name", "last_name", "location", "title", "updated_at"];
        assert!(changed.iter().eq(&keys), "{changed:?}");
    }

    #[test]
    fn a_later_contact_has_never_been_updated() {
        let contacts = Contacts::new(1, 10);
        let contact = contacts.contact(10, contacts.settled(), [].into_iter());
        assert_eq!((contact.id, contact.updated()), (contacts.id(10), contacts.settled()));
        assert!(contact.id > contacts.id(9));
    }

    #[test]
    fn contacts_keep_their_bytes() {
        let mut json = Vec::new();
        for (seed, count) in [(1, 20_000), (7, 1_000_000)] {
            let contacts = Contacts::new(seed, count);
            for index in 0..20_000 {
                contacts.write(index * (count / 20_000), &mut json);
            }
        }
        let contacts = Contacts::new(1, 10);
        for index in 0..20 {
            contacts.write_contact(
                &contacts.contact(index, contacts.settled(), [contacts.settled() + index].into_iter()),
                &mut json,
            );
        }
        assert_eq!((json.len(), fnv(&json)), (18_303_953, 12_104_571_778_596_192_225));
    }

    /// FNV-1a, which is enough to notice a change.
    fn fnv(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    }

    #[test]
    fn a_contact_averages_470_bytes() {
        let contacts = Contacts::new(1, 1_000_000);
        let mut json = Vec::new();
        for index in 0..20_000 {
            contacts.write(index * 50, &mut json);
        }
        let average = json.len() / 20_000;
        assert!((450..=490).contains(&average), "{average}");
    }

    #[test]
    fn every_optional_key_is_seen_with_a_value_null_empty_and_absent() {
        let contacts = Contacts::new(1, 3_000);
        let all: Vec<Value> = (0..3_000).map(|i| parsed(&contacts, i)).collect();
        for key in [
            "first_name",
            "last_name",
            "full_name",
            "email",
            "phone_number",
            "company",
            "title",
            "location",
            "image_url",
        ] {
            assert!(all.iter().any(|c| c[key].as_str() > Some("")), "{key}");
            assert!(all.iter().any(|c| c[key] == ""), "{key} empty");
            assert!(all.iter().any(|c| c.get(key) == Some(&Value::Null)), "{key} null");
            assert!(all.iter().any(|c| c.get(key).is_none()), "{key} absent");
        }
        let owner = "contact_owner";
        assert!(all.iter().any(|c| c[owner].is_object()));
        assert!(all.iter().any(|c| c.get(owner) == Some(&Value::Null)));
        assert!(all.iter().any(|c| c.get(owner).is_none()));
    }

    #[test]
    fn every_contact_can_be_reached_or_named() {
        let contacts = Contacts::new(5, 5_000);
        for contact in (0..5_000).map(|i| parsed(&contacts, i)) {
            let keys = ["first_name", "last_name", "email", "phone_number"];
            let known = keys.iter().any(|key| contact[key].as_str() > Some(""));
            assert!(known, "{contact}");
        }
    }

    #[test]
    fn scripts_and_awkward_characters_occur() {
        let contacts = Contacts::new(1, 5_000);
        let mut json = Vec::new();
        (0..5_000).for_each(|index| contacts.write(index, &mut json));
        let text = String::from_utf8(json).unwrap();
        for piece in ["é", "ø", "王", "محمد", "🌸", r#"\""#, r"\\", r"\n", r"\u0026"] {
            assert!(text.contains(piece), "{piece}");
        }
    }
}
