//! Evenly spaced slots, one for each request, without bursts. In come the instants of sends, out goes
//! the next slot. They never learn: the rate is given each time.

use std::time::Duration;

use crate::config::Rate;

/// How late a send may be and still keep its slot: timers fire 1 ms late, on a busy machine a few, and
/// at 100 requests per second the sum of that would be 5 % of the speed. As much as the hard ceiling lets pass.
const TIMER_SLACK: Duration = Duration::from_millis(4);

#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    last: Option<Duration>,
}

impl Slots {
    /// The next slot; the first one is at once.
    pub(super) fn next(&self, rate: Rate) -> Duration {
        self.last.map_or(Duration::ZERO, |last| last.saturating_add(rate.interval()))
    }

    /// Uses the slot that was due, and answers how late that is; the first one is never late.
    pub(super) fn take(&mut self, due: Duration, now: Duration) -> Duration {
        let first = self.last.is_none();
        let earliest = now.saturating_sub(TIMER_SLACK);
        self.last = Some(due.max(earliest).min(now));
        if first { Duration::ZERO } else { now.saturating_sub(due) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_timers_do_not_add_up_but_a_missed_slot_is_not_made_up_for() {
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
