//! The steps of a run that are still to come. In they come in any order, out they go in the order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// The earliest step first, and among equals the one that was added first.
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
        let Reverse((at, index)) = self.order.pop().expect("a run that is not over goes on");
        (at, self.steps[index].take().expect("each step is taken once"))
    }
}
