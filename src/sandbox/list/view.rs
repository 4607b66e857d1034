//! The list as one request sees it: its contacts of one state in one order, and the total of one.

use std::ops::Range;
use std::sync::MutexGuard;

use super::computed::Still;
use super::mutating::{Moving, Turn};
use super::order::Order;
use super::ties::Shuffle;

/// One state of the list, and of what state the total is. A list that moves does not move while there is a view of it.
#[derive(Debug)]
pub(in crate::sandbox) struct View<'list> {
    source: Source<'list>,
    shuffle: Option<Shuffle>,
}

#[derive(Debug)]
enum Source<'list> {
    Still(&'list Still),
    Moving {
        moving: MutexGuard<'list, Moving>,
        state: u64,
        counted: u64,
        /// The rows of the state, where it is not the latest.
        past: Option<Vec<u64>>,
    },
}

impl<'list> View<'list> {
    pub(super) fn still(still: &'list Still) -> Self {
        Self { source: Source::Still(still), shuffle: None }
    }

    pub(super) fn latest(moving: MutexGuard<'list, Moving>) -> Self {
        let state = moving.held().state();
        Self { source: Source::Moving { moving, state, counted: state, past: None }, shuffle: None }
    }

    /// What a request sees whose turn it is.
    pub(super) fn at(moving: MutexGuard<'list, Moving>, Turn { request, state, counted }: Turn) -> Self {
        let held = moving.held();
        let past = (state != held.state()).then(|| held.listed_at(state));
        let shuffle = (held.order() == Order::UnstableTies).then(|| Shuffle::of(moving.seed(), request));
        Self { source: Source::Moving { moving, state, counted, past }, shuffle }
    }

    /// The same with its ties in the order of this request.
    pub(super) fn shuffled(self, seed: u64, request: u64) -> Self {
        Self { shuffle: Some(Shuffle::of(seed, request)), ..self }
    }

    /// The number of the state: how many writes came before.
    pub(in crate::sandbox) fn state(&self) -> u64 {
        match &self.source {
            Source::Still(_) => 0,
            Source::Moving { state, .. } => *state,
        }
    }

    /// The number of the state that the total is of.
    pub(in crate::sandbox) fn counted(&self) -> u64 {
        match &self.source {
            Source::Still(_) => 0,
            Source::Moving { counted, .. } => *counted,
        }
    }

    pub(in crate::sandbox) fn len(&self) -> u64 {
        match &self.source {
            Source::Still(still) => still.len(),
            Source::Moving { moving, past, .. } => listed(moving, past.as_deref()).len() as u64,
        }
    }

    /// How many contacts the list is said to have.
    pub(in crate::sandbox) fn total(&self) -> u64 {
        match &self.source {
            Source::Still(still) => still.len(),
            Source::Moving { moving, counted, .. } => moving.held().len_at(*counted),
        }
    }

    /// The rows at `positions`, as far as there are any.
    pub(in crate::sandbox) fn rows(&self, positions: Range<u64>) -> Vec<u64> {
        match self.shuffle {
            None => positions.map_while(|position| self.row_at(position)).collect(),
            Some(shuffle) => shuffle.rows(&positions, |position| self.row_at(position), |row| self.created(row)),
        }
    }

    /// The row at `position`; `None` past the end.
    pub(in crate::sandbox) fn row_at(&self, position: u64) -> Option<u64> {
        match &self.source {
            Source::Still(still) => still.row_at(position),
            Source::Moving { moving, past, .. } => {
                listed(moving, past.as_deref()).get(usize::try_from(position).ok()?).copied()
            }
        }
    }

    /// The row with this id.
    pub(in crate::sandbox) fn find(&self, id: u64) -> Option<u64> {
        match &self.source {
            Source::Still(still) => still.find(id),
            Source::Moving { moving, state, .. } => {
                let held = moving.held();
                held.find(id).filter(|row| held.row(*row).lives_at(*state))
            }
        }
    }

    /// Writes the contact of a row as JSON.
    pub(in crate::sandbox) fn write(&self, row: u64, out: &mut Vec<u8>) {
        match &self.source {
            Source::Still(still) => still.contacts().write(row, out),
            Source::Moving { moving, state, .. } => moving.held().write(row, *state, out),
        }
    }

