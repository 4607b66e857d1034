//! The budget for a better verdict: repair if windows can be compared, verification passes if nothing else proves
//! anything.
//!
//! Repair is bounded by the requests that the run may cost, verification by its number of passes.

use super::level::{Level, Require};
use super::parameters::{BUDGET_EXTRA, BUDGET_TENTHS, BUDGET_TENTHS_REQUIRED, HOPELESS_PASSES, ROUNDS};
use super::planner::{Phase, Planner};
use super::reason::Reason;
use super::repair;
use super::response::Purpose;
use super::sweep;
use super::verdict::Verdict;
use crate::page::Asked;

impl Planner {
    /// Requests windows that bridge the gaps.
    pub(super) fn repair(&mut self, verdict: &Verdict) -> bool {
        let Some(order) = verdict.weakest.filter(|_| self.may_repair()) else {
            return false;
        };
        let margin = sweep::margin(&self.observations);
        let affordable = usize::try_from(self.affordable()).unwrap_or(usize::MAX);
        let mut windows = Vec::new();
        for gap in &verdict.gaps {
            match repair::bridge(*gap, &self.observations, order, margin) {
                Ok(asked) => windows.push((asked, Purpose::Repair)),
                Err(reason) => self.gave_up.extend(reason.filter(|reason| !self.gave_up.contains(reason))),
            }
        }
        if windows.len() > affordable {
            self.gave_up.retain(|reason| !matches!(reason, Reason::BudgetSpent { .. }));
            self.gave_up.push(Reason::BudgetSpent { requests: self.tickets });
            windows.truncate(affordable);
        }
        if windows.is_empty() {
            return false;
        }
        self.repair_rounds += 1;
        self.phase = Phase::Repair;
        self.queue.extend(windows);
        true
    }

    /// Whether windows can be compared and rounds are left. Not after verification passes, whose responses are not
    /// kept. An unchanged list that is not proven has wrong totals, which repair cannot fix.
    fn may_repair(&self) -> bool {
        let wanted = self.observations.changed || self.require >= Require::Complete;
        let comparable = self.observations.fixed_page_size.is_none();
        wanted && comparable && self.repair_rounds < ROUNDS && self.passes == 0
    }

    /// Requests that repair may still cost, without the final one.
    fn affordable(&self) -> u64 {
        let size = u64::from(self.observations.per_page.max(1));
        let plain = self.total() / size + 1;
        let tenths = if self.require >= Require::Complete { BUDGET_TENTHS_REQUIRED } else { BUDGET_TENTHS };
        (plain.saturating_mul(tenths) / 10 + BUDGET_EXTRA).saturating_sub(self.tickets + 1)
    }

    /// Requests pages again to compare them: only if no order can prove anything, and only if the list was
    /// seen to change or a proof is required.
    pub(super) fn verify(&mut self, verdict: &Verdict) -> bool {
        let wanted = self.require >= Require::Complete || verdict.order.is_none() && self.observations.changed;
        let wanted = wanted && !self.observations.order_witness.has_loose_ties();
        if !wanted || verdict.level >= Level::Complete || self.passes > ROUNDS {
            return false;
        }
        let pages = self.observations.equal_passes.unsettled();
        if pages.is_empty() {
            return false;
        }
        // If not a single page was equal twice in a row, another pass is unlikely to help.
        let hopeless = self.passes >= HOPELESS_PASSES && pages.len() >= self.observations.equal_passes.len();
        if hopeless || self.passes == ROUNDS {
            self.gave_up.push(Reason::Unsettled { pages: pages.len() as u64 });
        }
        if hopeless {
            return false;
        }
        self.passes += 1;
        self.phase = Phase::Verification;
        let per_page = self.observations.per_page;
        self.queue.extend(pages.into_iter().map(|page| (Asked { page, per_page }, Purpose::Verification)));
        true
    }
}
