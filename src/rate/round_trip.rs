//! The mean round trip of a page. In come the times from sending to receiving, out goes what it means
//! for the rate. It knows nothing of limits.

use std::time::Duration;

/// The weight of the last round trip in the mean, nearly that of TCP (1/8).
const WEIGHT: f64 = 0.1;

/// The shortest round trip, in seconds, that the ramp goes by: it doubles the rate per round trip, and
/// against a server nearby it would be far past the limit when the first refusal is back.
const SHORTEST_RAMPED: f64 = 0.1;

/// The rate stays below so many times what the requests in flight carry, or else it would run away
/// where they, not the rate, hold the run back.
const HEADROOM: f64 = 4.0;

/// A request that takes so many times the mean says nothing about the limit.
const STALLED: f64 = 4.0;

/// The mean in seconds; unknown until the first page.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RoundTrip(Option<f64>);

impl RoundTrip {
    pub(super) fn observe(&mut self, last: Duration) {
        let last = last.as_secs_f64();
        let mean = self.0.unwrap_or(last);
        self.0 = Some(mean + WEIGHT * (last - mean));
    }

    /// What a page adds to the rate while it ramps up, so that it doubles per round trip.
    pub(super) fn ramp_step(self) -> f64 {
        self.0.map_or(0.0, |mean| 1.0 / mean.max(SHORTEST_RAMPED))
    }

    /// Requests per second that so many in flight carry; boundless until the first page.
    pub(super) fn carried_by(self, in_flight: f64) -> f64 {
        self.0.map_or(f64::INFINITY, |mean| in_flight / mean)
    }

    /// The rate above which more would not be faster.
    pub(super) fn highest_rate(self, in_flight: f64) -> f64 {
        HEADROOM * self.carried_by(in_flight)
    }

    /// The time after which an answer is overdue.
    pub(super) fn overdue(self) -> Duration {
        Duration::try_from_secs_f64(STALLED * self.0.unwrap_or(0.0)).unwrap_or(Duration::MAX)
    }
}
