//! Stale responses: pages from a lagging replica, and totals of another state than the rows.

use std::str::FromStr;

use crate::sandbox::parse::{ParseError, ensure, option, value};
use crate::sandbox::random::Random;

/// Separates the random stream of replicas from the other values of a request.
const REPLICAS: u64 = 0x5265_706c_6963_6173;

/// A replica that answers some requests for pages from an older state. It makes no difference to a list that does
/// not change.
///
/// Written `SHARE` or `SHARE,by=WRITES`:
///
/// | part | meaning | default |
/// |---|---|---|
/// | `0.1` | share of the requests that the replica answers, 0 to 1, drawn from the seed | required |
/// | `by=3` | number of writes that the replica lags behind | 1 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lag {
    /// The share of requests for pages that the replica answers, 0 to 1.
    pub probability: f64,
    /// How many writes the replica has not seen yet, at least 1.
    pub by: u64,
}

/// Which state of the list `total_count` and `total_pages` describe.
///
/// A server that queries the total and the rows in two statements answers from two states if a write happens
/// between them. [`StaleCount::BeforeRows`] and [`StaleCount::AfterRows`] place the writes of each request there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StaleCount {
    /// The state of the rows.
    #[default]
    Never,
    /// The state one write before that of the rows.
    OneWrite,
    /// The total is counted before the writes of the request, the rows are read after them.
    BeforeRows,
    /// The rows are read before the writes of the request, the total is counted after them.
    AfterRows,
}

impl StaleCount {
    /// The values by name.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("never", Self::Never),
        ("one-write", Self::OneWrite),
        ("before-rows", Self::BeforeRows),
        ("after-rows", Self::AfterRows),
    ];
}

impl Lag {
    pub(in crate::sandbox) fn check(&self) -> Result<(), String> {
        ensure((0.0..=1.0).contains(&self.probability), || {
            format!("the share of lagging requests must be between 0 and 1, not {}", self.probability)
        })?;
        ensure(self.by > 0, || "by must be at least 1 write".to_owned())
    }

    /// The state that answers the `request`th request, from 1, when `state` is the latest.
    pub(in crate::sandbox) fn seen(&self, seed: u64, request: u64, state: u64) -> u64 {
        let roll = Random::of(seed ^ REPLICAS, request).fraction();
        if roll < self.probability { state.saturating_sub(self.by) } else { state }
    }
}

impl FromStr for Lag {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (share, rest) = text.split_once(',').map_or((text, None), |(share, rest)| (share, Some(rest)));
        let probability = share.parse().map_err(|_| ParseError::expected("a share such as 0.1", share))?;
        let by = match rest.map(option) {
            None => 1,
            Some(("by", Some(writes))) => value("by", writes, "a whole number of writes")?,
            Some(_) => return Err(ParseError::unknown(rest.unwrap_or_default(), "by=WRITES")),
        };
        let lag = Self { probability, by };
        lag.check().map_err(ParseError::new)?;
        Ok(lag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_requests_sees_an_older_state() {
        let lag = Lag { probability: 0.2, by: 3 };
        let late = (1..=1_000).filter(|request| lag.seen(1, *request, 50) == 47).count();
        let current = (1..=1_000).filter(|request| lag.seen(1, *request, 50) == 50).count();
        assert!((150..=250).contains(&late), "{late}");
        assert_eq!(late + current, 1_000);
        assert_eq!(Lag { probability: 1.0, by: 3 }.seen(1, 1, 2), 0);
    }

    #[test]
    fn every_part_is_read() {
        for (text, probability, by) in [("0.1,by=3", 0.1, 3), ("1,by=1", 1.0, 1), ("0.5", 0.5, 1)] {
            assert_eq!(text.parse(), Ok(Lag { probability, by }));
        }
    }

    #[test]
    fn invalid_texts_say_what_is_expected() {
        for (text, part) in [
            ("", "a share such as 0.1, not \"\""),
            ("2", "between 0 and 1, not 2"),
            ("NaN", "between 0 and 1"),
            ("0.1,by=0", "at least 1 write"),
            ("0.1,by=x", "by: expected a whole number of writes"),
            ("0.1,3", "unknown option \"3\" [possible options: by=WRITES]"),
            ("0.1,by=3,by=4", "a whole number of writes, not \"3,by=4\""),
        ] {
            let error = text.parse::<Lag>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
