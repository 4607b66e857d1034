//! A rate: requests a second, as a number that pacing can work with.

use std::{fmt, str::FromStr, time::Duration};

use super::ConfigError;

/// Requests a second, from 0.01 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// What a run that is told nothing does: 10 a second.
    pub const DEFAULT: Self = Self(10.0);
    const MIN: f64 = 0.01;
    const MAX: f64 = 10_000.0;

    /// A rate in requests a second.
    ///
    /// # Errors
    /// If it is not from 0.01 to 10,000.
    pub fn new(per_second: f64) -> Result<Self, ConfigError> {
        if (Self::MIN..=Self::MAX).contains(&per_second) {
            Ok(Self(per_second))
        } else {
            Err(ConfigError::Range(format!(
                "{per_second} requests a second: a rate is from {} to {}",
                Self::MIN,
                Self::MAX
            )))
        }
    }

    /// Requests a second.
    #[must_use]
    pub fn per_second(self) -> f64 {
        self.0
    }

    /// From one request to the next.
    #[must_use]
    pub fn interval(self) -> Duration {
        Duration::from_secs_f64(self.0.recip())
    }
}

impl FromStr for Rate {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let per_second =
            text.parse().map_err(|_| ConfigError::Range(format!("{text:?} is no number of requests a second")))?;
        Self::new(per_second)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_that_can_be_kept() {
        assert_eq!("0.5".parse::<Rate>().unwrap().interval(), Duration::from_secs(2));
        for text in ["0", "-1", "nan", "inf", "1e9", "ten", ""] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
