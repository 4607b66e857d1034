//! The history of the list, for tests: its states, its writes and every version of every contact.

use std::time::Instant;

use serde_json::Value;

use super::stored::{AppliedWrite, Stored};

/// The history of a sandbox's list up to the moment it was requested.
///
/// State 0 is the list at the start, state `n` the list after `n` writes. Later states equal the latest one.
/// [`LoggedRequest::state`](crate::sandbox::LoggedRequest) is the state of the contacts in a response, and `counted` that
/// of its totals.
///
/// ```
/// # use linq_export::sandbox::{Churn, Sandbox, SandboxConfig};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut config = SandboxConfig::default();
/// config.churn = Some(Churn::new(0.5));
/// let sandbox = Sandbox::start(config).await?;
/// // ... read it ...
/// let history = sandbox.history();
/// let answered_from: Vec<u64> = sandbox.requests().iter().filter_map(|request| request.state).collect();
/// let first = answered_from.iter().min().copied().unwrap_or(0);
/// let stable = history.stable_ids(first, history.last_state());
/// assert!(stable.len() as u64 <= history.count_at(first));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct History {
    stored: Stored,
}

impl History {
    pub(super) fn of(stored: Stored) -> Self {
        Self { stored }
    }

    /// The number of the latest state, which is the number of writes.
    #[must_use]
    pub fn last_state(&self) -> u64 {
        self.stored.state()
    }

    /// The writes, oldest first: the one at index `n` led from state `n` to state `n + 1`.
    #[must_use]
    pub fn writes(&self) -> &[AppliedWrite] {
        &self.stored.writes
    }

    /// The number of the state at `instant`.
    #[must_use]
    pub fn state_at(&self, instant: Instant) -> u64 {
        self.writes().partition_point(|write| write.at <= instant) as u64
    }

    /// The ids of a state, in the order of the list; ties of [`Order::UnstableTies`](super::Order) by descending id.
    #[must_use]
    pub fn list_at(&self, state: u64) -> Vec<u64> {
        self.stored.listed_at(state).into_iter().map(|row| self.stored.id(row)).collect()
    }

    /// How many contacts a state has.
    #[must_use]
    pub fn count_at(&self, state: u64) -> u64 {
        self.stored.rows_between(state, state).count() as u64
    }

    /// The ids that are in every state from `first` to `last` (inclusive), in ascending order.
    #[must_use]
    pub fn stable_ids(&self, first: u64, last: u64) -> Vec<u64> {
        self.stored.rows_between(first, last).map(|row| self.stored.id(row)).collect()
    }

    /// Every version of the contact with this id, oldest first, as the server sends it; empty if it was never in the
    /// list.
    #[must_use]
    pub fn contact_versions(&self, id: u64) -> Vec<Value> {
        let Some(row) = self.stored.find(id) else { return vec![] };
        self.stored.row(row).versions().filter_map(|states| self.version(row, states.start)).collect()
    }

    /// The contact with this id in a state; `None` if it is not in the list then.
    #[must_use]
    pub fn contact_at(&self, id: u64, state: u64) -> Option<Value> {
        let row = self.stored.find(id)?;
        if self.stored.row(row).exists_at(state) { self.version(row, state) } else { None }
    }

    /// Whether exactly this version of a contact is in at least one state from `first` to `last` (inclusive).
    #[must_use]
    pub fn existed(&self, contact: &Value, first: u64, last: u64) -> bool {
        let Some(row) = contact["id"].as_u64().and_then(|id| self.stored.find(id)) else { return false };
        let versions = self.stored.row(row).versions();
        let mut in_range = versions.filter(|states| states.start <= last && first < states.end);
        in_range.any(|states| self.version(row, states.start).as_ref() == Some(contact))
    }

    fn version(&self, row: u64, state: u64) -> Option<Value> {
        let mut json = Vec::new();
        self.stored.write(row, state, &mut json);
        serde_json::from_slice(&json).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::order::Order;
    use super::super::stored::Change;
    use super::*;
    use crate::sandbox::contacts::Contacts;
    use crate::sandbox::mutations::{Kind, Write};

    /// Of 5 contacts sorted by id, the third is updated, one is inserted, the third is deleted; one second apart.
    fn history(start: Instant) -> History {
        let mut stored = Stored::new(Arc::new(Contacts::new(1, 5)), Order::Id);
        let kinds = [Kind::Update { position: 2 }, Kind::Insert { contacts: 1 }, Kind::Delete { position: 2 }];
        for (second, kind) in (1..).zip(kinds) {
            stored.apply(&Write { pause: 1, kind }, start + Duration::from_secs(second));
        }
        History::of(stored)
    }

    #[test]
    fn states_have_numbers_and_times() {
        let start = Instant::now();
        let history = history(start);
        assert_eq!(history.last_state(), 3);
        let states = [0, 999, 1_000, 2_500, 3_000, 9_000];
        let states = states.map(|at| history.state_at(start + Duration::from_millis(at)));
        assert_eq!(states, [0, 0, 1, 2, 3, 3]);
        assert_eq!([0, 1, 2, 3, 99].map(|state| history.count_at(state)), [5, 5, 6, 5, 5]);
        let (before, after) = (history.list_at(0), history.list_at(3));
        let changes: Vec<_> = history.writes().iter().map(|write| write.change.clone()).collect();
        let expected = [Change::Updated(before[2]), Change::Inserted(vec![after[4]]), Change::Deleted(before[2])];
        assert_eq!(changes, expected);
    }

    #[test]
    fn stable_ids_are_in_every_state() {
        let history = history(Instant::now());
        let (before, between, after) = (history.list_at(0), history.list_at(2), history.list_at(3));
        assert_eq!(history.stable_ids(0, 3), [before[0], before[1], before[3], before[4]]);
        assert_eq!(history.stable_ids(1, 2), before);
        assert_eq!(history.stable_ids(2, 2), between);
        assert_eq!(history.stable_ids(2, 99), after);
    }

    #[test]
    fn versions_exist_only_in_their_states() {
        let history = history(Instant::now());
        let id = history.list_at(0)[2];
        let versions = history.contact_versions(id);
        let [old, new] = &versions[..] else { panic!("{versions:?}") };
        assert_ne!(old["updated_at"], new["updated_at"]);
        for (first, last, old_existed, new_existed) in
            [(0, 0, true, false), (0, 1, true, true), (1, 2, false, true), (2, 9, false, true), (3, 9, false, false)]
        {
            assert_eq!(history.existed(old, first, last), old_existed, "{first}-{last}");
            assert_eq!(history.existed(new, first, last), new_existed, "{first}-{last}");
        }
        let at = [0, 1, 2, 3].map(|state| history.contact_at(id, state));
        assert_eq!(at, [Some(old.clone()), Some(new.clone()), Some(new.clone()), None]);
        let mut invented = old.clone();
        invented["title"] = "Nobody".into();
        assert!(!history.existed(&invented, 0, 9));
        assert!(!history.existed(&Value::Null, 0, 9));
        assert_eq!(history.contact_versions(1), [] as [Value; 0]);
    }
}
