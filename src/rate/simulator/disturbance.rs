//! Refusals that do not depend on the client's rate, and limits that change: wrappers of other limiters.

use super::limiter::Limiter;
use super::random::Random;

/// A gateway that refuses requests at random.
pub(crate) struct Noise {
    random: Random,
    share: f64,
    wait: f64,
    stray: bool,
    behind: Box<dyn Limiter>,
}

impl Noise {
    pub(crate) fn new(seed: u64, share: f64, wait: f64, behind: Box<dyn Limiter>) -> Self {
        Self { random: Random::new(seed), share, wait, stray: false, behind }
    }
}

impl Limiter for Noise {
    fn admit(&mut self, now: f64) -> Result<(), f64> {
        self.stray = self.random.uniform(0.0, 1.0) < self.share;
        if self.stray { Err(self.wait) } else { self.behind.admit(now) }
    }

    fn was_stray(&self) -> bool {
        self.stray
    }
}

/// A gateway that refuses everything for a while, at regular intervals.
pub(crate) struct Outage {
    down: f64,
    every: f64,
    phase: f64,
    behind: Box<dyn Limiter>,
}

impl Outage {
    pub(crate) fn new(seed: u64, down: f64, every: f64, behind: Box<dyn Limiter>) -> Self {
        Self { down, every, phase: Random::new(seed).uniform(0.0, every), behind }
    }
}

impl Limiter for Outage {
    fn admit(&mut self, now: f64) -> Result<(), f64> {
        let since = (now + self.phase) % self.every;
        if since < self.down { Err(self.down - since + 1e-6) } else { self.behind.admit(now) }
    }
}

/// A limit that changes once, after 5 to 60 s.
pub(crate) struct Change {
    at: f64,
    before: Box<dyn Limiter>,
    after: Box<dyn Limiter>,
}

impl Change {
    pub(crate) fn new(seed: u64, before: Box<dyn Limiter>, after: Box<dyn Limiter>) -> Self {
        Self { at: Random::new(seed).uniform(5.0, 60.0), before, after }
    }
}

impl Limiter for Change {
    fn admit(&mut self, now: f64) -> Result<(), f64> {
        if now < self.at { self.before.admit(now) } else { self.after.admit(now) }
    }
}

/// A token bucket of which another client takes 80 to 95 % for 20 s per minute.
pub(crate) struct Hogged {
    random: Random,
    rate: f64,
    available: f64,
    burst: f64,
    tokens: f64,
    filled: f64,
    phase: f64,
    share_ends: f64,
}

/// The length of the other client's cycle, and how long it is active, in seconds.
pub(crate) const CYCLE: f64 = 60.0;
pub(crate) const ACTIVE: f64 = 20.0;

impl Hogged {
    pub(crate) fn new(seed: u64, rate: f64, burst: f64) -> Self {
        let mut random = Random::new(seed);
        let phase = random.uniform(0.0, CYCLE);
        Self { random, rate, available: rate, burst, tokens: burst, filled: 0.0, phase, share_ends: 0.0 }
    }
}

impl Limiter for Hogged {
    fn admit(&mut self, now: f64) -> Result<(), f64> {
        while self.filled < now {
            if self.filled >= self.share_ends {
                let since = (self.filled + self.phase) % CYCLE;
                let active = since < ACTIVE;
                self.share_ends = self.filled + if active { ACTIVE - since } else { CYCLE - since } + 1e-6;
                let taken = if active { self.random.uniform(0.8, 0.95) } else { 0.0 };
                self.available = self.rate * (1.0 - taken);
            }
            let until = now.min(self.share_ends);
            self.tokens = self.burst.min(self.tokens + (until - self.filled) * self.available);
            self.filled = until;
        }
        if self.tokens >= 1.0 - 1e-9 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err((1.0 - self.tokens) / self.available)
    }
}

/// One of three replicas, to which requests go at random, has a limit of its own.
pub(crate) struct Replica {
    random: Random,
    stray: bool,
    limited: Box<dyn Limiter>,
}

impl Replica {
    pub(crate) fn new(seed: u64, limited: Box<dyn Limiter>) -> Self {
        Self { random: Random::new(seed), stray: false, limited }
    }
}

impl Limiter for Replica {
    fn admit(&mut self, now: f64) -> Result<(), f64> {
        let verdict = if self.random.uniform(0.0, 3.0) < 1.0 { self.limited.admit(now) } else { Ok(()) };
        self.stray = verdict.is_err();
        verdict
    }

    fn was_stray(&self) -> bool {
        self.stray
    }
}
