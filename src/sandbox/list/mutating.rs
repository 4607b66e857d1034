//! A list held in memory, and what happens to it with each request for a page.

use std::time::Instant;

use super::stored::Held;
use crate::sandbox::config::SandboxConfig;
use crate::sandbox::mutations::{Draw, Lag, Moves};
use crate::sandbox::quirks::Count;

/// The only one who writes to what it holds.
#[derive(Debug)]
pub(in crate::sandbox) struct Moving {
    held: Held,
    seed: u64,
    moves: Option<Moves>,
    lag: Option<Lag>,
    count: Count,
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

impl Moving {
    pub(super) fn new(held: Held, config: &SandboxConfig) -> Self {
        let SandboxConfig { seed, moves, lag, count, .. } = *config;
        Self { held, seed, moves, lag, count, requests: 0 }
    }

    pub(super) fn held(&self) -> &Held {
        &self.held
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// Writes what is due with the next request.
    pub(super) fn request(&mut self) -> Turn {
        self.requests += 1;
        let request = self.requests;
        let before = self.held.state();
        if let Some(moves) = self.moves {
            let mut draw = Draw::of(request, moves, self.seed);
            while let Some(write) = draw.next(self.held.listed().len() as u64, self.held.state()) {
                self.held.apply(&write, Instant::now());
            }
        }
        let after = self.held.state();
        let seen = |state| self.lag.map_or(state, |lag| lag.seen(self.seed, request, state));
        let (state, counted) = match self.count {
            Count::Exact => (seen(after), seen(after)),
            Count::Behind => (seen(after), seen(after).saturating_sub(1)),
            Count::First => (seen(after), seen(before)),
            Count::Last => (seen(before), seen(after)),
        };
        Turn { request, state, counted }
    }
}
