//! Formats figures for people: `12,345`, `1.2 MB`, `3 min 20 s`.

use std::time::Duration;

/// A count with thousands separators.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count of things, singular or plural, with thousands separators.
#[must_use]
pub fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A size in bytes, kB, MB or GB (powers of 1,000).
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
pub fn bytes(number: u64) -> String {
    let (unit, name) = match number {
        0..1_000 => return format!("{number} bytes"),
        1_000..1_000_000 => (1e3, "kB"),
        1_000_000..1_000_000_000 => (1e6, "MB"),
        _ => (1e9, "GB"),
    };
    let size = number as f64 / unit;
    if size < 9.95 { format!("{size:.1} {name}") } else { format!("{size:.0} {name}") }
}

/// A duration in seconds, or in minutes and hours if it is long.
#[must_use]
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 if time.as_secs_f64() < 9.95 => format!("{:.1} s", time.as_secs_f64()),
        whole @ 0..60 => format!("{whole} s"),
        whole @ 60..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        whole => format!("{} h {} min", whole / 3_600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 999, 1_000, 46_900, 9_960_000, 2_500_000_000].map(bytes),
            ["0 bytes", "999 bytes", "1.0 kB", "47 kB", "10 MB", "2.5 GB"]
        );
        assert_eq!(
            [1_240, 59_990, 61_000, 7_260_000].map(|ms| seconds(Duration::from_millis(ms))),
            ["1.2 s", "59 s", "1 min 1 s", "2 h 1 min"]
        );
    }
}
