//! A list that never changes, in an order that follows from the index: nothing is stored.

use std::sync::Arc;

use super::order::Order;
use super::stored::Stored;
use crate::sandbox::contacts::Contacts;

/// Rows are the indexes of contacts, which increase with `created_at` and `id`.
#[derive(Debug)]
pub(in crate::sandbox) struct Computed {
    pub(super) contacts: Arc<Contacts>,
    pub(super) order: Order,
}

impl Computed {
    /// The list in an order that does not read contacts.
    pub(super) fn new(contacts: Arc<Contacts>, order: Order) -> Self {
        Self { contacts, order }
    }

    pub(super) fn len(&self) -> u64 {
        self.contacts.count()
    }

    /// The row at `position`; `None` past the end.
    pub(super) fn row_at(&self, position: u64) -> Option<u64> {
        let from_the_end = self.len().checked_sub(1)?.checked_sub(position)?;
        match self.order {
            Order::Oldest | Order::Id => Some(position),
            _ => Some(from_the_end),
        }
    }

    /// The row with this id.
    pub(super) fn find(&self, id: u64) -> Option<u64> {
        self.contacts.index_of(id).filter(|row| *row < self.len())
    }

    /// The same list in memory.
    pub(super) fn to_stored(&self) -> Stored {
        Stored::new(Arc::clone(&self.contacts), self.order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn computed(order: Order) -> Computed {
        Computed::new(Arc::new(Contacts::new(7, 50).with_shared_timestamps(8)), order)
    }

    #[test]
    fn computed_and_stored_lists_agree() {
        for order in [Order::Newest, Order::Oldest, Order::Id, Order::UnstableTies] {
            let computed = computed(order);
            let rows: Vec<_> = (0..computed.len()).filter_map(|position| computed.row_at(position)).collect();
            assert_eq!(rows, computed.to_stored().listed, "{order:?}");
        }
    }

    #[test]
    fn the_list_ends_and_ids_lead_to_rows() {
        let computed = computed(Order::Newest);
        assert_eq!([computed.row_at(50), computed.row_at(u64::MAX)], [None, None]);
        let id = computed.contacts.id(49);
        assert_eq!((computed.find(id), computed.find(computed.contacts.id(50))), (computed.row_at(0), None));
        assert_eq!(Computed::new(Arc::new(Contacts::new(7, 0)), Order::Oldest).row_at(0), None);
    }
}
