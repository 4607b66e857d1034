//! The carry-over: what became of the contacts of an earlier export.
//!
//! Each of them is in the pages, or the API can be asked for it by its id. This decides which ids to look up, in rounds, and
//! what the answers mean; [`theorems`](super::theorems) has the proof. It knows neither HTTP nor time.

use super::certificate::Certificate;
use super::dedup::Seen;
use super::level::Level;
use super::reason::Reason;

/// Lookups of one round, which are made side by side: an API that stops answering is noticed after this many.
const ROUND: usize = 64;

/// What a lookup of a contact showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// The contact was returned.
    Exists,
    /// The API said that there is no such contact.
    Deleted,
    /// Neither: the answer, for people.
    Unclear(String),
}

/// The ids of the earlier export, compared with those of the pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    /// Contacts of the earlier export that the pages showed.
    pub present: u64,
    /// Those that they did not show.
    pub gone: Vec<i64>,
}

/// What became of the contacts of an earlier export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CarriedOver {
    /// Contacts of the earlier export that the pages showed.
    pub present: u64,
    /// Contacts that the earlier export did not have.
    pub new: u64,
    /// Contacts of the earlier export that the API says do not exist.
    pub deleted: u64,
    /// Contacts that no page showed, although they exist. They are in the export.
    pub recovered: u64,
    /// The ids of the contacts of which it is not known whether they exist, ascending.
    pub unconfirmed: Vec<i64>,
    /// Lookups made.
    pub lookups: u64,
    /// Why some are unconfirmed.
    pub reason: Option<Unconfirmed>,
}

/// Why it is not known whether contacts exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unconfirmed {
    /// No contact was to be looked up.
    #[error("contacts were not looked up")]
    NotAsked,
    /// More have gone than may be looked up.
    #[error("the limit of {lookups} lookups was reached")]
    Budget {
        /// The limit.
        lookups: u64,
    },
    /// A contact that certainly exists was not found, so that not finding others proves nothing.
    #[error("the API did not find a contact that it lists: {answer}")]
    Control {
        /// What it answered.
        answer: String,
    },
    /// Looking them up took too long.
    #[error("looking them up took too long")]
    Time,
    /// The API answered with something else.
    #[error("{answer}")]
    Unclear {
        /// The first such answer.
        answer: String,
    },
}

/// What the rounds are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Whether lookups find a contact that exists.
    Control,
    /// What became of those that are gone.
    Gone,
    /// Whether those that were found still exist: a replica that lags behind may have found them.
    Again,
    Done,
}

/// Decides which contacts to look up.
#[derive(Debug)]
pub(crate) struct CarryOver {
    phase: Phase,
    present: u64,
    /// Contacts that exist as far as is known, to be found first.
    controls: Vec<i64>,
    /// Not looked up yet, descending.
    waiting: Vec<i64>,
    /// Being looked up, unless it is a control.
    asked: Vec<i64>,
    /// Found, to be looked up again, descending.
    found: Vec<i64>,
    recovered: u64,
    deleted: u64,
    unconfirmed: Vec<i64>,
    lookups: u64,
    /// Whether an answer of this round was clear.
    clear: bool,
    reason: Option<Unconfirmed>,
}

impl Compared {
    /// Compares contacts of the earlier export with those of the pages.
    pub fn add(&mut self, ids: &[i64], seen: &Seen) {
        for id in ids {
            if seen.contains(*id) {
                self.present += 1;
            } else {
                self.gone.push(*id);
            }
        }
    }
}

impl CarryOver {
    /// At most `most` of those that are gone are looked up.
    pub fn new(compared: Compared, seen: &Seen, most: u64) -> Self {
        let Compared { present, mut gone } = compared;
        gone.sort_unstable();
        let asked = usize::try_from(most).unwrap_or(usize::MAX).min(gone.len());
        let unconfirmed = gone.split_off(asked);
        gone.reverse();
        let reason = match most {
            _ if unconfirmed.is_empty() => None,
            0 => Some(Unconfirmed::NotAsked),
            lookups => Some(Unconfirmed::Budget { lookups }),
        };
        Self {
            phase: if gone.is_empty() { Phase::Done } else { Phase::Control },
            present,
            controls: seen.controls.clone(),
            waiting: gone,
            asked: Vec::new(),
            found: Vec::new(),
            recovered: 0,
            deleted: 0,
            unconfirmed,
            lookups: 0,
            clear: true,
            reason,
        }
    }

