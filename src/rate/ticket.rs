//! What passes between the policy and the one who sends: when, and the ticket of a request under way.

use std::time::Duration;

/// A request under way, which ends exactly once: in [`on_page`], [`on_refused`] or [`on_abandoned`].
///
/// A ticket that is dropped holds its place in flight for ever.
///
/// [`on_page`]: super::Pace::on_page
/// [`on_refused`]: super::Pace::on_refused
/// [`on_abandoned`]: super::Pace::on_abandoned
#[derive(Debug)]
#[must_use = "a ticket that is dropped holds its place in flight for ever"]
pub struct Ticket {
    pub(super) sent: Duration,
    /// Requests are numbered from 1 in the order of sending.
    pub(super) number: u64,
    /// Requests in flight when this one was sent, with itself.
    pub(super) in_flight: usize,
}

/// When the next request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextSend {
    /// From this instant on, which is never before the one asked about.
    At(Duration),
    /// Not before a request under way has ended: as many as allowed are in flight.
    AfterAnAnswer,
}
