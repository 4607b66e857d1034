//! Drives the planner against the model server, as the reader will: some requests under way, answered and
//! received in any order, rows leaving as the planner says. And judges what it claims by the history.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::time::Duration;

use super::model::{Kind, Lie, Server, Write, mix};
use crate::page::{Asked, Observed, RowKey};
use crate::proof::tuning::Tuning;
use crate::proof::{Assumption, Certificate, Keep, Level, Planner, Require, planner::Request};

/// A run to make.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub kind: Kind,
    pub lie: Lie,
    pub count: usize,
    pub per_page: u32,
    /// Before how many answers, which writes.
    pub writes: Vec<(u16, Write)>,
    pub concurrency: usize,
    pub require: Require,
    pub limit: Option<u64>,
    pub seed: u64,
    /// For the order in which answers are made and received.
    pub schedule: u64,
    pub tuning: Tuning,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            kind: Kind::Newest,
            lie: Lie::None,
            count: 45,
            per_page: 10,
            writes: Vec::new(),
            concurrency: 4,
            require: Require::Counted,
            limit: None,
            seed: 1,
            schedule: 1,
            tuning: Tuning::default(),
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    pub certificate: Certificate,
    pub output: Vec<RowKey>,
    pub requests: u64,
    /// Requests of a plain pass over the list as it was at the end, with the page that shows its end.
    pub plain: u64,
    pub held: usize,
    /// The page size of the run.
    size: usize,
    server: Server,
    /// The states at the first request and at the last answer received.
    states: (usize, usize),
    asked: Vec<Asked>,
}

struct Flight {
    request: Request,
    sent: u64,
    observed: Option<Observed>,
}

pub fn run(scenario: &Scenario) -> Outcome {
    let Scenario { kind, lie, count, per_page, require, seed, .. } = *scenario;
    let mut server = Server::new(kind, lie, count, seed);
    if let Lie::Lagging(most) = lie {
        // Copies can be older than the run.
        (0..most).for_each(|at| server.write(if at % 2 == 0 { Write::Insert } else { Write::Delete(at as u16 * 7) }));
    }
    let mut writes = scenario.writes.clone();
    writes.sort_by_key(|(at, _)| *at);
    let mut writes = writes.into_iter().peekable();
    let limit = scenario.limit.and_then(NonZeroU64::new);
    let mut planner = Planner::tuned(per_page, limit, require, scenario.tuning);
    let (mut flights, mut pages) = (Vec::<Flight>::new(), BTreeMap::new());
    let (mut clock, mut answers, mut output, mut asked) = (0_u64, 0_u16, Vec::new(), Vec::new());
    let first = server.now();
    loop {
        clock += 1;
        let choice = mix((scenario.schedule, clock)) as usize;
        let request = if flights.len() < scenario.concurrency && choice % 2 == 0 { planner.next() } else { None };
        if let Some(request) = request {
            asked.push(request.asked);
            flights.push(Flight { request, sent: clock, observed: None });
            assert!(asked.len() < 20_000, "no end: {scenario:?}");
            continue;
        }
        if flights.is_empty() {
            if let Some(request) = planner.next() {
                asked.push(request.asked);
                flights.push(Flight { request, sent: clock, observed: None });
                continue;
            }
            break;
        }
        let at = choice / 2 % flights.len();
        let flight = &mut flights[at];
        if flight.observed.is_none() {
            while let Some((_, write)) = writes.next_if(|(at, _)| *at <= answers) {
                server.write(write);
            }
            answers += 1;
            let (said, rows) = server.answer(flight.request.asked);
            let (sent, received) = (Duration::from_millis(flight.sent), Duration::ZERO);
            flight.observed = Some(Observed { asked: flight.request.asked, said, rows, sent, received });
            continue;
        }
        let flight = flights.swap_remove(at);
        let received = Duration::from_millis(clock);
        let observed = Observed { received, ..flight.observed.unwrap() };
        pages.insert(flight.request.ticket, observed.rows.clone());
        planner.observe(flight.request.ticket, observed);
        while let Some(leaving) = planner.leave() {
            let rows = pages.remove(&leaving.ticket).unwrap();
            match leaving.keep {
                Keep::All => output.extend(rows),
                Keep::These(keep) => {
                    output.extend(rows.into_iter().zip(keep).filter_map(|(row, keep)| keep.then_some(row)))
                }
            }
        }
    }
    assert!(planner.is_done() && pages.is_empty(), "rows were held back: {scenario:?}");
    let size = if let Lie::Clamped(most) = lie { per_page.min(most) } else { per_page };
    let (last, requests, held) = (server.now(), asked.len() as u64, planner.held());
    let plain = server.history[last].len().max(server.history[first].len()) as u64 / u64::from(size) + 1;
    Outcome {
        certificate: planner.finish(),
        output,
        requests,
        plain,
        held,
        size: size as usize,
        server,
        states: (first, last),
        asked,
    }
}

impl Outcome {
    pub fn level(&self) -> Level {
        self.certificate.level
    }

    pub fn ids(&self) -> BTreeSet<i64> {
        self.output.iter().map(|row| row.id).collect()
    }

    fn states(&self, back: usize) -> &[super::model::State] {
        &self.server.history[self.states.0.saturating_sub(back)..=self.states.1]
    }

    /// What the claims come to, by the history; `back` states before the run belong to it where copies lag.
    pub fn wrong(&self, back: usize) -> Option<String> {
        let ids = self.ids();
        if ids.len() != self.output.len() || ids.len() as u64 != self.certificate.contacts {
            return Some("an id left twice".to_owned());
        }
        let states = self.states(back);
        let lived = |row: &RowKey| states.iter().any(|state| state.iter().any(|contact| contact.key == *row));
        if let Some(row) = self.output.iter().find(|row| !lived(row)) {
            return Some(format!("{row:?} never was"));
        }
        let of = |state: &super::model::State| state.iter().map(|contact| contact.key.id).collect::<BTreeSet<_>>();
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

    /// Whether the claim names A6, and a page was changed and changed back: that no reading can show.
    fn is_excused(&self) -> bool {
        let states = &self.server.history[self.states.0..=self.states.1];
        let page = |state: &super::model::State, at: usize| -> Vec<RowKey> {
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
        let of = |state: &super::model::State| state.iter().map(|contact| contact.key.id).collect::<BTreeSet<_>>();
        let states = self.states(back);
        let stable = states.iter().map(of).reduce(|a, b| &a & &b).unwrap();
        stable.difference(&ids).copied().collect()
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

    /// All that helps to understand a failure.
    pub fn story(&self, back: usize) -> String {
        let why = self.wrong(back).unwrap_or_default();
        let gone = self.server.history.len();
        format!("{why} {gone} states\n{:#?}\nasked {:?}\noutput {:?}", self.certificate, self.asked, self.ids())
    }
}
