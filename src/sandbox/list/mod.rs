//! The server's list: which contact stands at which position, in each of its states.
//!
//! Where positions are plain arithmetic nothing is stored. A list that moves, or whose order
//! depends on what the contacts say, is held in memory with all that was ever written to it.
//!
//! ```text
//! order    the orders, and how they are written    key     where a row stands in an order
//! still    positions by arithmetic                 ties    rows of one instant, in any order
//! held     rows in memory, and their writes        row     the life of one of them
//! moving   held, and what each request does        view    what one request sees
//! history  what happened, for tests
//! ```

mod computed;
mod history;
mod key;
mod mutating;
mod order;
mod row;
mod stored;
mod ties;
mod view;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

pub use history::{Change, History, Written};
pub use order::Order;
pub(super) use view::View;

use super::config::SandboxConfig;
use super::contacts::Contacts;
use super::lock::lock;
use computed::Still;
use mutating::Moving;
use stored::Held;

/// The contacts in the order in which the server lists them.
#[derive(Debug)]
pub(super) enum List {
    Still {
        still: Still,
        seed: u64,
        /// How many pages were asked for.
        requests: AtomicU64,
    },
    Moving(Mutex<Moving>),
}

impl List {
    pub(super) fn new(config: &SandboxConfig) -> Self {
        let contacts = Arc::new(Contacts::new(config.seed, config.contacts).with_shared_timestamps(config.ties));
        if config.holds_contacts() {
            let held = Held::new(contacts, config.order);
            Self::Moving(Mutex::new(Moving::new(held, config)))
        } else {
            let still = Still::new(contacts, config.order);
            Self::Still { still, seed: config.seed, requests: AtomicU64::new(0) }
        }
    }

    /// The list as it is.
    pub(super) fn now(&self) -> View<'_> {
        match self {
            Self::Still { still, .. } => View::still(still),
            Self::Moving(moving) => View::latest(lock(moving)),
        }
    }

    /// The list as the next request for a page sees it: moved, lagging, ties shuffled.
    pub(super) fn next(&self) -> View<'_> {
        match self {
            Self::Still { still, .. } if still.order() != Order::UnstableTies => View::still(still),
            Self::Still { still, seed, requests } => {
                let request = requests.fetch_add(1, Ordering::Relaxed) + 1;
                View::still(still).shuffled(*seed, request)
            }
            Self::Moving(moving) => {
                let mut moving = lock(moving);
                let turn = moving.request();
                View::at(moving, turn)
            }
        }
    }

    /// All that happened up to now.
    pub(super) fn history(&self) -> History {
        History::of(match self {
            Self::Still { still, .. } => still.to_held(),
            Self::Moving(moving) => lock(moving).held().clone(),
        })
    }
}
