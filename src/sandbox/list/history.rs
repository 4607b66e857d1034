//! What happened to the list: its states, its writes and every version of every contact.
//!
//! For tests, which compare what a client made of its answers with the truth.

use std::time::Instant;

use serde_json::Value;

use super::stored::Held;

/// All that happened to the list of a sandbox up to the moment it was asked for.
///
/// State 0 is the list at the start, state `n` the list after `n` writes. A state that has not
/// come yet is as the latest one. [`super::super::Seen::state`] says which state the contacts of
/// an answer are of, [`super::super::Seen::counted`] that of its totals.
///
/// ```
/// # use linq_export::sandbox::{Moves, Sandbox, SandboxConfig};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut config = SandboxConfig::default();
/// config.moves = Some(Moves::new(0.5));
/// let sandbox = Sandbox::start(config).await?;
/// // ... read it ...
/// let history = sandbox.history();
/// let answered_from: Vec<u64> = sandbox.requests().iter().filter_map(|seen| seen.state).collect();
/// let first = answered_from.iter().min().copied().unwrap_or(0);
/// let stable = history.stable_ids(first, history.last_state());
/// assert!(stable.len() as u64 <= history.count_at(first));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct History {
    held: Held,
}

/// A write to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// When it was applied: no answer that was received before shows it.
    pub at: Instant,
    /// What changed.
    pub change: Change,
}

/// What a write changed, by ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// These contacts came, all in one instant.
    Inserted(Vec<u64>),
    /// This contact went.
    Deleted(u64),
    /// A field of this contact changed, and its `updated_at`.
    Updated(u64),
}

impl History {
    pub(super) fn of(held: Held) -> Self {
        Self { held }
    }

    /// The number of the latest state: how many writes there were.
    #[must_use]
    pub fn last_state(&self) -> u64 {
        self.held.state()
    }

    /// The writes, oldest first: the one at position `n` led from state `n` to state `n + 1`.
    #[must_use]
    pub fn writes(&self) -> &[Written] {
        self.held.written()
    }

    /// The number of the state that lasted at `instant`.
    #[must_use]
    pub fn state_at(&self, instant: Instant) -> u64 {
        self.writes().partition_point(|written| written.at <= instant) as u64
    }

    /// The ids of a state, in the order of the list; under
    /// [`Order::UnstableTies`](super::Order::UnstableTies) those of one instant by falling id.
    #[must_use]
    pub fn list_at(&self, state: u64) -> Vec<u64> {
        self.held.listed_at(state).into_iter().map(|row| self.held.id(row)).collect()
    }

    /// How many contacts a state has.
    #[must_use]
    pub fn count_at(&self, state: u64) -> u64 {
        self.held.rows_between(state, state).count() as u64
    }

    /// The ids that are in every state from `first` to `last`, both included; they rise.
    #[must_use]
    pub fn stable_ids(&self, first: u64, last: u64) -> Vec<u64> {
        self.held.rows_between(first, last).map(|row| self.held.id(row)).collect()
    }

    /// Every version that the contact with this id ever had, oldest first, as the server sends
    /// it; none if it never was in the list.
    #[must_use]
    pub fn contact_versions(&self, id: u64) -> Vec<Value> {
        let Some(row) = self.held.find(id) else { return vec![] };
        self.held.row(row).versions().filter_map(|states| self.version(row, states.start)).collect()
    }

    /// The contact with this id as it is in a state; `None` where it is not there.
    #[must_use]
    pub fn contact_at(&self, id: u64, state: u64) -> Option<Value> {
        let row = self.held.find(id)?;
        if self.held.row(row).lives_at(state) { self.version(row, state) } else { None }
    }

    /// Whether exactly this contact is in at least one state from `first` to `last`, both
    /// included. Which contact it is, its `id` says.
    #[must_use]
    pub fn existed(&self, contact: &Value, first: u64, last: u64) -> bool {
        let Some(row) = contact["id"].as_u64().and_then(|id| self.held.find(id)) else { return false };
        let versions = self.held.row(row).versions();
        let mut lasted = versions.filter(|states| states.start <= last && first < states.end);
        lasted.any(|states| self.version(row, states.start).as_ref() == Some(contact))
    }

    fn version(&self, row: u64, state: u64) -> Option<Value> {
        let mut json = Vec::new();
        self.held.write(row, state, &mut json);
        serde_json::from_slice(&json).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::order::Order;
    use super::*;
    use crate::sandbox::contacts::Contacts;
    use crate::sandbox::mutations::{Kind, Write};

    /// Of 5 contacts by id, the third is updated and deleted, and one comes; a second apart each.
    fn history(start: Instant) -> History {
        let mut held = Held::new(Arc::new(Contacts::new(1, 5)), Order::Id);
        let kinds = [Kind::Update { position: 2 }, Kind::Insert { contacts: 1 }, Kind::Delete { position: 2 }];
        for (second, kind) in (1..).zip(kinds) {
            held.apply(&Write { pause: 1, kind }, start + Duration::from_secs(second));
        }
        History::of(held)
    }

    #[test]
    fn states_are_told_by_number_and_by_instant() {
        let start = Instant::now();
        let history = history(start);
        assert_eq!(history.last_state(), 3);
        let states = [0, 999, 1_000, 2_500, 3_000, 9_000];
        let states = states.map(|at| history.state_at(start + Duration::from_millis(at)));
        assert_eq!(states, [0, 0, 1, 2, 3, 3]);
        assert_eq!([0, 1, 2, 3, 99].map(|state| history.count_at(state)), [5, 5, 6, 5, 5]);
        let (before, after) = (history.list_at(0), history.list_at(3));
        let changes: Vec<_> = history.writes().iter().map(|written| written.change.clone()).collect();
        let expected = [Change::Updated(before[2]), Change::Inserted(vec![after[4]]), Change::Deleted(before[2])];
        assert_eq!(changes, expected);
    }

    #[test]
    fn stable_is_what_was_always_there() {
        let history = history(Instant::now());
        let (before, between, after) = (history.list_at(0), history.list_at(2), history.list_at(3));
        assert_eq!(history.stable_ids(0, 3), [before[0], before[1], before[3], before[4]]);
        assert_eq!(history.stable_ids(1, 2), before);
        assert_eq!(history.stable_ids(2, 2), between);
        assert_eq!(history.stable_ids(2, 99), after);
    }

    #[test]
    fn a_version_existed_in_its_states_and_in_no_others() {
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
