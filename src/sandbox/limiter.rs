//! Rate limits: a pure decision about each request, from the instant it arrives.
//!
//! A refused request costs nothing, and the refusal says how long until the next one would be
//! let in. The limiter owns no clock and never waits.

use std::time::{Duration, Instant};

/// How many requests the sandbox lets in.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Limit {
    /// Every request is let in.
    #[default]
    Unlimited,
    /// A bucket that starts full, refills steadily, and from which each request takes one.
    TokenBucket {
        /// Requests a second that the refill allows; above 0.
        per_second: f64,
        /// Requests that a full bucket lets through at once; at least 1.
        burst: f64,
    },
}

impl Limit {
    /// A token bucket that holds what it refills in one second, and at least one request.
    #[must_use]
    pub fn per_second(per_second: f64) -> Self {
        Self::TokenBucket { per_second, burst: per_second.max(1.0) }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match *self {
            Self::Unlimited => Ok(()),
            Self::TokenBucket { per_second, burst } => {
                if !(per_second.is_finite() && per_second > 0.0) {
                    return Err(format!("a limit is a number of requests a second above 0, not {per_second}"));
                }
                if !(burst.is_finite() && burst >= 1.0) {
                    return Err(format!("the burst of a limit is at least 1 request, not {burst}"));
                }
                Ok(())
            }
        }
    }
}

/// The state behind a [`Limit`].
#[derive(Debug)]
pub(super) enum Limiter {
    Open,
    Bucket { per_second: f64, burst: f64, tokens: f64, filled_at: Option<Instant> },
}

impl Limiter {
    pub(super) fn new(limit: Limit) -> Self {
        match limit {
            Limit::Unlimited => Self::Open,
            Limit::TokenBucket { per_second, burst } => {
                Self::Bucket { per_second, burst, tokens: burst, filled_at: None }
            }
        }
    }

    /// Lets a request in, or says how long until one would be.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        match self {
            Self::Open => Ok(()),
            Self::Bucket { per_second, burst, tokens, filled_at } => {
                let since = filled_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
                *tokens = (*tokens + since.as_secs_f64() * *per_second).min(*burst);
                // Arrivals are noted by several threads: the clock of the bucket never runs back.
                *filled_at = Some(filled_at.map_or(now, |at| at.max(now)));
                if *tokens >= 1.0 {
                    *tokens -= 1.0;
                    return Ok(());
                }
                let wait = Duration::try_from_secs_f64((1.0 - *tokens) / *per_second);
                Err(wait.unwrap_or(Duration::MAX))
            }
        }
    }
}

/// The value of a `Retry-After` header for `wait`: whole seconds, rounded up, at least 1.
pub(super) fn retry_after_seconds(wait: Duration) -> u64 {
    let rounded_up = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    rounded_up.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Admissions among requests sent every `every` for `long`.
    fn admitted(limiter: &mut Limiter, start: Instant, every: Duration, long: Duration) -> u32 {
        let mut now = start;
        let mut count = 0;
        while now < start + long {
            count += u32::from(limiter.admit(now).is_ok());
            now += every;
        }
        count
    }

    #[test]
    fn no_limit_lets_everything_in() {
        let mut limiter = Limiter::new(Limit::Unlimited);
        let now = Instant::now();
        assert!((0..10_000).all(|_| limiter.admit(now).is_ok()));
    }

    #[test]
    fn a_bucket_admits_its_burst_and_then_its_rate() {
        let mut limiter = Limiter::new(Limit::per_second(10.0));
        let start = Instant::now();
        let count = admitted(&mut limiter, start, Duration::from_millis(7), Duration::from_secs(10));
        assert!((109..=110).contains(&count), "{count}");
    }

    #[test]
    fn a_refusal_tells_the_wait_and_the_wait_suffices() {
        let mut limiter = Limiter::new(Limit::per_second(0.5));
        let now = Instant::now();
        assert_eq!(limiter.admit(now), Ok(()));
        let wait = limiter.admit(now).unwrap_err();
        assert_eq!(wait, Duration::from_secs(2));
        assert_eq!(limiter.admit(now + wait), Ok(()));
    }

    #[test]
    fn retry_after_is_whole_and_at_least_one() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_500, 60)] {
            let wait = Duration::from_millis(milliseconds);
            assert_eq!(retry_after_seconds(wait), seconds, "{wait:?}");
        }
    }
}
