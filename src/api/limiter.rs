//! The pace of all requests: evenly spaced slots, and a pause that stops everybody.
//!
//! Every request of a run, retries included, waits here for its turn, in the order they came.
//! The clock is tokio's, so that tests can turn it.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, direct::NotKeyed};
use governor::{NotUntil, Quota, RateLimiter};
use tokio::time::{Instant, sleep_until};

use crate::config::Rate;

/// Cells of the quota that one request takes. The cells are finer than requests, so that a timer that
/// fires a little late costs no slot, and yet no two requests leave at once.
const CELLS: NonZeroU32 = NonZeroU32::new(10).expect("10 is not zero");
/// By how much a slot may be late before it is lost, at least: tokio's timers count milliseconds.
const LATE: Duration = Duration::from_millis(4);

/// Tokio's clock, as governor wants one.
#[derive(Debug, Clone)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Gives every request its slot.
#[derive(Debug)]
pub(super) struct Limiter {
    start: Instant,
    slots: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>,
    /// Held by whoever waits for the next slot; tokio's mutex is fair.
    turn: tokio::sync::Mutex<()>,
    /// Nobody sends before this instant.
    closed_until: Mutex<Instant>,
}

impl Limiter {
    /// A limiter whose first slot is now.
    pub fn new(rate: Rate) -> Self {
        let start = Instant::now();
        let cell = rate.interval() / CELLS.get();
        let late = LATE.as_nanos().div_ceil(cell.as_nanos().max(1));
        let burst = CELLS.saturating_add(u32::try_from(late).unwrap_or(u32::MAX).max(1));
        let quota = Quota::with_period(cell).unwrap_or(Quota::per_second(NonZeroU32::MAX)).allow_burst(burst);
        Self {
            start,
            slots: RateLimiter::direct_with_clock(quota, TokioClock(start)),
            turn: tokio::sync::Mutex::new(()),
            closed_until: Mutex::new(start),
        }
    }

    /// Waits for a slot, and takes it.
    pub async fn slot(&self) {
        let _turn = self.turn.lock().await;
        while let Err(opens) = self.try_slot() {
            sleep_until(opens).await;
        }
    }

    /// Lets nobody send for a while from now. A pause is never shortened.
    pub fn pause(&self, wait: Duration) {
        let mut until = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Instant::now().checked_add(wait).map_or(*until, |then| then.max(*until));
    }

    /// Takes the slot, or says when to try again.
    fn try_slot(&self) -> Result<(), Instant> {
        let until = *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        if until > Instant::now() {
            return Err(until);
        }
        let slot = self.slots.check_n(CELLS).unwrap_or(Ok(()));
        slot.map_err(|not_until: NotUntil<Duration>| self.start + not_until.wait_time_from(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn slots_are_even_with_no_burst_at_the_start() {
        let limiter = Limiter::new(Rate::new(50.0).unwrap());
        let start = Instant::now();
        let mut sent = Vec::new();
        for _ in 0..200 {
            limiter.slot().await;
            sent.push(start.elapsed());
        }
        let last = sent[199].as_secs_f64();
        assert!((3.95..4.0).contains(&last), "{last}");
        assert!(sent.windows(2).all(|pair| pair[1] >= pair[0] + Duration::from_millis(14)), "{sent:?}");
        assert!(sent.windows(52).all(|window| window[51] > window[0] + Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_and_is_never_shortened() {
        let limiter = Limiter::new(Rate::new(1_000.0).unwrap());
        let start = Instant::now();
        limiter.pause(Duration::from_secs(30));
        limiter.pause(Duration::from_secs(5));
        limiter.slot().await;
        assert!(start.elapsed() >= Duration::from_secs(30));
        limiter.pause(Duration::MAX);
        assert!(start.elapsed() < Duration::from_secs(31));
    }
}
