//! The rate that a run starts with, when an earlier one has learned how much the server gives.

use chrono::{DateTime, TimeDelta, Utc};

use super::known::Known;
use super::source_of;
use crate::config::{ExportConfig, Rate};

/// What is taken of a learned rate, for a little less is asked of a server that may give less by now.
const SHARE: f64 = 0.9;
/// For how long a learned rate is worth something.
const FRESH: TimeDelta = TimeDelta::days(30);

/// Nine tenths of the rate that a run learned, by its manifest, if that is of the same source and younger
/// than 30 days.
pub(crate) fn rate_of(manifest: &[u8], config: &ExportConfig, now: DateTime<Utc>) -> Option<Rate> {
    let Known { source, times, run, .. } = Known::read(manifest).ok()?;
    let ours = source_of(config);
    if (source.base_url, source.organisation) != (ours.base_url, ours.organisation) {
        return None;
    }
    let age = now.signed_duration_since(DateTime::parse_from_rfc3339(&times.finished_at).ok()?);
    // A clock that went back says nothing about the rate.
    let fresh = age < FRESH && age > -FRESH;
    run.learned_rate.filter(|_| fresh).and_then(|learned| Rate::new(learned * SHARE).ok())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{export_config, manifest_of, read_summary};
    use super::*;

    fn rate(days: i64, token: &str) -> Option<f64> {
        let mut read = read_summary();
        read.learned_rate = Rate::new(50.0).ok();
        let manifest = manifest_of(&read).text().unwrap();
        let now = super::super::tests::finished() + TimeDelta::days(days);
        rate_of(manifest.as_bytes(), &export_config(token), now).map(Rate::per_second)
    }

    #[test]
    fn nine_tenths_of_a_fresh_rate_of_the_same_source() {
        assert_eq!(rate(1, "token"), Some(45.0));
        assert_eq!(rate(29, "token"), Some(45.0));
        assert_eq!(rate(31, "token"), None);
        assert_eq!(rate(1, "another"), None);
        let damaged = manifest_of(&read_summary()).text().unwrap().replace("\"pages\": 3", "\"pages\": 4");
        assert_eq!(rate_of(damaged.as_bytes(), &export_config("token"), super::super::tests::finished()), None);
    }

    #[test]
    fn a_run_that_learned_nothing_gives_nothing() {
        let manifest = manifest_of(&read_summary()).text().unwrap();
        assert_eq!(rate_of(manifest.as_bytes(), &export_config("token"), super::super::tests::finished()), None);
    }
}
