//! A token bucket: it starts full and refills steadily; each request takes one token.

use std::time::{Duration, Instant};

/// The state of a token bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled_at: Option<Instant>,
}

impl Bucket {
    pub(super) fn new(per_second: f64, burst: f64) -> Self {
        Self { per_second, burst, tokens: burst, filled_at: None }
    }

    /// Accepts a request, or returns how long until the next one would be accepted.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        let since = self.filled_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.tokens = (self.tokens + since.as_secs_f64() * self.per_second).min(self.burst);
        // Requests arrive on several threads, so `now` may be earlier than in the call before.
        self.filled_at = Some(self.filled_at.map_or(now, |at| at.max(now)));
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = Duration::try_from_secs_f64((1.0 - self.tokens) / self.per_second);
        Err(wait.unwrap_or(Duration::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_accepts_its_burst_then_its_rate() {
        let mut bucket = Bucket::new(10.0, 10.0);
        let start = Instant::now();
        let arrivals = (0..10_000).step_by(7).map(|at| start + Duration::from_millis(at));
        let count = arrivals.filter(|now| bucket.admit(*now).is_ok()).count();
        assert!((109..=110).contains(&count), "{count}");
    }

    #[test]
    fn waiting_as_told_is_enough() {
        let mut bucket = Bucket::new(0.5, 1.0);
        let now = Instant::now();
        assert_eq!(bucket.admit(now), Ok(()));
        let wait = bucket.admit(now).unwrap_err();
        assert_eq!(wait, Duration::from_secs(2));
        assert_eq!(bucket.admit(now + wait), Ok(()));
    }
}
