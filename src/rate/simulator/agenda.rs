//! A queue of the future steps of a run, ordered by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// The earliest step first; among equals, the one that was added first.
pub(crate) struct Agenda<S> {
    order: BinaryHeap<Reverse<(Duration, usize)>>,
    steps: Vec<Option<S>>,
}

impl<S> Agenda<S> {
    pub(crate) fn new() -> Self {
        Self { order: BinaryHeap::new(), steps: Vec::new() }
    }

    pub(crate) fn add(&mut self, at: Duration, step: S) {
        self.order.push(Reverse((at, self.steps.len())));
        self.steps.push(Some(step));
    }

    pub(crate) fn next(&mut self) -> (Duration, S) {
        let Reverse((at, index)) = self.order.pop().expect("an unfinished run has a next step");
        (at, self.steps[index].take().expect("each step is removed once"))
    }
}
