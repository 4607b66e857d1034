//! Times as text: RFC 3339 in UTC with six fractional digits.

use std::io::Write;

use chrono::DateTime;

/// The format of times, for chrono.
const INSTANT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";
const SECONDS_PER_DAY: i64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01. A year that begins in March ends with its leap day.
const EPOCH: i64 = 719_468;
/// Days in 400 years, after which the calendar repeats.
const DAYS_PER_CYCLE: i64 = 146_097;
/// The days of the years 0 to 9999, counted from 1970-01-01. Other years have a sign.
const FOUR_DIGITS: std::ops::Range<i64> = -719_528..2_932_897;
/// The digits of 0 to 99.
const DIGITS: [[u8; 2]; 100] = {
    let mut digits = [[b'0'; 2]; 100];
    let mut number = 0_u8;
    while number < 100 {
        digits[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    digits
};

/// Appends a time, in microseconds since 1970-01-01T00:00:00Z. One that chrono does not know, beyond the year 262,142, is
/// left out.
pub(super) fn append_instant(microseconds: i64, line: &mut Vec<u8>) {
    let (seconds, fraction) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(SECONDS_PER_DAY), seconds.rem_euclid(SECONDS_PER_DAY));
    if !FOUR_DIGITS.contains(&days) {
        if let Some(instant) = DateTime::from_timestamp_micros(microseconds) {
            // Writing to memory cannot fail.
            let _ = write!(line, "{}", instant.format(INSTANT));
        }
        return;
    }
    let (year, month, day) = date(days);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let numbers = [
        (0, year / 100),
        (2, year % 100),
        (5, month),
        (8, day),
        (11, second / 3_600),
        (14, second / 60 % 60),
        (17, second % 60),
        (20, fraction / 10_000),
        (22, fraction / 100 % 100),
        (24, fraction % 100),
    ];
    for (at, number) in numbers {
        let digits = usize::try_from(number).ok().and_then(|number| DIGITS.get(number));
        text[at..at + 2].copy_from_slice(digits.unwrap_or(&DIGITS[0]));
    }
    line.extend_from_slice(&text);
}

/// The year, month and day of a day counted from 1970-01-01, according to the Gregorian calendar.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let (cycle, day) = (days.div_euclid(DAYS_PER_CYCLE), days.rem_euclid(DAYS_PER_CYCLE));
    // A leap day every 4 years, but not every 100, but every 400.
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March on, every five months have 153 days: 31, 30, 31, 30 and 31.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (after, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (cycle * 400 + year + after, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What chrono writes.
    fn expected(microseconds: i64) -> String {
        DateTime::from_timestamp_micros(microseconds).map_or(String::new(), |time| time.format(INSTANT).to_string())
    }

    fn written(microseconds: i64) -> String {
        let mut line = Vec::new();
        append_instant(microseconds, &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn every_day_of_the_years_around_0_2000_and_10000() {
        for around in [-719_528, 10_957, 2_932_897] {
            for day in around - 150_000..around + 150_000 {
                let microseconds = day * SECONDS_PER_DAY * 1_000_000 + day.rem_euclid(1_000_000);
                assert_eq!(written(microseconds), expected(microseconds));
            }
        }
    }

    #[test]
    fn years_that_do_not_have_four_digits() {
        for (microseconds, due) in [
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
            (-62_167_219_200_000_001, "-0001-12-31T23:59:59.999999Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            (253_402_300_800_000_000, "+10000-01-01T00:00:00.000000Z"),
            (i64::MIN, ""),
            (i64::MAX, ""),
        ] {
            assert_eq!(written(microseconds), due);
            assert_eq!(expected(microseconds), due);
        }
    }

    proptest! {
        #[test]
        fn as_chrono_writes_it(microseconds in -400_000_000_000_000_000_i64..400_000_000_000_000_000) {
            prop_assert_eq!(written(microseconds), expected(microseconds));
        }
    }
}
