//! How a list changes: plain values, checked before use, and their text form.

use std::str::FromStr;

use crate::sandbox::parse::{ParseError, ensure, option, value};

/// Upper limit for the average number of writes before a request.
const MAX_PER_REQUEST: f64 = 100.0;
/// Upper limit for the contacts of one insert.
const MAX_BULK: u64 = 10_000;

const WHOLE: &str = "a whole number";

/// What is written to the list while it is read. Start from [`Churn::new`] and change fields.
///
/// Written `RATE` or `RATE,OPTION,OPTION,…`:
///
/// | part | meaning | default |
/// |---|---|---|
/// | `0.5` | average number of writes before each request for a page | required |
/// | `insert=2` | weight of inserts among the writes, a whole number | 1 |
/// | `delete=1` | weight of deletes | 1 |
/// | `update=1` | weight of updates | 1 |
/// | `bulk=300` | contacts per insert, all with the same creation time | 1 |
/// | `stop-after=20` | number of writes after which the list stops changing | unlimited |
///
/// Examples: `0.05`, `2,delete=0`, `0.5,insert=2,delete=1,update=1,bulk=300`.
///
/// The writes happen after a request for a page has passed the token check, the limit and outages, and before its
/// response is built; [`StaleCount`](super::StaleCount) can put them between its rows and its total. Faults make no
/// difference. The number of writes follows a Poisson distribution, as with independent writers. An insert adds
/// contacts whose ids and creation times are above all others; a delete removes a contact; an update changes a
/// field of a contact and sets `updated_at` to a new maximum. All of it follows from the seed and the order in
/// which requests are accepted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Churn {
    /// Average number of writes before each request for a page: 0 to 100.
    pub per_request: f64,
    /// The weight of inserts among the writes.
    pub insert: u32,
    /// The weight of deletes among the writes; they do nothing in an empty list.
    pub delete: u32,
    /// The weight of updates among the writes; they do nothing in an empty list.
    pub update: u32,
    /// Contacts per insert, all with the same creation time: 1 to 10,000.
    pub bulk: u64,
    /// The number of writes after which the list stops changing; `None` for never.
    pub stop_after: Option<u64>,
}

impl Churn {
    /// This average number of writes before each request for a page; inserts, deletes and updates are equally likely.
    #[must_use]
    pub fn new(per_request: f64) -> Self {
        Self { per_request, insert: 1, delete: 1, update: 1, bulk: 1, stop_after: None }
    }

    pub(in crate::sandbox) fn check(&self) -> Result<(), String> {
        let Self { per_request, insert, delete, update, bulk, .. } = *self;
        ensure((0.0..=MAX_PER_REQUEST).contains(&per_request), || {
            format!("writes per request must be between 0 and {MAX_PER_REQUEST}, not {per_request}")
        })?;
        ensure(insert > 0 || delete > 0 || update > 0, || {
            "one of insert, delete and update must have a weight above 0".to_owned()
        })?;
        ensure((1..=MAX_BULK).contains(&bulk), || format!("bulk must be between 1 and {MAX_BULK}, not {bulk}"))
    }
}

impl FromStr for Churn {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut parts = text.split(',');
        let rate = parts.next().unwrap_or_default();
        let per_request = rate.parse().map_err(|_| ParseError::expected("writes per request, such as 0.5", rate))?;
        let mut churn = Self::new(per_request);
        for part in parts {
            match option(part) {
                ("insert", Some(weight)) => churn.insert = value("insert", weight, WHOLE)?,
                ("delete", Some(weight)) => churn.delete = value("delete", weight, WHOLE)?,
                ("update", Some(weight)) => churn.update = value("update", weight, WHOLE)?,
                ("bulk", Some(contacts)) => churn.bulk = value("bulk", contacts, WHOLE)?,
                ("stop-after", Some(writes)) => churn.stop_after = Some(value("stop-after", writes, WHOLE)?),
                _ => {
                    let possible = "insert=WEIGHT, delete=WEIGHT, update=WEIGHT, bulk=CONTACTS, stop-after=WRITES";
                    return Err(ParseError::unknown(part, possible));
                }
            }
        }
        churn.check().map_err(ParseError::new)?;
        Ok(churn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn churn_out_of_range_is_refused() {
        let churn = Churn::new(1.0);
        assert!(churn.check().is_ok());
        for churn in [
            Churn::new(-0.1),
            Churn::new(101.0),
            Churn::new(f64::NAN),
            Churn { bulk: 0, ..churn },
            Churn { bulk: 10_001, ..churn },
            Churn { insert: 0, delete: 0, update: 0, ..churn },
        ] {
            assert!(churn.check().is_err(), "{churn:?}");
        }
    }

    #[test]
    fn every_part_is_read() {
        for (text, churn) in [
            ("0", Churn::new(0.0)),
            ("0.05", Churn::new(0.05)),
            ("2,delete=0", Churn { delete: 0, ..Churn::new(2.0) }),
            ("0.5,insert=2,bulk=300", Churn { insert: 2, bulk: 300, ..Churn::new(0.5) }),
            ("1,update=7,stop-after=20", Churn { update: 7, stop_after: Some(20), ..Churn::new(1.0) }),
            ("0.5,insert=1,delete=1,update=1,bulk=1", Churn::new(0.5)),
        ] {
            assert_eq!(text.parse(), Ok(churn), "{text}");
        }
    }

    #[test]
    fn invalid_texts_say_what_is_expected() {
        for (text, part) in [
            ("", "writes per request, such as 0.5, not \"\""),
            ("often", "\"often\""),
            ("insert=1", "expected writes per request"),
            ("-1", "between 0 and 100, not -1"),
            ("1,", "unknown option \"\" [possible options: insert=WEIGHT"),
            ("1,bulk", "unknown option \"bulk\""),
            ("1,upsert=2", "unknown option \"upsert=2\""),
            ("1,insert=0.5", "insert: expected a whole number, not \"0.5\""),
            ("1,stop-after=never", "stop-after: expected a whole number"),
            ("1,bulk=0", "between 1 and 10000, not 0"),
            ("1,insert=0,delete=0,update=0", "must have a weight above 0"),
        ] {
            let error = text.parse::<Churn>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
