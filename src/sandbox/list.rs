//! The server's list: which contact stands at which position.
//!
//! Newest first, as the published example has it: `created_at` descending, then `id`
//! descending. The list stands still, so a position is plain arithmetic and nothing is stored.

use super::contacts::Contacts;

/// The contacts in the order in which the server lists them.
#[derive(Debug)]
pub(super) struct List {
    contacts: Contacts,
}

impl List {
    pub(super) fn new(contacts: Contacts) -> Self {
        Self { contacts }
    }

    pub(super) fn len(&self) -> u64 {
        self.contacts.count()
    }

    /// The id at `position`; `None` past the end.
    pub(super) fn id_at(&self, position: u64) -> Option<u64> {
        Some(self.contacts.id(self.index_at(position)?))
    }

    /// Writes the contact at `position` as JSON; `None`, and nothing written, past the end.
    pub(super) fn write_at(&self, position: u64, out: &mut Vec<u8>) -> Option<()> {
        self.contacts.write(self.index_at(position)?, out);
        Some(())
    }

    /// Writes the contact with this id as JSON; `None`, and nothing written, if there is none.
    pub(super) fn write_id(&self, id: u64, out: &mut Vec<u8>) -> Option<()> {
        self.contacts.write(self.contacts.index_of(id)?, out);
        Some(())
    }

    fn index_at(&self, position: u64) -> Option<u64> {
        self.len().checked_sub(1)?.checked_sub(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_descend_and_end() {
        let list = List::new(Contacts::new(7, 50));
        let ids: Vec<_> = (0..50).map(|p| list.id_at(p).unwrap()).collect();
        assert!(ids.is_sorted_by(|earlier, later| earlier > later));
        assert_eq!(list.id_at(50), None);
        assert_eq!(list.id_at(u64::MAX), None);
    }

    #[test]
    fn a_position_and_its_id_write_the_same_contact() {
        let list = List::new(Contacts::new(7, 50));
        let (mut by_position, mut by_id) = (Vec::new(), Vec::new());
        list.write_at(3, &mut by_position).unwrap();
        list.write_id(list.id_at(3).unwrap(), &mut by_id).unwrap();
        assert_eq!(by_position, by_id);
    }
}
