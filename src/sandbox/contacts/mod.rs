//! Invented contacts: each follows from seed, count and index, and none is stored.
//!
//! The index orders contacts by age; 0 is the oldest. Ids and creation times are the index times a step plus a
//! random offset below that step, so both increase with it and have gaps, and an id leads back to its index.
//! Groups of contacts may share their creation time, as after a bulk import. Callers that insert and update
//! contacts keep the times of those changes; the resulting values follow from them.

mod contact;
mod render;
mod words;

pub(super) use contact::Contact;
use contact::DELAY_LIMIT;

use super::random::Random;

/// Every id is above this.
const FIRST_ID: u64 = 10_000_000;
/// Ids are this far apart on average: each stride contains one.
const ID_STRIDE: u64 = 7;

/// The oldest contact is created within one step of 2021-03-01T00:00:00Z; in ms since 1970.
const OLDEST: u64 = 1_614_556_800_000;
/// The period that creation times cover, in ms; it ends on 2025-07-30.
const SPAN: u64 = 139_330_800_000;
/// The minimum average time between creations, in ms, however many contacts there are.
const SHORTEST_STEP: u64 = 1_000;

/// Separates the random stream of ids and times from that of the other values of a contact.
const IDENTITY: u64 = 0x4964_656e_7469_7479;
/// Separates the random stream of updates from that of the contacts they change.
const REVISIONS: u64 = 0x5265_7669_7369_6f6e;

/// All contacts of an organization.
#[derive(Debug)]
pub(super) struct Contacts {
    seed: u64,
    count: u64,
    shared_timestamps: u64,
    step: u64,
}

impl Contacts {
    pub(super) fn new(seed: u64, count: u64) -> Self {
        Self { seed, count, shared_timestamps: 1, step: (SPAN / count.max(1)).max(SHORTEST_STEP) }
    }

    /// Gives every `count` consecutive contacts the same creation time; at least 1.
    pub(super) fn with_shared_timestamps(self, count: u64) -> Self {
        Self { shared_timestamps: count.max(1), ..self }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The id of the contact at `index`; a larger index has a larger id.
    pub(super) fn id(&self, index: u64) -> u64 {
        self.identity(index).0
    }

    /// When the contact at `index` was created, in ms since 1970; never decreases with the index.
    pub(super) fn created(&self, index: u64) -> u64 {
        self.identity(index).1
    }

    /// The index of this id, whether or not the contact exists.
    pub(super) fn index_of(&self, id: u64) -> Option<u64> {
        let index = id.checked_sub(FIRST_ID)? / ID_STRIDE;
        (self.id(index) == id).then_some(index)
    }

    /// A time after the creation and update of all initial contacts, in ms since 1970.
    pub(super) fn settled(&self) -> u64 {
        OLDEST + self.count * self.step + DELAY_LIMIT
    }

    /// Appends the contact at `index` as the API would send it.
    pub(super) fn write(&self, index: u64, out: &mut Vec<u8>) {
        let (id, created) = self.identity(index);
        Self::write_contact(&self.invent(index, id, created), out);
    }

    /// Appends `contact` as the API would send it.
    pub(super) fn write_contact(contact: &Contact, out: &mut Vec<u8>) {
        render::contact(contact, out);
    }

    /// The contact at `index`, created at `created` and updated at each of `updates`, all in ms
    /// since 1970. Indexes from [`Contacts::count`] on belong to contacts that were inserted later.
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

    /// Id and creation time (ms since 1970) of the contact at `index`.
    fn identity(&self, index: u64) -> (u64, u64) {
        let (id, created) = self.own_identity(index);
        // A group shares the creation time of its first contact.
        let first = index - index % self.shared_timestamps;
        (id, if first == index { created } else { self.own_identity(first).1 })
    }

    fn own_identity(&self, index: u64) -> (u64, u64) {
        let mut random = Random::of(self.seed ^ IDENTITY, index);
        let id = FIRST_ID + index * ID_STRIDE + random.below(ID_STRIDE);
        // `below` takes less than 2^32 but a step can be almost 2^38 ms: draw units of 64 ms, then refine.
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
    fn the_seed_determines_everything() {
        let (one, same, other) = (Contacts::new(1, 100), Contacts::new(1, 100), Contacts::new(2, 100));
        assert!((0..100).all(|i| parsed(&one, i) == parsed(&same, i)));
        assert!((0..100).all(|i| parsed(&one, i) != parsed(&other, i)));
    }

    #[test]
    fn ids_and_times_rise_and_ids_lead_back() {
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
    fn groups_share_only_their_creation_time() {
        let (tied, apart) = (Contacts::new(3, 1_000).with_shared_timestamps(300), Contacts::new(3, 1_000));
        for index in 0..1_000 {
            assert_eq!(tied.created(index), apart.created(index / 300 * 300));
            assert_eq!(tied.id(index), apart.id(index));
        }
        let updated = |index| tied.contact(index, tied.created(index), [].into_iter()).updated();
        assert!((0..1_000).all(|index| (tied.created(index)..tied.settled()).contains(&updated(index))));
    }

    #[test]
    fn an_update_changes_one_field_and_its_time() {
        let contacts = Contacts::new(1, 300);
        let mut changed = BTreeSet::new();
        for index in 0..300 {
            let value = |updates: &[u64]| -> Value {
                let contact = contacts.contact(index, contacts.created(index), updates.iter().copied());
                let mut json = Vec::new();
                Contacts::write_contact(&contact, &mut json);
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
    fn an_inserted_contact_has_no_updates() {
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
            Contacts::write_contact(
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
    fn optional_keys_take_all_four_forms() {
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
    #[test]
    fn owners_are_the_same_with_and_without_email() {
        let ids: BTreeSet<_> = (0..contact::OWNERS)
            .map(|number| {
                let [with, without] = [true, false]
                    .map(|with_email| serde_json::to_value(contact::Owner::new(number, with_email)).unwrap());
                assert!(with["email"].is_string());
                assert!(without.get("email").is_none());
                assert_eq!(with["name"], without["name"]);
                assert_eq!(with["id"], without["id"]);
                with["id"].as_u64().unwrap()
            })
            .collect();
        assert_eq!(ids.len(), 40);
    }
}
