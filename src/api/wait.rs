//! Parses how long to wait, in every form that servers use: a number of seconds or milliseconds, a Unix time, an HTTP date,
//! or a time in RFC 3339.
//!
//! Only whole seconds and HTTP dates are standard, but fractions, Unix times (Docker Hub) and milliseconds (Azure) occur.
//! Fractions are rounded up, because nothing may be sent before the time that a server names.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap};

/// Longer waits are cut to this: beyond it, the time to come back would overflow calendars and clocks.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_hours(100 * 365 * 24);

/// Numbers from here on are Unix times in seconds: as a duration, this is 31 years.
const UNIX_SECONDS: f64 = 1e9;
/// Numbers from here on are Unix times in milliseconds: in seconds, this is the year 5138.
const UNIX_MILLISECONDS: f64 = 1e11;
/// Numbers from here on are no times at all: in milliseconds, this is the year 5138.
const NO_TIME: f64 = 1e14;

/// The unit of a number that is a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
}

/// The time until what a header says, at most [`LONGEST_WAIT`], in a response from `date`.
pub(super) fn of_text(text: &str, unit: Unit, date: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if text.starts_with(|first: char| first.is_ascii_digit())
        && let Ok(number) = text.parse()
    {
        return of_number(number, unit, date);
    }
    let rfc3339 = || DateTime::parse_from_rfc3339(text).ok().map(SystemTime::from);
    let instant = httpdate::parse_http_date(text).ok().or_else(rfc3339)?;
    Some(until(instant, date))
}

/// The same for a number in a body.
pub(super) fn of_number(number: f64, unit: Unit, date: SystemTime) -> Option<Duration> {
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    if unit == Unit::Milliseconds {
        return Some(bounded(number.ceil() / 1_000.0));
    }
    let epoch = |seconds: f64| until(UNIX_EPOCH + Duration::from_secs_f64(seconds), date);
    Some(match number {
        _ if number < UNIX_SECONDS => bounded(number.ceil()),
        _ if number < UNIX_MILLISECONDS => epoch(number),
        _ if number < NO_TIME => epoch(number / 1_000.0),
        _ => LONGEST_WAIT,
    })
}

/// The time of a response by the server's clock, or by ours if the server does not say. Waits until an instant count from
/// it, because clocks differ.
pub(super) fn date(headers: &HeaderMap) -> SystemTime {
    said_date(headers).unwrap_or_else(SystemTime::now)
}

/// The time of a response by the server's clock, if it says.
pub(crate) fn said_date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// The time until an instant, in whole seconds.
fn until(instant: SystemTime, date: SystemTime) -> Duration {
    let left = instant.duration_since(date).unwrap_or_default();
    bounded(left.as_secs_f64().ceil())
}

fn bounded(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wait in milliseconds, in a response from 2023-11-14 22:13:20 UTC, which is 1,700,000,000.
    fn milliseconds(text: &str, unit: Unit) -> Option<u128> {
        of_text(text, unit, UNIX_EPOCH + Duration::from_secs(1_700_000_000)).map(|wait| wait.as_millis())
    }

    #[test]
    fn every_form_of_a_wait_is_parsed() {
        for (text, expected) in [
            ("0", 0),
            (" 120 ", 120_000),
            ("2.0", 2_000),
            ("2.5", 3_000),
            ("0.493", 1_000),
            ("999999999", 999_999_999_000),
            ("1700000060", 60_000),
            ("1700000059.2", 60_000),
            ("1699999990", 0),
            ("1700000060000", 60_000),
            ("1700000059001", 60_000),
            ("Tue, 14 Nov 2023 22:14:20 GMT", 60_000),
            ("Tuesday, 14-Nov-23 22:14:20 GMT", 60_000),
            ("Tue Nov 14 22:14:20 2023", 60_000),
            ("Tue, 14 Nov 2023 22:00:00 GMT", 0),
            ("2023-11-14T22:14:20Z", 60_000),
            ("2023-11-14T23:14:19.5+01:00", 60_000),
            ("18446744073709551615", LONGEST_WAIT.as_millis()),
            ("99999999999999", LONGEST_WAIT.as_millis()),
        ] {
            assert_eq!(milliseconds(text, Unit::Seconds), Some(expected), "{text}");
        }
        for (text, expected) in [("20", 20), ("19.1", 20), ("3000", 3_000)] {
            assert_eq!(milliseconds(text, Unit::Milliseconds), Some(expected), "{text}");
        }
        for text in ["", "-", "-5", "soon", "inf", "NaN", "1e999", "5 minutes", "2.5s", "2023-11-14"] {
            assert_eq!(milliseconds(text, Unit::Seconds), None, "{text}");
        }
    }
}
