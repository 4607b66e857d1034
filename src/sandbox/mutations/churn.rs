//! How a list moves: plain values, checked before use.

/// The most writes before a request that may be expected.
const MOST_PER_REQUEST: f64 = 100.0;
/// The most contacts of one import.
const MOST_BULK: u64 = 10_000;

/// What is written to the list while it is read. Start from [`Moves::new`] and change fields.
///
/// Written `RATE` or `RATE,OPTION,OPTION,…`:
///
/// | part | meaning | unless given |
/// |---|---|---|
/// | `0.5` | so many writes before each request for a page, on average | must be given |
/// | `insert=2` | the weight of inserts among the writes, a whole number | 1 |
/// | `delete=1` | the weight of deletes | 1 |
/// | `update=1` | the weight of updates | 1 |
/// | `bulk=300` | contacts that one insert adds, all created in the same instant | 1 |
/// | `stop-after=20` | the list stands still after so many writes | it never does |
///
/// `0.05`, `2,delete=0`, `0.5,insert=2,delete=1,update=1,bulk=300`.
///
/// The writes happen when a request for a page has been let in (past the token, the limit and
/// outages; faults make no difference), right before it is answered; with
/// [`Count::First`](super::super::Count::First) and [`Count::Last`](super::super::Count::Last)
/// between the two halves of its answer. How many they are varies
/// around the average as it does with writers who know nothing of each other (Poisson). An
/// insert adds contacts with ids above all others, created later than everything that happened
/// before; a delete removes a contact; an update changes a field of one, and `updated_at` to later
/// than everything before. All of it follows from the seed and the order in which requests are
/// let in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moves {
    /// Writes before each request for a page, on average: 0 to 100.
    pub per_request: f64,
    /// The weight of inserts among the writes.
    pub insert: u32,
    /// The weight of deletes among the writes; in an empty list they do nothing.
    pub delete: u32,
    /// The weight of updates among the writes; in an empty list they do nothing.
    pub update: u32,
    /// Contacts that one insert adds, all created in the same instant: 1 to 10,000.
    pub bulk: u64,
    /// After so many writes the list stands still; `None` for never.
    pub stop_after: Option<u64>,
}

impl Moves {
    /// So many writes before each request for a page, inserts, deletes and updates alike.
    #[must_use]
    pub fn new(per_request: f64) -> Self {
        Self { per_request, insert: 1, delete: 1, update: 1, bulk: 1, stop_after: None }
    }

    pub(in crate::sandbox) fn check(&self) -> Result<(), String> {
        if !(0.0..=MOST_PER_REQUEST).contains(&self.per_request) {
            return Err(format!(
                "writes before each request are from 0 to {MOST_PER_REQUEST}, not {}",
                self.per_request
            ));
        }
        if self.insert == 0 && self.delete == 0 && self.update == 0 {
            return Err("of inserts, deletes and updates one has a weight above 0".to_owned());
        }
        if !(1..=MOST_BULK).contains(&self.bulk) {
            return Err(format!("an insert adds 1 to {MOST_BULK} contacts, not {}", self.bulk));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_out_of_range_are_refused() {
        let moves = Moves::new(1.0);
        assert!(moves.check().is_ok());
        for moves in [
            Moves::new(-0.1),
            Moves::new(101.0),
            Moves::new(f64::NAN),
            Moves { bulk: 0, ..moves },
            Moves { bulk: 10_001, ..moves },
            Moves { insert: 0, delete: 0, update: 0, ..moves },
        ] {
            assert!(moves.check().is_err(), "{moves:?}");
        }
    }
}
