//! Weighs refusals: are they the server's answer to the rate, or would they have come anyway?
//!
//! Two hypotheses are compared, as in a cumulative sum test: under the one, a tenth of all requests is refused because the
//! rate is too high; under the other, only the share that is refused at any rate. Each refusal adds the logarithm of the
//! likelihood ratio, each page subtracts from it. So a refusal counts for much if refusals are rare, and for little on a
//! server that refuses at random, while many refusals in a short time always count.

/// The share of requests refused if the rate is too high. With 0.2, the 67 servers with other refusals were read at 81
/// instead of 87 % of the ideal speed in 2,000 pages.
const TOO_FAST: f64 = 0.1;

/// The evidence from which a refusal is attributed to the rate: e⁴, or 55 to 1. 3.5 measured 82 %.
const ENOUGH: f64 = 4.0;

/// The share of random refusals assumed while the rate still grows. With 0.04 more is refused in 100 pages on the 109 servers
/// that refuse only for their limit (4.8 instead of 4.2 %).
const GROWING: f64 = 0.02;

/// The share of random refusals assumed at a rate on trial. 0.02 measured 82 %.
const TRIED: f64 = 0.05;

/// The highest share of random refusals assumed at a rate on trial.
const MOST: f64 = 0.4;

/// The share of random refusals assumed at a rate that has proven itself, where one refusal is enough. With 0.003, runs on
/// servers that refuse only for their limit reached 86 instead of 89 % of the ideal speed.
const PROVEN: f64 = 0.001;

/// The number of pages over which the share of random refusals is averaged: 300 measured the same.
const AVERAGED: f64 = 100.0;

/// What a refusal is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectation {
    /// The rate is on trial, after this many trials in a row that were in vain.
    Tried { after: u32 },
    /// The rate is still growing.
    Growing,
    /// The rate has worked for a while.
    Proven,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    /// That the rate is too high: the logarithm of a likelihood ratio, at least 0.
    sum: f64,
    /// The share of requests that this server refuses at any rate; 0 until slowing down was seen not to help.
    pub(super) noise: f64,
}

impl Evidence {
    pub(super) fn refused(&mut self, expectation: Expectation) {
        let share = match expectation {
            Expectation::Tried { after } => (TRIED * 2.0_f64.powi(after.min(8).cast_signed())).min(MOST),
            Expectation::Growing => GROWING,
            Expectation::Proven => PROVEN,
        };
        self.sum += (TOO_FAST / (self.noise + share)).ln_1p();
    }

    pub(super) fn admitted(&mut self) {
        self.sum = (self.sum - TOO_FAST).max(0.0);
    }

    /// Whether there was a refusal recently.
    pub(super) fn is_recent(&self) -> bool {
        self.sum > 0.0
    }

    /// Whether the refusals are attributed to the rate.
    pub(super) fn is_enough(&self) -> bool {
        self.sum >= ENOUGH
    }

    /// Forgets the refusals, once they have led to another rate.
    pub(super) fn clear(&mut self) {
        self.sum = 0.0;
    }

    /// Counts a page or a refusal at a rate that the server sustains towards the share of random refusals.
    pub(super) fn observe_noise(&mut self, refused: bool) {
        if self.noise > 0.0 {
            self.noise += (f64::from(u8::from(refused)) - self.noise) / AVERAGED;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(refusals: u32, expectation: Expectation, noise: f64) -> Evidence {
        let mut evidence = Evidence { sum: 0.0, noise };
        (0..refusals).for_each(|_| evidence.refused(expectation));
        evidence
    }

    #[test]
    fn one_refusal_is_enough_only_at_a_proven_rate() {
        assert!(after(1, Expectation::Proven, 0.0).is_enough());
        assert!(!after(2, Expectation::Growing, 0.0).is_enough());
        assert!(after(3, Expectation::Growing, 0.0).is_enough());
        assert!(!after(3, Expectation::Tried { after: 0 }, 0.0).is_enough());
        assert!(!after(2, Expectation::Proven, 0.02).is_enough());
        assert!(after(3, Expectation::Proven, 0.02).is_enough());
    }

    #[test]
    fn pages_make_refusals_forgotten() {
        let mut evidence = after(2, Expectation::Growing, 0.0);
        (0..30).for_each(|_| evidence.admitted());
        assert!(evidence.is_recent());
        (0..10).for_each(|_| evidence.admitted());
        assert!(!evidence.is_recent());
    }

    #[test]
    fn random_refusals_are_averaged_once_there_are_any() {
        let mut evidence = Evidence::default();
        evidence.observe_noise(true);
        assert!(evidence.noise == 0.0);
        evidence.noise = 0.05;
        for request in 0..1000 {
            evidence.observe_noise(request % 50 == 0);
        }
        assert!((0.01..0.03).contains(&evidence.noise), "{}", evidence.noise);
    }
}
