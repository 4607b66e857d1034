//! A list that stands still, in an order that is plain arithmetic: nothing is stored.

use std::sync::Arc;

use super::order::Order;
use super::stored::Held;
use crate::sandbox::contacts::Contacts;

/// Rows are the indexes of contacts, and rise with `created_at` and `id`.
#[derive(Debug)]
pub(in crate::sandbox) struct Still {
    contacts: Arc<Contacts>,
    order: Order,
}

impl Still {
    /// The list in an order that does not depend on what the contacts say.
    pub(super) fn new(contacts: Arc<Contacts>, order: Order) -> Self {
        Self { contacts, order }
    }

    pub(super) fn order(&self) -> Order {
        self.order
    }

    pub(super) fn contacts(&self) -> &Contacts {
        &self.contacts
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

    /// The same list, held in memory.
    pub(super) fn to_held(&self) -> Held {
        Held::new(Arc::clone(&self.contacts), self.order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn still(order: Order) -> Still {
        Still::new(Arc::new(Contacts::new(7, 50).with_shared_timestamps(8)), order)
    }

    #[test]
    fn arithmetic_and_memory_agree() {
        for order in [Order::Newest, Order::Oldest, Order::Id, Order::UnstableTies] {
            let still = still(order);
            let rows: Vec<_> = (0..still.len()).filter_map(|position| still.row_at(position)).collect();
            assert_eq!(rows, still.to_held().listed(), "{order}");
        }
    }

    #[test]
    fn the_list_ends_and_ids_lead_to_rows() {
        let still = still(Order::Newest);
        assert_eq!([still.row_at(50), still.row_at(u64::MAX)], [None, None]);
        let id = still.contacts().id(49);
        assert_eq!((still.find(id), still.find(still.contacts().id(50))), (still.row_at(0), None));
        assert_eq!(Still::new(Arc::new(Contacts::new(7, 0)), Order::Oldest).row_at(0), None);
    }
}
