//! Parses times into microseconds since 1970-01-01T00:00:00Z.
//!
//! For the API: RFC 3339 with any offset and fraction, and its variants: a space for the `T`, an offset without a colon,
//! `UTC` for an offset, no seconds. A time without an offset is not an instant, and is not guessed. Digits below a
//! microsecond are dropped.

use std::ops::RangeInclusive;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Timelike};

use super::json::Raw;

/// The instants that every format, reader and warehouse can represent: the years 1 to 9999, UTC.
pub(crate) const INSTANTS: RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// The variants of RFC 3339, with a space for the `T` and `Z` for `UTC`.
const FORMS: [&str; 2] = ["%Y-%m-%d %H:%M:%S%.f %#z", "%Y-%m-%d %H:%M %#z"];
/// Length of the date.
const DATE: usize = 10;
/// Nanoseconds in a microsecond.
const MICROSECOND: u32 = 1_000;

/// The instant of a time of the API, without its digits below a microsecond; `None` if it is not a time in the years 1
/// to 9999.
pub(super) fn microseconds(value: Raw<'_>) -> Option<i64> {
    let instant = value.plain_bytes().and_then(common_form).or_else(|| any_form(&value.text()?.text));
    instant.filter(|instant| INSTANTS.contains(instant))
}

fn any_form(text: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(text).ok().or_else(|| like_rfc3339(text))?;
    Some(time.timestamp_micros())
}

/// The instant of a time in an exported file: RFC 3339 in the years 1 to 9999, without digits below a microsecond. This
/// program writes no others.
pub(super) fn exact_microseconds(text: &str) -> Option<i64> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?;
    let is_exact = instant.timestamp_subsec_nanos().is_multiple_of(MICROSECOND);
    Some(instant.timestamp_micros()).filter(|instant| is_exact && INSTANTS.contains(instant))
}

