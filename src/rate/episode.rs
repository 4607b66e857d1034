//! A refusal that counts, until it is known when the server admits requests again.

use std::time::Duration;

use super::not_before::{FIRST_PROBE, default_wait};
use super::sample::Hit;

/// A longer wait means a used-up window rather than a lack of tokens or of places in flight: 1.5 s and 4 s measured the
/// same.
pub(super) const LONG_WAIT: Duration = Duration::from_secs(2);

/// A server that stays closed for longer, and does not say for how long, is down.
const LONGEST_WINDOW: Duration = Duration::from_mins(2);

/// What counts of a wait that the server asked for, if it admitted other requests in such waits.
const DOUBTED_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub(super) struct Episode {
    pub(super) hit: Hit,
    /// Whether the server said when it admits requests again, and is believed. Otherwise one request at a time probes.
    pub(super) told: bool,
    /// Whether other refusals had come shortly before.
    pub(super) follows_others: bool,
    /// Since when nothing is sent because of it.
    pub(super) waits_from: Duration,
    /// Whether requests sent after the refused one were refused, too: then the server was closed, not just unwilling.
    pub(super) closed: bool,
    /// The time of the refusal, if it may be an outage: a page that was in flight then does not show that it is over.
    in_doubt_since: Option<Duration>,
    /// Refused probes so far.
    probes: u32,
    /// The next probe is not sent before.
    pub(super) probe_from: Duration,
    /// When the first probe since the last refusal was sent, if its response was lost.
    abandoned: Option<Duration>,
}

impl Episode {
    pub(super) fn begin(hit: Hit, told: bool, follows_others: bool, waits_from: Duration) -> Self {
        Self {
            hit,
            told,
            follows_others,
            waits_from,
            closed: false,
            in_doubt_since: None,
            probes: 0,
            probe_from: if told { Duration::ZERO } else { hit.at.saturating_add(FIRST_PROBE) },
            abandoned: None,
        }
    }

    /// Records a further refusal, of a request sent at `sent`; `told` if the server said how long to wait.
    pub(super) fn refused(&mut self, now: Duration, number: u64, sent: Duration, told: bool) {
        self.closed |= number > self.hit.number;
        if !told && sent >= self.probe_from {
            self.probe_from = now.saturating_add(default_wait(self.probes));
            self.probes = self.probes.saturating_add(1);
            self.abandoned = None;
        }
    }

    /// Marks the refusal as one that may be an outage.
    pub(super) fn doubt(&mut self, now: Duration) {
        self.in_doubt_since = Some(now);
    }

    /// Records a refusal that is certainly because of the rate.
    pub(super) fn confirm(&mut self) {
        self.in_doubt_since = None;
    }

    /// Whether a page that was requested at `sent` shows that the server admits requests again.
    pub(super) fn is_over(&self, sent: Duration) -> bool {
        self.in_doubt_since.is_none_or(|since| sent > since)
    }

    /// Records that the response to a request is lost. If it was a probe, the next one follows a second later.
    pub(super) fn abandoned(&mut self, now: Duration, number: u64, sent: Duration) {
        if !self.told && number > self.hit.number && sent >= self.probe_from {
            self.abandoned.get_or_insert(sent);
            self.probe_from = now.saturating_add(default_wait(0));
        }
    }

    /// When the server admits requests again, if that was not true of what it said before.
    pub(super) fn doubted(&self, reopening: Duration) -> Duration {
        reopening.min(self.hit.at.saturating_add(DOUBTED_WAIT))
    }

    /// Whether the period before tells the limit, if the server was closed for `wait`. Without pages, another client has used
    /// up the quota, such as an earlier run. A server that stays closed for minutes without saying so is down.
    pub(super) fn is_sample(&self, wait: Duration) -> bool {
        self.hit.pages > 0 && (self.told || wait <= LONGEST_WINDOW)
    }

    /// When the server began to admit requests again, if it admitted one sent at `sent`: it may have admitted a probe
    /// whose response was lost.
    pub(super) fn reopened(&self, sent: Duration) -> Duration {
        self.abandoned.unwrap_or(sent)
    }
}
