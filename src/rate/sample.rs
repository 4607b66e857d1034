//! Measures the limit: the pages admitted in a period, from one time at which the server starts to admit requests to the
//! next. Pages per second of a period is the limit itself, whether it is a token bucket or a window.

use std::time::Duration;

/// The fraction of a wait's first second that is not counted, since Retry-After is rounded up and a full bucket gains
/// nothing. With 0: 85.6 % of the ideal speed and 0.48 % refused; 0.5: 87.4 and 0.55; 1: 89.1 and 0.88.
const UNCOUNTED: f64 = 0.65;

/// The shortest plausible span, so that the response to an initial burst does not yield an absurd rate.
const SHORTEST_SPAN: f64 = 0.05;

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
}

impl Period {
    pub(super) fn begin(start: Duration, last_before: u64) -> Self {
        Self { start, last_before, ..Self::default() }
    }

    pub(super) fn refused(&mut self, request: u64) {
        self.refused += u64::from(request > self.last_before);
    }

    /// Excludes time in which the server would have admitted requests, but none were sent.
    pub(super) fn stalled(&mut self, time: Duration) {
        self.stalled = self.stalled.saturating_add(time);
    }

    /// Pages admitted in this period, up to this request.
    pub(super) fn pages_until(&self, request: u64) -> u64 {
        let sent = request.saturating_sub(self.last_before);
        sent.saturating_sub(self.refused)
    }

    /// The sample of a period that ended with `hit`, if the server admits requests again at `reopening`.
    pub(super) fn sample(&self, hit: &Hit, reopening: Duration) -> Sample {
        let wait = reopening.saturating_sub(hit.at);
        let span = reopening.saturating_sub(self.start).saturating_sub(self.stalled);
        Sample { pages: hit.pages, seconds: span.as_secs_f64() - UNCOUNTED * wait.as_secs_f64().min(1.0) }
    }
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
        let hit = Hit { at: Duration::from_secs(139), pages: period.pages_until(701), rate: 25.0, in_flight: 4 };
        let sample = period.sample(&hit, Duration::from_secs(141));
        assert_eq!(sample.pages, 200);
        assert!((sample.seconds - 10.35).abs() < 1e-9, "{sample:?}");
    }

    #[test]
    fn a_burst_does_not_yield_an_absurd_rate() {
        for seconds in [0.0, -1.0] {
            let instant = Sample { pages: 3, seconds };
            assert!((instant.rate() - 60.0).abs() < 1e-9);
        }
    }
}
