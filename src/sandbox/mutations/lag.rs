//! A lagging replica: some requests are answered from a state that has passed.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::sandbox::parse::{ParseError, option, value};
use crate::sandbox::random::Random;

/// Sets the choice of replicas apart from all other values of the same request.
const REPLICAS: u64 = 0x5265_706c_6963_6173;

/// Requests for pages that a replica answers, and how far it lags behind. A list that stands still
/// has nothing to lag behind.
///
/// Written `SHARE` or `SHARE,by=WRITES`:
///
/// | part | meaning | unless given |
/// |---|---|---|
/// | `0.1` | that share of the requests, 0 to 1, by the seed | must be given |
/// | `by=3` | they see the list as it was so many writes ago | 1 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lag {
    /// The share of requests for pages that the replica answers, 0 to 1.
    pub probability: f64,
    /// How many writes it has not seen yet, at least 1; where fewer happened, none of them.
    pub by: u64,
}

impl Lag {
    pub(in crate::sandbox) fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(format!(
                "the share of requests that a replica answers is from 0 to 1, not {}",
                self.probability
            ));
        }
        if self.by == 0 {
            return Err("a replica lags by at least 1 write, not 0".to_owned());
        }
        Ok(())
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
        let mut lag = Self { probability: value("the first part of a lag", share, "a share like 0.1")?, by: 1 };
        match rest.map(option) {
            None => {}
            Some(("by", Some(writes))) => lag.by = value("by", writes, "a whole number of writes")?,
            Some(_) => {
                let part = rest.unwrap_or_default();
                return Err(ParseError::new(format!("{part:?} is no option of a lag: by=WRITES")));
            }
        }
        lag.check().map_err(ParseError::new)?;
        Ok(lag)
    }
}

impl Display for Lag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{},by={}", self.probability, self.by)
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
    fn lags_survive_writing_and_reading() {
        for (text, lag) in [("0.1,by=3", Lag { probability: 0.1, by: 3 }), ("1,by=1", Lag { probability: 1.0, by: 1 })]
        {
            assert_eq!(text.parse(), Ok(lag));
            assert_eq!(lag.to_string(), text);
        }
        assert_eq!("0.5".parse(), Ok(Lag { probability: 0.5, by: 1 }));
    }

    #[test]
    fn a_text_that_is_no_lag_is_told_what_would_be() {
        for (text, part) in [
            ("", "a share like 0.1, not \"\""),
            ("2", "from 0 to 1, not 2"),
            ("NaN", "from 0 to 1"),
            ("0.1,by=0", "at least 1 write"),
            ("0.1,by=x", "by is a whole number of writes"),
            ("0.1,3", "\"3\" is no option of a lag: by=WRITES"),
            ("0.1,by=3,by=4", "by is a whole number of writes, not \"3,by=4\""),
        ] {
            let error = text.parse::<Lag>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
