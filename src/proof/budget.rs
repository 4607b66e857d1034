//! What a better verdict is worth: bridges where windows can be compared, passes where nothing else can prove.
//!
//! Both are bounded: bridges by what the run may cost, passes by their number.

use super::level::{Level, Require};
use super::planner::{Phase, Planner};
use super::reason::Reason;
use super::repair;
use super::response::Role;
use super::verdict::Verdict;
use crate::page::Asked;

/// Requests that a run may cost, in tenths of the plain pages, and those a short list may cost besides.
const TENTHS: u64 = 16;
const BESIDES: u64 = 8;
/// The same when a proof is required.
const TENTHS_REQUIRED: u64 = 25;
/// Passes after which a list none of whose pages settled is taken to move too fast.
const HOPELESS: u32 = 2;

impl Planner {
    /// Asks for windows that bridge the gaps.
    pub(super) fn bridge(&mut self, verdict: &Verdict) -> bool {
        let Some(order) = verdict.weakest.filter(|_| self.may_repair()) else {
            return false;
        };
        let margin = self.margin();
        let affordable = usize::try_from(self.affordable()).unwrap_or(usize::MAX);
        let mut windows = Vec::new();
        for gap in &verdict.gaps {
            match repair::bridge(*gap, &self.books, order, margin, &self.tuning) {
                Ok(asked) => windows.push((asked, Role::Bridge)),
                Err(reason) => self.stopped.extend(reason.filter(|reason| !self.stopped.contains(reason))),
            }
        }
        if windows.len() > affordable {
            self.stopped.retain(|reason| !matches!(reason, Reason::BudgetSpent { .. }));
            self.stopped.push(Reason::BudgetSpent { requests: self.tickets });
            windows.truncate(affordable);
        }
        if windows.is_empty() {
            return false;
        }
        self.repairs += 1;
        self.phase = Phase::Bridge;
        self.queue.extend(windows);
        true
    }

    /// Whether windows can be compared, and rounds are left; what follows passes is not in the books. A list that stands still
    /// and is not proven by that has wrong totals, which no bridge mends.
    fn may_repair(&self) -> bool {
        let wanted = self.books.moved || self.require >= Require::Complete;
        wanted && self.books.fixed.is_none() && self.repairs < self.tuning.rounds && self.passes == 0
    }

    /// Requests that bridges may still cost, without the one that closes.
    fn affordable(&self) -> u64 {
        let size = u64::from(self.books.size.max(1));
        let plain = self.books.latest().1 / size + 1;
        let tenths = if self.require >= Require::Complete { TENTHS_REQUIRED } else { TENTHS };
        (plain.saturating_mul(tenths) / 10 + BESIDES).saturating_sub(self.tickets + 1)
    }

    /// Asks for pages again to compare them: only where no order can prove anything, and only if the list was
    /// seen to move or a proof is required.
    pub(super) fn pass(&mut self, verdict: &Verdict) -> bool {
        let wanted = self.require >= Require::Complete || verdict.order.is_none() && self.books.moved;
        let wanted = wanted && !self.books.witness.has_loose_ties(&self.tuning);
        if !wanted || verdict.level >= Level::Complete || self.passes > self.tuning.rounds {
            return false;
        }
        let pages = self.books.passes.unsettled(&self.tuning);
        if pages.is_empty() {
            return false;
        }
        // Where not a single page stood still twice in a row, one more pass is not likely to find the list still.
        let hopeless = self.passes >= HOPELESS && pages.len() >= self.books.passes.len();
        if hopeless || self.passes == self.tuning.rounds {
            self.stopped.push(Reason::Unsettled { pages: pages.len() as u64 });
        }
        if hopeless {
            return false;
        }
        self.passes += 1;
        self.phase = Phase::Pass;
        let per_page = self.books.size;
        self.queue.extend(pages.into_iter().map(|page| (Asked { page, per_page }, Role::Pass)));
        true
    }
}
