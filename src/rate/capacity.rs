//! The learned limit and the rate that follows from it: slightly below the limit for as many pages as it was measured
//! over, then cubically upwards.

use super::sample::{Hit, Sample, as_number};
use super::trial::GAIN;
use crate::config::Rate;

/// The rate as a fraction of a measured limit: with 0.95 runs were slower (87.2 % of the ideal speed, 0.51 % refused),
/// with 1.0 more requests were refused (88.4 %, 0.69 %).
const BELOW: f64 = 0.98;

/// The increase by the end of the plateau, as a fraction: 0.01 and 0.05 were slower (87.8, 88.0 %), and 0.1 also refused
/// more (0.79 %).
const CLIMB: f64 = 0.02;

/// The shortest plateau, in pages: 10 refused more in 300 pages (2.04 instead of 1.93 %).
const SHORTEST: u64 = 20;

/// A sample of fewer pages is joined with the one before. Without this, runs of 100 pages with random refusals
/// were slower (79 instead of 83 % of the ideal speed); with 8, more was refused (1.1 instead of 0.7 % in 2,000 pages).
const FEW: u64 = 4;

/// The longest plateau, in pages: 200 refused more (0.67 %); 800 did not, but follows a changing limit later.
const LONGEST: u64 = 400;

/// The least weight of a first sample, against the rate that was refused: without it, strictly spaced servers at 10 per
/// second were read at 48 instead of 87 % of the ideal speed in 600 pages.
const LEAST_WEIGHT: f64 = 0.5;

/// The largest step down after a refusal without another request in flight that confirms it, as a factor: without this
/// bound, servers with random refusals were read at 85.2 instead of 86.5 % of the ideal speed.
const LARGEST_STEP: f64 = 0.5;

/// How often in a row slowing down must have failed before the earlier rate is tried again: once is faster where refusals
/// are random (90 instead of 87 % of the ideal speed), but refuses more where they are not (1.4 instead of 0.7 %).
const FAILURES: u32 = 2;

#[derive(Debug, Clone)]
pub(super) struct Plateau {
    /// The learned rate in requests per second, slightly below the limit.
    pub(super) base: f64,
    /// Pages read since it was learned.
    pages: u64,
    /// Pages it was measured over, and so the pages for which it is trusted.
    pub(super) confidence: u64,
    /// Whether the base is a guess above the sample, made because the plateau before lasted.
    bold: bool,
    pub(super) sample: Sample,
    /// The highest base since slowing down began, and how often in a row it did not stop the refusals.
    peak: f64,
    failures: u32,
    /// Trials in vain since a rate lasted.
    pub(super) vain_trials: u32,
    /// The rate that uses up a window at once, if the list ends within it.
    dash: Option<f64>,
}

/// How a period ended, apart from its sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending<'a> {
    pub(super) hit: &'a Hit,
    /// Whether other refusals had come shortly before.
    pub(super) follows_others: bool,
    /// Whether the server refused several requests, rather than one of many.
    pub(super) closed: bool,
    /// Whether it is known from other requests how long the server was closed, if it was.
    pub(super) is_seen: bool,
}

impl Plateau {
    /// The plateau after another one, or after the ramp, from the sample of its period.
    pub(super) fn after(before: Option<&Self>, sample: Sample, ending: Ending<'_>) -> Self {
        before.map_or_else(|| Self::first(sample, ending.hit), |before| before.next(sample, ending))
    }

    /// The first plateau, after the ramp.
    fn first(sample: Sample, hit: &Hit) -> Self {
        // The waits of a ramp outweigh a few pages: the limit may be anywhere between the sample and the refused rate.
        let weight = (as_number(sample.pages) / as_number(SHORTEST)).clamp(LEAST_WEIGHT, 1.0);
        let base = below(sample.rate().min(hit.rate).powf(weight) * hit.rate.powf(1.0 - weight));
        Self { sample, confidence: sample.pages.clamp(SHORTEST, LONGEST), ..Self::at(base) }
    }

    /// A plateau at a rate that was not measured in this run.
    pub(super) fn known(rate: Rate, confidence: u64) -> Self {
        Self { confidence: confidence.clamp(SHORTEST, LONGEST), ..Self::at(rate.per_second()) }
    }

    fn at(base: f64) -> Self {
        Self {
            base,
            pages: 0,
            confidence: SHORTEST,
            bold: false,
            sample: Sample::default(),
            peak: base,
            failures: 0,
            vain_trials: 0,
            dash: None,
        }
    }

