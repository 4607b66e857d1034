//! The server's list: which contact is at which position, in each of its states.
//!
//! If positions follow from the index, nothing is stored. A list that changes, or is sorted by values of the contacts,
//! is kept in memory with its whole history.
//!
//! ```text
//! computed   positions by arithmetic         order     the orders of the list
//! stored     rows in memory, and writes      row       the life of a row, and its sort key
//! mutating   stored, with writes per request ties      rows with the same creation time, shuffled
//! view       what one request sees           history   what happened, for tests
//! ```

mod computed;
mod history;
mod mutating;
mod order;
mod row;
mod stored;
mod ties;
mod view;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

pub use history::History;
pub(super) use mutating::Mutations;
pub use order::Order;
pub use stored::{AppliedWrite, Change};
pub(super) use view::View;

use super::contacts::Contacts;
use super::lock::lock;
use computed::Computed;
use mutating::Mutating;
use stored::Stored;
use ties::Shuffle;

/// The contacts in the order in which the server lists them.
#[derive(Debug)]
pub(super) enum List {
    Computed {
        computed: Computed,
        seed: u64,
        /// How many pages were requested.
        requests: AtomicU64,
    },
    Mutating(Mutex<Mutating>),
}

impl List {
    /// The list of these contacts, in memory if there are mutations.
    pub(super) fn new(contacts: Contacts, order: Order, seed: u64, mutations: Option<Mutations>) -> Self {
        match mutations {
            None => {
                Self::Computed { computed: Computed::new(contacts.into(), order), seed, requests: AtomicU64::new(0) }
            }
            Some(mutations) => {
                let stored = Stored::new(contacts.into(), order);
                Self::Mutating(Mutex::new(Mutating::new(stored, seed, mutations)))
            }
        }
    }

    /// The list in its current state.
    pub(super) fn now(&self) -> View<'_> {
        match self {
            Self::Computed { computed, .. } => View::computed(computed, None),
            Self::Mutating(mutating) => View::latest(lock(mutating)),
        }
    }

    /// The list as it was `writes` writes ago.
    pub(super) fn earlier(&self, writes: u64) -> View<'_> {
        match self {
            Self::Computed { computed, .. } => View::computed(computed, None),
            Self::Mutating(mutating) => View::earlier(lock(mutating), writes),
        }
    }

    /// The list as the next request for a page sees it, after its writes.
    pub(super) fn next(&self) -> View<'_> {
        match self {
            Self::Computed { computed, .. } if computed.order != Order::UnstableTies => View::computed(computed, None),
            Self::Computed { computed, seed, requests } => {
                let request = requests.fetch_add(1, Ordering::Relaxed) + 1;
                View::computed(computed, Some(Shuffle::of(*seed, request)))
            }
            Self::Mutating(mutating) => {
                let mut mutating = lock(mutating);
                let turn = mutating.request();
                View::at(mutating, turn)
            }
        }
    }

    /// Everything that happened so far.
    pub(super) fn history(&self) -> History {
        History::of(match self {
            Self::Computed { computed, .. } => computed.to_stored(),
            Self::Mutating(mutating) => lock(mutating).stored.clone(),
        })
    }
}
