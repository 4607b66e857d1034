//! Measures the limit: the pages admitted in a period, from one time at which the server starts to admit requests to the
//! next. Pages per second of a period is the limit itself, whether it is a token bucket or a window.

use std::time::Duration;

/// The fraction of a wait's first second that is not counted, since Retry-After is rounded up and a full bucket gains
/// nothing. With 0: 85.6 % of the ideal speed and 0.48 % refused; 0.5: 87.4 and 0.55; 1: 89.1 and 0.88.
const UNCOUNTED: f64 = 0.65;

/// The shortest plausible span, so that the response to an initial burst does not yield an absurd rate.
pub(super) const SHORTEST_SPAN: f64 = 0.05;

/// The refusal that ended a period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) at: Duration,
    /// Pages admitted in the period.
    pub(super) pages: u64,
    /// The rate at that time, in requests per second: too high.
    pub(super) rate: f64,
    /// Requests in flight when the refused one was sent.
    pub(super) in_flight: usize,
    /// The number of the refused request.
    pub(super) number: u64,
}

/// Pages admitted, and the seconds it took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sample {
    pub(super) pages: u64,
    pub(super) seconds: f64,
}

impl Sample {
    pub(super) fn join(self, other: Self) -> Self {
        Self { pages: self.pages.saturating_add(other.pages), seconds: self.seconds + other.seconds }
    }

    pub(super) fn rate(self) -> f64 {
        as_number(self.pages) / self.seconds.max(SHORTEST_SPAN)
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Period {
    start: Duration,
    /// The number of the last request before the period.
    last_before: u64,
    refused: u64,
    stalled: Duration,
    /// Waits after refusals that are not attributed to the rate. If only half of them is excluded, servers with random
    /// refusals are read at 82 instead of 85 % of the ideal speed.
    idle: Duration,
}

impl Period {
    pub(super) fn begin(start: Duration, last_before: u64) -> Self {
        Self { start, last_before, ..Self::default() }
    }

    pub(super) fn refused(&mut self, request: u64) {
        self.refused += u64::from(self.includes(request));
    }

    /// Excludes time in which the server would have admitted requests, but none were sent.
    pub(super) fn stalled(&mut self, time: Duration) {
        self.stalled = self.stalled.saturating_add(time);
    }

    /// Counts a wait after a refusal that is not attributed to the rate.
    pub(super) fn idle(&mut self, time: Duration) {
        self.idle = self.idle.saturating_add(time);
    }

    /// Counts a wait after all, since it is now attributed to the rate.
    pub(super) fn not_idle(&mut self, time: Duration) {
        self.idle = self.idle.saturating_sub(time);
    }

    pub(super) fn includes(&self, request: u64) -> bool {
        request > self.last_before
    }

    /// The time since its start, in seconds, waits included.
    pub(super) fn seconds_until(&self, now: Duration) -> f64 {
        now.saturating_sub(self.start).saturating_sub(self.stalled).as_secs_f64()
    }

    /// Pages admitted in this period, up to this request.
    pub(super) fn pages_until(&self, request: u64) -> u64 {
        let sent = request.saturating_sub(self.last_before);
        sent.saturating_sub(self.refused)
    }

    /// The sample of a period of `pages`, if the server admits requests again at `reopening`, after `wait`. Other
    /// waits within the period are not counted.
    pub(super) fn sample(&self, pages: u64, reopening: Duration, wait: Duration) -> Sample {
        let span = self.seconds_until(reopening) - uncounted(wait).as_secs_f64();
        Sample { pages, seconds: span - self.idle.as_secs_f64() }
    }
}

/// The part of a server's wait that does not count.
pub(super) fn uncounted(wait: Duration) -> Duration {
    wait.min(Duration::from_secs(1)).mul_f64(UNCOUNTED)
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts of pages and requests never reach 2^52")]
pub(super) fn as_number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_exclude_stalls() {
        let mut period = Period::begin(Duration::from_secs(100), 500);
        period.refused(500);
        period.refused(700);
        period.stalled(Duration::from_secs(30));
        period.idle(Duration::from_secs(4));
        assert_eq!(period.pages_until(701), 200);
        let sample = period.sample(200, Duration::from_secs(141), Duration::from_secs(2));
        assert_eq!(sample.pages, 200);
        assert!((sample.seconds - 6.35).abs() < 1e-9, "{sample:?}");
    }

    #[test]
    fn a_burst_does_not_yield_an_absurd_rate() {
        for seconds in [0.0, -1.0] {
            let instant = Sample { pages: 3, seconds };
            assert!((instant.rate() - 60.0).abs() < 1e-9);
        }
    }
}
