//! Parsers of option values, and their display as defaults in the help.

use std::fmt::Display;
use std::num::{IntErrorKind, ParseIntError};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Parses one of these values by its name, so that clap lists them and suggests one for a typo.
pub fn one_of<T: Copy + Display + Send + Sync + 'static>(values: &'static [T]) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(values.iter().map(ToString::to_string));
    names.try_map(|name| values.iter().find(|value| value.to_string() == name).copied().ok_or("unknown value"))
}

/// Parses a duration such as `90s`, `15m` or `1h 30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "missing or unknown unit: use e.g. 20s, 15m or 1h 30m".to_owned())?;
    if duration.is_zero() { Err("must be greater than zero".to_owned()) } else { Ok(duration) }
}

/// A duration as users write it.
pub fn written(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    match (milliseconds % 1_000, milliseconds % 60_000) {
        (0, 0) => format!("{}m", milliseconds / 60_000),
        (0, _) => format!("{}s", milliseconds / 1_000),
        _ => format!("{milliseconds}ms"),
    }
}

/// Parses an integer above zero.
pub fn positive<T: FromStr<Err = ParseIntError>>(text: &str) -> Result<T, String> {
    text.parse::<T>().map_err(|error| match error.kind() {
        IntErrorKind::Zero => "must be at least 1".to_owned(),
        IntErrorKind::PosOverflow => "the number is too large".to_owned(),
        _ => "expected a whole number".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::config::defaults;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("20s"), Ok(Duration::from_secs(20)));
        assert_eq!(duration("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert!(duration("20").unwrap_err().contains("20s"));
        assert!(duration("0s").is_err());
    }

    #[test]
    fn defaults_are_written_as_users_write_them() {
        let defaults = [defaults::ATTEMPT_TIMEOUT, defaults::FIRST_BACKOFF, defaults::MAX_OUTAGE];
        assert_eq!(defaults.map(written), ["90s", "500ms", "15m"]);
        assert_eq!(defaults.map(|default| duration(&written(default))), defaults.map(Ok));
    }

    #[test]
    fn numbers_are_positive() {
        assert_eq!(positive("7"), Ok(NonZeroU64::new(7).unwrap()));
        for (text, says) in [("0", "at least 1"), ("-1", "whole number"), ("x", "whole number"), ("", "whole number")] {
            assert!(positive::<NonZeroU64>(text).unwrap_err().contains(says), "{text}");
        }
    }
}
