//! The observations: everything that the responses showed, in the short form that the verdict needs.
//!
//! They only record, and note contradictions of an assumption. They decide neither what to read nor what is proven.

use std::collections::BTreeMap;
use std::time::Duration;

use super::contradictions::Contradictions;
use super::dedup::{Copies, Dedup, Emission, Processed, Seen};
use super::opening::Opening;
use super::order_witness::OrderWitness;
use super::reason::Reason;
use super::response::{Purpose, Response};
use super::theorems::equal_passes::EqualPasses;
use crate::page::Observed;

/// The observations of a run.
#[derive(Debug, Default)]
pub(super) struct Observations {
    /// By ticket; `None` while a request is in flight.
    responses: Vec<Option<Response>>,
    /// Verification readings: only those not processed yet, and the last that was.
    verifications: BTreeMap<usize, Response>,
    /// The number of verification readings.
    pub verified: u64,
    /// The smallest and the greatest total.
    totals: Option<(u64, u64)>,
    /// When the response that was received last arrived, and its total.
    latest: Option<(Duration, u64)>,
    pub order_witness: OrderWitness,
    pub equal_passes: EqualPasses,
    dedup: Dedup,
    /// The opening of a descending and of an ascending list; `None` if the end was not read before the rest.
    pub openings: [Option<Opening>; 2],
    pub contradictions: Contradictions,
    /// Whether the list was seen to change.
    pub changed: bool,
    /// The page size of page 1, which the run keeps.
    pub per_page: u32,
    /// Set if the server applied another page size than requested, after page 1.
    pub fixed_page_size: Option<Reason>,
}

impl Observations {
    /// Adds a response.
    pub fn add(&mut self, ticket: u64, purpose: Purpose, observed: Observed) {
        let mut response = Response::new(purpose, &observed);
        let Observed { asked, said, rows, stale, .. } = observed;
        self.order_witness.see(&rows, matches!(purpose, Purpose::Sweep | Purpose::Overlap | Purpose::Tail));
        let (least, most) = self.totals.unwrap_or((response.total, response.total));
        self.totals = Some((least.min(response.total), most.max(response.total)));
        if ticket == 0 {
            self.per_page = response.asked.per_page;
        } else if response.asked.per_page != asked.per_page {
            self.fixed_page_size = Some(Reason::FixedPages { asked: asked.per_page, given: said.per_page });
        }
        if response.asked.per_page == self.per_page {
            self.equal_passes.add(&response);
        }
        response.slack = self.writes().min(u64::from(self.per_page) / 20);
        self.contradictions.check(&response, stale);
        self.changed |= self.first().is_some_and(|first| first.total != response.total);
        self.changed |= purpose == Purpose::Recheck && !self.dedup.is_like_first(&rows);
        let (at, asked) = (index(ticket), response.asked);
        self.latest = self.latest.max(Some((response.received, response.total)));
        if purpose == Purpose::Verification {
            self.verified += 1;
            self.verifications.insert(at, response);
        } else {
            self.store(at, response);
        }
        self.dedup.add(ticket, asked, rows);
        self.process();
    }

    fn store(&mut self, at: usize, response: Response) {
        if self.responses.len() <= at {
            // Grows by an eighth: apart from the ids, this is most of the memory that a run holds.
            self.responses.reserve_exact((at + 1 - self.responses.len()).max(self.responses.len() / 8));
            self.responses.resize(at + 1, None);
        }
        self.responses[at] = Some(response);
    }

    /// Uses the response that was read right after page 1 as the opening. False if it does not show the end of the
    /// list.
    pub fn set_opening(&mut self, at: usize) -> bool {
        let opening = self.response(at).and_then(|response| Opening::of(at, response, self.first()));
        let Some(openings) = opening else { return false };
        self.openings = openings;
        self.dedup.set_opening(at as u64);
        true
    }

    /// Puts a request at the end of the order in which responses are emitted.
    pub fn enqueue(&mut self, ticket: u64) {
        self.dedup.enqueue(ticket);
        self.process();
    }

