//! The users who own contacts: a small stable set, the same for every seed.
//!
//! Their JSON is made once. The published example shows owners without their email, so each
//! is kept both with and without it.

use super::contact::OwnerReference;
use super::json::{Object, Text};
use super::words::{LATIN_FAMILY, LATIN_GIVEN};

/// How many owners there are.
pub(super) const COUNT: u64 = 40;

const FIRST_ID: u64 = 456;
const ID_STRIDE: u64 = 13;

/// All owners, as JSON.
#[derive(Debug)]
pub(super) struct Owners {
    with_email: Vec<Vec<u8>>,
    without_email: Vec<Vec<u8>>,
}

impl Owners {
    pub(super) fn new() -> Self {
        let render_all = |with_email| (0..COUNT).map(|number| render(number, with_email)).collect();
        Self { with_email: render_all(true), without_email: render_all(false) }
    }

    pub(super) fn json(&self, owner: OwnerReference) -> &[u8] {
        let all = if owner.with_email { &self.with_email } else { &self.without_email };
        let position = usize::try_from(owner.number).unwrap_or_default();
        &all[position % all.len()]
    }
}

fn render(number: u64, with_email: bool) -> Vec<u8> {
    let pick = |names: usize, factor: u64| usize::try_from(number * factor).unwrap_or(0) % names;
    let given = &LATIN_GIVEN[pick(LATIN_GIVEN.len(), 3)];
    let family = &LATIN_FAMILY[pick(LATIN_FAMILY.len(), 7)];
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    object.number("id", FIRST_ID + number * ID_STRIDE);
    if with_email {
        let email = object.text("email").add(given.handle).add(".");
        email.add(family.handle).add("@team.example").end();
    }
    // One of them has set up no more than a name to show.
    if number == COUNT - 1 {
        object.null("first_name");
        object.text("last_name").end();
    } else {
        object.text("first_name").add(given.text).end();
        object.text("last_name").add(family.text).end();
    }
    let name = [given.text, " ", family.text];
    name.into_iter().fold(object.text("name"), Text::add).end();
    object.end();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn owners_are_distinct_and_the_same_with_and_without_email() {
        let owners = Owners::new();
        let mut ids = BTreeSet::new();
        for number in 0..COUNT {
            let [with, without] = [true, false].map(|with_email| {
                let json = owners.json(OwnerReference { number, with_email });
                serde_json::from_slice::<Value>(json).unwrap()
            });
            assert!(with["email"].is_string());
            assert!(without.get("email").is_none());
            assert_eq!(with["name"], without["name"]);
            assert_eq!(with["id"], without["id"]);
            ids.insert(with["id"].as_u64().unwrap());
        }
        assert_eq!(ids.len(), 40);
    }
}
