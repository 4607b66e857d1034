//! When the next request may be sent: evenly spaced slots without bursts, and the mean round trip that bounds the rate.

use std::time::Duration;

use crate::config::{KnownRate, Rate};

/// The initial rate in requests per second, about three in the first round trip: 10 was slower (70.7 instead of 72.4 % of
/// the ideal speed in 100 pages), 40 refused more (3.6 instead of 3.3 %).
const START: f64 = 20.0;

/// The rate with which a run starts that knows this much.
pub(crate) fn starting_rate(ceiling: Rate, known: Option<KnownRate>) -> Rate {
    Rate::within(
        ceiling,
        match known {
            None => START,
            Some(KnownRate::AtLeast(rate)) => START.max(rate.per_second()),
            Some(KnownRate::Limit(rate, _)) => rate.per_second(),
        },
    )
}

/// A request in flight, which ends exactly once: in [`on_page`], [`on_refused`] or [`on_abandoned`].
///
/// [`on_page`]: super::RateController::on_page
/// [`on_refused`]: super::RateController::on_refused
/// [`on_abandoned`]: super::RateController::on_abandoned
#[derive(Debug)]
#[must_use = "a dropped ticket counts as in flight forever"]
pub struct Ticket {
    pub(super) sent: Duration,
    /// Requests are numbered from 1 in the order of sending.
    pub(super) number: u64,
    /// Requests in flight when it was sent, including itself.
    pub(super) in_flight: usize,
}

/// When the next request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextSend {
    /// At this time, which is never in the past.
    At(Duration),
    /// Not before a request in flight has ended.
    AfterAnAnswer,
}

/// How late a request may be and still keep its slot: timers fire a few ms late, which at 100 requests per second would
/// add up to 5 % of the speed. The rate cap tolerates the same.
const TIMER_SLACK: Duration = Duration::from_millis(4);

/// A request sent this much later than allowed was delayed by the client: an outage, a slow disk. Timers and scheduling
/// stay below it.
const STALL: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    last: Option<Duration>,
}

impl Slots {
    /// The next slot; the first one is immediate.
    pub(super) fn next(&self, rate: Rate) -> Duration {
        self.last.map_or(Duration::ZERO, |last| last.saturating_add(rate.interval()))
    }

    /// Uses the slot that was due, and returns how late that is; the first one is never late.
    pub(super) fn take(&mut self, due: Duration, now: Duration) -> Duration {
        let first = self.last.is_none();
        let earliest = now.saturating_sub(TIMER_SLACK);
        self.last = Some(due.max(earliest).min(now));
        if first { Duration::ZERO } else { now.saturating_sub(due) }
    }
}

/// The weight of the last round trip in the mean, close to TCP's (1/8).
const WEIGHT: f64 = 0.1;

/// The shortest round trip that the ramp uses, in seconds: it doubles the rate per round trip, so with a server nearby it
/// would far exceed the limit before the first refusal arrives.
const SHORTEST_RAMPED: f64 = 0.1;

/// The rate stays below this multiple of the throughput of the requests in flight. Otherwise it would run away if they,
/// not the rate, limit the run.
const HEADROOM: f64 = 4.0;

/// A request that takes this multiple of the mean says nothing about the limit.
const STALLED: f64 = 4.0;

/// The mean round trip of a page in seconds; unknown before the first page.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RoundTrip(Option<f64>);

impl RoundTrip {
    pub(super) fn observe(&mut self, last: Duration) {
        let last = last.as_secs_f64();
        let mean = self.0.unwrap_or(last);
        self.0 = Some(mean + WEIGHT * (last - mean));
    }

    /// What each page adds to the rate while it ramps up, so that the rate doubles per round trip.
    pub(super) fn ramp_step(self) -> f64 {
        self.0.map_or(0.0, |mean| 1.0 / mean.max(SHORTEST_RAMPED))
    }

    /// The throughput of `in_flight` requests, per second; infinite before the first page.
    pub(super) fn carried_by(self, in_flight: f64) -> f64 {
        self.0.map_or(f64::INFINITY, |mean| in_flight / mean)
    }

    /// The rate beyond which the run would not be faster.
    pub(super) fn highest_rate(self, in_flight: f64) -> f64 {
        HEADROOM * self.carried_by(in_flight)
    }

    /// How late a request or its response may be without a stall of the client.
    pub(super) fn overdue(self) -> Duration {
        Duration::try_from_secs_f64(STALLED * self.0.unwrap_or(0.0)).unwrap_or(Duration::MAX).max(STALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_timers_do_not_add_up_and_missed_slots_are_lost() {
        let rate = Rate::clamped(100.0);
        let late = Duration::from_millis(1);
        let mut slots = Slots::default();
        let _ = slots.take(Duration::ZERO, Duration::ZERO);
        for _ in 0..100 {
            let due = slots.next(rate);
            assert_eq!(slots.take(due, due + late), late);
        }
        assert_eq!(slots.next(rate), Duration::from_millis(1010));
        let much_later = Duration::from_secs(5);
        let _ = slots.take(slots.next(rate), much_later);
        assert_eq!(slots.next(rate), Duration::from_millis(5006));
    }
}
