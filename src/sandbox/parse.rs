//! The text forms of settings, as far as several of them share them: numbers, durations, options.
//!
//! Whatever can be read here is written the same way by the `Display` of its type. A message
//! says what was found and what would have been understood; the caller knows the whole text.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

/// A text that names no fault, limit, outage or other setting of a sandbox, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(String);

impl ParseError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// A value that stands behind `name`.
pub(super) fn value<T: FromStr>(name: &str, text: &str, wanted: &str) -> Result<T, ParseError> {
    text.parse().map_err(|_| ParseError::new(format!("{name} is {wanted}, not {text:?}")))
}

/// `NAME=VALUE`; an option without a value is a name alone.
pub(super) fn option(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    }
}

/// A number with its unit: `250ms`, `2s`, `1.5m`, `1h`; a unit alone is one of it.
pub(super) fn duration(text: &str) -> Result<Duration, ParseError> {
    let wrong = || ParseError::new(format!("a duration is like 500ms, 10s, 15m or 1h, not {text:?}"));
    let unit_start = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit_start);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = if number.is_empty() { 1.0 } else { number.parse().map_err(|_| wrong())? };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

/// Writes a duration in seconds, as [`duration`] reads it.
pub(super) struct Seconds(pub(super) Duration);

impl Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        if nanos == 0 {
            return write!(formatter, "{seconds}s");
        }
        let fraction = format!("{nanos:09}");
        write!(formatter, "{seconds}.{}s", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_four_units() {
        for (text, milliseconds) in
            [("250ms", 250), ("s", 1_000), ("2s", 2_000), ("0.1s", 100), ("15m", 900_000), ("1h", 3_600_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn durations_survive_writing_and_reading() {
        for duration_written in [0, 1, 999, 1_000, 1_001, 60_500, 86_400_000].map(Duration::from_millis) {
            assert_eq!(duration(&Seconds(duration_written).to_string()), Ok(duration_written));
        }
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in ["", "5", "-1s", "1d", "1 s", "s5", "infs", "1e300h"] {
            let error = duration(text).unwrap_err().to_string();
            assert!(error.starts_with("a duration is like"), "{text}: {error}");
        }
    }
}
