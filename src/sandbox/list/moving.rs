//! A list held in memory, and what happens to it with each request for a page.

use std::time::Instant;

use super::held::Held;
use crate::sandbox::config::SandboxConfig;
use crate::sandbox::movement::{Draw, Lag, Moves};

/// The only one who writes to what it holds.
#[derive(Debug)]
pub(in crate::sandbox) struct Moving {
    held: Held,
    seed: u64,
    moves: Option<Moves>,
    lag: Option<Lag>,
    requests: u64,
}

/// What a request is answered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// The number of the request among those for pages, from 1.
    pub(super) request: u64,
    /// The state that it sees.
    pub(super) state: u64,
}

impl Moving {
    pub(super) fn new(held: Held, config: &SandboxConfig) -> Self {
        Self { held, seed: config.seed, moves: config.moves, lag: config.lag, requests: 0 }
    }

    pub(super) fn held(&self) -> &Held {
        &self.held
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// Writes what is due before the next request.
    pub(super) fn request(&mut self) -> Turn {
        self.requests += 1;
        let request = self.requests;
        if let Some(moves) = self.moves {
            let mut draw = Draw::before(request, moves, self.seed);
            while let Some(write) = draw.next(self.held.listed().len() as u64, self.held.state()) {
                self.held.apply(&write, Instant::now());
            }
        }
        let latest = self.held.state();
        let state = self.lag.map_or(latest, |lag| lag.seen(self.seed, request, latest));
        Turn { request, state }
    }
}
