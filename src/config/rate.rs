//! A request rate: requests per second, in a range that pacing can work with.

use std::{fmt, str::FromStr, time::Duration};

use super::{ConfigError, defaults};

/// Requests per second, from 0.01 to 10,000, or [`Rate::UNLIMITED`]: finite and above zero, so that users need not check
/// again.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// No limit: only the number of concurrent requests limits the rate. For a server of your own.
    ///
    /// It is a rate that no client reaches, so that pacing needs no special case. Its slots are 10 ns long, which the rate
    /// cap can still divide by ten.
    pub const UNLIMITED: Self = Self(1e8);
    /// The name of [`Rate::UNLIMITED`].
    const UNLIMITED_NAME: &str = "unlimited";
    /// Default upper limit of the automatic rate: 100 per second.
    pub const HIGHEST_LEARNED: Self = Self(defaults::MAX_RATE);
    /// Lower limit of the automatic rate. One request in 20 s still notices within a minute that a limit was raised.
    pub(crate) const SLOWEST_LEARNED: Self = Self(0.05);
    const MIN: f64 = 0.01;
    const MAX: f64 = 10_000.0;

    /// A rate in requests per second.
    ///
    /// # Errors
    /// If the number is not between 0.01 and 10,000.
    pub fn new(per_second: f64) -> Result<Self, ConfigError> {
        if (Self::MIN..=Self::MAX).contains(&per_second) {
            Ok(Self(per_second))
        } else {
            let (least, most, unlimited) = (Self::MIN, Self::MAX, Self::UNLIMITED);
            Err(ConfigError::Range(format!("must be between {least} and {most} requests per second, or {unlimited}")))
        }
    }

    /// Requests per second.
    #[must_use]
    pub fn per_second(self) -> f64 {
        self.0
    }

    /// The time between two requests.
    #[must_use]
    pub fn interval(self) -> Duration {
        Duration::from_secs_f64(self.0.recip())
    }

    /// The valid rate nearest to a number.
    #[cfg(test)]
    pub(crate) fn clamped(per_second: f64) -> Self {
        let number = if per_second.is_nan() { Self::MIN } else { per_second };
        Self(number.clamp(Self::MIN, Self::MAX))
    }

    /// The nearest automatic rate under a ceiling. The ceiling takes precedence over the lower limit.
    pub(crate) fn within(ceiling: Self, per_second: f64) -> Self {
        Self(per_second.max(Self::SLOWEST_LEARNED.0).min(ceiling.0))
    }
}

impl FromStr for Rate {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if text == Self::UNLIMITED_NAME {
            return Ok(Self::UNLIMITED);
        }
        let expected = || format!("expected a number of requests per second or \"{}\"", Self::UNLIMITED);
        Self::new(text.parse().map_err(|_| ConfigError::Range(expected()))?)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::UNLIMITED { f.write_str(Self::UNLIMITED_NAME) } else { self.0.fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_finite_and_positive() {
        assert_eq!("0.5".parse::<Rate>().unwrap().interval(), Duration::from_secs(2));
        for extreme in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
            assert!(Rate::new(Rate::clamped(extreme).per_second()).is_ok(), "{extreme}");
        }
        for text in ["0", "-1", "nan", "inf", "1e9", "ten", ""] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn unlimited_is_the_highest_rate_and_reads_back() {
        assert_eq!("unlimited".parse::<Rate>().unwrap(), Rate::UNLIMITED);
        assert_eq!(Rate::UNLIMITED.to_string(), "unlimited");
        assert!(Rate::UNLIMITED > Rate::new(Rate::MAX).unwrap());
    }
}
