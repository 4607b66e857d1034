//! A contact as compact JSON, escaped and dated like the API's responses.

use std::fmt::{self, Display};
use std::io::{self, Write};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Offset, SecondsFormat, Utc, Weekday};
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use super::contact::{Contact, Email, Field, Image, Phone, Pieces, Timestamp, Zone};

/// Appends `contact` as a JSON object.
pub(super) fn contact(contact: &Contact, out: &mut Vec<u8>) {
    // Serializing these types into memory cannot fail.
    let _ = contact.serialize(&mut serde_json::Serializer::with_formatter(out, RailsEscapes));
}

/// Escapes `&`, `<` and `>` too, as Rails does, so that ordinary values contain escapes.
struct RailsEscapes;

impl Formatter for RailsEscapes {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment.as_bytes();
        while let Some(position) = rest.iter().position(|byte| matches!(byte, b'&' | b'<' | b'>')) {
            out.write_all(&rest[..position])?;
            write!(out, "\\u{:04x}", rest[position])?;
            rest = &rest[position + 1..];
        }
        out.write_all(rest)
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Null | Self::Absent => serializer.serialize_none(),
            Self::Empty => serializer.serialize_str(""),
        }
    }
}

impl<const N: usize> Serialize for Pieces<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<const N: usize> Display for Pieces<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| formatter.write_str(piece))
    }
}

impl Serialize for Email {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}.{}{}@{}", self.given, self.family, self.number, self.domain))
    }
}

impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { prefix, number, width } = *self;
        let digits = number % 10_u64.pow(u32::try_from(width).unwrap_or(0));
        serializer.collect_str(&format_args!("{prefix}{digits:0width$}"))
    }
}

impl Serialize for Image {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("https://images.example/contacts/{}/photo.jpg", self.0))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl Timestamp {
    /// RFC 3339 with milliseconds, e.g. `2025-07-30T10:00:00.000-05:00`.
    fn text(self) -> String {
        let utc = i64::try_from(self.milliseconds).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
        match self.zone {
            Zone::Utc => utc.to_rfc3339_opts(SecondsFormat::Millis, true),
            Zone::UsCentral => {
                utc.with_timezone(&us_central(utc.naive_utc())).to_rfc3339_opts(SecondsFormat::Millis, true)
            }
        }
    }
}

/// Daylight saving time lasts from the second Sunday of March to the first Sunday of November, at 2:00 local time.
fn us_central(utc: NaiveDateTime) -> FixedOffset {
    let sunday = |month, nth, hour| {
        NaiveDate::from_weekday_of_month_opt(utc.year(), month, Weekday::Sun, nth)?.and_hms_opt(hour, 0, 0)
    };
    let is_summer =
        sunday(3, 2, 8).is_some_and(|spring| utc >= spring) && sunday(11, 1, 7).is_some_and(|fall| utc < fall);
    let hours = if is_summer { 5 } else { 6 };
    FixedOffset::west_opt(hours * 3_600).unwrap_or(Utc.fix())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(milliseconds: u64, zone: Zone) -> String {
        Timestamp { milliseconds, zone }.text()
    }

    #[test]
    fn the_published_example_is_reproduced() {
        let text = written(1_753_887_600_000, Zone::UsCentral);
        assert_eq!(text, "2025-07-30T10:00:00.000-05:00");
    }

    #[test]
    fn known_timestamps_are_written_in_utc() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_868_799_001, "2000-02-29T23:59:59.001Z"),
            (1_735_689_600_000, "2025-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(written(milliseconds, Zone::Utc), text);
        }
    }

    #[test]
    fn the_offset_changes_at_two_in_the_morning() {
        for (milliseconds, text) in [
            // 2025-03-09, 8:00 UTC
            (1_741_507_199_999, "2025-03-09T01:59:59.999-06:00"),
            (1_741_507_200_000, "2025-03-09T03:00:00.000-05:00"),
            // 2025-11-02, 7:00 UTC
            (1_762_066_799_999, "2025-11-02T01:59:59.999-05:00"),
            (1_762_066_800_000, "2025-11-02T01:00:00.000-06:00"),
            // 2026-11-01 is itself a Sunday
            (1_793_516_399_999, "2026-11-01T01:59:59.999-05:00"),
            (1_793_516_400_000, "2026-11-01T01:00:00.000-06:00"),
        ] {
            assert_eq!(written(milliseconds, Zone::UsCentral), text);
        }
    }

    #[test]
    fn every_character_below_u0800_survives_reading() {
        let text: String = (0..0x800).filter_map(char::from_u32).collect();
        let mut out = Vec::new();
        text.serialize(&mut serde_json::Serializer::with_formatter(&mut out, RailsEscapes)).unwrap();
        let read: String = serde_json::from_slice(&out).unwrap();
        assert_eq!(read, text);
        assert!(!out.iter().any(|byte| matches!(byte, b'&' | b'<' | b'>')));
    }
}
