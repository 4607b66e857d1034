//! Pages that wait for their turn to leave: they come in as they arrive, and are taken in the order of the proof.
//!
//! It counts the bytes it holds; how many it may hold is its owner's to keep.

use std::collections::HashMap;

/// Pages by the tickets of their requests.
#[derive(Debug)]
pub(super) struct Window<T> {
    /// Each page with the bytes it holds.
    waiting: HashMap<u64, (T, usize)>,
    held: usize,
}

impl<T> Window<T> {
    pub fn new() -> Self {
        Self { waiting: HashMap::new(), held: 0 }
    }

    /// Takes in the page of a ticket.
    pub fn insert(&mut self, ticket: u64, page: T, bytes: usize) {
        self.held += bytes;
        self.waiting.insert(ticket, (page, bytes));
    }

    /// Hands out the page of a ticket; none if the answer had no page.
    pub fn take(&mut self, ticket: u64) -> Option<T> {
        let (page, bytes) = self.waiting.remove(&ticket)?;
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
    fn what_waits_is_counted_until_it_is_taken() {
        let mut window = Window::new();
        window.insert(2, "two", 20);
        window.insert(1, "one", 10);
        assert_eq!((window.held(), window.take(2), window.take(2)), (30, Some("two"), None));
        assert_eq!((window.take(1), window.held()), (Some("one"), 0));
    }
}
