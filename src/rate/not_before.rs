//! The gate: the instant before which nobody sends. In come refusals and instants told by the
//! server, out goes one instant for all requests. It only ever moves into the future, and it knows
//! nothing of rates.

use std::collections::VecDeque;
use std::time::Duration;

/// The first wait after a refusal that told none: 0.5 s was as good (88.8 % of the ideal speed, 0.62 %
/// refused), 2 s slower (85.0 %, 0.54 %).
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait that nobody told: windows of a minute are the longest that are common, and 30 s
/// measured the same.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// This many refusals within [`BRAKE_SPAN`] are enough, since some servers ban at 20: free at 16 requests in
/// flight, 2 % slower at 32, where the worst 10 s saw 27 refusals without it.
const BRAKE_REFUSALS: usize = 12;

/// The span in which [`BRAKE_REFUSALS`] count: the one over which the modelled ban counts.
const BRAKE_SPAN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Default)]
pub(super) struct Gate {
    opens: Duration,
    /// The last refusals, so that the brake can tell how old the oldest of them is.
    refusals: VecDeque<Duration>,
}

impl Gate {
    /// The instant from which requests may be sent.
    pub(super) fn opens(&self) -> Duration {
        self.opens
    }

    pub(super) fn hold_until(&mut self, instant: Duration) {
        self.opens = self.opens.max(instant);
    }

    /// Counts a refusal, and brakes if there were too many of late.
    pub(super) fn refused(&mut self, now: Duration) {
        if self.refusals.len() == BRAKE_REFUSALS {
            self.refusals.pop_front();
        }
        self.refusals.push_back(now);
        if let (BRAKE_REFUSALS, Some(&oldest)) = (self.refusals.len(), self.refusals.front()) {
            self.hold_until(oldest.saturating_add(BRAKE_SPAN));
        }
    }
}

/// The wait after a refusal that told none, after `earlier` others in a row: 1 s, 2 s, 4 s … 60 s.
pub(super) fn untold_wait(earlier: u32) -> Duration {
    FIRST_WAIT.saturating_mul(2_u32.saturating_pow(earlier)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untold_waits_double_up_to_a_minute() {
        let waits = [0, 1, 2, 5, 6, 40, u32::MAX].map(|earlier| untold_wait(earlier).as_secs());
        assert_eq!(waits, [1, 2, 4, 32, 60, 60, 60]);
    }

    #[test]
    fn the_twelfth_refusal_in_ten_seconds_closes_the_gate_until_the_first_is_ten_seconds_old() {
        let mut gate = Gate::default();
        for second in 0..12 {
            assert_eq!(gate.opens(), Duration::ZERO);
            gate.refused(Duration::from_millis(500 * second));
        }
        assert_eq!(gate.opens(), BRAKE_SPAN);
        gate.hold_until(Duration::from_secs(3));
        assert_eq!(gate.opens(), BRAKE_SPAN, "a gate never opens earlier");
    }
}
