//! The memory budget shared by all pages, from the first byte of a body until its contacts have been copied into batches.
//!
//! Each page has a share, which grows as its body arrives and is released when its rows have left. No request waits for
//! memory with its response open: if there is no room, the response is dropped and requested again later. The page that
//! must be emitted next may exceed the budget once no earlier page is waiting for the consumer, so there is no deadlock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// The budget of all pages, except the one that must be emitted next, in bytes.
pub(crate) const ROOM: usize = 12 << 20;

/// Bytes reserved per byte of a body: for itself, unused capacity, and the offsets of its extra keys.
const NEEDS: usize = 4;

/// The bytes that a page with a body of this size needs until it is decoded.
pub(crate) fn needs(body: usize) -> usize {
    body.saturating_mul(NEEDS)
}

#[derive(Debug)]
pub(crate) struct NoRoom {
    /// The bytes that it needs.
    pub needed: usize,
}

/// The memory budget of a run.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    state: Mutex<State>,
    /// Signals that there may be more room, or that another page must be emitted next.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    held: usize,
    /// Bytes of pages handed to the consumer, which releases them without waiting for another page.
    handed_on: usize,
    /// The ticket of the page that must be emitted next, if nothing can be emitted before it arrives.
    next: Option<u64>,
}

/// A page's share of the budget, released on drop.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    ticket: Option<u64>,
    /// Changed only by its owner, under the budget's lock.
    bytes: AtomicUsize,
    /// The part of them that is held by pieces of the page that were read already.
    kept: AtomicUsize,
    handed_on: bool,
}

impl Budget {
    /// A share of `bytes`, or `None` if there is no room. If the reader is `idle` (no page in flight, none to emit), it
    /// gets one in any case once the consumer has released all pages.
    pub fn share(self: &Arc<Self>, bytes: usize, idle: bool) -> Option<Share> {
        let mut state = self.lock();
        if state.held.saturating_add(bytes) > ROOM && !(idle && state.handed_on == 0) {
            return None;
        }
        state.held += bytes;
        Some(Share { budget: Arc::clone(self), ticket: None, bytes: bytes.into(), kept: 0.into(), handed_on: false })
    }

    /// Sets the page in flight that must be emitted next, or `None` if others can be emitted before it.
    pub fn set_next(&self, ticket: Option<u64>) {
        let mut state = self.lock();
        if state.next != ticket {
            state.next = ticket;
            self.changed.notify_waiters();
        }
    }

    /// Completes when there may be more room. Call it before checking for room, so that no change is missed.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// The share of a page that has a budget of its own, whatever its size.
    pub fn alone() -> Self {
        let budget = Arc::<Budget>::default();
        budget.set_next(Some(0));
        Self { budget, ticket: Some(0), bytes: 0.into(), kept: 0.into(), handed_on: false }
    }

    /// Assigns the share to the page of a ticket.
    pub fn of(mut self, ticket: u64) -> Self {
        self.ticket = Some(ticket);
        self
    }

    /// Grows to `bytes`, plus those kept for pieces. Returns false if there is no room.
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

    /// Releases everything but the kept bytes, and waits until it can grow to `bytes` plus those.
    pub async fn wait_for(&self, bytes: usize) {
        self.set_to(0);
        loop {
            let changed = self.budget.changed();
            if self.grow_to(bytes) {
                return;
            }
            changed.await;
        }
    }

    /// Counts what the page holds now, `bytes` plus those kept for pieces, even if there is no room.
    pub fn set_to(&self, bytes: usize) {
        let bytes = bytes.saturating_add(self.kept());
        self.give_back(self.bytes().saturating_sub(bytes));
        let more = bytes.saturating_sub(self.bytes());
        self.budget.lock().held += more;
        self.bytes.fetch_add(more, Ordering::Relaxed);
    }

    /// Keeps `bytes` for a piece of the page while other pieces are read.
    pub fn keep(&self, bytes: usize) {
        self.kept.fetch_add(bytes, Ordering::Relaxed);
    }

    fn kept(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }

    /// Releases all but the kept bytes, and returns their number: the pieces have become a page.
    pub fn settle(&self) -> usize {
        let kept = self.kept.swap(0, Ordering::Relaxed);
        self.set_to(kept);
        kept
    }

    /// Hands the share to the consumer, which drops it without waiting for another page.
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
    fn all_shares_fit_the_budget() {
        let budget = Arc::new(Budget::default());
        let one = share(&budget, 1, ROOM - 100);
        let two = share(&budget, 2, 60);
        assert!(budget.share(41, false).is_none() && budget.share(40, false).is_some());
        assert!(two.grow_to(100) && two.grow_to(50) && !two.grow_to(101));
        one.set_to(10);
        assert!(two.grow_to(101));
        // It is held already, so that others have to wait.
        one.set_to(ROOM);
        assert!(!two.grow_to(102));
        one.set_to(10);
        drop(two);
        assert!(one.grow_to(ROOM) && !one.grow_to(ROOM + 1));
    }

    #[test]
    fn the_page_to_emit_next_may_exceed_the_budget() {
        let budget = Arc::new(Budget::default());
        let (one, two) = (share(&budget, 1, ROOM / 2), share(&budget, 2, ROOM / 2));
        budget.set_next(Some(1));
        assert!(one.grow_to(9 * ROOM) && !two.grow_to(ROOM));
        drop(one);
        budget.set_next(Some(2));
        assert!(two.grow_to(2 * ROOM));
    }

    #[test]
    fn nothing_exceeds_the_budget_while_a_page_is_unconsumed() {
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
        // Otherwise nothing would ever be requested.
        assert!(budget.share(2 * ROOM, false).is_none() && budget.share(2 * ROOM, true).is_some());
    }

    #[test]
    fn a_waiting_share_holds_nothing_and_is_notified() {
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
    fn pieces_are_kept_while_others_are_read() {
        let budget = Arc::new(Budget::default());
        let (one, two) = (share(&budget, 1, 0), share(&budget, 2, 0));
        assert!(one.grow_to(100));
        one.set_to(40);
        one.keep(40);
        assert!(two.grow_to(ROOM - 50) && one.grow_to(10) && !one.grow_to(11));
        one.set_to(0);
        assert!(two.grow_to(ROOM - 40) && !two.grow_to(ROOM - 39));
        let mut waiting = Box::pin(one.wait_for(20));
        assert_eq!(waiting.as_mut().now_or_never(), None);
        two.set_to(ROOM - 60);
        assert_eq!(waiting.now_or_never(), Some(()));
        assert_eq!(one.settle(), 40);
        assert!(two.grow_to(ROOM - 40) && !two.grow_to(ROOM - 39));
        drop(one);
        assert!(two.grow_to(ROOM));
    }
}
