//! Invented contacts: any of them from (seed, count, index), none of them stored.
//!
//! An index counts contacts by age, 0 is the oldest. Ids and creation instants are plain
//! arithmetic over the index with a random part that never reaches the next one, so both rise
//! with it, leave gaps, and an id leads back to its index.

mod contact;
mod instant;
mod json;
mod owners;
mod render;
mod words;

use contact::Contact;
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

/// All contacts of an organisation.
#[derive(Debug)]
pub(super) struct Contacts {
    seed: u64,
    count: u64,
    step: u64,
    owners: Owners,
}

impl Contacts {
    pub(super) fn new(seed: u64, count: u64) -> Self {
        Self { seed, count, step: (SPAN / count.max(1)).max(SHORTEST_STEP), owners: Owners::new() }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The id of the contact at `index`; a larger index has a larger id.
    pub(super) fn id(&self, index: u64) -> u64 {
        self.identity(index).0
    }

    /// The index of the contact with this id.
    pub(super) fn index_of(&self, id: u64) -> Option<u64> {
        let index = id.checked_sub(FIRST_ID)? / ID_STRIDE;
        (index < self.count && self.id(index) == id).then_some(index)
    }

    /// Writes the contact at `index` as the API would send it.
    pub(super) fn write(&self, index: u64, out: &mut Vec<u8>) {
        render::contact(&self.contact(index), &self.owners, out);
    }

    fn contact(&self, index: u64) -> Contact {
        let (id, created) = self.identity(index);
        Contact::invent(&mut Random::of(self.seed, index), id, created)
    }

    /// Id and creation instant (ms since 1970) of the contact at `index`.
    fn identity(&self, index: u64) -> (u64, u64) {
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
        let known = (0..FIRST_ID + 1_000).filter(|id| contacts.index_of(*id).is_some());
        assert_eq!(known.count(), 10);
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
