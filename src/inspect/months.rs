//! Counts contacts per month of creation.

use std::collections::BTreeMap;

use arrow::array::TimestampMicrosecondArray;
use chrono::{DateTime, Datelike, SecondsFormat};
use serde::Serialize;

/// When the contacts were created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CreatedFacts {
    /// Contacts without a creation time.
    pub without: u64,
    /// The earliest time: RFC 3339.
    pub first: Option<String>,
    /// The latest time.
    pub last: Option<String>,
    /// The months with contacts, in order, in UTC.
    pub months: Vec<MonthFacts>,
}

/// One month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MonthFacts {
    /// The year.
    pub year: i32,
    /// The month, from 1.
    pub month: u32,
    /// Contacts created in it.
    pub contacts: u64,
}

impl MonthFacts {
    /// A month, from 1, with its contacts.
    #[must_use]
    pub fn new(year: i32, month: u32, contacts: u64) -> Self {
        Self { year, month, contacts }
    }
}

/// The counts so far, per month.
#[derive(Debug, Default)]
pub(super) struct Created {
    without: u64,
    span: Option<(i64, i64)>,
    months: BTreeMap<(i32, u32), u64>,
}

impl Created {
    /// Counts the rows of a batch.
    pub fn count(&mut self, instants: &TimestampMicrosecondArray) {
        for instant in instants {
            let Some((instant, when)) = instant.and_then(|at| Some((at, DateTime::from_timestamp_micros(at)?))) else {
                self.without += 1;
                continue;
            };
            let (first, last) = self.span.unwrap_or((instant, instant));
            self.span = Some((first.min(instant), last.max(instant)));
            *self.months.entry((when.year(), when.month())).or_default() += 1;
        }
    }

    /// The result.
    pub fn finish(self) -> CreatedFacts {
        let text =
            |instant| Some(DateTime::from_timestamp_micros(instant)?.to_rfc3339_opts(SecondsFormat::Micros, true));
        let month = |((year, month), contacts)| MonthFacts::new(year, month, contacts);
        CreatedFacts {
            without: self.without,
            first: self.span.and_then(|(first, _)| text(first)),
            last: self.span.and_then(|(_, last)| text(last)),
            months: self.months.into_iter().map(month).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_ordered_and_in_utc() {
        let mut created = Created::default();
        let july = 1_753_887_600_000_000;
        created.count(&TimestampMicrosecondArray::from(vec![Some(july), None, Some(-1), Some(july)]));
        let facts = created.finish();
        assert_eq!((facts.without, facts.first.as_deref()), (1, Some("1969-12-31T23:59:59.999999Z")));
        assert_eq!(facts.last.as_deref(), Some("2025-07-30T15:00:00.000000Z"));
        let months: Vec<_> = facts.months.iter().map(|month| (month.year, month.month, month.contacts)).collect();
        assert_eq!(months, [(1969, 12, 1), (2025, 7, 2)]);
    }
}
