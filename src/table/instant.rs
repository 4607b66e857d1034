//! The API's times, as instants: text comes in, microseconds since 1970-01-01T00:00:00Z go out.
//!
//! Read are RFC 3339 with any offset and fraction, and the other form the API's documentation
//! shows, `2025-05-21 15:30:00 -0600`. A time without an offset names no instant, and is not guessed.

use chrono::{DateTime, FixedOffset};

/// The form that is not RFC 3339.
const SPACED: &str = "%Y-%m-%d %H:%M:%S%.f %z";

/// The instant that a text names; digits beyond microseconds are cut. Nothing if it names none.
pub(super) fn microseconds(text: &str) -> Option<i64> {
    parse(text).map(|instant| instant.timestamp_micros())
}

fn parse(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, SPACED)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_read() {
        let ten = 1_753_887_600_000_000;
        for text in [
            "2025-07-30T10:00:00.000-05:00",
            "2025-07-30T09:00:00-06:00",
            "2025-07-30T15:00:00Z",
            "2025-07-30t15:00:00.0z",
            "2025-07-30 15:00:00+00:00",
            "2025-07-30 09:00:00 -0600",
            "2025-07-30T20:45:00.000000000000+05:45",
        ] {
            assert_eq!(microseconds(text), Some(ten), "{text}");
        }
    }

    #[test]
    fn digits_beyond_microseconds_are_cut_before_and_after_1970() {
        assert_eq!(microseconds("1970-01-01T00:00:00.1234567Z"), Some(123_456));
        assert_eq!(microseconds("1969-12-31T23:59:59.9999999Z"), Some(-1));
        assert_eq!(microseconds("2025-05-21 15:30:00.5 -0600"), Some(1_747_863_000_500_000));
    }

    #[test]
    fn far_years_and_leap_seconds_are_instants() {
        assert_eq!(microseconds("9999-12-31T23:59:59.999999Z"), Some(253_402_300_799_999_999));
        assert_eq!(microseconds("0001-01-01T00:00:00Z"), Some(-62_135_596_800_000_000));
        assert_eq!(microseconds("2016-12-31T23:59:60Z"), Some(1_483_228_800_000_000));
    }

    #[test]
    fn what_names_no_instant_is_refused() {
        for text in [
            "",
            "2025-07-30",
            "2025-07-30T10:00:00",
            "2025-07-30 10:00:00",
            "2025-02-30T10:00:00Z",
            "yesterday",
            "1753887600",
        ] {
            assert_eq!(microseconds(text), None, "{text}");
        }
    }
}
