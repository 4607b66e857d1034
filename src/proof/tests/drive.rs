//! Drives the planner against the model server like the scheduler: with several requests in flight, which are answered
//! and received in any order, and rows emitted as the planner decides.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::Duration;

use super::model::{Instants, Kind, Lie, Server, Write, mix};
use super::outcome::Outcome;
use crate::page::{Observed, Pagination, RowKey};
use crate::proof::parameters::EVIDENCE;
use crate::proof::{Planner, Request, Require, RowSelection};

/// The parameters of a run.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub kind: Kind,
    pub lie: Lie,
    pub instants: Instants,
    /// Whether the server sorts each page by id.
    pub sorts_pages: bool,
    pub count: usize,
    pub per_page: u32,
    /// Writes, each with the number of answer instants before it.
    pub writes: Vec<(u16, Write)>,
    pub concurrency: usize,
    pub require: Require,
    pub limit: Option<u64>,
    pub seed: u64,
    /// Seed for the order in which answers are generated and received.
    pub schedule: u64,
    /// Bits of evidence before an order is trusted.
    pub evidence: u64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            kind: Kind::Newest,
            lie: Lie::None,
            instants: Instants::One,
            sorts_pages: false,
            count: 45,
            per_page: 10,
            writes: Vec::new(),
            concurrency: 4,
            require: Require::Counted,
            limit: None,
            seed: 1,
            schedule: 1,
            evidence: EVIDENCE,
        }
    }
}

struct Flight {
    request: Request,
    sent: u64,
    /// The number of its answer, once the server has begun it.
    answer: Option<u64>,
    said: Option<Pagination>,
    rows: Option<Vec<RowKey>>,
}

impl Flight {
    fn new(request: Request, sent: u64) -> Self {
        Self { request, sent, answer: None, said: None, rows: None }
    }

    /// Reads the total, the rows, or both from the current state.
    fn go_on(&mut self, server: &mut Server, instants: Instants, seed: u64) {
        let (asked, answer) = (self.request.asked, *self.answer.get_or_insert_with(|| server.begin()));
        let count_first = instants.count_first(answer, seed);
        let whole = instants == Instants::One;
        if whole || self.said.is_none() && (count_first || self.rows.is_some()) {
            self.said = Some(server.count(asked, answer));
        } else {
            self.rows = Some(server.rows(asked, answer));
        }
        if whole {
            self.rows = Some(server.rows(asked, answer));
        }
    }

    fn is_answered(&self) -> bool {
        self.said.is_some() && self.rows.is_some()
    }
}

pub fn run(scenario: &Scenario) -> Outcome {
    let Scenario { kind, lie, count, per_page, require, seed, .. } = *scenario;
    let mut server = Server::new(kind, lie, count, seed);
    server.sorts_pages = scenario.sorts_pages;
    if let Lie::Lagging(most) = lie {
        // Replicas can be older than the run.
        (0..most).for_each(|at| server.write(if at % 2 == 0 { Write::Insert } else { Write::Delete(at as u16 * 7) }));
    }
    let mut writes = scenario.writes.clone();
    writes.sort_by_key(|(at, _)| *at);
    let mut writes = writes.into_iter().peekable();
    let limit = scenario.limit.and_then(NonZeroU64::new);
    let mut planner = Planner::new(per_page, limit, require);
    planner.observations.order_witness.evidence = scenario.evidence;
    let (mut flights, mut pages) = (Vec::<Flight>::new(), BTreeMap::new());
    let (mut clock, mut answers, mut output, mut asked) = (0_u64, 0_u16, Vec::new(), Vec::new());
    let first = server.now();
    loop {
        clock += 1;
        let choice = mix((scenario.schedule, clock)) as usize;
        let request =
            if flights.len() < scenario.concurrency && choice.is_multiple_of(2) { planner.next() } else { None };
        if let Some(request) = request {
            asked.push(request.asked);
            flights.push(Flight::new(request, clock));
            assert!(asked.len() < 20_000, "no end: {scenario:?}");
            continue;
        }
        if flights.is_empty() {
            if let Some(request) = planner.next() {
                asked.push(request.asked);
                flights.push(Flight::new(request, clock));
                continue;
            }
            break;
        }
        let at = choice / 2 % flights.len();
        let flight = &mut flights[at];
        if !flight.is_answered() {
            while let Some((_, write)) = writes.next_if(|(at, _)| *at <= answers) {
                server.write(write);
            }
            answers += 1;
            flight.go_on(&mut server, scenario.instants, seed);
            continue;
        }
        let flight = flights.swap_remove(at);
        let observed = Observed {
            asked: flight.request.asked,
            said: flight.said.unwrap(),
            rows: flight.rows.unwrap(),
            sent: Duration::from_millis(flight.sent),
            received: Duration::from_millis(clock),
            stale: None,
        };
        pages.insert(flight.request.ticket, observed.rows.clone());
        planner.observe(flight.request.ticket, observed);
        while let Some(emission) = planner.emit() {
            let rows = pages.remove(&emission.ticket).unwrap();
            match emission.rows {
                RowSelection::All => output.extend(rows),
                RowSelection::Mask(mask) => {
                    output.extend(rows.into_iter().zip(mask).filter_map(|(row, emit)| emit.then_some(row)));
                }
            }
        }
    }
    assert!(planner.is_done() && pages.is_empty(), "rows were not emitted: {scenario:?}");
    let size = if let Lie::Clamped(most) = lie { per_page.min(most) } else { per_page };
    let (last, requests, held) = (server.now(), asked.len() as u64, planner.observations.held());
    let plain = server.history[last].len().max(server.history[first].len()) as u64 / u64::from(size) + 1;
    Outcome {
        certificate: planner.finish(),
        output,
        seen: planner.into_seen(),
        requests,
        plain,
        held,
        size: size as usize,
        server,
        states: (first, last),
        asked,
    }
}
