//! Limiters that count pages per window, and one that bans clients.

use std::collections::VecDeque;

use super::disturbance::{ACTIVE, CYCLE};
use super::limiter::{Limiter, Manner};
use super::random::Random;

/// Windows that start at fixed times, with a random phase.
pub(crate) struct Fixed {
    most: f64,
    length: f64,
    phase: f64,
    window: f64,
    used: f64,
    available: f64,
    /// Another client, which uses part of each window.
    other: Option<Other>,
}

struct Other {
    random: Random,
    /// The phase of a client that is active for part of each minute, and takes nearly all of a window then.
    hog: Option<f64>,
}

impl Other {
    fn taken(&mut self, now: f64) -> f64 {
        match self.hog {
            None => self.random.uniform(0.0, 0.5),
            Some(phase) if (now + phase) % CYCLE < ACTIVE => self.random.uniform(0.8, 0.95),
            Some(_) => 0.0,
        }
    }
}

impl Fixed {
    pub(crate) fn new(seed: u64, most: f64, length: f64, manner: Manner) -> Self {
        let mut random = Random::new(seed);
        let phase = random.uniform(0.0, length);
        let hog = (manner == Manner::Hogged).then(|| random.uniform(0.0, CYCLE));
        Self {
            most,
            length,
            phase,
            window: -1.0,
            used: 0.0,
            available: most,
            other: (hog.is_some() || manner == Manner::Shared).then_some(Other { random, hog }),
        }
    }
}

impl Limiter for Fixed {
    fn admit(&mut self, now: f64) -> Result<(), f64> {
        let window = ((now + self.phase) / self.length).floor();
        if window > self.window {
            self.window = window;
            self.used = 0.0;
            let taken = self.other.as_mut().map_or(0.0, |other| other.taken(now));
            self.available = self.most - (self.most * taken).floor();
        }
        if self.used < self.available {
            self.used += 1.0;
            return Ok(());
        }
        Err((window + 1.0) * self.length - self.phase - now + 1e-6)
    }
}

/// A maximum number of requests in any period of the window's length.
pub(crate) struct Sliding {
    most: usize,
    length: f64,
    admitted: VecDeque<f64>,
    penal: bool,
}

impl Sliding {
    pub(crate) fn new(most: u32, length: f64, manner: Manner) -> Self {
        let most = most as usize;
        Self { most, length, admitted: VecDeque::with_capacity(most + 1), penal: manner == Manner::Penal }
    }
}

impl Limiter for Sliding {
    fn admit(&mut self, now: f64) -> Result<(), f64> {
        while self.admitted.front().is_some_and(|&at| at <= now - self.length) {
            self.admitted.pop_front();
        }
        if self.admitted.len() < self.most {
            self.admitted.push_back(now);
            return Ok(());
        }
        if self.penal {
            self.admitted.push_back(now);
            self.admitted.pop_front();
        }
        Err(self.admitted[0] + self.length - now + 1e-6)
    }
}

/// A limiter that refuses everything for a minute after 20 refusals in 10 s.
pub(crate) struct Ban {
    limiter: Box<dyn Limiter>,
    strikes: VecDeque<f64>,
    until: f64,
}

impl Ban {
    pub(crate) fn new(limiter: Box<dyn Limiter>) -> Self {
        Self { limiter, strikes: VecDeque::new(), until: 0.0 }
    }
}

impl Limiter for Ban {
    fn admit(&mut self, now: f64) -> Result<(), f64> {
        let verdict = self.limiter.admit(now);
        if now < self.until {
            return Err(self.until - now);
        }
        if verdict.is_err() {
            self.strikes.push_back(now);
            self.strikes.retain(|&at| at >= now - 10.0);
            if self.strikes.len() >= 20 {
                self.until = now + 60.0;
                self.strikes.clear();
                return Err(60.0);
            }
        }
        verdict
    }

    fn finish(&mut self) {
        self.limiter.finish();
    }
}
