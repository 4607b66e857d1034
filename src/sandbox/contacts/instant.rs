//! Instants as the API writes them: RFC 3339 with milliseconds and a changing offset.
//!
//! The offset is that of US Central time (-06:00, in summer -05:00), as in the published
//! example, or `Z`. Years 1970 to 9999.

/// How an instant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Utc,
    UsCentral,
}

/// A point in time and the zone in which it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instant {
    /// Since 1970-01-01T00:00:00Z.
    pub(super) milliseconds: u64,
    pub(super) zone: Zone,
}

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

impl Instant {
    /// Writes it, for example `2025-07-30T10:00:00.000-05:00`.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let (behind, suffix): (u64, &[u8]) = match self.zone {
            Zone::Utc => (0, b"Z"),
            Zone::UsCentral if is_central_summer(self.milliseconds) => (5, b"-05:00"),
            Zone::UsCentral => (6, b"-06:00"),
        };
        let local = self.milliseconds.saturating_sub(behind * HOUR);
        let (year, month, day) = civil(local / DAY);
        let start = out.len();
        out.extend_from_slice(b"0000-00-00T00:00:00.000");
        let text = &mut out[start..];
        fill(&mut text[0..4], year);
        fill(&mut text[5..7], month);
        fill(&mut text[8..10], day);
        fill(&mut text[11..13], local / HOUR % 24);
        fill(&mut text[14..16], local / 60_000 % 60);
        fill(&mut text[17..19], local / 1_000 % 60);
        fill(&mut text[20..23], local % 1_000);
        out.extend_from_slice(suffix);
    }
}

/// Appends the last `width` decimal digits of `number`.
pub(super) fn digits(out: &mut Vec<u8>, number: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    fill(&mut out[start..], number);
}

/// Fills `places` with the last decimal digits of `number`.
fn fill(places: &mut [u8], mut number: u64) {
    for place in places.iter_mut().rev() {
        *place = b'0' + (number % 10).to_le_bytes()[0];
        number /= 10;
    }
}

/// Year, month and day of the `days`-th day since 1970-01-01 (Hinnant's `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// Summer time in US Central: second Sunday of March to first Sunday of November, at 2:00 local.
fn is_central_summer(milliseconds: u64) -> bool {
    // The day on which it is counted begins at the change: 8:00 UTC in spring, 7:00 in autumn.
    let (_, month, _) = civil(milliseconds / DAY);
    let change = if month < 7 { 8 } else { 7 };
    let days = milliseconds.saturating_sub(change * HOUR) / DAY;
    let (_, month, day) = civil(days);
    let weekday = (days + 4) % 7; // 0 is Sunday
    let last_sunday = day.checked_sub(weekday);
    match month {
        4..=10 => true,
        3 => last_sunday.is_some_and(|sunday| sunday >= 8),
        11 => last_sunday.is_none_or(|sunday| sunday < 1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(milliseconds: u64, zone: Zone) -> String {
        let mut out = Vec::new();
        Instant { milliseconds, zone }.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_published_example_is_written_alike() {
        let text = written(1_753_887_600_000, Zone::UsCentral);
        assert_eq!(text, "2025-07-30T10:00:00.000-05:00");
    }

    #[test]
    fn known_instants_are_written_in_utc() {
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
    fn the_offset_changes_at_two_in_the_night() {
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
}
