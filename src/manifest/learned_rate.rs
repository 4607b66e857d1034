//! What an earlier run found out about the request rate, from its manifest.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::organization::source_of;
use super::record::{Manifest, RateRecord, timestamp};
use crate::config::{ExportConfig, KnownRate, Rate};
use crate::events::MeasuredRate;

/// The share of a learned rate to start with, in case the server allows less by now.
const SHARE: f64 = 0.9;
/// How long a learned rate is used.
const FRESH: TimeDelta = TimeDelta::days(30);

/// A rate that a run has learned, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Learned {
    pub rate: MeasuredRate,
    pub at: DateTime<Utc>,
}

impl Learned {
    /// What to remember after a run: what it measured, unless that is less than before although nothing was refused.
    pub fn next(earlier: Option<Self>, measured: Option<Self>) -> Option<Self> {
        match (earlier, measured) {
            (Some(earlier), Some(measured)) if !measured.rate.is_limit && measured.rate.rate < earlier.rate.rate => {
                Some(earlier)
            }
            (earlier, measured) => measured.or(earlier),
        }
    }

    /// What a run that begins at `now` starts with: 90 % of the rate. The older a limit is, the sooner a higher rate is
    /// tried.
    pub fn start(self, now: DateTime<Utc>) -> Option<KnownRate> {
        let rate = Rate::new(self.rate.rate.per_second() * SHARE).ok()?;
        if !self.rate.is_limit {
            return Some(KnownRate::AtLeast(rate));
        }
        let left = (FRESH - now.signed_duration_since(self.at)).clamp(TimeDelta::zero(), FRESH);
        let seconds = |time: TimeDelta| time.num_seconds().unsigned_abs();
        Some(KnownRate::Limit(rate, KnownRate::TRUSTED_PAGES * seconds(left) / seconds(FRESH)))
    }

    /// The record of it in a manifest.
    pub fn record(self) -> RateRecord {
        let Self { rate: MeasuredRate { rate, pages, span, is_limit, throughput }, at } = self;
        let seconds = span.as_secs_f64();
        RateRecord { per_second: rate.per_second(), pages, seconds, is_limit, throughput, measured_at: timestamp(at) }
    }
}

/// The rate in a manifest, if it is for the same source and less than 30 days old. A run that read too few pages passes on
/// what it started with, and its date.
pub(crate) fn learned_by(manifest: &[u8], config: &ExportConfig, now: DateTime<Utc>) -> Option<Learned> {
    let Manifest { source, run, .. } = Manifest::read(manifest).ok()?;
    if source != source_of(config) {
        return None;
    }
    let RateRecord { per_second, pages, seconds, is_limit, throughput, measured_at } = run.rate?;
    let at = DateTime::parse_from_rfc3339(&measured_at).ok()?.to_utc();
    // A date in the future only means that a clock was changed.
    let is_fresh = now.signed_duration_since(at).abs() < FRESH;
    let rate = Rate::new(per_second).ok().filter(|_| is_fresh && pages >= MeasuredRate::FEWEST_PAGES)?;
    let span = Duration::try_from_secs_f64(seconds).ok()?;
    Some(Learned { rate: MeasuredRate { rate, pages, span, is_limit, throughput }, at })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{export_config, finished, manifest_after, manifest_of, read_summary};
    use super::*;

    fn measured(per_second: f64, is_limit: bool) -> MeasuredRate {
        let rate = Rate::new(per_second).unwrap();
        MeasuredRate { rate, pages: 300, span: Duration::from_secs(6), is_limit, throughput: Some(49.0) }
    }

    fn start(days: i64, token: &str, is_limit: bool) -> Option<KnownRate> {
        let mut read = read_summary();
        read.rate = Some(measured(50.0, is_limit));
        let manifest = manifest_of(&read).text().unwrap();
        let now = finished() + TimeDelta::days(days);
        learned_by(manifest.as_bytes(), &export_config(token), now)?.start(now)
    }

    fn rate(per_second: f64) -> Rate {
        Rate::new(per_second).unwrap()
    }

    #[test]
    fn a_limit_of_the_same_source_counts_nine_tenths_and_ages() {
        assert_eq!(start(0, "token", true), Some(KnownRate::Limit(rate(45.0), 50)));
        assert_eq!(start(15, "token", true), Some(KnownRate::Limit(rate(45.0), 25)));
        assert_eq!(start(29, "token", true), Some(KnownRate::Limit(rate(45.0), 1)));
        assert_eq!(start(-29, "token", true), Some(KnownRate::Limit(rate(45.0), 50)));
        assert_eq!(start(31, "token", true), None);
        assert_eq!(start(1, "another", true), None);
        let damaged = manifest_of(&read_summary()).text().unwrap().replace("\"pages\": 3", "\"pages\": 4");
        assert_eq!(learned_by(damaged.as_bytes(), &export_config("token"), finished()), None);
    }

    #[test]
    fn a_rate_that_was_not_refused_is_only_a_start() {
        assert_eq!(start(1, "token", false), Some(KnownRate::AtLeast(rate(45.0))));
    }

    #[test]
    fn a_run_remembers_the_faster_rate_unless_it_was_refused() {
        let at = finished();
        let before = |per_second, is_limit| Some(Learned { rate: measured(per_second, is_limit), at });
        let now =
            |per_second, is_limit| Some(Learned { rate: measured(per_second, is_limit), at: at + TimeDelta::days(1) });
        assert_eq!(Learned::next(before(50.0, true), now(60.0, false)), now(60.0, false), "it was raised");
        assert_eq!(Learned::next(before(50.0, true), now(10.0, false)), before(50.0, true), "it was not tested");
        assert_eq!(Learned::next(before(50.0, true), now(10.0, true)), now(10.0, true), "it was lowered");
        assert_eq!(Learned::next(before(50.0, false), None), before(50.0, false), "too few pages");
        assert_eq!(Learned::next(None, now(10.0, false)), now(10.0, false));
    }

    #[test]
    fn runs_of_few_pages_pass_on_the_rate_and_its_date() {
        let config = export_config("token");
        let earlier = Learned { rate: measured(50.0, true), at: finished() };
        let manifest = manifest_after(&read_summary(), Some(earlier)).text().unwrap();
        assert_eq!(learned_by(manifest.as_bytes(), &config, finished() + TimeDelta::days(29)), Some(earlier));
        assert_eq!(learned_by(manifest.as_bytes(), &config, finished() + TimeDelta::days(31)), None);
    }

    #[test]
    fn runs_without_a_learned_rate_have_none() {
        let manifest = manifest_of(&read_summary()).text().unwrap();
        assert_eq!(learned_by(manifest.as_bytes(), &export_config("token"), finished()), None);
    }
}
