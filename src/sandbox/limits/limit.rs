//! Which limit a sandbox has: plain values, checked before use.
//!
//! What admits and what a refusal says are set apart, since servers combine them freely.

use std::time::Duration;

/// How many requests the sandbox lets in, and what it tells those it refuses. The default lets
/// everything in.
///
/// | text | lets in |
/// |---|---|
/// | `none` | everything |
/// | `20/s` | a token bucket: 20 a second, and 20 at once after a rest |
/// | `20/s,burst=60` | the same, 60 at once |
/// | `fixed:300/60s` | 300 in each window of 60 s; the first opens with the first request |
/// | `sliding:20/1s` | 20 in any 1 s |
/// | `in-flight:4` | 4 at the same time |
///
/// `,silent` after any of them: a 429 without `Retry-After`. A time is written as `500ms`, `1s`,
/// `s`, `1m` or `1h`; `20/s` is `20/1s`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Limit {
    /// What is let in.
    pub admits: Admits,
    /// What those over the limit are told.
    pub refusal: Refusal,
}

/// Which requests are let in.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Admits {
    /// Every request.
    #[default]
    Everything,
    /// A bucket that starts full, refills steadily, and from which each request takes one.
    TokenBucket {
        /// Requests a second that the refill allows; above 0.
        per_second: f64,
        /// Requests that a full bucket lets through at once; at least 1.
        burst: f64,
    },
    /// So many requests in each window; the windows follow one another from the first request.
    FixedWindow {
        /// Requests in a window; at least 1.
        requests: u32,
        /// The length of a window; above 0.
        window: Duration,
    },
    /// So many requests in any stretch of time (a sliding window log).
    SlidingWindow {
        /// Requests in a window; at least 1.
        requests: u32,
        /// The length of the window; above 0.
        window: Duration,
    },
    /// So many requests at the same time, from arrival until the answer is handed over.
    InFlight {
        /// Requests at the same time; at least 1.
        requests: u32,
    },
}

/// What a 429 of the limiter says about when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refusal {
    /// `Retry-After`: the whole seconds until a request would be let in, rounded up, at least 1.
    #[default]
    RetryAfter,
    /// Nothing.
    Silent,
}

impl Limit {
    /// A token bucket that holds what it refills in one second, and at least one request.
    #[must_use]
    pub fn per_second(per_second: f64) -> Self {
        Self::token_bucket(per_second, per_second.max(1.0))
    }

    /// A token bucket with its own burst.
    #[must_use]
    pub fn token_bucket(per_second: f64, burst: f64) -> Self {
        Admits::TokenBucket { per_second, burst }.into()
    }

    /// `requests` in each window of this length.
    #[must_use]
    pub fn fixed_window(requests: u32, window: Duration) -> Self {
        Admits::FixedWindow { requests, window }.into()
    }

    /// `requests` in any stretch of this length.
    #[must_use]
    pub fn sliding_window(requests: u32, window: Duration) -> Self {
        Admits::SlidingWindow { requests, window }.into()
    }

    /// `requests` at the same time.
    #[must_use]
    pub fn in_flight(requests: u32) -> Self {
        Admits::InFlight { requests }.into()
    }

    /// The same limit, with refusals that do not say when to come back.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { refusal: Refusal::Silent, ..self }
    }

    pub(in crate::sandbox) fn check(&self) -> Result<(), String> {
        match self.admits {
            Admits::Everything => Ok(()),
            Admits::TokenBucket { per_second, burst } => {
                if !(per_second.is_finite() && per_second > 0.0) {
                    return Err(format!("a limit is a number of requests a second above 0, not {per_second}"));
                }
                if !(burst.is_finite() && burst >= 1.0) {
                    return Err(format!("the burst of a limit is at least 1 request, not {burst}"));
                }
                Ok(())
            }
            Admits::FixedWindow { requests, window } | Admits::SlidingWindow { requests, window } => {
                if window.is_zero() {
                    return Err("the window of a limit is longer than 0 s".to_owned());
                }
                at_least_one(requests)
            }
            Admits::InFlight { requests } => at_least_one(requests),
        }
    }
}

impl From<Admits> for Limit {
    fn from(admits: Admits) -> Self {
        Self { admits, refusal: Refusal::default() }
    }
}

fn at_least_one(requests: u32) -> Result<(), String> {
    if requests == 0 { Err("a limit lets in at least 1 request, not 0".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_admit_nothing_are_refused() {
        let second = Duration::from_secs(1);
        for limit in [
            Limit::per_second(0.0),
            Limit::per_second(f64::NAN),
            Limit::token_bucket(1.0, 0.5),
            Limit::fixed_window(0, second),
            Limit::sliding_window(1, Duration::ZERO),
            Limit::in_flight(0),
        ] {
            assert!(limit.check().is_err(), "{limit:?}");
        }
    }
}
