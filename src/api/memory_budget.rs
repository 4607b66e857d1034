//! The memory that pages may hold together, from the first byte of a body to the batch that takes its rows.
//!
//! Each page has a share of it, which grows as its body arrives and goes when its rows have left. Nobody waits for room
//! with an answer open: a page that finds none gives its answer up, and asks again when there is. The page that must
//! leave next always goes on as soon as no page before it is left to be taken, so that something always moves.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// What all pages may hold together, but for the one that must leave next, in bytes.
pub(crate) const ROOM: usize = 12 << 20;

/// What a body needs, for each of its bytes: itself, and what it is decoded to. Text grows by broken characters, of
/// which each byte becomes three.
const NEEDS: usize = 4;

/// What a page needs, until it is decoded, whose body has so many bytes.
pub(crate) fn needs(body: usize) -> usize {
    body.saturating_mul(NEEDS)
}

/// The room.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    state: Mutex<State>,
    /// There may be more room than before, or another page that must leave next.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes of all shares.
    held: usize,
    /// Bytes of those whose pages were handed on, and will be taken without another page's coming.
    handed_on: usize,
    /// The ticket of the page that must leave next, where nothing can leave before it came.
    next: Option<u64>,
}

/// A page's part of the room. It goes back when this is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    ticket: Option<u64>,
    /// Changed by its holder alone, under the lock of the budget.
    bytes: AtomicUsize,
    /// Those of them that pieces of the page hold, which were read before the rest.
    kept: AtomicUsize,
    handed_on: bool,
}

impl Budget {
    /// A share of so many bytes; none when there is no room. Who is `idle`, with no page under way and none that can
    /// leave, gets one as soon as nothing is left to be taken.
    pub fn share(self: &Arc<Self>, bytes: usize, idle: bool) -> Option<Share> {
        let mut state = self.lock();
        if state.held.saturating_add(bytes) > ROOM && !(idle && state.handed_on == 0) {
            return None;
        }
        state.held += bytes;
        Some(Share { budget: Arc::clone(self), ticket: None, bytes: bytes.into(), kept: 0.into(), handed_on: false })
    }

    /// Says which page under way must leave next; none where others can leave before.
    pub fn set_next(&self, ticket: Option<u64>) {
        let mut state = self.lock();
        if state.next != ticket {
            state.next = ticket;
            self.changed.notify_waiters();
        }
    }

    /// Ends when there may be room that there is not now. To be called before looking for room.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// The same, for the page of a ticket.
    pub fn of(mut self, ticket: u64) -> Self {
        self.ticket = Some(ticket);
        self
    }

    /// Grows to so many bytes beside those that are kept, if it has fewer; false when there is no room.
    pub fn grow_to(&self, bytes: usize) -> bool {
        let mut state = self.budget.lock();
        let more = bytes.saturating_add(self.kept()).saturating_sub(self.bytes());
        let is_next = self.ticket.is_some() && state.next == self.ticket && state.handed_on == 0;
        let granted = more == 0 || is_next || state.held.saturating_add(more) <= ROOM;
        if granted {
            state.held += more;
            self.bytes.fetch_add(more, Ordering::Relaxed);
        }
        granted
    }

    /// Gives up what it has, but for what is kept, and waits until it can have so much beside that.
    pub async fn wait_for(&self, bytes: usize) {
        self.shrink_to(0);
        loop {
            let changed = self.budget.changed();
            if self.grow_to(bytes) {
                return;
            }
            changed.await;
        }
    }

    /// Gives up all but so many bytes and those that are kept.
    pub fn shrink_to(&self, bytes: usize) {
        self.give_back(self.bytes().saturating_sub(bytes.saturating_add(self.kept())));
    }

