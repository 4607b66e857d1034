//! Where a row stands: in a list, rows are sorted by their keys.

use std::cmp::Reverse;

use super::order::Order;
use crate::sandbox::contacts::Contact;

/// The keys of a list are all of one kind and all different; the smallest comes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Rising(u64, u64),
    Falling(Reverse<(u64, u64)>),
    Names([&'static str; 2], u64),
}

impl Key {
    /// The key of a row in `order`; `contact` is asked for where the order depends on it.
    pub(super) fn of(order: Order, id: u64, created: u64, contact: impl FnOnce() -> Contact) -> Self {
        match order {
            Order::Newest | Order::UnstableTies => Self::Falling(Reverse((created, id))),
            Order::Oldest => Self::Rising(created, id),
            Order::Id => Self::Rising(id, id),
            Order::Updated => Self::Falling(Reverse((contact().updated(), id))),
            Order::Name => Self::Names(contact().names(), id),
        }
    }
}
