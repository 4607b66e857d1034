//! The list as one request sees it: contacts in one state and order, and a total.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::MutexGuard;

use super::computed::Computed;
use super::mutating::{Mutating, Turn};
use super::order::Order;
use super::ties::Shuffle;

/// One state of the list, and the state of its total. Nothing is written to the list while a view of it exists.
#[derive(Debug)]
pub(in crate::sandbox) struct View<'list> {
    source: Source<'list>,
    shuffle: Option<Shuffle>,
    /// The number of the state.
    pub(in crate::sandbox) state: u64,
    /// The number of the state that the total describes.
    pub(in crate::sandbox) counted: u64,
    /// How many contacts the server claims to have.
    pub(in crate::sandbox) total: u64,
}

#[derive(Debug)]
enum Source<'list> {
    Computed(&'list Computed),
    /// With the rows of an earlier state, once they are needed.
    Mutating(MutexGuard<'list, Mutating>, OnceCell<Vec<u64>>),
}

impl<'list> View<'list> {
    pub(super) fn computed(computed: &'list Computed, shuffle: Option<Shuffle>) -> Self {
        Self { source: Source::Computed(computed), shuffle, state: 0, counted: 0, total: computed.len() }
    }

    pub(super) fn latest(mutating: MutexGuard<'list, Mutating>) -> Self {
        let (state, total) = (mutating.stored.state(), mutating.stored.listed.len() as u64);
        Self { source: Source::Mutating(mutating, OnceCell::new()), shuffle: None, state, counted: state, total }
    }

    /// The list as it was `writes` writes ago, or at the start.
    pub(super) fn earlier(mutating: MutexGuard<'list, Mutating>, writes: u64) -> Self {
        let state = mutating.stored.state().saturating_sub(writes);
        let total = mutating.stored.len_at(state);
        Self { source: Source::Mutating(mutating, OnceCell::new()), shuffle: None, state, counted: state, total }
    }

    /// What the request of this turn sees.
    pub(super) fn at(mutating: MutexGuard<'list, Mutating>, Turn { request, state, counted }: Turn) -> Self {
        let stored = &mutating.stored;
        let shuffle = (stored.order == Order::UnstableTies).then(|| Shuffle::of(mutating.seed, request));
        let total = stored.len_at(counted);
        Self { source: Source::Mutating(mutating, OnceCell::new()), shuffle, state, counted, total }
    }

    pub(in crate::sandbox) fn len(&self) -> u64 {
        match &self.source {
            Source::Computed(computed) => computed.len(),
            Source::Mutating(mutating, earlier) => self.listed(mutating, earlier).len() as u64,
        }
    }

    /// The rows at those of `positions` that exist.
    pub(in crate::sandbox) fn rows(&self, positions: Range<u64>) -> Vec<u64> {
        match self.shuffle {
            None => positions.map_while(|position| self.row_at(position)).collect(),
            Some(shuffle) => shuffle.rows(&positions, |position| self.row_at(position), |row| self.created(row)),
        }
    }

    /// The row at `position`; `None` past the end.
    pub(in crate::sandbox) fn row_at(&self, position: u64) -> Option<u64> {
        match &self.source {
            Source::Computed(computed) => computed.row_at(position),
            Source::Mutating(mutating, earlier) => {
                self.listed(mutating, earlier).get(usize::try_from(position).ok()?).copied()
            }
        }
    }

    /// The rows of the state, in order.
    fn listed<'rows>(&self, mutating: &'rows Mutating, earlier: &'rows OnceCell<Vec<u64>>) -> &'rows [u64] {
        let stored = &mutating.stored;
        if self.state == stored.state() { &stored.listed } else { earlier.get_or_init(|| stored.listed_at(self.state)) }
    }

    /// The row with this id.
    pub(in crate::sandbox) fn find(&self, id: u64) -> Option<u64> {
        match &self.source {
            Source::Computed(computed) => computed.find(id),
            Source::Mutating(mutating, _) => {
                let stored = &mutating.stored;
                stored.find(id).filter(|row| stored.row(*row).exists_at(self.state))
            }
        }
    }

    /// Appends the contact of a row as JSON.
    pub(in crate::sandbox) fn write(&self, row: u64, out: &mut Vec<u8>) {
        match &self.source {
            Source::Computed(computed) => computed.contacts.write(row, out),
            Source::Mutating(mutating, _) => mutating.stored.write(row, self.state, out),
        }
    }

    pub(in crate::sandbox) fn id(&self, row: u64) -> u64 {
        match &self.source {
            Source::Computed(computed) => computed.contacts.id(row),
            Source::Mutating(mutating, _) => mutating.stored.id(row),
        }
    }

    fn created(&self, row: u64) -> u64 {
        match &self.source {
            Source::Computed(computed) => computed.contacts.created(row),
            Source::Mutating(mutating, _) => mutating.stored.row(row).created,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::List;
    use super::super::order::Order;
    use crate::sandbox::contacts::Contacts;
    use crate::sandbox::list::Mutations;
    use crate::sandbox::mutations::{Churn, Lag, StaleCount};

    fn list(mutations: Mutations) -> List {
        List::new(Contacts::new(1, 50), Order::Newest, 1, Some(mutations))
    }

    fn churning(churn: Churn) -> List {
        list(Mutations { churn: Some(churn), ..Mutations::default() })
    }

    #[test]
    fn a_view_has_one_state() {
        let list = churning(Churn::new(1.0));
        assert_eq!(list.now().state, 0);
        let states: Vec<_> = (0..50).map(|_| list.next().state).collect();
        assert!(states.is_sorted() && states[49] > 20, "{states:?}");
        assert_eq!(list.now().state, states[49]);
    }

    #[test]
    fn total_and_contacts_have_their_own_states() {
        type Counted = fn(u64, u64, u64) -> bool;
        let counts: [(StaleCount, Counted); 4] = [
            (StaleCount::Never, |counted, state, _| counted == state),
            (StaleCount::OneWrite, |counted, state, _| counted == state.saturating_sub(1)),
            (StaleCount::BeforeRows, |counted, state, writes| counted <= state && state - counted <= writes),
            (StaleCount::AfterRows, |counted, state, writes| state <= counted && counted - state <= writes),
        ];
        for (stale_count, is_counted) in counts {
            let list = list(Mutations {
                churn: Some(Churn { bulk: 5, ..Churn::new(0.5) }),
                lag: Some(Lag { probability: 0.3, by: 4 }),
                stale_count,
            });
            let mut apart = 0;
            for _ in 0..200 {
                let before = list.history().last_state();
                let (state, counted, len, total) = {
                    let view = list.next();
                    (view.state, view.counted, view.len(), view.total)
                };
                let history = list.history();
                assert!(
                    is_counted(counted, state, history.last_state() - before),
                    "{stale_count:?}: {counted} of {state}"
                );
                assert_eq!((len, total), (history.count_at(state), history.count_at(counted)), "{stale_count:?}");
                apart += u64::from(state != counted);
            }
            assert_eq!(apart > 50, stale_count != StaleCount::Never, "{stale_count:?}: {apart}");
        }
    }

    #[test]
    fn deleted_contacts_are_not_found() {
        let list = churning(Churn { insert: 0, update: 0, ..Churn::new(1.0) });
        let view = list.now();
        let ids: Vec<_> = view.rows(0..99).into_iter().map(|row| view.id(row)).collect();
        assert!(ids.len() == 50 && ids.iter().all(|id| view.find(*id).is_some()));
        drop(view);
        for _ in 0..10 {
            drop(list.next());
        }
        let view = list.now();
        assert!(view.state > 0);
        let found = ids.iter().filter(|id| view.find(**id).is_some()).count() as u64;
        assert_eq!(found, 50 - view.state);
    }

    #[test]
    fn an_earlier_state_can_be_seen() {
        let list = churning(Churn::new(2.0));
        for _ in 0..10 {
            drop(list.next());
        }
        let history = list.history();
        let latest = history.last_state();
        for writes in [0, 1, 5, latest, latest + 1] {
            let view = list.earlier(writes);
            let state = latest.saturating_sub(writes);
            let ids: Vec<_> = view.rows(0..999).into_iter().map(|row| view.id(row)).collect();
            assert_eq!((view.state, view.total, &ids), (state, ids.len() as u64, &history.list_at(state)));
            assert!(history.list_at(0).iter().all(|id| view.find(*id).is_some() == ids.contains(id)));
        }
    }

    #[test]
    fn ties_change_between_requests() {
        for order in [Order::UnstableTies, Order::Newest] {
            let list = List::new(Contacts::new(1, 50).with_shared_timestamps(20), order, 1, None);
            let pages = [list.next(), list.next(), list.now()].map(|view| view.rows(0..10));
            assert_eq!(pages[0] == pages[1], order == Order::Newest);
            assert!(pages[2].iter().eq(&[49, 48, 47, 46, 45, 44, 43, 42, 41, 40]));
        }
    }
}