    pub(in crate::sandbox) fn id(&self, row: u64) -> u64 {
        match &self.source {
            Source::Still(still) => still.contacts().id(row),
            Source::Moving { moving, .. } => moving.held().id(row),
        }
    }

    fn created(&self, row: u64) -> u64 {
        match &self.source {
            Source::Still(still) => still.contacts().created(row),
            Source::Moving { moving, .. } => moving.held().row(row).created,
        }
    }
}

fn listed<'a>(moving: &'a Moving, past: Option<&'a [u64]>) -> &'a [u64] {
    past.unwrap_or_else(|| moving.held().listed())
}

#[cfg(test)]
mod tests {
    use super::super::List;
    use crate::sandbox::{Count, Lag, Moves, Order, SandboxConfig};

    fn list(change: impl FnOnce(&mut SandboxConfig)) -> List {
        let mut config = SandboxConfig { contacts: 50, ..SandboxConfig::default() };
        change(&mut config);
        List::new(&config)
    }

    #[test]
    fn a_request_sees_one_state_and_another_none_of_its_writes() {
        let list = list(|config| config.moves = Some(Moves::new(1.0)));
        assert_eq!(list.now().state(), 0);
        let states: Vec<_> = (0..50).map(|_| list.next().state()).collect();
        assert!(states.is_sorted() && states[49] > 20, "{states:?}");
        assert_eq!(list.now().state(), states[49]);
    }

    #[test]
    fn the_total_and_the_contacts_are_each_of_a_state_of_their_own() {
        type Counted = fn(u64, u64, u64) -> bool;
        let counts: [(Count, Counted); 4] = [
            (Count::Exact, |counted, state, _| counted == state),
            (Count::Behind, |counted, state, _| counted == state.saturating_sub(1)),
            (Count::First, |counted, state, writes| counted <= state && state - counted <= writes),
            (Count::Last, |counted, state, writes| state <= counted && counted - state <= writes),
        ];
        for (count, is_counted) in counts {
            let list = list(|config| {
                config.count = count;
                config.moves = Some(Moves { bulk: 5, ..Moves::new(0.5) });
                config.lag = Some(Lag { probability: 0.3, by: 4 });
            });
            let mut apart = 0;
            for _ in 0..200 {
                let before = list.history().last_state();
                let (state, counted, len, total) = {
                    let view = list.next();
                    (view.state(), view.counted(), view.len(), view.total())
                };
                let history = list.history();
                assert!(is_counted(counted, state, history.last_state() - before), "{count}: {counted} of {state}");
                assert_eq!((len, total), (history.count_at(state), history.count_at(counted)), "{count}");
                apart += u64::from(state != counted);
            }
            assert_eq!(apart > 50, count != Count::Exact, "{count}: {apart}");
        }
    }

    #[test]
    fn only_the_living_are_found() {
        let list = list(|config| config.moves = Some(Moves { insert: 0, update: 0, ..Moves::new(1.0) }));
        let view = list.now();
        let ids: Vec<_> = view.rows(0..99).into_iter().map(|row| view.id(row)).collect();
        assert!(ids.len() == 50 && ids.iter().all(|id| view.find(*id).is_some()));
        drop(view);
        for _ in 0..10 {
            drop(list.next());
        }
        let view = list.now();
        assert!(view.state() > 0);
        let found = ids.iter().filter(|id| view.find(**id).is_some()).count() as u64;
        assert_eq!(found, 50 - view.state());
    }

    #[test]
    fn ties_change_from_request_to_request_in_a_list_that_stands_still() {
        for order in [Order::UnstableTies, Order::Newest] {
            let list = list(|config| (config.ties, config.order) = (20, order));
            let pages = [list.next(), list.next(), list.now()].map(|view| view.rows(0..10));
            assert_eq!(pages[0] == pages[1], order == Order::Newest);
            assert!(pages[2].iter().eq(&[49, 48, 47, 46, 45, 44, 43, 42, 41, 40]));
        }
    }
}
