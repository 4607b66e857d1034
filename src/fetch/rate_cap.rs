//! The hard rate cap of a run, whatever rate is learned.
//!
//! It says whether a request may be sent now or, if not, when; it never sleeps. The clock is tokio's, so that tests can
//! control it.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, direct::NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::config::Rate;

/// Cells of the quota per request. Cells finer than requests let a slightly late timer keep its slot, without sending two
/// requests at once.
const CELLS: NonZeroU32 = NonZeroU32::new(10).expect("10 is not zero");
/// How late a request may be and still keep its slot: tokio's timers have a resolution of milliseconds.
const LATE: Duration = Duration::from_millis(4);

/// Tokio's clock for governor: the time since the start of the run.
#[derive(Debug, Clone)]
struct RunClock(Instant);

impl Clock for RunClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Admits evenly spaced requests, without bursts.
#[derive(Debug)]
pub(super) struct RateCap(RateLimiter<NotKeyed, InMemoryState, RunClock, NoOpMiddleware<Duration>>);

impl RateCap {
    /// The cap of a run that started at `start`; its first slot is immediate.
    pub fn new(rate: Rate, start: Instant) -> Self {
        let cell = rate.interval() / CELLS.get();
        let late = u32::try_from(LATE.as_nanos().div_ceil(cell.as_nanos().max(1))).unwrap_or(u32::MAX);
        let burst = CELLS.saturating_add(late.max(1));
        let quota = Quota::with_period(cell).unwrap_or(Quota::per_second(NonZeroU32::MAX)).allow_burst(burst);
        Self(RateLimiter::direct_with_clock(quota, RunClock(start)))
    }

    /// Takes a slot, or returns the time since the start at which one is free.
    pub fn take(&self) -> Result<(), Duration> {
        // The quota is larger than one request, so the outer result is always `Ok`.
        let taken = self.0.check_n(CELLS).unwrap_or(Ok(()));
        taken.map_err(|not_until| not_until.wait_time_from(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep_until;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn slots_are_even_without_an_initial_burst() {
        let start = Instant::now();
        let cap = RateCap::new(Rate::clamped(50.0), start);
        let mut sent = Vec::new();
        while sent.len() < 200 {
            match cap.take() {
                Ok(()) => sent.push(start.elapsed()),
                Err(opens) => sleep_until(start + opens).await,
            }
        }
        let last = sent[199].as_secs_f64();
        assert!((3.95..4.0).contains(&last), "{last}");
        assert!(sent.windows(2).all(|pair| pair[1] >= pair[0] + Duration::from_millis(14)), "{sent:?}");
        assert!(sent.windows(52).all(|window| window[51] > window[0] + Duration::from_secs(1)));
    }
}
