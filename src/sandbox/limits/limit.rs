//! The rate limit of a sandbox: plain values, checked before use, and their text form.

use std::str::FromStr;
use std::time::Duration;

use crate::sandbox::parse::{ParseError, duration, ensure, option, value};

/// How many requests the sandbox accepts, and what it tells the others. The default accepts everything.
///
/// | text | accepts |
/// |---|---|
/// | `none` | everything |
/// | `20/s` | a token bucket: 20 requests per second, with a burst of 20 |
/// | `20/s,burst=60` | the same with a burst of 60 |
/// | `fixed:300/60s` | 300 requests per window of 60 s; the first window opens with the first request |
/// | `sliding:20/1s` | 20 requests in any 1 s |
/// | `in-flight:4` | 4 concurrent requests |
///
/// Append `,silent` to any of them to send 429 without `Retry-After`, `,quota` to send a used-up quota instead
/// (`X-RateLimit-Remaining: 0` and `X-RateLimit-Reset`, a Unix time), and `,status=503` to send another error status. So
/// `10/s,burst=5,status=503,silent` refuses like nginx's `limit_req`, and `fixed:300/60s,status=403,quota` like GitHub.
/// Times are written as `500ms`, `1s`, `s`, `1m` or `1h`; `20/s` is the same as `20/1s`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Limit {
    /// Which requests are accepted.
    pub policy: LimitPolicy,
    /// The status of the response to other requests, from 400 to 599. Default 429.
    pub status: u16,
    /// What rejected requests are told.
    pub refusal: Refusal,
}

impl Default for Limit {
    fn default() -> Self {
        LimitPolicy::default().into()
    }
}

/// Which requests are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum LimitPolicy {
    /// Every request.
    #[default]
    Unlimited,
    /// A bucket that starts full and refills steadily; each request takes one token.
    TokenBucket {
        /// Tokens added per second; greater than 0.
        per_second: f64,
        /// Capacity of the bucket; at least 1.
        burst: f64,
    },
    /// A number of requests per window; windows follow one another from the first request on.
    FixedWindow {
        /// Requests per window; at least 1.
        requests: u32,
        /// Length of a window; greater than 0.
        window: Duration,
    },
    /// A number of requests in any period of this length (a sliding window log).
    SlidingWindow {
        /// Requests per window; at least 1.
        requests: u32,
        /// Length of the window; greater than 0.
        window: Duration,
    },
    /// A number of concurrent requests, from arrival until the response is handed over.
    InFlight {
        /// Concurrent requests; at least 1.
        requests: u32,
    },
}

/// What the response to a rejected request says about when to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refusal {
    /// `Retry-After`: seconds until a request would be accepted, rounded up, at least 1.
    #[default]
    RetryAfter,
    /// A used-up quota: `X-RateLimit-Remaining: 0`, and the Unix time of its reset in `X-RateLimit-Reset`.
    Quota,
    /// Nothing.
    Silent,
}

impl Limit {
    /// A token bucket whose burst is the refill of one second, and at least one request.
    #[must_use]
    pub fn per_second(per_second: f64) -> Self {
        Self::token_bucket(per_second, per_second.max(1.0))
    }

    /// A token bucket with its own burst.
    #[must_use]
    pub fn token_bucket(per_second: f64, burst: f64) -> Self {
        LimitPolicy::TokenBucket { per_second, burst }.into()
    }

    /// `requests` per window of this length.
    #[must_use]
    pub fn fixed_window(requests: u32, window: Duration) -> Self {
        LimitPolicy::FixedWindow { requests, window }.into()
    }

    /// `requests` in any period of this length.
    #[must_use]
    pub fn sliding_window(requests: u32, window: Duration) -> Self {
        LimitPolicy::SlidingWindow { requests, window }.into()
    }

    /// `requests` at the same time.
    #[must_use]
    pub fn in_flight(requests: u32) -> Self {
        LimitPolicy::InFlight { requests }.into()
    }

    /// The same limit without `Retry-After`.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { refusal: Refusal::Silent, ..self }
    }

    /// The same limit with another status of the response to rejected requests.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(in crate::sandbox) fn check(&self) -> Result<(), String> {
        ensure((400..=599).contains(&self.status), || {
            format!("the status of a refusal must be between 400 and 599, not {}", self.status)
        })?;
        let positive = |requests: u32| ensure(requests > 0, || "a limit must allow at least 1 request".to_owned());
        match self.policy {
            LimitPolicy::Unlimited => Ok(()),
            LimitPolicy::TokenBucket { per_second, burst } => {
                ensure(per_second.is_finite() && per_second > 0.0, || {
                    format!("requests per second must be greater than 0, not {per_second}")
                })?;
                ensure(burst.is_finite() && burst >= 1.0, || format!("burst must be at least 1, not {burst}"))
            }
            LimitPolicy::FixedWindow { requests, window } | LimitPolicy::SlidingWindow { requests, window } => {
                ensure(!window.is_zero(), || "the window must be longer than 0 s".to_owned())?;
                positive(requests)
            }
            LimitPolicy::InFlight { requests } => positive(requests),
        }
    }
}

