//! The outcome of a run, and whether the history contradicts its claims.

use std::collections::BTreeSet;

use super::model::{Server, State};
use crate::page::{Asked, RowKey};
use crate::proof::{Assumption, Certificate, Level, Seen};

/// The outcome of a run.
#[derive(Debug)]
pub struct Outcome {
    pub certificate: Certificate,
    pub output: Vec<RowKey>,
    pub seen: Seen,
    pub requests: u64,
    /// Requests of a plain pass over the list, including the page that shows its end.
    pub plain: u64,
    pub held: usize,
    /// The page size of the run.
    pub size: usize,
    pub server: Server,
    /// The states at the first request and at the last answer received.
    pub states: (usize, usize),
    pub asked: Vec<Asked>,
}

impl Outcome {
    pub fn level(&self) -> Level {
        self.certificate.level
    }

    pub fn ids(&self) -> BTreeSet<i64> {
        self.output.iter().map(|row| row.id).collect()
    }

    fn states(&self, back: usize) -> &[State] {
        &self.server.history[self.states.0.saturating_sub(back)..=self.states.1]
    }

    /// Why a claim is wrong according to the history. With lagging replicas, `back` states before the run count too.
    pub fn wrong(&self, back: usize) -> Option<String> {
        let ids = self.ids();
        if ids.len() != self.output.len() || ids.len() as u64 != self.certificate.contacts {
            return Some("an id was emitted twice".to_owned());
        }
        let states = self.states(back);
        let lived: BTreeSet<_> = states.iter().flat_map(|state| state.iter().map(|contact| contact.key)).collect();
        if let Some(row) = self.output.iter().find(|row| !lived.contains(row)) {
            return Some(format!("{row:?} never existed"));
        }
        let of = |state: &State| state.iter().map(|contact| contact.key.id).collect::<BTreeSet<_>>();
        let level = if self.is_excused() { Level::Counted } else { self.level() };
        if level >= Level::Complete
            && let Some(id) = self.lost(back).first()
        {
            return Some(format!("{level} without {id}"));
        }
        if level >= Level::Snapshot && !states.iter().any(|state| of(state) == ids) {
            return Some(format!("{level} equals no state"));
        }
        None
    }

    /// Whether the claim rests on A6 or A7, and the history violates it, which no reading can show.
    fn is_excused(&self) -> bool {
        self.changed_back() || self.came_and_went()
    }

    fn came_and_went(&self) -> bool {
        let ids = |state: &State| state.iter().map(|contact| contact.key).collect::<BTreeSet<_>>();
        let (first, last) = (ids(&self.server.history[self.states.0]), ids(&self.server.history[self.states.1]));
        let mut between = self.server.history[self.states.0..=self.states.1].iter().flat_map(|state| state.iter());
        self.certificate.assumptions.contains(&Assumption::Lasting)
            && between.any(|contact| !first.contains(&contact.key) && !last.contains(&contact.key))
    }

    fn changed_back(&self) -> bool {
        let states = &self.server.history[self.states.0..=self.states.1];
        let page = |state: &State, at: usize| -> Vec<RowKey> {
            state.chunks(self.size).nth(at).unwrap_or_default().iter().map(|contact| contact.key).collect()
        };
        let pages = states.iter().map(|state| state.len()).max().unwrap_or(0) / self.size + 1;
        let returns = |at: usize| {
            let mut readings: Vec<_> = states.iter().map(|state| (page(state, at), state.len())).collect();
            readings.dedup();
            (1..readings.len()).any(|now| readings[..now].contains(&readings[now]))
        };
        self.certificate.assumptions.contains(&Assumption::Repeat) && (0..pages).any(returns)
    }

    /// Stable rows that are not in the output.
    pub fn lost(&self, back: usize) -> Vec<i64> {
        let ids = self.ids();
        let of = |state: &State| state.iter().map(|contact| contact.key.id).collect::<BTreeSet<_>>();
        let states = self.states(back);
        let stable = states.iter().map(of).reduce(|a, b| &a & &b).unwrap();
        stable.difference(&ids).copied().collect()
    }

    /// Whether an order that is not the list's holds on every page by chance.
    pub fn has_false_order(&self) -> bool {
        let list: Vec<_> = self.server.history[self.states.1].iter().map(|contact| contact.key).collect();
        let fields: [fn(&RowKey) -> Option<i64>; 3] = [|row| Some(row.id), |row| row.created_at, |row| row.updated_at];
        let rises = |rows: &[RowKey], field: fn(&RowKey) -> Option<i64>| rows.is_sorted_by_key(field);
        let falls = |rows: &[RowKey], field: fn(&RowKey) -> Option<i64>| rows.is_sorted_by(|a, b| field(a) >= field(b));
        let by_chance = |holds: &dyn Fn(&[RowKey]) -> bool| !holds(&list) && list.chunks(self.size).all(holds);
        fields.iter().any(|field| by_chance(&|rows| rises(rows, *field)) || by_chance(&|rows| falls(rows, *field)))
    }

    /// Whether the contact at the near end is tied with others in `created_at` or `updated_at`.
    pub fn newest_is_tied(&self) -> bool {
        let list = &self.server.history[self.states.1];
        let tied = |field: fn(&RowKey) -> Option<i64>| {
            let newest = list.iter().map(|contact| field(&contact.key)).max();
            newest.is_some_and(|newest| list.iter().filter(|contact| field(&contact.key) == newest).count() > 1)
        };
        tied(|row| row.created_at) || tied(|row| row.updated_at)
    }

    /// Details that help to understand a failure.
    pub fn story(&self, back: usize) -> String {
        let why = self.wrong(back).unwrap_or_default();
        let gone = self.server.history.len();
        format!("{why} {gone} states\n{:#?}\nasked {:?}\noutput {:?}", self.certificate, self.asked, self.ids())
    }
}