/// The instant of a time in the most common form, such as `2025-07-30T10:00:00.000-05:00`; `None` if it is in another form. It
/// takes a fraction of the time that chrono takes.
fn common_form(text: &[u8]) -> Option<i64> {
    let (time, rest) = text.split_first_chunk::<19>()?;
    if [time[4], time[7], time[10], time[13], time[16]] != *b"--T::" {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(number(&time[..4])?.cast_signed(), number(&time[5..7])?, number(&time[8..10])?)?;
    let (fraction, zone) = match rest {
        [b'.', rest @ ..] => rest.split_at(rest.iter().position(|byte| !byte.is_ascii_digit())?),
        _ => (&b"0"[..], rest),
    };
    let missing_digits = 6_u32.checked_sub(u32::try_from(fraction.len()).ok()?).filter(|missing| *missing < 6)?;
    let microseconds = number(fraction)? * 10_u32.pow(missing_digits);
    let [hour, minute, second] = [number(&time[11..13])?, number(&time[14..16])?, number(&time[17..])?];
    let local = date.and_hms_micro_opt(hour, minute, second, microseconds)?.and_utc().timestamp_micros();
    let offset = match *zone {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h0, b':', m1, m0] => {
            let time = NaiveTime::from_hms_opt(number(&[h1, h0])?, number(&[m1, m0])?, 0)?;
            let seconds = i64::from(time.num_seconds_from_midnight());
            if sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    Some(local - offset * 1_000_000)
}

/// The number that a few digits spell.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

fn like_rfc3339(text: &str) -> Option<DateTime<FixedOffset>> {
    let (date, rest) = text.split_at_checked(DATE)?;
    let is_date = date.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    let clock = rest
        .strip_prefix(['T', 't', ' '])
        .filter(|clock| is_date && clock.starts_with(|c: char| c.is_ascii_digit()))?;
    let clock = clock.strip_suffix("UTC").map_or_else(|| clock.to_owned(), |clock| format!("{clock}Z"));
    let text = format!("{date} {clock}");
    FORMS.iter().find_map(|form| DateTime::parse_from_str(&text, form).ok())
}

#[cfg(test)]
mod tests {
    use super::super::json::tests::scan;
    use super::*;

    fn microseconds(text: &str) -> Option<i64> {
        super::microseconds(scan(format!("\"{text}\"").as_bytes()).unwrap())
    }

    #[test]
    fn files_have_exact_instants_from_year_1_to_9999() {
        for (text, due) in [
            ("2025-07-30T15:00:00.000001Z", Some(1_753_887_600_000_001)),
            ("2025-07-30T10:00:00.5-05:00", Some(1_753_887_600_500_000)),
            ("0001-01-01T00:00:00.000000Z", Some(-62_135_596_800_000_000)),
            ("9999-12-31T23:59:59.999999Z", Some(253_402_300_799_999_999)),
            ("2025-07-30T15:00:00.0000001Z", None),
            ("2025-07-30T15:00:00", None),
            ("2025-07-30", None),
            ("9999-12-31T23:59:59-05:00", None),
            ("0001-01-01T00:00:00+00:01", None),
            ("0000-01-01T00:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(exact_microseconds(text), due, "{text}");
        }
    }

    #[test]
    fn reads_every_documented_form_and_its_variants() {
        let ten = 1_753_887_600_000_000;
        for text in [
            "2025-07-30T10:00:00.000-05:00",
            "2025-07-30T09:00:00-06:00",
            "2025-07-30T15:00:00Z",
            "2025-07-30t15:00:00.0z",
            "2025-07-30 15:00:00+00:00",
            "2025-07-30 09:00:00 -0600",
            "2025-07-30 15:00:00 UTC",
            "2025-07-30 15:00:00.000 UTC",
            "2025-07-30T15:00:00UTC",
            "2025-07-30T10:00:00.000-0500",
            "2025-07-30T15:00:00.000+0000",
            "2025-07-30T17:00:00+02",
            "2025-07-30T15:00Z",
            "2025-07-30T10:00-05:00",
            "2025-07-30 15:00 UTC",
            "2025-07-30T20:45:00.000000000000+05:45",
        ] {
            assert_eq!(microseconds(text), Some(ten), "{text}");
        }
    }

    #[test]
    fn drops_digits_below_a_microsecond() {
        assert_eq!(microseconds("1970-01-01T00:00:00.1234567Z"), Some(123_456));
        assert_eq!(microseconds("1969-12-31T23:59:59.9999999Z"), Some(-1));
        assert_eq!(microseconds("2025-05-21 15:30:00.5 -0600"), Some(1_747_863_000_500_000));
    }

    #[test]
    fn far_years_and_leap_seconds_are_instants() {
        assert_eq!(microseconds("9999-12-31T23:59:59.999999Z"), Some(*INSTANTS.end()));
        assert_eq!(microseconds("0001-01-01T00:00:00Z"), Some(*INSTANTS.start()));
        assert_eq!(microseconds("2016-12-31T23:59:60Z"), Some(1_483_228_800_000_000));
    }

    #[test]
    fn refuses_what_is_not_an_instant() {
        for text in [
            "",
            " ",
            "2025-07-30",
            "2025-07-30T10:00:00",
            "2025-07-30 10:00:00",
            "2025-07-30 10:00",
            "2025-07-30T10:00:00 EST",
            "2025-07-30T10:00:00 U",
            "2025-07-30T10Z",
            "2025-07-3010:00:00Z",
            "2025-07-30T 10:00Z",
            "2025-02-30T10:00:00Z",
            "2025-02-30 10:00 UTC",
            "yesterday at ten UTC",
            "名前名前T10:00Z",
            "1753887600",
        ] {
            assert_eq!(microseconds(text), None, "{text}");
        }
    }

    #[test]
    fn refuses_years_by_the_instant_not_by_the_text() {
        for text in [
            "9999-12-31T23:59:59-05:00",
            "9999-12-31 23:59:59 -0500",
            "9999-12-31T23:59Z",
            "9999-12-31T23:59:60Z",
            "10000-01-01T00:00:00Z",
            "+10000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+05:00",
            "0000-12-31T23:59:59Z",
            "0000-01-01 00:00:00 UTC",
            "-0001-01-01T00:00:00Z",
        ] {
            let within = text == "9999-12-31T23:59Z";
            assert_eq!(microseconds(text).is_some(), within, "{text}");
        }
        // The text has year 0, the instant year 1.
        assert_eq!(microseconds("0000-12-31T23:00:00-01:00"), Some(*INSTANTS.start()));
    }

    proptest::proptest! {
        /// The usual form means what it means to chrono, and its every deviation is left to chrono.
        #[test]
        fn usual_times_are_those_of_chrono(
            date in "[0-9]{4}-[01][0-9]-[0-3][0-9]",
            clock in "[T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]",
            fraction in "(\\.[0-9]{0,9})?",
            zone in "Z|z|[+-][0-2][0-9]:[0-6][0-9]|[+-][0-9]{2}|",
        ) {
            let text = format!("{date}{clock}{fraction}{zone}");
            if let Some(instant) = common_form(text.as_bytes()) {
                let chrono = DateTime::parse_from_rfc3339(&text).map(|time| time.timestamp_micros());
                proptest::prop_assert_eq!(chrono, Ok(instant), "{}", text);
            }
        }
    }
}
