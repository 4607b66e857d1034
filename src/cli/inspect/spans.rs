//! The time spans of a chart: months, years or longer, whatever fits on one screen, including empty ones.

use crate::inspect::MonthFacts;

/// Maximum lines of a chart.
const LINES: usize = 24;

/// The shortest spans that fit.
pub fn of(months: &[MonthFacts]) -> (&'static str, Vec<(String, u64)>) {
    let by_month = |month: &MonthFacts| month.year * 12 + month.month.cast_signed() - 1;
    let month = |index: i32| format!("{:04}-{:02}", index.div_euclid(12), index.rem_euclid(12) + 1);
    if let Some(spans) = spans(months, by_month, month) {
        return ("month", spans);
    }
    for (years, name) in [(1, "year"), (10, "decade"), (100, "century")] {
        let of_year = |month: &MonthFacts| month.year.div_euclid(years);
        let label = |index: i32| match years {
            1 => format!("{index:04}"),
            _ => format!("{:04}-{:04}", index * years, index * years + years - 1),
        };
        if let Some(spans) = spans(months, of_year, label) {
            return (name, spans);
        }
    }
    let millennium = |month: &MonthFacts| month.year.div_euclid(1_000);
    let rows = spans(months, millennium, |index| format!("{:04}-{:04}", index * 1_000, index * 1_000 + 999));
    ("millennium", rows.unwrap_or_default())
}

fn spans(
    months: &[MonthFacts],
    place: impl Fn(&MonthFacts) -> i32,
    label: impl Fn(i32) -> String,
) -> Option<Vec<(String, u64)>> {
    let (Some(first), Some(last)) = (months.first().map(&place), months.last().map(&place)) else {
        return Some(Vec::new());
    };
    if usize::try_from(last - first).ok()? >= LINES {
        return None;
    }
    let mut spans: Vec<_> = (first..=last).map(|index| (label(index), 0)).collect();
    for month in months {
        if let Some((_, contacts)) = usize::try_from(place(month) - first).ok().and_then(|at| spans.get_mut(at)) {
            *contacts += month.contacts;
        }
    }
    Some(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans_of(months: &[(i32, u32)]) -> (&'static str, Vec<(String, u64)>) {
        let facts: Vec<_> = months.iter().map(|(year, month)| MonthFacts::new(*year, *month, 1)).collect();
        of(&facts)
    }

    #[test]
    fn charts_fit_a_screen_and_count_every_contact() {
        for (months, name, lines, first, last) in [
            (&[(2025, 7)][..], "month", 1, "2025-07", "2025-07"),
            (&[(2023, 8), (2025, 7)], "month", 24, "2023-08", "2025-07"),
            (&[(2023, 7), (2025, 7)], "year", 3, "2023", "2025"),
            (&[(2002, 1), (2025, 12)], "year", 24, "2002", "2025"),
            (&[(1970, 1), (2100, 1)], "decade", 14, "1970-1979", "2100-2109"),
            (&[(1, 1), (2025, 1)], "century", 21, "0000-0099", "2000-2099"),
            (&[(1, 1), (9999, 12)], "millennium", 10, "0000-0999", "9000-9999"),
        ] {
            let (found, spans) = spans_of(months);
            assert_eq!((found, spans.len()), (name, lines), "{months:?}");
            assert_eq!((spans[0].0.as_str(), spans[lines - 1].0.as_str()), (first, last));
            assert_eq!(spans.iter().map(|(_, contacts)| contacts).sum::<u64>(), months.len() as u64);
        }
        assert!(spans_of(&[]).1.is_empty());
    }
}
