//! The rate that an earlier run learned, from its manifest.

use chrono::{DateTime, TimeDelta, Utc};

use super::organization::source_of;
use super::record::Manifest;
use crate::config::{ExportConfig, Rate};

/// The share of a learned rate to start with, in case the server allows less by now.
const SHARE: f64 = 0.9;
/// How long a learned rate is used.
const FRESH: TimeDelta = TimeDelta::days(30);

/// A rate that a run has learned, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Learned {
    pub rate: Rate,
    pub at: DateTime<Utc>,
}

impl Learned {
    /// The rate that a later run starts with: 90 %.
    pub fn start(self) -> Option<Rate> {
        Rate::new(self.rate.per_second() * SHARE).ok()
    }
}

/// The learned rate in a manifest, if it is for the same source and less than 30 days old. A run that was never rate
/// limited passes on the rate it started with, and its date.
pub(crate) fn learned_by(manifest: &[u8], config: &ExportConfig, now: DateTime<Utc>) -> Option<Learned> {
    let Manifest { source, times, run, .. } = Manifest::read(manifest).ok()?;
    if source != source_of(config) {
        return None;
    }
    let at = DateTime::parse_from_rfc3339(run.learned_at.as_ref().unwrap_or(&times.finished_at)).ok()?.to_utc();
    let age = now.signed_duration_since(at);
    // A date in the future only means that a clock was changed.
    let fresh = age < FRESH && age > -FRESH;
    let rate = Rate::new(run.learned_rate.filter(|_| fresh)?).ok()?;
    Some(Learned { rate, at })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{export_config, manifest_after, manifest_of, read_summary};
    use super::*;

    fn rate(days: i64, token: &str) -> Option<f64> {
        let mut read = read_summary();
        read.learned_rate = Rate::new(50.0).ok();
        let manifest = manifest_of(&read).text().unwrap();
        let now = super::super::tests::finished() + TimeDelta::days(days);
        learned_by(manifest.as_bytes(), &export_config(token), now)?.start().map(Rate::per_second)
    }

    #[test]
    fn fresh_rates_of_the_same_source_count_nine_tenths() {
        assert_eq!(rate(1, "token"), Some(45.0));
        assert_eq!(rate(29, "token"), Some(45.0));
        assert_eq!(rate(31, "token"), None);
        assert_eq!(rate(1, "another"), None);
        let damaged = manifest_of(&read_summary()).text().unwrap().replace("\"pages\": 3", "\"pages\": 4");
        assert_eq!(learned_by(damaged.as_bytes(), &export_config("token"), super::super::tests::finished()), None);
    }

    #[test]
    fn runs_without_rate_limiting_pass_on_the_rate() {
        let config = export_config("token");
        let first = super::super::tests::finished();
        let earlier = Learned { rate: Rate::new(50.0).unwrap(), at: first };
        let manifest = manifest_after(&read_summary(), Some(earlier)).text().unwrap();
        assert_eq!(learned_by(manifest.as_bytes(), &config, first + TimeDelta::days(29)), Some(earlier));
        assert_eq!(learned_by(manifest.as_bytes(), &config, first + TimeDelta::days(31)), None);
    }

    #[test]
    fn runs_without_a_learned_rate_have_none() {
        let manifest = manifest_of(&read_summary()).text().unwrap();
        assert_eq!(learned_by(manifest.as_bytes(), &export_config("token"), super::super::tests::finished()), None);
    }
}
