//! The gate: a limiter that all connections of a sandbox share.
//!
//! Whoever is let in holds a slot; a limit on requests at the same time counts until it is
//! dropped, the others do not care.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::bucket::Bucket;
use super::in_flight::InFlight;
use super::limit::{Admits, Limit, Refusal};
use super::windows::{FixedWindow, SlidingWindow};
use crate::sandbox::lock::lock;

/// What requests pass on their way in.
#[derive(Debug)]
pub(in crate::sandbox) struct Gate {
    limiter: Limiter,
    refusal: Refusal,
}

#[derive(Debug)]
enum Limiter {
    Open,
    Bucket(Mutex<Bucket>),
    Fixed(Mutex<FixedWindow>),
    Sliding(Mutex<SlidingWindow>),
    InFlight(Arc<Mutex<InFlight>>),
}

/// The right of one request to be in, given back when dropped.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Slot(Option<Arc<Mutex<InFlight>>>);

/// A request that was not let in: the value of `Retry-After`, where one is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Refused {
    pub(in crate::sandbox) retry_after: Option<u64>,
}

impl Gate {
    pub(in crate::sandbox) fn new(limit: Limit) -> Self {
        let limiter = match limit.admits {
            Admits::Everything => Limiter::Open,
            Admits::TokenBucket { per_second, burst } => Limiter::Bucket(Mutex::new(Bucket::new(per_second, burst))),
            Admits::FixedWindow { requests, window } => Limiter::Fixed(Mutex::new(FixedWindow::new(requests, window))),
            Admits::SlidingWindow { requests, window } => {
                Limiter::Sliding(Mutex::new(SlidingWindow::new(requests, window)))
            }
            Admits::InFlight { requests } => Limiter::InFlight(Arc::new(Mutex::new(InFlight::new(requests)))),
        };
        Self { limiter, refusal: limit.refusal }
    }

    /// Lets a request that arrived at `now` in, or refuses it.
    pub(in crate::sandbox) fn enter(&self, now: Instant) -> Result<Slot, Refused> {
        let admitted = match &self.limiter {
            Limiter::Open => Ok(()),
            Limiter::Bucket(bucket) => lock(bucket).admit(now),
            Limiter::Fixed(window) => lock(window).admit(now),
            Limiter::Sliding(window) => lock(window).admit(now),
            Limiter::InFlight(limit) => {
                if lock(limit).enter() {
                    return Ok(Slot(Some(Arc::clone(limit))));
                }
                // Nobody knows when another will leave: the shortest wait that can be said.
                Err(Duration::ZERO)
            }
        };
        admitted.map(|()| Slot::default()).map_err(|wait| self.refuse(wait))
    }

    fn refuse(&self, wait: Duration) -> Refused {
        let retry_after = match self.refusal {
            Refusal::RetryAfter => Some(retry_after_seconds(wait)),
            Refusal::Silent => None,
        };
        Refused { retry_after }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(limit) = &self.0 {
            lock(limit).leave();
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
    fn no_limit_lets_everything_in() {
        let gate = Gate::new(Limit::default());
        let now = Instant::now();
        assert!((0..10_000).all(|_| gate.enter(now).is_ok()));
    }

    #[test]
    fn every_limit_refuses_with_and_without_retry_after() {
        let (now, window) = (Instant::now(), Duration::from_secs(90));
        for (limit, seconds) in [
            (Limit::token_bucket(0.5, 1.0), 2),
            (Limit::fixed_window(1, window), 90),
            (Limit::sliding_window(1, window), 90),
            (Limit::in_flight(1), 1),
        ] {
            for (limit, retry_after) in [(limit, Some(seconds)), (limit.silent(), None)] {
                let gate = Gate::new(limit);
                let _held = gate.enter(now).unwrap();
                assert_eq!(gate.enter(now).unwrap_err(), Refused { retry_after }, "{limit}");
            }
        }
    }

    #[test]
    fn a_dropped_slot_is_free_again() {
        let gate = Gate::new(Limit::in_flight(1));
        let now = Instant::now();
        let slot = gate.enter(now).unwrap();
        assert!(gate.enter(now).is_err());
        drop(slot);
        assert!(gate.enter(now).is_ok());
    }

    #[test]
    fn retry_after_is_whole_and_at_least_one() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_500, 60)] {
            let wait = Duration::from_millis(milliseconds);
            assert_eq!(retry_after_seconds(wait), seconds, "{wait:?}");
        }
    }
}
