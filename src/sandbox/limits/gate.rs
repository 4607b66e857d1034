//! The gate: the limiter that all connections of a sandbox share.
//!
//! An accepted request holds a slot. The limit on concurrent requests counts it until it is dropped; other limits
//! ignore it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::bucket::Bucket;
use super::limit::{Limit, LimitPolicy, Refusal};
use super::windows::{FixedWindow, SlidingWindow};
use crate::sandbox::lock::lock;

#[derive(Debug)]
pub(in crate::sandbox) struct Gate {
    limiter: Arc<Mutex<Limiter>>,
    status: u16,
    refusal: Refusal,
}

#[derive(Debug)]
enum Limiter {
    Unlimited,
    Bucket(Bucket),
    Fixed(FixedWindow),
    Sliding(SlidingWindow),
    InFlight { max: u32, current: u32 },
}

/// The place of one accepted request, freed when dropped.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Slot(Option<Arc<Mutex<Limiter>>>);

/// A rejected request, and how the response says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Rejected {
    pub(in crate::sandbox) status: u16,
    pub(in crate::sandbox) refusal: Refusal,
    /// Until a request would be accepted: whole seconds, at least 1.
    pub(in crate::sandbox) seconds: u64,
}

impl Limiter {
    fn new(policy: LimitPolicy) -> Self {
        match policy {
            LimitPolicy::Unlimited => Self::Unlimited,
            LimitPolicy::TokenBucket { per_second, burst } => Self::Bucket(Bucket::new(per_second, burst)),
            LimitPolicy::FixedWindow { requests, window } => Self::Fixed(FixedWindow::new(requests, window)),
            LimitPolicy::SlidingWindow { requests, window } => Self::Sliding(SlidingWindow::new(requests, window)),
            LimitPolicy::InFlight { requests } => Self::InFlight { max: requests, current: 0 },
        }
    }

    /// Accepts a request that arrived at `now`, or returns how long until the next one would be accepted.
    fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        match self {
            Self::Unlimited => Ok(()),
            Self::Bucket(bucket) => bucket.admit(now),
            Self::Fixed(window) => window.admit(now),
            Self::Sliding(window) => window.admit(now),
            Self::InFlight { max, current } if *current < *max => {
                *current += 1;
                Ok(())
            }
            // When another request will finish is unknown, so the wait is the shortest possible.
            Self::InFlight { .. } => Err(Duration::ZERO),
        }
    }
}

impl Gate {
    pub(in crate::sandbox) fn new(limit: Limit) -> Self {
        let limiter = Arc::new(Mutex::new(Limiter::new(limit.policy)));
        Self { limiter, status: limit.status, refusal: limit.refusal }
    }

    /// Accepts or rejects a request that arrived at `now`.
    pub(in crate::sandbox) fn enter(&self, now: Instant) -> Result<Slot, Rejected> {
        match lock(&self.limiter).admit(now) {
            Ok(()) => Ok(Slot(Some(Arc::clone(&self.limiter)))),
            Err(wait) => {
                let seconds = retry_after_seconds(wait);
                Err(Rejected { status: self.status, refusal: self.refusal, seconds })
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(limiter) = &self.0
            && let Limiter::InFlight { current, .. } = &mut *lock(limiter)
        {
            *current = current.saturating_sub(1);
        }
    }
}

/// The value of a `Retry-After` header for `wait`: whole seconds, rounded up, at least 1.
fn retry_after_seconds(wait: Duration) -> u64 {
    let rounded_up = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    rounded_up.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_limit_everything_is_accepted() {
        let gate = Gate::new(Limit::default());
        let now = Instant::now();
        assert!((0..10_000).all(|_| gate.enter(now).is_ok()));
    }

    #[test]
    fn every_limit_rejects_and_says_how_long() {
        let (now, window) = (Instant::now(), Duration::from_secs(90));
        for (limit, seconds) in [
            (Limit::token_bucket(0.5, 1.0), 2),
            (Limit::fixed_window(1, window), 90),
            (Limit::sliding_window(1, window), 90),
            (Limit::in_flight(1), 1),
        ] {
            for limit in [limit, limit.silent().with_status(503)] {
                let Limit { status, refusal, .. } = limit;
                let gate = Gate::new(limit);
                let _held = gate.enter(now).unwrap();
                assert_eq!(gate.enter(now).unwrap_err(), Rejected { status, refusal, seconds }, "{limit:?}");
            }
        }
    }

    #[test]
    fn a_dropped_slot_is_free_again() {
        for max in [1, 2] {
            let gate = Gate::new(Limit::in_flight(max));
            let now = Instant::now();
            let mut slots: Vec<_> = (0..max).map(|_| gate.enter(now).unwrap()).collect();
            assert!(gate.enter(now).is_err());
            slots.pop();
            slots.push(gate.enter(now).unwrap());
            assert!(gate.enter(now).is_err());
        }
    }

    #[test]
    fn retry_after_is_whole_and_at_least_one() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_500, 60)] {
            let wait = Duration::from_millis(milliseconds);
            assert_eq!(retry_after_seconds(wait), seconds, "{wait:?}");
        }
    }
}
