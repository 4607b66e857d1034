//! The course of the sweep: how far it goes, in which windows, and whether it came to the end.
//!
//! Totals move while it goes, so each response corrects it.

use super::order::{Direction, Order};
use super::parameters::Check;
use super::planner::{Phase, Planner};
use super::reason::Reason;
use super::response::{self, Role};
use super::sweep::{Step, Sweep};
use super::windows;
use crate::page::{Asked, Pagination};

impl Planner {
    /// Corrects how far the sweep goes by what a response said.
    pub(super) fn adjust(&mut self, asked: Asked, said: Pagination, rows: usize) {
        let tail = self.tail();
        let margin = u64::from(self.margin());
        let (moved, limited) = (self.books.moved, self.limited().is_some());
        let ascends = self.leaning().is_none_or(|order| order.direction == Direction::Ascending);
        let (fixed, size) = (self.books.fixed.is_some(), u64::from(self.books.size.max(1)));
        let Some(sweep) = self.sweep.as_mut().filter(|_| self.phase == Phase::Sweep && !limited) else { return };
        if let Some(from) = self.overlapped.take_if(|_| fixed) {
            sweep.go_back(from / size * size);
        }
        match tail {
            // To link with the tail the windows must overlap it too, where rows that entered before it have moved it.
            Some((start, total)) if moved => {
                let entered = if ascends { 0 } else { said.total_count.saturating_sub(total) };
                sweep.reach(start.saturating_add(margin).saturating_add(entered));
            }
            Some(_) => {}
            None => {
                sweep.reach(said.total_count);
                if rows == 0 {
                    sweep.stop_at(response::start(asked).max(said.total_count));
                }
            }
        }
    }

    /// The order to plan by.
    pub(super) fn leaning(&self) -> Option<Order> {
        self.books.witness.leaning()
    }

    /// How the sweep goes on: with overlap once the list moved, if its windows can be compared.
    pub(super) fn step(&self) -> Step {
        let beyond = self.sweep.as_ref().is_some_and(|sweep| sweep.beyond > 0);
        let overlaps = self.books.fixed.is_none() && self.leaning().is_some();
        if overlaps && (self.books.moved || beyond) { Step::Overlapping(self.margin()) } else { Step::Plain }
    }

    /// Rows by which windows overlap: more when the list moves fast.
    pub(super) fn margin(&self) -> u32 {
        let size = self.books.size;
        let wanted = u64::from(size / self.tuning.margin) + self.books.drift() / 2;
        u32::try_from(wanted).unwrap_or(u32::MAX).min(size / 4).max(1)
    }

    /// Whether the end of the list was seen: a page that is not full, at or past the last one asked for.
    pub(super) fn ended(&self) -> Result<(), Reason> {
        if let Some(limit) = self.limited() {
            return Err(Reason::Limited { contacts: limit.get() });
        }
        let reached = self.sweep.as_ref().map_or(0, Sweep::reached);
        let at_end = |record: &&response::Record| {
            record.is_short() && (windows::end(record.asked) >= reached || record.role == Role::Tail && record.ends())
        };
        let ended = self.books.records().iter().any(at_end) || !self.tuning.makes(Check::End);
        let pages = self.sweep.as_ref().map_or(0, |sweep| sweep.beyond);
        if ended { Ok(()) } else { Err(Reason::NoEnd { pages }) }
    }

    /// Where the tail begins that was read before the rest, and its total.
    pub(super) fn tail(&self) -> Option<(u64, u64)> {
        let [descending, ascending] = self.books.openings;
        let tail = self.books.record(descending.or(ascending)?.at)?;
        Some((tail.start(), tail.total))
    }
}
