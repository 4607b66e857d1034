//! A period: from one instant at which the server began to admit to the next one. In come requests
//! and refusals, out goes the sample "so many pages in so many seconds", which is the limit itself,
//! be it a token bucket or a window. It never judges how good the sample is.

use std::time::Duration;

use super::number::as_number;

/// How much of a wait's first second is not counted, since Retry-After is rounded up and a full bucket gains
/// nothing: none 85.6 % of the ideal speed and 0.48 % refused, half 87.4 and 0.55, all 89.1 and 0.88.
const UNCOUNTED: f64 = 0.65;

/// The shortest span that is believed, so that the answer to a first burst yields no absurd rate.
const SHORTEST_SPAN: f64 = 0.05;

/// The refusal that ended a period: what had been reached when it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) at: Duration,
    /// Pages admitted in the period until then.
    pub(super) pages: u64,
    /// The rate then, in requests per second: what was too much.
    pub(super) rate: f64,
    /// Requests in flight when the refused one was sent.
    pub(super) in_flight: usize,
}

/// Pages admitted and the seconds it took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sample {
    pub(super) pages: u64,
    pub(super) seconds: f64,
}

impl Sample {
    pub(super) fn join(self, other: Self) -> Self {
        Self { pages: self.pages.saturating_add(other.pages), seconds: self.seconds + other.seconds }
    }

    /// The rate in requests per second.
    pub(super) fn rate(self) -> f64 {
        as_number(self.pages) / self.seconds.max(SHORTEST_SPAN)
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Period {
    start: Duration,
    /// The number of the last request sent before the period began.
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

    /// Takes out a time in which the server could have admitted, but nobody asked.
    pub(super) fn stalled(&mut self, time: Duration) {
        self.stalled = self.stalled.saturating_add(time);
    }

    /// Pages admitted in this period among the requests up to this one.
    pub(super) fn pages_until(&self, request: u64) -> u64 {
        let sent = request.saturating_sub(self.last_before);
        sent.saturating_sub(self.refused)
    }

    /// The sample of a period that ended with `hit`, after which the server admits again at `reopening`.
    pub(super) fn sample(&self, hit: &Hit, reopening: Duration) -> Sample {
        let wait = reopening.saturating_sub(hit.at);
        let span = reopening.saturating_sub(self.start).saturating_sub(self.stalled);
        Sample { pages: hit.pages, seconds: span.as_secs_f64() - UNCOUNTED * wait.as_secs_f64().min(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_from_one_reopening_to_the_next_without_stalls() {
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
    fn the_answer_to_a_burst_is_no_absurd_rate() {
        for seconds in [0.0, -1.0] {
            let instant = Sample { pages: 3, seconds };
            assert!((instant.rate() - 60.0).abs() < 1e-9);
        }
    }
}