impl From<LimitPolicy> for Limit {
    fn from(policy: LimitPolicy) -> Self {
        Self { policy, status: 429, refusal: Refusal::default() }
    }
}

impl FromStr for Limit {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut parts = text.split(',');
        let mut limit: Self = policy(parts.next().unwrap_or_default())?.into();
        for part in parts {
            match (option(part), &mut limit.policy) {
                (("silent", None), _) => limit.refusal = Refusal::Silent,
                (("quota", None), _) => limit.refusal = Refusal::Quota,
                (("status", Some(given)), _) => limit.status = value("status", given, "an error status")?,
                (("burst", Some(given)), LimitPolicy::TokenBucket { burst, .. }) => {
                    *burst = value("burst", given, "a number of requests")?;
                }
                (("burst", _), _) => return Err(ParseError::new("burst=NUMBER requires a limit such as 20/s")),
                _ => return Err(ParseError::unknown(part, "burst=NUMBER, status=NUMBER, quota, silent")),
            }
        }
        limit.check().map_err(ParseError::new)?;
        Ok(limit)
    }
}

fn policy(text: &str) -> Result<LimitPolicy, ParseError> {
    match text.split_once(':') {
        None if text == "none" => Ok(LimitPolicy::Unlimited),
        None => {
            let (requests, window) = rate(text)?;
            let requests: f64 = value("rate", requests, "a number of requests")?;
            Ok(Limit::per_second(requests / window.as_secs_f64()).policy)
        }
        Some(("fixed", window)) => {
            let (requests, window) = rate(window)?;
            Ok(LimitPolicy::FixedWindow { requests: whole(requests)?, window })
        }
        Some(("sliding", window)) => {
            let (requests, window) = rate(window)?;
            Ok(LimitPolicy::SlidingWindow { requests: whole(requests)?, window })
        }
        Some(("in-flight", requests)) => Ok(LimitPolicy::InFlight { requests: whole(requests)? }),
        Some((kind, _)) => {
            Err(ParseError::expected("a limit such as 20/s, fixed:300/60s, sliding:20/1s, in-flight:4 or none", kind))
        }
    }
}

fn rate(text: &str) -> Result<(&str, Duration), ParseError> {
    let (requests, window) = text
        .split_once('/')
        .ok_or_else(|| ParseError::expected("REQUESTS/TIME, such as 20/s or fixed:300/60s", text))?;
    Ok((requests, duration(window)?))
}

fn whole(requests: &str) -> Result<u32, ParseError> {
    value("requests", requests, "a whole number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_accept_nothing_are_refused() {
        let second = Duration::from_secs(1);
        for limit in [
            Limit::per_second(0.0),
            Limit::per_second(f64::NAN),
            Limit::token_bucket(1.0, 0.5),
            Limit::fixed_window(0, second),
            Limit::sliding_window(1, Duration::ZERO),
            Limit::in_flight(0),
            Limit::in_flight(1).with_status(200),
        ] {
            assert!(limit.check().is_err(), "{limit:?}");
        }
    }

    #[test]
    fn every_limit_has_a_text() {
        let minute = Duration::from_mins(1);
        for (text, limit) in [
            ("none", Limit::default()),
            ("20/s", Limit::per_second(20.0)),
            ("0.5/s", Limit::per_second(0.5)),
            ("600/1m", Limit::per_second(10.0)),
            ("20/s,burst=60", Limit::token_bucket(20.0, 60.0)),
            ("20/s,burst=60,silent", Limit::token_bucket(20.0, 60.0).silent()),
            ("fixed:300/60s", Limit::fixed_window(300, minute)),
            ("fixed:5/s", Limit::fixed_window(5, Duration::from_secs(1))),
            ("sliding:20/0.5s,silent", Limit::sliding_window(20, Duration::from_millis(500)).silent()),
            ("in-flight:4", Limit::in_flight(4)),
            ("10/s,burst=5,status=503,silent", Limit::token_bucket(10.0, 5.0).silent().with_status(503)),
            (
                "fixed:300/60s,status=403,quota",
                Limit { refusal: Refusal::Quota, ..Limit::fixed_window(300, minute).with_status(403) },
            ),
        ] {
            assert_eq!(text.parse(), Ok(limit), "{text}");
        }
    }

    #[test]
    fn invalid_texts_say_what_is_expected() {
        for (text, part) in [
            ("", "REQUESTS/TIME"),
            ("20", "REQUESTS/TIME"),
            ("x/s", "\"x\""),
            ("20/parsec", "a duration such as"),
            ("0/s", "greater than 0"),
            ("1/0s", "greater than 0"),
            ("fixed:1.5/s", "a whole number"),
            ("fixed:0/s", "at least 1"),
            ("leaky:1/s", "a limit such as"),
            ("in-flight:4,burst=2", "burst=NUMBER requires"),
            ("20/s,status=302", "between 400 and 599"),
            ("20/s,status=low", "an error status"),
            ("20/s,loud", "unknown option \"loud\""),
        ] {
            let error = text.parse::<Limit>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