    /// How many are still to be looked up.
    pub fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// The contacts to look up next, side by side, and whether their rows are exported if they exist. Empty at the end.
    pub fn round(&mut self) -> (Vec<i64>, bool) {
        loop {
            let ids = match self.phase {
                Phase::Control => self.controls.pop().into_iter().collect(),
                Phase::Gone if self.clear => self.waiting.split_off(self.waiting.len().saturating_sub(ROUND)),
                Phase::Again => self.found.split_off(self.found.len().saturating_sub(ROUND)),
                Phase::Gone | Phase::Done => Vec::new(),
            };
            if !ids.is_empty() {
                self.lookups += ids.len() as u64;
                self.clear = false;
                if self.phase != Phase::Control {
                    self.asked.clone_from(&ids);
                }
                return (ids.into_iter().rev().collect(), self.phase == Phase::Again);
            }
            self.phase = match self.phase {
                // No control was found.
                Phase::Control => Phase::Done,
                Phase::Gone if !self.found.is_empty() => {
                    self.found.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
                    Phase::Again
                }
                Phase::Gone | Phase::Again | Phase::Done => return (Vec::new(), false),
            };
        }
    }

    /// What a lookup of this round showed.
    pub fn observe(&mut self, id: i64, looked: Looked) {
        self.clear |= !matches!(looked, Looked::Unclear(_));
        self.asked.retain(|asked| *asked != id);
        match (self.phase, looked) {
            (Phase::Control, Looked::Exists) => self.phase = Phase::Gone,
            (Phase::Control, Looked::Deleted) => self.control("it does not exist".to_owned()),
            (Phase::Control, Looked::Unclear(answer)) => self.control(answer),
            (Phase::Gone, Looked::Exists) => self.found.push(id),
            (Phase::Again, Looked::Exists) => self.recovered += 1,
            (Phase::Gone | Phase::Again, Looked::Deleted) => self.deleted += 1,
            (Phase::Gone | Phase::Again, Looked::Unclear(answer)) => {
                self.unconfirmed.push(id);
                self.reason.get_or_insert(Unconfirmed::Unclear { answer });
            }
            (Phase::Done, _) => {}
        }
    }

    /// Ends the lookups for a reason: what was not answered stays unconfirmed.
    pub fn give_up(&mut self, reason: Unconfirmed) {
        self.waiting.append(&mut self.asked);
        self.waiting.append(&mut self.found);
        self.reason = Some(reason);
        self.phase = Phase::Done;
    }

    fn control(&mut self, answer: String) {
        self.reason = Some(Unconfirmed::Control { answer });
    }

    /// What became of the contacts, and what that means for the certificate of the pages.
    pub fn finish(mut self, certificate: &mut Certificate) -> CarriedOver {
        self.unconfirmed.append(&mut self.waiting);
        self.unconfirmed.sort_unstable();
        if self.unconfirmed.is_empty() {
            self.reason = None;
        }
        let new = certificate.contacts.saturating_sub(self.present);
        certificate.recover(self.recovered);
        CarriedOver {
            present: self.present,
            new,
            deleted: self.deleted,
            recovered: self.recovered,
            unconfirmed: self.unconfirmed,
            lookups: self.lookups,
            reason: self.reason,
        }
    }
}

impl Certificate {
    /// Adds contacts that no page showed, although they existed all the time. They refute a claim that says otherwise, and may
    /// be those that the server counts.
    fn recover(&mut self, contacts: u64) {
        if contacts == 0 {
            return;
        }
        self.contacts += contacts;
        let level = self.level;
        self.lower(Level::Counted, Reason::Recovered { contacts });
        let is_found = |reason: &Reason| matches!(reason, Reason::Missing { seen, total } if seen + contacts >= *total);
        let is_other = |reason: &Reason| match reason {
            Reason::Limited { .. } | Reason::Unfinished | Reason::NoEnd { .. } | Reason::Unreadable { .. } => true,
            reason => matches!(reason, Reason::Missing { .. }) && !is_found(reason),
        };
        if level == Level::Incomplete && self.reasons.iter().any(is_found) && !self.reasons.iter().any(is_other) {
            self.level = Level::Counted;
            self.reasons.retain(|reason| !is_found(reason));
        }
    }
}

impl CarriedOver {
    /// Contacts of the earlier export that are not in the new one, whether or not they were deleted.
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.deleted + self.unconfirmed.len() as u64
    }

    /// Whether every contact of the earlier export is accounted for, so that each that existed throughout the run is exported.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unconfirmed.is_empty()
    }
}
