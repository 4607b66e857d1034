//! The rate that a run starts with, when an earlier one has learned how much the server gives.

use chrono::{DateTime, TimeDelta, Utc};

use super::known::Known;
use super::source_of;
use crate::config::{ExportConfig, Rate};

/// What is taken of a learned rate, for a little less is asked of a server that may give less by now.
const SHARE: f64 = 0.9;
/// For how long a learned rate is worth something.
const FRESH: TimeDelta = TimeDelta::days(30);

/// A rate that a run has learned, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Learned {
    pub rate: Rate,
    pub at: DateTime<Utc>,
}

impl Learned {
    /// What a later run starts with: nine tenths.
    pub fn start(self) -> Option<Rate> {
        Rate::new(self.rate.per_second() * SHARE).ok()
    }
}

/// The rate that a manifest knows of, if it is of the same source and was learned less than 30 days ago. A run in
/// which nothing was refused passes on what it was told, with its date.
pub(crate) fn learned_by(manifest: &[u8], config: &ExportConfig, now: DateTime<Utc>) -> Option<Learned> {
    let Known { source, times, run, .. } = Known::read(manifest).ok()?;
    let ours = source_of(config);
    if (source.base_url, source.organisation) != (ours.base_url, ours.organisation) {
        return None;
    }
    let at = DateTime::parse_from_rfc3339(run.learned_at.as_ref().unwrap_or(&times.finished_at)).ok()?.to_utc();
    let age = now.signed_duration_since(at);
    // A clock that went back says nothing about the rate.
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
    fn nine_tenths_of_a_fresh_rate_of_the_same_source() {
        assert_eq!(rate(1, "token"), Some(45.0));
        assert_eq!(rate(29, "token"), Some(45.0));
        assert_eq!(rate(31, "token"), None);
        assert_eq!(rate(1, "another"), None);
        let damaged = manifest_of(&read_summary()).text().unwrap().replace("\"pages\": 3", "\"pages\": 4");
        assert_eq!(learned_by(damaged.as_bytes(), &export_config("token"), super::super::tests::finished()), None);
    }

    #[test]
    fn a_run_that_was_refused_nothing_passes_on_what_it_knew() {
        let config = export_config("token");
        let first = super::super::tests::finished();
        let earlier = Learned { rate: Rate::new(50.0).unwrap(), at: first };
        let manifest = manifest_after(&read_summary(), Some(earlier)).text().unwrap();
        assert_eq!(learned_by(manifest.as_bytes(), &config, first + TimeDelta::days(29)), Some(earlier));
        assert_eq!(learned_by(manifest.as_bytes(), &config, first + TimeDelta::days(31)), None);
    }

    #[test]
    fn a_run_that_learned_nothing_gives_nothing() {
        let manifest = manifest_of(&read_summary()).text().unwrap();
        assert_eq!(learned_by(manifest.as_bytes(), &export_config("token"), super::super::tests::finished()), None);
    }
}
