//! Months, as a chart has them: as few spans of equal length as fit one screen, those without a contact too.

use linq_export::inspect::MonthFacts;

/// Lines of a chart, at most.
const LINES: usize = 24;

/// The finest spans of which there are not too many.
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
