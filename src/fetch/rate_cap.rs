//! The hard ceiling of a run: no more requests a second than this, whatever is learned.
//!
//! Whether a request may leave now comes out, and if not, when. It never sleeps. The clock is
//! tokio's, so that tests can turn it.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, direct::NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::config::Rate;

/// Cells of the quota that one request takes. They are finer than requests, so that a timer that fires
/// a little late costs no slot, and yet no two requests leave at once.
const CELLS: NonZeroU32 = NonZeroU32::new(10).expect("10 is not zero");
/// By how much a slot may be late before it is lost: tokio's timers count milliseconds.
const LATE: Duration = Duration::from_millis(4);

/// Tokio's clock, as governor wants one: time since the start of the run.
#[derive(Debug, Clone)]
struct RunClock(Instant);

impl Clock for RunClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Lets requests through evenly spaced, without a burst.
#[derive(Debug)]
pub(super) struct Ceiling(RateLimiter<NotKeyed, InMemoryState, RunClock, NoOpMiddleware<Duration>>);

impl Ceiling {
    /// A ceiling over a run that started at `start`; its first slot is at once.
    pub fn new(rate: Rate, start: Instant) -> Self {
        let cell = rate.interval() / CELLS.get();
        let late = u32::try_from(LATE.as_nanos().div_ceil(cell.as_nanos().max(1))).unwrap_or(u32::MAX);
        let burst = CELLS.saturating_add(late.max(1));
        let quota = Quota::with_period(cell).unwrap_or(Quota::per_second(NonZeroU32::MAX)).allow_burst(burst);
        Self(RateLimiter::direct_with_clock(quota, RunClock(start)))
    }

    /// Takes a slot, or says at which time since the start there is one.
    pub fn take(&self) -> Result<(), Duration> {
        // The quota holds more than a request takes, so the outer result is always whole.
        let taken = self.0.check_n(CELLS).unwrap_or(Ok(()));
        taken.map_err(|not_until| not_until.wait_time_from(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep_until;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn slots_are_even_with_no_burst_at_the_start() {
        let start = Instant::now();
        let ceiling = Ceiling::new(Rate::clamped(50.0), start);
        let mut sent = Vec::new();
        while sent.len() < 200 {
            match ceiling.take() {
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
