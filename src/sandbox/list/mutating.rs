//! A list in memory, and what each request for a page writes to it.

use std::time::Instant;

use super::stored::Stored;
use crate::sandbox::mutations::{Churn, Draw, Lag, StaleCount};

/// How a list changes, and which of its states are seen.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::sandbox) struct Mutations {
    pub(in crate::sandbox) churn: Option<Churn>,
    pub(in crate::sandbox) lag: Option<Lag>,
    pub(in crate::sandbox) stale_count: StaleCount,
}

/// The only writer of its list.
#[derive(Debug)]
pub(in crate::sandbox) struct Mutating {
    pub(super) stored: Stored,
    pub(super) seed: u64,
    mutations: Mutations,
    requests: u64,
}

/// What a request is answered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// The number of the request among those for pages, from 1.
    pub(super) request: u64,
    /// The state of its contacts.
    pub(super) state: u64,
    /// The state of its totals.
    pub(super) counted: u64,
}

impl Mutating {
    pub(super) fn new(stored: Stored, seed: u64, mutations: Mutations) -> Self {
        Self { stored, seed, mutations, requests: 0 }
    }

    /// Applies the writes of the next request.
    pub(super) fn request(&mut self) -> Turn {
        self.requests += 1;
        let request = self.requests;
        let Mutations { churn, lag, stale_count } = self.mutations;
        let before = self.stored.state();
        if let Some(churn) = churn {
            let mut draw = Draw::of(request, churn, self.seed);
            while let Some(write) = draw.next(self.stored.listed.len() as u64, self.stored.state()) {
                self.stored.apply(&write, Instant::now());
            }
        }
        let after = self.stored.state();
        let seen = |state| lag.map_or(state, |lag| lag.seen(self.seed, request, state));
        let (state, counted) = match stale_count {
            StaleCount::Never => (seen(after), seen(after)),
            StaleCount::OneWrite => (seen(after), seen(after).saturating_sub(1)),
            StaleCount::BeforeRows => (seen(after), seen(before)),
            StaleCount::AfterRows => (seen(before), seen(after)),
        };
        Turn { request, state, counted }
    }
}
