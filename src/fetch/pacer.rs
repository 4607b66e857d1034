//! The pace of all requests: each waits here for its slot, in the order they came, and says how it ended.
//!
//! Three parts decide together when a slot is free: the learned pace, the hard ceiling over it, and the
//! server's health. They are pure; this file holds the lock over them, and waits.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::outage::{Access, Health};
use super::rate_cap::Ceiling;
use crate::api::rate_limit_headers::Quota;
use crate::config::{Backoff, Pacing, Rate};
use crate::rate::{NextSend, Pace, Ticket};

/// Leave to send one request.
#[derive(Debug)]
#[must_use = "a slot that does not end holds its place in flight for ever"]
pub(super) struct Slot {
    ticket: Ticket,
    /// Whether the request asks for everybody if the server is back.
    pub probe: bool,
}

/// How the server fares, as a page that has failed must know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bearing {
    /// Answers to all pages so far.
    pub answers: u64,
    /// Pages so far.
    pub pages: u64,
    /// How long the server has been failing without an answer.
    pub failing_for: Duration,
    /// How long it has given no page.
    pub pageless_for: Duration,
    /// Whether this retry is within what retries may cost.
    pub paid: bool,
}

/// Gives every request its slot.
#[derive(Debug)]
pub(super) struct Pacer {
    start: Instant,
    ceiling: Ceiling,
    state: Mutex<State>,
    /// Held by whoever waits for the next slot; tokio's mutex is fair.
    turn: tokio::sync::Mutex<()>,
    /// An answer may have changed when the next slot is.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    pace: Pace,
    health: Health,
    last_page: Duration,
    pages: u64,
    /// Whether the server has refused a request for its rate.
    refused: bool,
    /// Everybody was told that nobody sends before this instant.
    told: Duration,
}

/// By how much a wait must grow to be worth telling again.
const NEWS: Duration = Duration::from_secs(1);

impl State {
    /// How long it is until an instant, if everybody was told of one much earlier.
    fn closed_until(&mut self, now: Duration, opens: Duration) -> Option<Duration> {
        let news = opens > self.told.max(now) + NEWS;
        if news {
            self.told = opens;
        }
        news.then(|| opens.saturating_sub(now))
    }
}

/// Why there is no slot now.
enum Wait {
    Until(Duration),
    ForAnAnswer,
}

impl Pacer {
    pub fn new(pacing: Pacing, concurrency: NonZeroUsize, backoff: Backoff) -> Self {
        let start = Instant::now();
        let (ceiling, known) = match pacing {
            Pacing::Learn { ceiling, known } => (ceiling, known),
            Pacing::Fixed(rate) => (rate, Some(rate)),
        };
        let state = State {
            pace: Pace::new(concurrency, ceiling, known),
            health: Health::new(backoff.first, backoff.longest, concurrency),
            last_page: Duration::ZERO,
            pages: 0,
            refused: false,
            told: Duration::ZERO,
        };
        Self {
            start,
            ceiling: Ceiling::new(ceiling, start),
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        }
    }

    /// Waits for a slot, and takes it.
    pub async fn slot(&self) -> Slot {
        let _turn = self.turn.lock().await;
        loop {
            // Listens before it looks, so that no change in between is missed.
            let changed = self.changed.notified();
            match self.try_slot() {
                Ok(slot) => return slot,
                Err(Wait::ForAnAnswer) => changed.await,
                Err(Wait::Until(opens)) => tokio::select! {
                    () = sleep_until(self.start + opens) => {}
                    () = changed => {}
                },
            }
        }
    }

    /// A page came.
    pub fn page(&self, slot: Slot) {
        self.end(|state, now| {
            state.health.answered();
            state.pace.on_page(now, slot.ticket);
            state.last_page = now;
            state.pages += 1;
        });
    }

    /// An answer came that is no page, and says nothing about the rate.
    pub fn answered(&self, slot: Slot) {
        self.end(|state, now| {
            state.health.answered();
            state.pace.on_abandoned(now, slot.ticket);
        });
    }

    /// The server asks all to be slower; without `wait`, it does not say for how long.
    /// Returns how long nobody sends now, if that is news.
    pub fn refused(&self, slot: Slot, wait: Option<Duration>) -> Option<Duration> {
        self.end(|state, now| {
            state.health.answered();
            state.refused = true;
            state.pace.on_refused(now, slot.ticket, wait);
            state.closed_until(now, state.pace.closed_until())
        })
    }

    /// No page came, for a reason that may pass. Returns how long nobody but a probe sends, if this is an outage and news.
    pub fn failed(&self, slot: Slot) -> Option<Duration> {
        self.end(|state, now| {
            state.health.failed(now, slot.probe);
            state.pace.on_abandoned(now, slot.ticket);
            state.closed_until(now, state.health.next_probe()?)
        })
    }

    /// The server says what is left of its quota. Returns how long nobody sends now, if that is news.
    pub fn hint(&self, quota: Quota) -> Option<Duration> {
        let Quota { remaining: 0, resets_in } = quota else { return None };
        self.end(|state, now| {
            state.pace.hold_until(now.saturating_add(resets_in));
            state.closed_until(now, state.pace.closed_until())
        })
    }

    /// Tells the pace how many pages are still to be asked for.
    pub fn set_pages_left(&self, pages: u64) {
        self.lock().pace.set_pages_left(pages);
    }

    /// How the server fares, as a page wants to know that has failed. If it `pays`, it takes what a retry costs.
    pub fn bearing(&self, pays: bool) -> Bearing {
        let now = self.now();
        let mut state = self.lock();
        let paid = !pays || state.health.pay();
        Bearing {
            answers: state.health.answers(),
            pages: state.pages,
            failing_for: state.health.failing_for(now),
            pageless_for: now.saturating_sub(state.last_page),
            paid,
        }
    }

    /// Answers so far.
    pub fn answers(&self) -> u64 {
        self.lock().health.answers()
    }

    /// The rate that the run has learned to keep; none where nothing was refused.
    pub fn learned(&self) -> Option<Rate> {
        let state = self.lock();
        state.pace.learned().filter(|_| state.refused)
    }

    fn try_slot(&self) -> Result<Slot, Wait> {
        let now = self.now();
        let mut state = self.lock();
        match state.health.access() {
            Access::Nobody => return Err(Wait::ForAnAnswer),
            Access::ProbeFrom(opens) if opens > now => return Err(Wait::Until(opens)),
            Access::ProbeFrom(_) | Access::Everybody => {}
        }
        match state.pace.may_send_at(now) {
            NextSend::AfterAnAnswer => return Err(Wait::ForAnAnswer),
            NextSend::At(opens) if opens > now => return Err(Wait::Until(opens)),
            NextSend::At(_) => {}
        }
        self.ceiling.take().map_err(Wait::Until)?;
        Ok(Slot { ticket: state.pace.on_send(now), probe: state.health.sent() })
    }

    fn end<T>(&self, change: impl FnOnce(&mut State, Duration) -> T) -> T {
        let now = self.now();
        let result = change(&mut self.lock(), now);
        self.changed.notify_waiters();
        result
    }

    /// Time since the start of the run.
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
