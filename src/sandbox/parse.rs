//! Helpers for settings written as text: numbers, durations and `NAME=VALUE` options.
//!
//! Error messages name what was expected and quote only the part in question, since the caller shows the whole text.

use std::str::FromStr;
use std::time::Duration;

/// Why a text is not a valid fault, limit, outage or other setting of a sandbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(String);

impl ParseError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    pub(super) fn expected(wanted: &str, text: &str) -> Self {
        Self(format!("expected {wanted}, not {text:?}"))
    }

    /// An option that does not exist.
    pub(super) fn unknown(option: &str, possible: &str) -> Self {
        Self(format!("unknown option {option:?} [possible options: {possible}]"))
    }
}

/// The value of the option `name`.
pub(super) fn value<T: FromStr>(name: &str, text: &str, wanted: &str) -> Result<T, ParseError> {
    text.parse().map_err(|_| ParseError::new(format!("{name}: expected {wanted}, not {text:?}")))
}

/// The name of an option, and its value if it has one.
pub(super) fn option(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    }
}

/// A number with its unit, e.g. `250ms`, `2s`, `1.5m` or `1h`; the number defaults to 1.
pub(super) fn duration(text: &str) -> Result<Duration, ParseError> {
    let invalid = || ParseError::expected("a duration such as 500ms, 10s, 15m or 1h", text);
    let unit_start = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(invalid)?;
    let (number, unit) = text.split_at(unit_start);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(invalid()),
    };
    let number: f64 = if number.is_empty() { 1.0 } else { number.parse().map_err(|_| invalid())? };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| invalid())
}

/// Fails with `message` unless a value is valid.
pub(super) fn ensure(is_valid: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if is_valid { Ok(()) } else { Err(message()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_four_units() {
        for (text, milliseconds) in
            [("250ms", 250), ("s", 1_000), ("2s", 2_000), ("0.1s", 100), ("15m", 900_000), ("1h", 3_600_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn invalid_durations_are_refused() {
        for text in ["", "5", "-1s", "1d", "1 s", "s5", "infs", "1e300h"] {
            let error = duration(text).unwrap_err().to_string();
            assert!(error.starts_with("expected a duration such as"), "{text}: {error}");
        }
    }
}