    fn process(&mut self) {
        let edges = self.openings.map(|opening| opening.map(|opening| opening.edge));
        while let Some(processed) = self.dedup.process(edges, &mut self.order_witness) {
            let at = index(processed.ticket);
            self.enter(at, processed);
            self.verifications.retain(|other, _| *other >= at);
        }
    }

    fn enter(&mut self, at: usize, Processed { counts, repeats, repeats_within, copies, .. }: Processed) {
        let response = self.responses.get_mut(at).and_then(Option::as_mut);
        let Some(response) = response.or(self.verifications.get_mut(&at)) else { return };
        response.counts = counts;
        self.changed |= response.purpose == Purpose::Sweep && repeats > repeats_within;
        let mut contradictions = std::mem::take(&mut self.contradictions);
        for Copies { first: (ticket, row, position), second } in &copies {
            if let Some((first, response)) = self.response(index(*ticket)).zip(self.response(at)) {
                contradictions.check_copies((first, row, *position), (response, &second.0, second.1));
            }
        }
        self.contradictions = contradictions;
    }

    /// The next response to emit.
    pub fn emit(&mut self) -> Option<Emission> {
        self.dedup.emit()
    }

    /// All responses except verification readings, by ticket. Complete when no request is in flight.
    pub fn responses(&self) -> Vec<&Response> {
        self.responses.iter().flatten().collect()
    }

    /// The response with this ticket.
    pub fn response(&self, at: usize) -> Option<&Response> {
        self.responses.get(at).and_then(Option::as_ref).or_else(|| self.verifications.get(&at))
    }

    pub fn first(&self) -> Option<&Response> {
        self.response(0)
    }

    /// The number of writes that the totals show, at least.
    pub fn writes(&self) -> u64 {
        self.totals.map_or(0, |(least, most)| most - least)
    }

    /// The greatest total.
    pub fn greatest_total(&self) -> u64 {
        self.totals.map_or(0, |(_, most)| most)
    }

    /// When the response that was received last arrived, and its total.
    pub fn latest(&self) -> (Duration, u64) {
        self.latest.unwrap_or_default()
    }

    /// All contacts.
    pub fn into_seen(self) -> Seen {
        self.dedup.into_seen()
    }

    /// The number of different contacts.
    pub fn contacts(&self) -> u64 {
        self.dedup.contacts()
    }

    /// The position where the opening begins, and its total.
    pub fn tail(&self) -> Option<(u64, u64)> {
        let [descending, ascending] = self.openings;
        let tail = self.response(descending.or(ascending)?.at)?;
        Some((tail.start(), tail.total))
    }

    /// Whether new rows have pushed rows from page 1 to page 2 that no later response has shown.
    pub fn has_pushed(&self) -> bool {
        let is_new = |response: &&Response| response.counts.maybe_new[0].iter().any(|new| *new > 0);
        let entered = self.responses().iter().filter(|response| response.start() == 0).any(is_new);
        self.openings[0].is_some() && entered && self.dedup.not_reshown() > 0
    }

    /// The sum of the hashes of the ids.
    pub fn id_sum(&self) -> u64 {
        self.dedup.id_sum
    }

    /// The number of rows in the list that repeat a contact of the same response, and a reason that describes them.
    pub fn repeated_within(&self) -> (u64, Option<Reason>) {
        let (extra, first) = self.dedup.repeated_within();
        (extra, first.map(|(page, id)| Reason::Twice { id, page, extra }))
    }

    pub fn repeated_rows(&self) -> u64 {
        self.dedup.repeated_rows
    }

    /// How fast the list changes: the range of `total_count` in the last responses.
    pub fn drift(&self) -> u64 {
        let totals = || self.responses.iter().rev().take(16).flatten().map(|response| response.total);
        totals().max().unwrap_or(0) - totals().min().unwrap_or(0)
    }

    /// Memory that they hold, in bytes.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.dedup.held() + self.responses.capacity() * size_of::<Option<Response>>() + self.equal_passes.held()
    }
}

/// The index of the response with this ticket.
fn index(ticket: u64) -> usize {
    usize::try_from(ticket).unwrap_or(usize::MAX)
}
