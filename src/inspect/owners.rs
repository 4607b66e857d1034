//! Counts owners and their contacts.

use std::cmp::Reverse;

use arrow::array::{Array, Int64Array, StringArray};
use rustc_hash::FxHashMap;
use serde::Serialize;

/// The number of owners that are listed.
const LARGEST: usize = 10;

/// The owners of the contacts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OwnersFacts {
    /// The number of distinct owner ids.
    pub distinct: u64,
    /// Contacts without an owner; `None` in a table of owners.
    pub without: Option<u64>,
    /// The ten owners with the most contacts, in descending order.
    pub largest: Vec<OwnerFacts>,
}

/// One owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OwnerFacts {
    /// Their id.
    pub id: i64,
    /// Their full name, or its HMAC; `None` if it is null or the table has no such column.
    pub name: Option<String>,
    /// The number of their contacts.
    pub contacts: u64,
}

/// The counts so far, per owner.
#[derive(Debug, Default)]
pub(super) struct Owners {
    by_id: FxHashMap<i64, Seen>,
    without: u64,
}

#[derive(Debug, Default)]
struct Seen {
    contacts: u64,
    name: Option<String>,
}

impl Owners {
    /// Counts the rows of a batch: one contact each, or the number that a table of owners states.
    pub fn count(&mut self, ids: &Int64Array, names: Option<&StringArray>, contacts: Option<&Int64Array>) {
        for row in 0..ids.len() {
            let contacts = contacts.map_or(1, |contacts| u64::try_from(contacts.value(row)).unwrap_or(0));
            if ids.is_null(row) {
                self.without = self.without.saturating_add(contacts);
                continue;
            }
            let seen = self.by_id.entry(ids.value(row)).or_default();
            seen.contacts = seen.contacts.saturating_add(contacts);
            if seen.name.is_none() {
                seen.name = names.filter(|names| names.is_valid(row)).map(|names| names.value(row).to_owned());
            }
        }
    }

    /// The result.
    pub fn finish(self, of_contacts: bool) -> OwnersFacts {
        let distinct = self.by_id.len() as u64;
        let mut largest: Vec<_> =
            self.by_id.into_iter().map(|(id, Seen { contacts, name })| OwnerFacts { id, name, contacts }).collect();
        largest.sort_unstable_by_key(|owner| (Reverse(owner.contacts), owner.id));
        largest.truncate(LARGEST);
        OwnersFacts { distinct, without: of_contacts.then_some(self.without), largest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_come_first_with_their_first_name() {
        let mut owners = Owners::default();
        let ids = Int64Array::from(vec![Some(3), Some(2), None, Some(2), Some(1)]);
        let names = StringArray::from(vec![Some(""), None, Some("nobody"), Some("Jane"), None]);
        owners.count(&ids, Some(&names), None);
        owners.count(&Int64Array::from((10..20).collect::<Vec<_>>()), None, None);
        let facts = owners.finish(true);
        assert_eq!((facts.distinct, facts.without, facts.largest.len()), (13, Some(1), LARGEST));
        let first: Vec<_> =
            facts.largest[..3].iter().map(|owner| (owner.id, owner.name.as_deref(), owner.contacts)).collect();
        assert_eq!(first, [(2, Some("Jane"), 2), (1, None, 1), (3, Some(""), 1)]);
    }

    #[test]
    fn a_table_of_owners_states_their_contacts() {
        let mut owners = Owners::default();
        owners.count(&Int64Array::from(vec![5, 6]), None, Some(&Int64Array::from(vec![3, 40])));
        let facts = owners.finish(false);
        assert_eq!((facts.without, facts.largest[0].id, facts.largest[0].contacts), (None, 6, 40));
        // Numbers from a file must not overflow.
        let mut owners = Owners::default();
        owners.count(&Int64Array::from(vec![5; 3]), None, Some(&Int64Array::from(vec![i64::MAX; 3])));
        assert_eq!(owners.finish(false).largest[0].contacts, u64::MAX);
    }
}