    /// Keeps so many of its bytes, which a piece of the page holds, while others are read.
    pub fn keep(&self, bytes: usize) {
        self.kept.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes that are kept.
    pub fn kept(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }

    /// Gives up all but so many bytes: the pieces have become a page.
    pub fn settle(&self, bytes: usize) {
        self.kept.store(0, Ordering::Relaxed);
        self.shrink_to(bytes);
    }

    /// Is no longer the reader's: whoever takes the page drops the share without asking for another.
    pub fn hand_on(mut self) -> Self {
        self.handed_on = true;
        self.budget.lock().handed_on += self.bytes();
        self
    }

    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    fn give_back(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let mut state = self.budget.lock();
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        state.held -= bytes;
        if self.handed_on {
            state.handed_on -= bytes;
        }
        self.budget.changed.notify_waiters();
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.bytes());
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn share(budget: &Arc<Budget>, ticket: u64, bytes: usize) -> Share {
        budget.share(bytes, false).unwrap().of(ticket)
    }

    #[test]
    fn shares_together_have_no_more_than_the_room() {
        let budget = Arc::new(Budget::default());
        let one = share(&budget, 1, ROOM - 100);
        let two = share(&budget, 2, 60);
        assert!(budget.share(41, false).is_none() && budget.share(40, false).is_some());
        assert!(two.grow_to(100) && two.grow_to(50) && !two.grow_to(101));
        one.shrink_to(10);
        assert!(two.grow_to(101));
        drop(two);
        assert!(one.grow_to(ROOM) && !one.grow_to(ROOM + 1));
    }

    #[test]
    fn the_page_that_must_leave_next_has_what_it_needs() {
        let budget = Arc::new(Budget::default());
        let (one, two) = (share(&budget, 1, ROOM / 2), share(&budget, 2, ROOM / 2));
        budget.set_next(Some(1));
        assert!(one.grow_to(9 * ROOM) && !two.grow_to(ROOM));
        drop(one);
        budget.set_next(Some(2));
        assert!(two.grow_to(2 * ROOM));
    }

    #[test]
    fn nothing_goes_beyond_the_room_while_a_page_is_left_to_be_taken() {
        let budget = Arc::new(Budget::default());
        let (one, two) = (share(&budget, 1, ROOM / 2), share(&budget, 2, ROOM / 2));
        budget.set_next(Some(2));
        let one = one.hand_on();
        assert!(!two.grow_to(ROOM) && budget.share(1, true).is_none());
        drop(one);
        assert!(two.grow_to(2 * ROOM));
        let two = two.hand_on();
        assert!(budget.share(1, true).is_none());
        drop(two);
        // Nothing would ever be asked for otherwise.
        assert!(budget.share(2 * ROOM, false).is_none() && budget.share(2 * ROOM, true).is_some());
    }

    #[test]
    fn whoever_waits_holds_nothing_and_hears_of_room() {
        let budget = Arc::new(Budget::default());
        let (one, two) = (share(&budget, 1, ROOM / 2), share(&budget, 2, ROOM / 2));
        let mut waiting = Box::pin(two.wait_for(ROOM));
        assert_eq!(waiting.as_mut().now_or_never(), None);
        let three = share(&budget, 3, ROOM / 2);
        drop(one);
        assert_eq!(waiting.as_mut().now_or_never(), None);
        drop(three);
        assert_eq!(waiting.as_mut().now_or_never(), Some(()));
        drop(waiting);
        let mut waiting = Box::pin(two.wait_for(ROOM + 1));
        assert_eq!(waiting.as_mut().now_or_never(), None);
        budget.set_next(Some(2));
        assert_eq!(waiting.now_or_never(), Some(()));
    }

    #[test]
    fn pieces_of_a_page_are_kept_while_others_are_read() {
        let budget = Arc::new(Budget::default());
        let (one, two) = (share(&budget, 1, 0), share(&budget, 2, 0));
        assert!(one.grow_to(100));
        one.shrink_to(40);
        one.keep(40);
        assert!(two.grow_to(ROOM - 50) && one.grow_to(10) && !one.grow_to(11));
        one.shrink_to(0);
        assert!(two.grow_to(ROOM - 40) && !two.grow_to(ROOM - 39));
        let mut waiting = Box::pin(one.wait_for(20));
        assert_eq!(waiting.as_mut().now_or_never(), None);
        two.shrink_to(ROOM - 60);
        assert_eq!(waiting.now_or_never(), Some(()));
        one.settle(30);
        assert!(two.grow_to(ROOM - 30) && !two.grow_to(ROOM - 29));
        drop(one);
        assert!(two.grow_to(ROOM));
    }
}
