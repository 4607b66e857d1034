//! The window that puts pages back in order: they come in as they arrive, and go out in list order.
//!
//! It counts the bytes it holds; how many it may hold is its owner's to keep.

use std::collections::BTreeMap;

/// Pages that wait for an earlier one.
#[derive(Debug)]
pub(super) struct Window<T> {
    /// Pages by their place in the order, each with the bytes it holds.
    waiting: BTreeMap<u64, (T, usize)>,
    /// The place that leaves next.
    next: u64,
    held: usize,
}

impl<T> Window<T> {
    pub fn new() -> Self {
        Self { waiting: BTreeMap::new(), next: 0, held: 0 }
    }

    /// Takes the page of a place.
    pub fn insert(&mut self, place: u64, page: T, bytes: usize) {
        self.held += bytes;
        self.waiting.insert(place, (page, bytes));
    }

    /// Whether the page that leaves next is here.
    pub fn is_ready(&self) -> bool {
        self.waiting.contains_key(&self.next)
    }

    /// The next page in order, if it is here.
    pub fn pop(&mut self) -> Option<T> {
        let (page, bytes) = self.waiting.remove(&self.next)?;
        self.next += 1;
        self.held -= bytes;
        Some(page)
    }

    /// Bytes that the waiting pages hold.
    pub fn held(&self) -> usize {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_leave_in_order_whatever_order_they_came_in() {
        let mut window = Window::new();
        let mut left = Vec::new();
        for place in [2, 1, 0, 4, 3] {
            window.insert(place, place, 10);
            while let Some(page) = window.pop() {
                left.push(page);
            }
        }
        assert_eq!(left, [0, 1, 2, 3, 4]);
        assert_eq!((window.held(), window.is_ready()), (0, false));
    }
}