    fn next(&self, sample: Sample, ending: Ending<'_>) -> Self {
        let Ending { hit, follows_others, closed, is_seen } = ending;
        let held = !self.holds();
        let failed = !held && !closed;
        // A guess that failed cut the period short: both samples together are better than the last one.
        let sample = if self.bold && !held || sample.pages < FEW { sample.join(self.sample) } else { sample };
        // A refusal of one request, with a long wait, may have been for another client.
        let least = if is_seen { 0.0 } else { LARGEST_STEP * self.base };
        let measured = sample.rate().max(least).min(hit.rate);
        // A plateau that lasted may have been too low: go half way to the rate that was too high.
        let bold = held && !follows_others;
        let base = below(if bold { measured.max((measured * hit.rate).sqrt()) } else { measured });
        Self {
            base,
            pages: 0,
            confidence: sample.pages.clamp(SHORTEST, LONGEST),
            bold,
            sample,
            peak: if bold || failed && !follows_others { self.peak.max(base) } else { base },
            failures: if failed { self.failures.saturating_add(1) } else { 0 },
            vain_trials: if held { 0 } else { self.vain_trials },
            dash: None,
        }
    }

    /// Whether the rate is the measured one, before it climbs.
    pub(super) fn holds(&self) -> bool {
        self.pages < self.confidence
    }

    /// The rate before slowing down, if that did not help and is worth another try.
    pub(super) fn worth_a_trial(&self) -> Option<f64> {
        (self.holds() && self.failures >= FAILURES && self.peak > GAIN * self.base).then_some(self.peak)
    }

    /// Starts over at another rate.
    pub(super) fn try_at(&mut self, rate: f64) {
        self.base = rate;
        self.pages = 0;
    }

    /// Keeps the rate that was on trial.
    pub(super) fn keep(&mut self) {
        self.peak = self.base;
        self.failures = 0;
    }

    /// Returns to the rate before a trial, which was in vain.
    pub(super) fn return_to(&mut self, rate: f64) {
        self.try_at(rate);
        self.keep();
        self.vain_trials = self.vain_trials.saturating_add(1);
    }

    /// Uses `rate` until the next refusal.
    pub(super) fn dash(&mut self, rate: f64) {
        self.dash = Some(self.base.max(rate));
    }

    pub(super) fn count_page(&mut self) {
        self.pages = self.pages.saturating_add(1);
    }

    /// The current rate, in requests per second.
    pub(super) fn rate(&self) -> f64 {
        let progress = as_number(self.pages) / as_number(self.confidence);
        self.dash.unwrap_or(self.base * (1.0 + CLIMB * progress.powi(3)))
    }
}

/// The rate for a measured limit.
fn below(limit: f64) -> f64 {
    (BELOW * limit).max(Rate::SLOWEST_LEARNED.per_second())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HIT: Hit = Hit { at: Duration::ZERO, pages: 100, rate: 40.0, in_flight: 4, number: 100 };
    const ENDING: Ending = Ending { hit: &HIT, follows_others: false, closed: true, is_seen: true };
    const TEN_PER_SECOND: Sample = Sample { pages: 100, seconds: 10.0 };

    fn held(mut plateau: Plateau) -> Plateau {
        (0..plateau.confidence).for_each(|_| plateau.count_page());
        plateau
    }

    #[test]
    fn the_rate_starts_below_the_sample_and_climbs_2_percent() {
        let first = Plateau::first(TEN_PER_SECOND, &HIT);
        assert!((first.rate() - 9.8).abs() < 1e-9);
        assert!((held(first).rate() - 9.8 * 1.02).abs() < 1e-9);
    }

    #[test]
    fn a_lasting_plateau_is_followed_by_a_bold_one() {
        let bold = held(Plateau::first(TEN_PER_SECOND, &HIT)).next(TEN_PER_SECOND, ENDING);
        assert!((bold.base - 0.98 * 20.0).abs() < 1e-9, "half way from 10 to 40");
        let sober = bold.next(Sample { pages: 20, seconds: 1.0 }, ENDING);
        assert!((sober.base - 0.98 * 120.0 / 11.0).abs() < 1e-9);
        assert_eq!(sober.confidence, 120);
    }

    #[test]
    fn a_sample_never_yields_more_than_the_refused_rate() {
        let sample = Sample { pages: 100, seconds: 0.1 };
        assert!((Plateau::first(sample, &HIT).base - 0.98 * 40.0).abs() < 1e-9);
    }
}
